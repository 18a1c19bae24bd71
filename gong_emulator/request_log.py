"""What was asked of the emulator: one entry for each request, without secrets."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

SECRET_PARAMETERS = frozenset({"refresh_token", "code", "client_secret", "access_token"})


@dataclass
class RecordedRequest:
    """One request as it arrived.

    `monotonic`: seconds of the rate limit's clock at arrival. `wall`: the emulator's clock (UTC) at arrival.
    `authorization`: the scheme only ("Basic", "Bearer"), None without the header. `headers` has lower-case names
    and no authorization. `query` has the first value of each parameter, OAuth secrets masked. `status`: what was
    answered, 0 when the connection was cut before the headers. `fault`: the kind of fault that struck.
    """

    method: str
    path: str
    query: dict[str, str]
    json: Any
    headers: dict[str, str]
    authorization: str | None
    monotonic: float
    wall: datetime
    status: int = 0
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry for `GET /_emulator/requests`."""
        return {**asdict(self), "wall": self.wall.isoformat()}


class RequestLog:
    """The requests in the order of arrival; safe to use from any thread. Behaves as a read-only list."""

    def __init__(self) -> None:
        self._entries: list[RecordedRequest] = []
        self._lock = threading.Lock()

    def add(self, entry: RecordedRequest) -> None:
        """Append an entry."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget every entry."""
        with self._lock:
            self._entries.clear()

    def snapshot(self) -> list[RecordedRequest]:
        """Return the entries so far."""
        with self._lock:
            return list(self._entries)

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self.snapshot())

    def __getitem__(self, index: int) -> RecordedRequest:
        return self.snapshot()[index]

    def to(self, path: str, method: str | None = None) -> list[RecordedRequest]:
        """Return the requests to exactly this path."""
        return [entry for entry in self if entry.path == path and method in (None, entry.method)]

    def counts(self) -> dict[str, int]:
        """Return how often each "METHOD path" was asked."""
        return dict(Counter(f"{entry.method} {entry.path}" for entry in self))

    def stats(self) -> dict[str, int]:
        """Return the number of requests, the most in any window of 1.0 s, and how many got 429.

        OAuth requests are left out: they don't count against the API's limits.
        """
        counted = [entry for entry in self if entry.path.startswith("/v2/")]
        window: deque[float] = deque()
        most = 0
        for moment in sorted(entry.monotonic for entry in counted):
            window.append(moment)
            while moment - window[0] >= 1.0:
                window.popleft()
            most = max(most, len(window))
        refused = sum(entry.status == 429 for entry in counted)
        return {"requests": len(counted), "maxRequestsInAnySecond": most, "tooManyRequests": refused}
