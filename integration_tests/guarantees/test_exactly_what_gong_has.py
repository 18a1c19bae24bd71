"""Promise 2: no record missing and none twice, whatever the offset, the change of clocks, the page size and border."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gong_emulator import Company
from testing.harness import Output
from testing.world import (
    DAY,
    HOUR,
    NOW,
    OF_CALLS,
    Destination,
    World,
    company,
    doubles,
    shown,
    world,
)

# A half-hour offset that changes at 2 o'clock, one that changes by half an hour, one at midnight, both ends of the
# earth, and one that changes on no day of the range.
ZONES = {
    "Australia/Adelaide": date(2026, 4, 5),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "Asia/Beirut": date(2026, 3, 29),
    "Europe/Berlin": date(2026, 3, 29),
    "America/New_York": date(2026, 3, 8),
    "Pacific/Kiritimati": date(2026, 4, 1),
    "Pacific/Pago_Pago": date(2026, 4, 1),
}


def _assert_exact(reader: World, output: Output, *streams: str) -> None:
    for stream in streams:
        assert doubles(output, stream) == [], stream
        held = Destination()
        held.take(output)
        got = {key: json.dumps(row, sort_keys=True) for key, row in held.of(stream).items()}
        assert got == {key: json.dumps(row, sort_keys=True) for key, row in reader.truth(stream).items()}, stream


def _around(made: Company, moment: datetime) -> None:
    """Calls close by a moment on both sides, some of them at the same one."""
    for offset in (-3_600_000, -1, 0, 0, 0, 1, 999, 1000, 3_600_000):
        started = moment + timedelta(milliseconds=offset)
        shown(made.add_call(started, direction="Outbound", duration=30), started)
        shown(made.add_call(started, scheduled=moment, duration=30), started)


@pytest.mark.parametrize("zone", ZONES)
def test_in_any_zone_through_a_change_of_clocks(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(30, time_zone=zone, first_call=datetime(2026, 3, 1, tzinfo=UTC))
    midnight = datetime.combine(ZONES[zone], datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    for hours in (0, 1, 2, 3, 24):
        _around(made, midnight + hours * HOUR)
    with world(made) as reader:
        output = reader.complete(*OF_CALLS, company_time_zone=zone)
        _assert_exact(reader, output, *OF_CALLS)


@pytest.mark.parametrize(("size", "calls"), [(1, 12), (7, 49), (7, 50), (100, 99), (100, 100), (100, 101)])
def test_with_any_size_of_pages(size: int, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(calls)
    streams = (*OF_CALLS, "users", "audit_logs", "stats_activity_scorecards")
    with world(made, page_size=size) as reader:
        output = reader.complete(*streams)
        _assert_exact(reader, output, *streams)


def test_many_calls_at_one_scheduled_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than a page holds, so that a page ends among them."""
    made, scheduled = company(10), datetime(2026, 4, 8, 9, tzinfo=UTC)
    for number in range(350):
        made.add_call(scheduled + timedelta(seconds=number * 7 - 1200), scheduled=scheduled, duration=20)
    with world(made) as reader:
        output = reader.complete(*OF_CALLS)
        _assert_exact(reader, output, *OF_CALLS)


