"""What `check` finds out: whether the credentials are good, what this key can't read, and whether calls are visible."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from airbyte_cdk.sources.types import StreamSlice

from source_gong.days import today_everywhere
from source_gong.faults import ConfigError, GongError, TransientError
from source_gong.retriever import EVERYTHING, CallRetriever, PageRetriever
from source_gong.sync import Sync
from source_gong.transport import SCOPE_SENTENCE, body_of
from source_gong.windows import AdaptivePlanner, WindowCursor

LOGGER = logging.getLogger("airbyte.source_gong")

# `check` is waited for by a person.
CHECK_ATTEMPTS = 3
# Other endpoints are asked with what these hold; in this order, a later one with what an earlier one holds.
ASKED_FIRST = ("users", "workspaces", "calls", "crm_integrations")


def probe(sync: Sync) -> None:
    """Ask once for each right that a stream can need, for as little as can be had. Raises a `GongError` when the
    credentials are no good, and logs a line for each stream that this key can't read."""
    sync.attempts = CHECK_ATTEMPTS
    probes = _Probes(sync)
    # One after the other, so that wrong credentials are sent once.
    for stream in ASKED_FIRST:
        if stream in sync.readers:
            probes.ask([stream])
    by_depth: dict[int, list[str]] = defaultdict(list)
    for stream, reader in sync.readers.items():
        if stream not in ASKED_FIRST:
            by_depth[_depth(sync, reader)].append(stream)
    with ThreadPoolExecutor(sync.settings.num_workers) as threads:
        for _, streams in sorted(by_depth.items()):
            list(threads.map(probes.ask, _by_scope(sync, streams)))
    verify_ids(sync)
    if probes.refused and all(probes.answers.values()):
        raise next(iter(probes.refused.values()))
    for stream, error in sorted(probes.refused.items()):
        LOGGER.warning("This key can't read the stream %s: %s", stream, error.message)
    if sync.shared.get("users seen") and sync.shared.get("calls seen") == 0:
        LOGGER.warning(
            "There are users but no call is visible. Gong gives the same answer when there is no call and when the "
            "key's owner may see none: if there should be calls, check the owner's permission profile in Gong."
        )


class _Probes:
    """What Gong answered: by scope, and the refusals by stream. One thread at a time asks the streams of a scope."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self.answers: dict[str, GongError | None] = {}
        self.refused: dict[str, GongError] = {}

    def ask(self, streams: Iterable[str]) -> None:
        """Probe streams of one scope with one request. Raises a `GongError` when the credentials are no good."""
        for stream in streams:
            reader, scope = self._sync.readers[stream], self._sync.scope_of(stream)
            lacking = [name for name in _needed(self._sync, reader) if name in self.refused]
            if lacking:
                self.refused[stream] = self.refused[lacking[0]]
                continue
            if scope not in self.answers:
                window = _window(self._sync, reader)
                if window is None:
                    continue
                self.answers[scope] = _ask(self._sync, reader, window)
            error = self.answers[scope]
            if error is not None:
                self.refused[stream] = error
                if _is_about_credentials(error):
                    raise error


def _by_scope(sync: Sync, streams: Iterable[str]) -> list[list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stream in streams:
        found[sync.scope_of(stream)].append(stream)
    return list(found.values())


def _depth(sync: Sync, reader: PageRetriever) -> int:
    """How many lists stand above a stream, one by the other: they are asked before it."""
    return max((1 + _depth(sync, sync.readers[name]) for name in _needed(sync, reader)), default=0)


def _needed(sync: Sync, reader: PageRetriever) -> Iterator[str]:
    """The other streams by whose lists a stream is read."""
    found = list(getattr(reader.partition_router, "lists", ()))
    if isinstance(reader, CallRetriever) and reader.reads_by_ids:
        found.append(reader.list)
    if reader.privacy and sync.settings.exclude_private:
        found += ["calls_extensive"] if "calls_extensive" in sync.readers else []
    for name in found:
        yield name
        yield from _needed(sync, sync.readers[name])


def _is_about_credentials(error: GongError) -> bool:
    """Whether nothing can be read, whatever the rights: no connection, a redirect, or a 401 that names no scope."""
    return error.status == 0 or (error.status == 401 and not SCOPE_SENTENCE.search(error.sentence))


def _ask(sync: Sync, reader: PageRetriever, window: StreamSlice) -> GongError | None:
    """Send one request: None when Gong answered, or understood who asks."""
    try:
        body = reader._ask(window, None)
    except (ConfigError, TransientError) as error:
        return error
    except GongError as error:
        # That nothing was found, or that it disliked the request, is no question of rights.
        LOGGER.debug("%s", error.message)
        return None
    items = list(reader.extractor.items(body, window))
    sync.shared[f"{reader.name} seen"] = len(items)
    if reader.name == "calls" and items:
        sync.shared["a call"] = str(items[0].get("id"))
    if reader.keep and not window.partition:
        # What other endpoints must be asked with: the first page of these lists is enough for that.
        sync.shared[("counted", reader.seed_key(window))] = (len(items), len(items))
        sync.once(("kept", reader.seed_key(window)), lambda: items)
    return None


def _window(sync: Sync, reader: PageRetriever) -> StreamSlice | None:
    """The first slice of a stream, with a time of which little is expected. None when there is nothing to ask with."""
    if isinstance(reader, CallRetriever) and reader.by_ids:
        known = sync.shared.get("a call")
        return StreamSlice(partition={"callIds": [known]}, cursor_slice={}) if known else None
    partition: Mapping[str, Any] = {}
    if reader.partition_router is not None:
        try:
            partition = next(iter(reader.partition_router.stream_slices())).partition
        except (GongError, StopIteration):
            return None
        if "named" in partition:
            partition = {}
    cursor = reader.cursor if isinstance(reader.cursor, WindowCursor) else None
    if cursor is None:
        return StreamSlice(partition=partition, cursor_slice={})
    if isinstance(cursor.planner, AdaptivePlanner):
        start, end = sync.settings.earliest, sync.end
        if reader.name != "calls":
            start = max(start, end - timedelta(hours=1))
        return cursor.slice(partition, start, end)
    yesterday = today_everywhere(sync.now(), sync.settings.time_zone) - timedelta(days=1)
    return cursor.slice(partition, yesterday, yesterday + timedelta(days=1))


def verify_ids(sync: Sync) -> None:
    """Raise `ConfigError` for a workspace or user of the configuration that Gong does not know. A key that may not read
    the lists can't be told; then nothing is checked."""
    settings = sync.settings
    if settings.workspace_ids:
        try:
            known = {str(workspace.get("id")) for workspace in sync.readers["workspaces"].raw(EVERYTHING)}
        except GongError:
            known = set(settings.workspace_ids)
        for workspace_id in settings.workspace_ids:
            if workspace_id not in known:
                raise ConfigError(
                    f"`workspace_ids` names {workspace_id}, which is no workspace of this company. Its workspaces are "
                    f"{', '.join(sorted(known)) or 'none'}."
                )
    for user_id in settings.primary_user_ids:
        requester = sync.readers["users"].single_requester
        try:
            body_of(requester.send_request(stream_slice=StreamSlice(partition={"id": user_id}, cursor_slice={})))
        except GongError as error:
            if error.status in (400, 404):
                raise ConfigError(
                    f"`primary_user_ids` names {user_id}, which is no user of this company. The stream `users` lists "
                    "them with their ids."
                ) from None
            return
