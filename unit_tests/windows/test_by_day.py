"""Windows of the company's calendar days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.windows.bookmark import Bookmark
from source_gong.windows.by_day import next_period, period_start
from source_gong.windows.window import Window
from unit_tests.windows.planners import Asked, by_day

MAY_20 = date(2026, 5, 20)
PERIODS = st.sampled_from(["day", "week", "month"])
DAYS = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 900), PERIODS, st.booleans(), st.sampled_from([1, 7, 92, 366]))
def test_windows_tile_their_range_and_begin_where_periods_do(
    lower: date, length: int, period: str, each: bool, stretch: int
) -> None:
    end, ask = lower + timedelta(days=length), Asked()
    windows = by_day(period=period, each=each, stretch=stretch).plan({}, lower, end, ask)
    assert ask.windows == []
    assert all(start < stop for start, stop in windows)
    if not length:
        assert windows == []
        return
    assert (windows[0][0], windows[-1][1]) == (lower, end)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(windows))
    for start, stop in windows[1:]:
        assert period_start(start, period) == start
        if each:
            assert stop <= next_period(start, period)


def test_stretches_are_of_whole_periods_and_about_as_long_as_they_may_be() -> None:
    windows = by_day(period="week", each=False, stretch=30).plan({}, date(2026, 1, 1), date(2026, 6, 1), Asked())
    assert [start.weekday() for start, _ in windows] == [3, 0, 0, 0, 0]
    assert {(stop - start).days for start, stop in windows[1:-1]} == {35}


@pytest.mark.parametrize(
    ("period", "first", "following"),
    [("day", "2026-12-31", "2027-01-01"), ("week", "2026-12-28", "2027-01-04"), ("month", "2026-12-01", "2027-01-01")],
)
def test_the_period_of_the_last_day_of_a_year(period: str, first: str, following: str) -> None:
    start = period_start(date(2026, 12, 31), period)
    assert (start.isoformat(), next_period(start, period).isoformat()) == (first, following)


@pytest.mark.parametrize(
    ("now", "zone", "ended", "beyond"),
    [
        # Without the zone only days count that have ended everywhere, and all that may have begun anywhere.
        ("2026-06-01T11:59:00", None, "2026-05-31", "2026-06-03"),
        ("2026-06-01T12:00:00", None, "2026-06-01", "2026-06-03"),
        ("2026-06-01T02:00:00", "America/Los_Angeles", "2026-05-31", "2026-06-01"),
        ("2026-06-01T12:00:00", "Pacific/Kiritimati", "2026-06-02", "2026-06-03"),
    ],
)
def test_days_end_where_they_are_over_at_the_company(now: str, zone: str | None, ended: str, beyond: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    company = ZoneInfo(zone) if zone else None
    planner = by_day(now=lambda: moment, zone=company)
    assert planner.end().isoformat() == ended
    past = by_day(now=lambda: moment, zone=company, beyond=True)
    assert past.end().isoformat() == beyond
    # The state stays where days are over.
    assert past.settle(past.end()).isoformat() == ended
    assert past.settle(MAY_20) == MAY_20
    assert by_day(now=lambda: moment, zone=company, stop=MAY_20).end() == MAY_20


def test_reading_begins_at_the_start_else_in_the_period_of_the_first_call() -> None:
    assert by_day(lambda: date(2026, 3, 18), period="month").lower(None) == date(2026, 3, 1)
    assert by_day(lambda: date(2026, 3, 18), start=MAY_20, period="month").lower(None) == MAY_20
    nothing = by_day()
    assert nothing.lower(None) == nothing.end()


def test_the_look_back_goes_to_the_beginning_of_a_period_but_not_before_the_start() -> None:
    before = Bookmark(date(2026, 5, 31), date(2026, 5, 31))
    assert by_day().lower(before) == date(2026, 5, 24)
    assert by_day(period="month").lower(before) == date(2026, 5, 1)
    assert by_day(period="month", start=MAY_20).lower(before) == MAY_20
    assert by_day().lower(Bookmark(MAY_20, date(2026, 5, 31))) == MAY_20
    assert by_day().lower(Bookmark(MAY_20, MAY_20, paused=True)) == MAY_20


def test_a_bound_is_a_day_or_its_midnight_at_the_company() -> None:
    assert by_day().window({"a": "1"}, MAY_20, MAY_20 + timedelta(days=1)) == Window(
        {"a": "1"}, "2026-05-20", "2026-05-21"
    )
    form = "%Y-%m-%dT%H:%M:%S%z"
    assert by_day(form=form).format(MAY_20) == "2026-05-20T00:00:00Z"
    zoned = by_day(form=form, zone=ZoneInfo("America/New_York"))
    assert zoned.format(MAY_20) == "2026-05-20T00:00:00-04:00"
    assert zoned.parse(zoned.format(MAY_20)) == MAY_20


def test_check_asks_for_a_day_that_is_over() -> None:
    assert by_day().sample() == (date(2026, 5, 31), date(2026, 6, 1))
