"""The gate that every request to Gong's API goes through: pace, shared waiting, and this sync's share of requests.

Gong allows a company 3 requests a second and 10,000 a day, all its integrations together (help.gong.io, and the
description of Gong's OpenAPI). One gate stands for all streams and threads of a sync.

The pace is kept where it counts, at the moment when a request's bytes leave: a thread that took its turn and was then
held up (by another thread parsing a large page, say) would otherwise arrive together with the next ones.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from source_gong.faults import SyncStopped

# Requests travel for different times; counted over any second at Gong's end, those that left at the exact limit would
# now and then be one too many.
JITTER_SECONDS = 0.03
# After a refusal the pace is a little slower for a while: requests travel more unevenly than was thought, or others use
# up the company's limit too.
SLACK_AFTER_REFUSAL, MOST_SLACK, SLACK_LOST_A_TURN = 0.05, 0.5, 0.0005
# Nor do they leave all at once and then none for a second: those that arrive together hold each other up at Gong's end.
EVENNESS = 0.95


class Turns:
    """Lets at most `places` threads in at a time, in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            while self._places == 0 or self._waiting[0] is not ticket:
                self._changed.wait()
            self._waiting.popleft()
            self._places -= 1
            self._changed.notify_all()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._places += 1
            self._changed.notify_all()


class Gate:
    """At most `requests_per_second` requests leave in any second, and `max_requests` (None: no limit) in all.

    `clock` gives monotonic seconds and `sleep` waits; both are there to be replaced in tests.
    """

    def __init__(
        self,
        requests_per_second: float,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        per_turn = max(1, math.floor(requests_per_second))
        self._span = max(1.0, 1.0 / requests_per_second) + JITTER_SECONDS
        self._gap = self._span / per_turn * EVENNESS
        self._next = -math.inf
        self._slack = 0.0
        self._sent: deque[float] = deque(maxlen=per_turn)
        self._clock, self._sleep = clock, sleep
        self._turns = threading.Lock()
        self._counter = threading.Lock()
        self._held_until = -math.inf
        self._max_requests = max_requests
        self._stop: str | None = None
        self.spent = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the next turn and keep it while the request's bytes are written."""
        with self._turns:
            while (wait := self._wait()) > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                now = self._clock()
                self._sent.append(now)
                self._slack = max(0.0, self._slack - SLACK_LOST_A_TURN)
                # From when its turn was due: what a thread woke up too late is not lost for the ones behind it.
                self._next = (self._next if now - self._next < self._gap / 2 else now) + self._gap

    def hold(self, seconds: float) -> None:
        """No request leaves before `seconds` from now: Gong's limit is the company's, so it holds for all threads."""
        with self._counter:
            self._held_until = max(self._held_until, self._clock() + seconds)
            self._slack = min(MOST_SLACK, self._slack + SLACK_AFTER_REFUSAL)

    def spend(self) -> None:
        """Count one request; raises `SyncStopped` when the sync was stopped or its share is used up."""
        with self._counter:
            if self._stop is None and self._max_requests is not None and self.spent >= self._max_requests:
                self._stop = (
                    f"This sync has used its {self._max_requests} requests (`max_requests_per_sync`). What was read is "
                    "delivered and the state stands at the last finished window: run the next sync after Gong's daily "
                    "quota is renewed (midnight UTC, as far as is known), and it goes on from there."
                )
            if self._stop is not None:
                raise SyncStopped(self._stop)
            self.spent += 1

    def stop(self, reason: str) -> SyncStopped:
        """Let no further request leave, in any thread, and give the error that says why."""
        with self._counter:
            self._stop = self._stop or reason
            return SyncStopped(self._stop)

    @property
    def stopped(self) -> bool:
        """Whether no further request leaves in this sync."""
        return self._stop is not None

    def _wait(self) -> float:
        now = self._clock()
        full = self._sent[0] + self._span + self._slack if len(self._sent) == self._sent.maxlen else -math.inf
        return max(full, self._next, self._held_until) - now
