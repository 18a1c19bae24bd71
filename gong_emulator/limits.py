"""The company's budget: 3 requests per second and 10,000 per day, shared by all its keys (documented)."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, date, datetime, time, timedelta

from gong_emulator.errors import TOO_MANY_REQUESTS, ApiError

_WINDOW_SECONDS = 1.0


class Limits:
    """Counts the accepted requests; refused ones cost nothing.

    That a refusal is free, that the second slides, and that the day ends at midnight UTC are assumptions:
    Gong publishes only the two numbers and the `Retry-After` header.
    """

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._day: date | None = None
        self._today = 0

    def take(self, rate: int | None, quota: int | None, ticks: float, now: datetime) -> None:
        """Count one request at `ticks` (monotonic seconds) and `now` (UTC).

        Raises ApiError 429 with `Retry-After` in whole seconds: 1 for the rate, the time until the next midnight
        UTC for the day's quota.
        """
        if now.date() != self._day:
            self._day, self._today = now.date(), 0
        if quota is not None and self._today >= quota:
            midnight = datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
            raise _too_many(math.ceil((midnight - now).total_seconds()))
        while self._recent and ticks - self._recent[0] >= _WINDOW_SECONDS:
            self._recent.popleft()
        if rate is not None and len(self._recent) >= rate:
            raise _too_many(1)
        self._recent.append(ticks)
        self._today += 1

    def reset(self) -> None:
        """Forget what was counted."""
        self._recent.clear()
        self._day, self._today = None, 0


def _too_many(seconds: int) -> ApiError:
    return ApiError(429, TOO_MANY_REQUESTS, headers={"Retry-After": str(max(seconds, 1))})
