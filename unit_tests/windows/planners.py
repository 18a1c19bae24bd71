"""Planners as the tests of this room make them: from their arguments alone, at `NOW`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from source_gong.limits import Limits
from source_gong.windows.by_count import OFF_SCHEDULE, ByCount, Pages
from source_gong.windows.by_day import ByDay
from source_gong.windows.counts import Counts
from source_gong.windows.window import RangeFacts, Window
from testing.harness import NOW

START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 3 * 365 * 86_400_000).map(lambda ms: START + timedelta(milliseconds=ms))


def pages(side_by_side: int = 12, max_requests: int | None = None, limits: Limits | None = None) -> Pages:
    """The length of chains where so many windows are read at a time."""
    return Pages(limits or Limits(), side_by_side, max_requests)


def by_count(**fields: Any) -> ByCount:
    """A planner of calls, from May 2026 up to `NOW`, with a look-back of a week."""
    values: dict[str, Any] = {
        "form": "%Y-%m-%dT%H:%M:%S%z",
        "earliest": datetime(2026, 5, 1, tzinfo=UTC),
        "until": NOW,
        "fixed_end": False,
        "lookback": timedelta(days=7),
        "whose": "calls",
        "counts": Counts(),
        "pages": pages(),
        "off_schedule": OFF_SCHEDULE,
    }
    return ByCount(**{**values, **fields})


def by_day(first_day: Callable[[], date | None] = lambda: None, **fields: Any) -> ByDay:
    """A planner of single days with a look-back of a week, of a company whose zone is not known, at noon of the first
    of June 2026 in UTC."""
    values: dict[str, Any] = {
        "form": "%Y-%m-%d",
        "start": None,
        "stop": None,
        "zone": None,
        "now": lambda: NOW,
        "lookback": timedelta(days=7),
        "period": "day",
        "each": True,
        "beyond": False,
    }
    return ByDay(**{**values, **fields}, first_day=first_day)


class Asked:
    """Asks for first pages: a range holds as many calls as `totals` says by its start, 0 for others. `windows` are the
    bounds that were asked for."""

    def __init__(self, totals: dict[str, int] | None = None, first: datetime | None = START) -> None:
        self.totals, self.first = totals or {}, first
        self.windows: list[tuple[str | None, str | None]] = []

    def __call__(self, window: Window) -> RangeFacts:
        self.windows.append((window.start, window.end))
        return RangeFacts(self.totals.get(window.start or "", 0), self.first)
