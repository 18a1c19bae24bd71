"""The company's calendar days: windows for the statistics, scorecards and coaching.

Gong takes days `YYYY-MM-DD` in the company's time zone, the end exclusive and not after today there. The zone may not
be known here. Then only days count that have ended everywhere on earth: a wrong guess would be a 400, or a day that is
asked for before it is over and never again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from source_gong.instants import parse_instant
from source_gong.sync import Sync
from source_gong.windows import Bookmark

# The clocks of the earth lie between these: a day begins at UTC+14 and ends at UTC-12.
EARLIEST_OFFSET = timedelta(hours=14)
LATEST_OFFSET = timedelta(hours=-12)
DAY = timedelta(days=1)


def today_everywhere(now: datetime, zone: ZoneInfo | None) -> date:
    """Today at the company; without its zone the earliest date that it can be today: all before it is over."""
    return now.astimezone(zone).date() if zone else (now + LATEST_OFFSET).date()


def today_anywhere(now: datetime, zone: ZoneInfo | None) -> date:
    """Today at the company; without its zone the latest date that it can be today."""
    return now.astimezone(zone).date() if zone else (now + EARLIEST_OFFSET).date()


def company_day(value: Any, answer_zone: Any, zone: ZoneInfo | None) -> Any:
    """The company day that Gong means by a date or by the date-time of that day's midnight, as `YYYY-MM-DD`.

    A date-time with an offset is in the company's own time, so its date is the day. One in UTC is put into the zone
    that the answer or the configuration names, or else read as a midnight between UTC-10 and UTC+13.
    """
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return value
    # Gong's own documentation has a midnight `T000:00:00`, so what follows the date is not trusted to parse.
    if len(value) == 10 or not re.search(r"(Z|[+-]00:?00)$", value):
        return value[:10]
    try:
        moment = parse_instant(value)
    except ValueError:
        return value[:10]
    if isinstance(answer_zone, str):
        with suppress(KeyError, ValueError, OSError):
            zone = ZoneInfo(answer_zone)
    return (moment.astimezone(zone) if zone else moment + timedelta(hours=13)).date().isoformat()


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
class DayPlanner:
    """Days, cut into calendar periods (`each` of which is one request) or into stretches of `stretch` days.

    `period` aligns what is asked for, so that a period has the same key in every sync; only `start_date` clips one.
    With `beyond` the last window reaches past today, for lists that are filtered by day but take any; the state then
    stays where days are over. `first_day` finds where the company's calls begin; it is asked for when there is neither
    a start date nor a state, and gives None when there are no calls.
    """

    sync: Sync
    period: str
    each: bool
    beyond: bool
    first_day: Callable[[], date | None]
    stretch: int = 92
    instants: bool = False

    def parse(self, text: str) -> date:
        return parse_instant(text[:10]).date()

    def format(self, value: date) -> str:
        if not self.instants:
            return value.isoformat()
        midnight = datetime.combine(value, time(), self.sync.settings.time_zone or UTC)
        return midnight.isoformat().replace("+00:00", "Z")

    def lower(self, before: Bookmark | None) -> date:
        start = self._day_of("start_date")
        if before is None:
            begin = start or self.first_day()
            if begin is None:
                return self.end()
            return begin if start else period_start(begin, self.period)
        lower = before.upto if before.paused else min(before.upto, self.looks_back_to(before.read_at))
        lower = period_start(lower, self.period)
        return max(lower, start) if start else lower

    def looks_back_to(self, read_at: date) -> date:
        return read_at - self.sync.settings.lookback

    def end(self) -> date:
        now, zone = self.sync.now(), self.sync.settings.time_zone
        last = today_anywhere(now, zone) + DAY if self.beyond else today_everywhere(now, zone)
        end = self._day_of("end_date") if self.sync.settings.end else None
        return min(last, end) if end else last

    def settle(self, value: date) -> date:
        """What of a finished stretch the state may say: days that are over, wherever the company is."""
        return min(value, today_everywhere(self.sync.now(), self.sync.settings.time_zone))

    def plan(self, partition: Mapping[str, Any], lower: date, end: date) -> list[tuple[date, date]]:
        windows = []
        start = lower
        while start < end:
            stop = next_period(period_start(start, self.period), self.period)
            while not self.each and stop < end and (stop - start).days < self.stretch:
                stop = next_period(stop, self.period)
            windows.append((start, min(stop, end)))
            start = stop
        return windows

    def _day_of(self, name: str) -> date | None:
        """The company's day that a field of the configuration means: a date alone is the company's day of that name."""
        settings = self.sync.settings
        written = str(settings.values.get(name) or "").strip()
        if settings.time_zone and len(written) > 10:
            return parse_instant(written).astimezone(settings.time_zone).date()
        return parse_instant(written[:10]).date() if written else None
