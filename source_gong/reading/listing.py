"""The list of calls, read once a sync however many streams need it.

`calls` emits what `GET /v2/calls` gives; `call_transcripts` and others need no more of it than ids and a few facts. For
each window the first stream that comes to it reads the pages, the others take what it found. A thread waits here only
for another one that is reading, so this can't lock up whatever the number of workers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class ListedCall(NamedTuple):
    """What other streams need to know of a call. `started` and `scheduled` are as Gong wrote them, `is_private` is None
    when unknown."""

    id: str
    started: str | None
    is_private: bool | None
    primary_user_id: str | None
    scheduled: str | None = None


def listed(call: Mapping[str, Any]) -> ListedCall:
    """The facts of one object of `GET /v2/calls`, which are also those of `metaData` in `/v2/calls/extensive`."""
    owner = call.get("primaryUserId")
    return ListedCall(
        str(call["id"]),
        call.get("started"),
        call.get("isPrivate"),
        None if owner is None else str(owner),
        call.get("scheduled"),
    )


@dataclass
class _Entry:
    reading: bool = False
    done: bool = False
    calls: list[ListedCall] = field(default_factory=list)
    raw: list[dict[str, Any]] | None = None
    uses: int = 0


class CallListing:
    """Windows of the call list. A window's key is its workspace and bounds.

    The selected streams that read it say so before anything is read: when all have read a window, it is let go of.
    """

    def __init__(self) -> None:
        self._entries: dict[object, _Entry] = {}
        self._changed = threading.Condition()
        self._consumers = 0
        self._wants_raw = False

    def expect(self, *, raw: bool) -> None:
        """One more stream is going to read the list, with `raw` whole objects and not only facts."""
        self._consumers += 1
        self._wants_raw = self._wants_raw or raw

    def records(self, key: object, fetch: Callable[[], Iterable[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        """For the stream `calls`: the window's calls as Gong sent them, passed on while they are read."""
        entry = self._lead_or_wait(key)
        if entry.done:
            raw = entry.raw
            self._used(key, entry)
            yield from raw if raw is not None else fetch()
            return
        try:
            for call in fetch():
                entry.calls.append(listed(call))
                yield call
            entry.done = True
        finally:
            self._release(entry)
        self._used(key, entry)

    def calls(self, key: object, fetch: Callable[[], Iterable[dict[str, Any]]]) -> list[ListedCall]:
        """For the other streams: the facts of the window's calls."""
        entry = self._lead_or_wait(key)
        if not entry.done:
            try:
                raw = list(fetch())
                entry.calls = [listed(call) for call in raw]
                entry.raw = raw if self._wants_raw else None
                entry.done = True
            finally:
                self._release(entry)
        found = entry.calls
        self._used(key, entry)
        return found

    def _lead_or_wait(self, key: object) -> _Entry:
        """The window's entry: done, or for this thread to read."""
        with self._changed:
            entry = self._entries.setdefault(key, _Entry())
            while entry.reading:
                self._changed.wait()
            entry.reading = not entry.done
            return entry

    def _release(self, entry: _Entry) -> None:
        with self._changed:
            entry.reading = False
            if not entry.done:
                entry.calls = []
            self._changed.notify_all()

    def _used(self, key: object, entry: _Entry) -> None:
        with self._changed:
            entry.uses += 1
            if entry.uses >= self._consumers:
                self._entries.pop(key, None)
