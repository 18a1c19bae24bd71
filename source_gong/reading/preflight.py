"""What `check` finds out: whether the credentials are good, what this key can't read, and whether calls are visible."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from source_gong.faults import ConfigError, GongError, TransientError
from source_gong.reading.calls import CallList
from source_gong.reading.reader import Reader
from source_gong.settings import Settings
from source_gong.windows.window import EVERYTHING, Window
from source_gong.wire.answers import SCOPE_SENTENCE

LOGGER = logging.getLogger("airbyte.source_gong")

Readers = Mapping[str, Reader]


def probe(readers: Readers, first: Sequence[str], side_by_side: int, verify: Callable[[], None]) -> None:
    """Ask once for each right that a stream can need, for as little as can be had: the streams in `first` one after the
    other, so that wrong credentials are sent once, the others `side_by_side` at a time. Then `verify` the ids of the
    configuration. Raises a `GongError` when the credentials are no good, and logs a line for each stream that this key
    can't read."""
    probes = _Probes(readers)
    for stream in first:
        probes.ask([stream])
    by_depth: dict[int, list[str]] = defaultdict(list)
    for stream, reader in readers.items():
        if stream not in first:
            by_depth[_depth(readers, reader)].append(stream)
    with ThreadPoolExecutor(side_by_side) as threads:
        for _, streams in sorted(by_depth.items()):
            list(threads.map(probes.ask, _by_scope(readers, streams)))
    verify()
    probes.conclude()


class _Probes:
    """What Gong answered: by scope, and the refusals by stream. One thread at a time asks the streams of a scope."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._seen: dict[str, int] = {}
        self._answers: dict[str, GongError | None] = {}
        self._refused: dict[str, GongError] = {}

    def ask(self, streams: Iterable[str]) -> None:
        """Probe streams of one scope with one request. Raises a `GongError` when the credentials are no good."""
        for stream in streams:
            reader = self._readers[stream]
            scope = reader.asking.endpoint.scope or stream
            lacking = [name for name in _needed(self._readers, reader) if name in self._refused]
            if lacking:
                self._refused[stream] = self._refused[lacking[0]]
                continue
            if scope not in self._answers:
                window = reader.first_slice()
                if window is None:
                    continue
                self._answers[scope] = self._probed(reader, window)
            error = self._answers[scope]
            if error is not None:
                self._refused[stream] = error
                if _is_about_credentials(error):
                    raise error

    def conclude(self) -> None:
        """Raise the first refusal when nothing can be read; log what can't."""
        if self._refused and all(self._answers.values()):
            raise next(iter(self._refused.values()))
        for stream, error in sorted(self._refused.items()):
            LOGGER.warning("This key can't read the stream %s: %s", stream, error.message)
        calls = [name for name, reader in self._readers.items() if isinstance(reader, CallList)]
        if any(self._seen.get(name) == 0 for name in calls) and any(
            self._seen.get(name) for name, reader in self._readers.items() if reader.single and name not in calls
        ):
            LOGGER.warning(
                "There are users but no call is visible. Gong gives the same answer when there is no call and when the "
                "key's owner may see none: if there should be calls, check the owner's permission profile in Gong."
            )

    def _probed(self, reader: Reader, window: Window) -> GongError | None:
        """Send one request: None when Gong answered, or understood who asks."""
        try:
            self._seen[reader.stream] = len(reader.probe(window))
        except (ConfigError, TransientError) as error:
            return error
        except GongError as error:
            # That nothing was found, or that it disliked the request, is no question of rights.
            LOGGER.debug("%s", error.message)
        return None


def verify_ids(settings: Settings, workspaces: Reader, users: Reader) -> None:
    """Raise `ConfigError` for a workspace or user of the configuration that Gong does not know. A key that may not read
    the lists can't be told; then nothing is checked."""
    if settings.workspace_ids:
        try:
            known = {str(workspace.get("id")) for workspace in workspaces.raw(EVERYTHING, workspaces.report)}
        except GongError:
            known = set(settings.workspace_ids)
        for workspace_id in settings.workspace_ids:
            if workspace_id not in known:
                raise ConfigError(
                    f"`workspace_ids` names {workspace_id}, which is no workspace of this company. Its workspaces are "
                    f"{', '.join(sorted(known)) or 'none'}."
                )
    for user_id in settings.primary_user_ids:
        try:
            users.one(user_id, users.report)
        except GongError as error:
            if error.status in (400, 404):
                raise ConfigError(
                    f"`primary_user_ids` names {user_id}, which is no user of this company. The stream "
                    f"`{users.stream}` lists them with their ids."
                ) from None
            return


def _by_scope(readers: Readers, streams: Iterable[str]) -> list[list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stream in streams:
        found[readers[stream].asking.endpoint.scope or stream].append(stream)
    return list(found.values())


def _depth(readers: Readers, reader: Reader) -> int:
    """How many lists stand above a stream, one by the other: they are asked before it."""
    return max((1 + _depth(readers, readers[name]) for name in _needed(readers, reader)), default=0)


def _needed(readers: Readers, reader: Reader) -> Iterator[str]:
    """The other streams by whose lists a stream is read, and the one that shows what it must know of privacy."""
    found = list(reader.lists)
    if privacy := reader.asks_privacy:
        template = privacy.endpoint.template
        found += [name for name, other in readers.items() if other.asking.endpoint.template == template][:1]
    for name in found:
        yield name
        yield from _needed(readers, readers[name])


def _is_about_credentials(error: GongError) -> bool:
    """Whether nothing can be read, whatever the rights: no connection, a redirect, or a 401 that names no scope."""
    return error.status == 0 or (error.status == 401 and not SCOPE_SENTENCE.search(error.sentence))
