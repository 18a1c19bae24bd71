"""One sync: what all streams and threads of one run share.

The components that the manifest names are built by the CDK, which hands them nothing but the configuration. They take
the sync they belong to from `Sync.active()` while they are built, within `Sync.building()`, and keep it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import requests

from source_gong import instants
from source_gong.faults import GongError, SyncStopped
from source_gong.gate import Gate, Turns
from source_gong.listing import CallListing
from source_gong.report import StreamReport
from source_gong.room import Room
from source_gong.settings import Settings

if TYPE_CHECKING:
    from source_gong.windows import RangeFacts

# Eight attempts with 0.5, 1, 2, 4, 8, 16 and 32 seconds between them: faults of about a minute are survived.
ATTEMPTS = 8
# A later moment than in a year is not worth telling, and one beyond the calendar can't be told.
LATEST_RETURN_SECONDS = 366 * 86_400.0

# Windows are cut to a few pages where requests are few (`windows.chain_pages`); with so many requests for each that is
# read at a time, most of those that are begun are finished.
REQUESTS_A_WINDOW = 100

# Parsing holds the interpreter's lock, so more pages at a time would only be more memory.
PAGES_IN_MEMORY = 2

_ACTIVE: ContextVar[Sync] = ContextVar("active_sync")


class Sync:
    """Settings, gate, session, reports and shared answers of one run.

    `user_config` is the configuration as the platform gave it: the one that rotated tokens are written into.
    `selected` are the streams of the configured catalog; empty for `check` and `discover`.
    """

    def __init__(
        self,
        settings: Settings,
        user_config: dict[str, Any],
        selected: frozenset[str] = frozenset(),
        scopes: Mapping[str, str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.user_config = user_config
        self.selected = selected
        self.monotonic, self.sleep = monotonic, sleep
        self.attempts = ATTEMPTS
        self.now = instants.now
        self.end = settings.end or self.now()
        self.gate = Gate(settings.requests_per_second, settings.max_requests, monotonic, sleep)
        self.listing = CallListing()
        self.room = Room(PAGES_IN_MEMORY)
        self.facts: dict[tuple[str, Hashable, datetime, datetime], RangeFacts] = {}
        self.lower_bounds: dict[str, datetime] = {}
        self.shared: dict[Any, Any] = {}
        # The retriever of each stream, which registers itself when it is built.
        self.readers: dict[str, Any] = {}
        self.api_base_url = settings.api_base_url
        self._window_turns: AbstractContextManager[Any] = nullcontext()
        if settings.max_requests is not None:
            self._window_turns = Turns(max(1, settings.max_requests // REQUESTS_A_WINDOW))
        # The first error of each stream: what is still to be read of it would only fail again.
        self.failures: dict[str, GongError] = {}
        self._scopes = scopes or {}
        self._reports: dict[str, StreamReport] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._answers: dict[object, list[dict[str, Any]]] = {}
        self._seen: dict[str, set[object]] = {}
        self._lock = threading.Lock()

    @staticmethod
    def active() -> Sync:
        """The sync whose components are being built. Raises LookupError outside `building()`."""
        return _ACTIVE.get()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Components built inside belong to this sync."""
        token = _ACTIVE.set(self)
        try:
            yield
        finally:
            _ACTIVE.reset(token)

    def adopt_base_url(self, origin: str) -> None:
        """Send what follows to the address that Gong's token answer names, unless the user set one. Already checked."""
        if self.settings.base_url_is_default:
            self.api_base_url = origin

    @cached_property
    def session(self) -> requests.Session:
        """The one session of the sync; urllib3's pool behind it is made for many threads."""
        from source_gong.session import paced_session

        return paced_session(self.gate, self.settings.num_workers + 2)

    def report(self, stream: str) -> StreamReport:
        """The counters of a stream."""
        with self._lock:
            return self._reports.setdefault(stream, StreamReport(stream))

    def scope_of(self, stream: str, path: str = "") -> str:
        """The right in Gong that a stream needs, as the manifest says; at the `path` of an endpoint that another stream
        has its records from, the right that this other one needs."""
        own = self.readers.get(stream)
        if path and own is not None and path not in own.paths:
            stream = next((name for name, reader in self.readers.items() if path in reader.paths), stream)
        return self._scopes.get(stream, "for this endpoint")

    def window_turn(self) -> AbstractContextManager[Any]:
        """Entered while a window is read. Where requests are few, few windows are read at a time: what has been begun
        when the requests are used up is lost, and a sync that finishes no window does not get anywhere."""
        return self._window_turns

    def lock(self, key: object) -> threading.Lock:
        """One lock for one thing that several threads may want to do and one shall do."""
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def once(self, key: object, read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """What `read` gives, read once a sync however many threads and streams ask. A failure is not kept."""
        with self.lock(key):
            if key not in self._answers:
                self._answers[key] = read()
            return self._answers[key]

    def first_sight(self, stream: str, identity: object) -> bool:
        """Whether a record with this identity has not been seen before in this sync."""
        with self._lock:
            seen = self._seen.setdefault(stream, set())
            new = identity not in seen
            seen.add(identity)
            return new

    def stop_until(self, seconds: float, where: str) -> SyncStopped:
        """Stop all requests because Gong asks for a longer wait than `max_wait_minutes`, and give the error."""
        back = instants.format_instant(
            (self.now() + timedelta(seconds=min(seconds, LATEST_RETURN_SECONDS))).replace(microsecond=0)
        )
        return self.gate.stop(
            f"{where}: Gong's rate limit or daily quota is used up, and it asks to wait for {seconds:.0f} s, longer "
            f"than `max_wait_minutes` allows. What was read is delivered and the state stands at the last finished "
            f"window: run the next sync at {back} or later, and it goes on from there."
        )
