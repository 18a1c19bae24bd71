"""The company's calendar days: windows for the statistics, scorecards and coaching.

Gong takes days `YYYY-MM-DD` in the company's time zone, the end exclusive and not after today there. The zone may not
be known here. Then only days count that have ended everywhere on earth: a wrong guess would be a 400, or a day that is
asked for before it is over and never again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from source_gong.instants import DAY, format_as, parse_instant, today_anywhere, today_everywhere
from source_gong.windows.bookmark import Bookmark
from source_gong.windows.counts import Bounds
from source_gong.windows.window import Ask, Window


def period_start(day: date, period: str) -> date:
    """The first day of the calendar period that a day is in; weeks begin on Monday."""
    if period == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period == "week" else day


def next_period(start: date, period: str) -> date:
    """The first day of the period after the one that begins at `start`."""
    if period == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + (timedelta(days=7) if period == "week" else DAY)


@dataclass
class ByDay:
    """Days, cut into calendar periods (`each` of which is one request) or into stretches of `stretch` days.

    `period` aligns what is asked for, so that a period has the same key in every sync; only `start` clips one. With
    `beyond` the last window reaches past today, for lists that are filtered by day but take any; the state then stays
    where days are over. `first_day` finds where the company's calls begin; it is asked for when there is neither a
    start nor a state, and gives None when there are no calls. `form` is how a bound is written: as a day, or as the
    midnight in the company's zone (UTC where it is unknown) with which it begins. `stop` is exclusive.
    """

    form: str
    start: date | None
    stop: date | None
    zone: ZoneInfo | None
    now: Callable[[], datetime]
    lookback: timedelta
    period: str
    each: bool
    beyond: bool
    first_day: Callable[[], date | None]
    stretch: int = 92
    counted: bool = False
    by_call_ids: bool = False
    one_by_one: bool = False

    def parse(self, text: str) -> date:
        return parse_instant(text[:10]).date()

    def format(self, value: date) -> str:
        return format_as(datetime.combine(value, time(), self.zone or UTC), self.form)

    def window(self, partition: Mapping[str, Any], start: date, end: date) -> Window:
        return Window(partition, self.format(start), self.format(end))

    def lower(self, before: Bookmark | None) -> date:
        if before is None:
            begin = self.start or self.first_day()
            if begin is None:
                return self.end()
            return begin if self.start else period_start(begin, self.period)
        lower = before.upto if before.paused else min(before.upto, self.looks_back_to(before.read_at))
        lower = period_start(lower, self.period)
        return max(lower, self.start) if self.start else lower

    def looks_back_to(self, read_at: date) -> date:
        return read_at - self.lookback

    def end(self) -> date:
        now = self.now()
        last = today_anywhere(now, self.zone) + DAY if self.beyond else today_everywhere(now, self.zone)
        return min(last, self.stop) if self.stop else last

    def settle(self, value: date) -> date:
        """What of a finished stretch the state may say: days that are over, wherever the company is."""
        return min(value, today_everywhere(self.now(), self.zone))

    def plan(self, partition: Mapping[str, Any], lower: date, end: date, ask: Ask) -> list[tuple[date, date]]:
        windows = []
        start = lower
        while start < end:
            stop = next_period(period_start(start, self.period), self.period)
            while not self.each and stop < end and (stop - start).days < self.stretch:
                stop = next_period(stop, self.period)
            windows.append((start, min(stop, end)))
            start = stop
        return windows

    def parts(self, window: Window, ask: Ask) -> list[Window]:
        return [window]

    def cut_with(self, bounds: Bounds) -> None:
        return None

    def sample(self) -> tuple[date, date]:
        yesterday = today_everywhere(self.now(), self.zone) - DAY
        return yesterday, yesterday + DAY