def test_calls_on_the_border_of_two_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The windows of a first sync are found from outside, then calls are put on their borders."""
    plan = {"first_call": datetime(2026, 1, 5, tzinfo=UTC), "monologues_per_minute": 0.01}
    with world(company(2500, **plan)) as reader:
        reader.complete("calls")
        borders = _borders(reader)
        assert len(borders) > 3
    made = company(2500, **plan)
    for border in borders:
        for offset in (-1, 0, 0, 1):
            started = border + timedelta(milliseconds=offset)
            shown(made.add_call(started, direction="Outbound", duration=30), started)
        made.add_call(border + timedelta(minutes=4), scheduled=border)
        made.add_call(border - timedelta(minutes=4), scheduled=border)
    with world(made) as reader:
        output = reader.complete("calls", "call_user_access")
        _assert_exact(reader, output, "calls", "call_user_access")
        # The added calls shift the cuts, and calls stand on these in their turn when they are moved there.
        for border, call in zip(sorted(_borders(reader)), made.calls[::400], strict=False):
            call.scheduled = border
        reader.gong.requests.clear()
        _assert_exact(reader, reader.complete("calls", "call_user_access"), "calls", "call_user_access")


def _borders(reader: World) -> set[datetime]:
    asked = {(entry.query["fromDateTime"], entry.query["toDateTime"]) for entry in reader.gong.requests.to("/v2/calls")}
    starts, ends = ({bound[side] for bound in asked} for side in (0, 1))
    return {datetime.fromisoformat(text) for text in starts & ends}


def test_the_windows_meet_and_cover_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(2500, first_call=datetime(2026, 1, 5, tzinfo=UTC), monologues_per_minute=0.01)
    with world(made) as reader:
        reader.complete("calls")
        asked = [entry.query for entry in reader.gong.requests.to("/v2/calls")]
        windows = sorted({(one["fromDateTime"], one["toDateTime"]) for one in asked})
        # The widest is the one that was asked for to make the plan.
        whole = min(windows, key=lambda window: (window[0], window[1][:4] != "2026", [-ord(c) for c in window[1]]))
        rest = [window for window in windows if window != whole]
        assert all(end == start for (_, end), (start, _) in pairwise(rest))
        assert (rest[0][0], rest[-1][1]) == whole


@pytest.mark.parametrize("ahead", [timedelta(minutes=20), 6 * HOUR, 23 * HOUR])
def test_conferences_that_began_before_their_time(ahead: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are over, listed, and scheduled for later than now."""
    made = company(20)
    early = made.add_call(NOW - HOUR, scheduled=(NOW - HOUR + ahead).replace(microsecond=0), duration=600)
    destination = Destination()
    with world(made) as reader:
        output = destination.take(reader.complete(*OF_CALLS))
        _assert_exact(reader, output, *OF_CALLS)
        assert (early.id,) in destination.of("calls")
        # And what changes on them until the look-back ends.
        reader.wait(7 * DAY - 2 * HOUR)
        early.title = "Changed late"
        destination.take(reader.complete(*OF_CALLS, state=destination.state))
        assert destination.of("calls")[(early.id,)]["title"] == "Changed late"


@pytest.mark.parametrize("behind", [timedelta(minutes=20), 6 * HOUR, DAY])
@pytest.mark.parametrize("late", [timedelta(0), 7 * DAY - HOUR])
def test_conferences_that_began_after_their_time(
    behind: timedelta, late: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gong finds them by a time that lies before the look-back of their start."""
    made, started = company(20), NOW + HOUR
    call = shown(
        made.add_call(started, scheduled=started - behind, duration=600), started + late + timedelta(minutes=1)
    )
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS))
        for moment in (started + late, started + late + HOUR):
            reader.wait(moment - reader.moment)
            output = destination.take(reader.complete(*OF_CALLS, state=destination.state))
        for stream in OF_CALLS:
            assert (call.id,) in destination.of(stream), stream
            assert doubles(output, stream) == []


@pytest.mark.parametrize("off", [-3 * DAY, -30 * HOUR, 30 * HOUR, 3 * DAY, 6 * DAY])
def test_conferences_far_off_their_time_are_not_lost(off: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a day: one that began late is there with the next sync when Gong lists it at once, one that began early
    as soon as its scheduled time is less than a day away."""
    made, started = company(20), NOW + HOUR
    call = made.add_call(started, scheduled=started - off, duration=600)
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS))
        reader.wait(max(2 * HOUR, -off - DAY + 2 * HOUR))
        output = destination.take(reader.complete(*OF_CALLS, state=destination.state))
        for stream in OF_CALLS:
            assert (call.id,) in destination.of(stream), stream
            assert doubles(output, stream) == []


def test_windows_that_are_cut_too_coarsely_are_cut_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many calls in the last days of a long range: an even cut would leave a chain of many pages."""
    made = company(5, first_call=datetime(2021, 1, 5, tzinfo=UTC), last_call=datetime(2021, 3, 5, tzinfo=UTC))
    for number in range(1300):
        made.add_call(NOW - 20 * DAY + number * timedelta(minutes=11), duration=30)
    with world(made) as reader:
        # So few requests for so many workers that a chain may have one page.
        output = reader.complete("calls", "call_user_access", max_requests_per_sync=119, num_workers=15)
        _assert_exact(reader, output, "calls", "call_user_access")
        asked = [entry.query for entry in reader.gong.requests.to("/v2/calls")]
        windows = Counter((query["fromDateTime"], query["toDateTime"]) for query in asked)
        assert len(windows) > output.report("calls")["windows"] + 4, "nothing was cut again"
        assert max(windows.values()) <= 4
