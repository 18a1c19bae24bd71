"""Promise 1: what Gong publishes or changes within the look-back of a call is there after the next sync."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gong_emulator import Call, Company
from gong_emulator.records.reviews import Review
from testing.harness import Output
from testing.world import (
    DAY,
    HOUR,
    NOW,
    OF_CALLS,
    Destination,
    World,
    company,
    incremental_streams,
    shown,
    world,
)

# Whole days and a part of one, so that what is due at the edge is read by the hour and not by the day.
LOOKBACK = timedelta(days=7)
STATISTICS = (
    "stats_activity_aggregate",
    "stats_activity_aggregate_by_period",
    "stats_activity_day_by_day",
    "stats_interaction",
)
NOTHING = dict.fromkeys(incremental_streams(), (0, 0))


def _late(output: Output, stream: str) -> tuple[int, int]:
    report = output.report(stream)
    return report["late"], report["late_by_seconds"]


def _text(rows: dict[tuple[Any, ...], dict[str, Any]]) -> dict[tuple[Any, ...], str]:
    return {key: json.dumps(row, sort_keys=True) for key, row in rows.items()}


def _assert_same(reader: World, destination: Destination, *streams: str) -> None:
    for stream in streams:
        assert _text(destination.of(stream)) == _text(reader.truth(stream)), stream


@pytest.mark.parametrize(
    "age", [2 * HOUR, DAY, 5 * DAY, LOOKBACK - HOUR], ids=["2 hours", "a day", "5 days", "almost 7 days"]
)
def test_a_call_that_is_listed_late_comes_with_the_next_sync(age: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    made, started = company(40), NOW - HOUR
    late = shown(made.add_call(started, duration=600), started + age)
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS))
        assert (late.id,) not in destination.of("calls")
        # Syncs go on meanwhile, and see later calls before the late one.
        newer = made.add_call(NOW + HOUR / 2, duration=600)
        while reader.moment < started + age:
            reader.wait(min(2 * DAY, started + age - reader.moment))
            if reader.moment < started + age:
                destination.take(reader.complete(*OF_CALLS, state=destination.state))
                assert (newer.id,) in destination.of("calls")
                assert (late.id,) not in destination.of("calls")
        last = destination.take(reader.complete(*OF_CALLS, state=destination.state))
        _assert_same(reader, destination, *OF_CALLS)
        for stream in OF_CALLS:
            count, by = _late(last, stream)
            assert count == 1, stream
            # Told to the hour: the look-back is remembered by stretches of one.
            assert age.total_seconds() <= by <= (age + HOUR).total_seconds(), stream


@pytest.mark.parametrize("look_back", [1, 7, 30])
def test_the_look_back_reaches_to_its_very_end(look_back: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(40)
    edge = [
        shown(made.add_call(NOW - DAY - timedelta(milliseconds=offset), direction="Outbound"), NOW)
        for offset in (-1, 0, 1, 1500)
    ]
    destination = Destination()
    with world(made, NOW - timedelta(milliseconds=1)) as reader:
        destination.take(reader.complete(*OF_CALLS, lookback_window_days=look_back))
        assert not {call.id for call in edge} & {key[0] for key in destination.of("calls")}
        for call in edge:
            shown(call, call.started + look_back * DAY)
        reader.wait((look_back - 1) * DAY + timedelta(milliseconds=1600))
        destination.take(reader.complete(*OF_CALLS, state=destination.state, lookback_window_days=look_back))
        _assert_same(reader, destination, *OF_CALLS)


def _longer(call: Call) -> None:
    call.revision += 1


def _renamed(call: Call) -> None:
    call.title = "What the customer said"


def _private(call: Call) -> None:
    call.is_private = not call.is_private


def _recast(call: Call) -> None:
    call.duration += 60
    call.overrides = {"purpose": "Renewal"}


@pytest.mark.parametrize("change", [_longer, _renamed, _private, _recast])
def test_what_changes_on_a_call_comes_with_the_next_sync(
    change: Callable[[Call], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company(40)
    begun = [made.add_call(NOW - age, duration=900) for age in (HOUR, 2 * DAY, LOOKBACK - 2 * HOUR)]
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS))
        _assert_same(reader, destination, *OF_CALLS)
        for call in begun:
            change(call)
        reader.wait(HOUR)
        output = destination.take(reader.complete(*OF_CALLS, state=destination.state))
        _assert_same(reader, destination, *OF_CALLS)
        # A change is not an arrival.
        assert {stream: _late(output, stream) for stream in OF_CALLS} == dict.fromkeys(OF_CALLS, (0, 0))


def test_transcripts_and_what_gong_writes_come_when_they_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(40)
    calls = [made.add_call(NOW - HOUR, duration=900) for _ in range(5)]
    ready = [calls[0].started + age for age in (2 * HOUR, DAY, 3 * DAY, 5 * DAY, LOOKBACK)]
    for call, moment in zip(calls, ready, strict=True):
        call.transcript_visible_from = moment
        call.content_visible_from = moment
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS))
        for number, moment in enumerate(ready, 1):
            reader.wait(moment - reader.moment)
            output = destination.take(reader.complete(*OF_CALLS, state=destination.state))
            _assert_same(reader, destination, *OF_CALLS)
            assert sum((call.id,) in destination.of("call_transcripts") for call in calls) == number
            briefs = [destination.of("calls_extensive")[(call.id,)].get("content", {}).get("brief") for call in calls]
            assert sum(brief is not None for brief in briefs) == number
            assert output.report("call_transcripts")["late"] == 1
            assert output.report("calls")["late"] == 0


def test_extensive_may_lag_behind_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(40)
    slow = made.add_call(NOW - HOUR)
    slow.extensive_visible_from = NOW + DAY
    destination = Destination()
    for fields in ({}, {"private_calls": "exclude"}):
        with world(made) as reader:
            destination = Destination()
            destination.take(reader.complete(*OF_CALLS, **fields))
            assert (slow.id,) in destination.of("calls")
            assert (slow.id,) not in destination.of("calls_extensive")
            reader.wait(DAY)
            output = destination.take(reader.complete(*OF_CALLS, state=destination.state, **fields))
            assert (slow.id,) in destination.of("calls_extensive")
            assert output.report("calls_extensive")["late"] == 1


def _review(made: Company, moment: datetime) -> Review:
    card = next(card for card in made.scorecards if card["reviewMethod"] == "MANUAL")
    call = made.calls[0]
    return Review(made.new_id(), call, card, call.primary_user_id, made.users[0]["id"], moment)


def test_reviews_that_come_late_or_are_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, made = "stats_activity_scorecards", company(40)
    edited = [_review(made, NOW - age) for age in (HOUR, 3 * DAY, LOOKBACK - 2 * HOUR)]
    made.added_reviews += edited
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(stream))
        _assert_same(reader, destination, stream)
        for review in edited:
            review.reviewer_id = made.users[1]["id"]
        late = _review(made, NOW - 2 * DAY)
        made.added_reviews.append(late)
        reader.wait(HOUR)
        output = destination.take(reader.complete(stream, state=destination.state))
        _assert_same(reader, destination, stream)
        count, by = _late(output, stream)
        assert count == 1
        assert (2 * DAY).total_seconds() <= by <= (2 * DAY + 2 * HOUR).total_seconds()


def test_log_entries_that_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(40)
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete("audit_logs"))
        late = replace(made.log_entries[-1], id=10**9, moment=NOW - 3 * DAY)
        made.log_entries.append(late)
        made.log_entries.sort(key=lambda entry: entry.moment)
        reader.wait(HOUR)
        output = destination.take(reader.complete("audit_logs", state=destination.state))
        _assert_same(reader, destination, "audit_logs")
        assert _late(output, "audit_logs")[0] == 1


def test_statistics_of_a_call_that_is_listed_late(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(40)
    late = [shown(made.add_call(NOW - age, direction="Outbound"), NOW + HOUR) for age in (2 * DAY, 5 * DAY)]
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*STATISTICS, "coaching"))
        reader.wait(2 * HOUR)
        destination.take(reader.complete(*STATISTICS, "coaching", state=destination.state))
        for stream in (*STATISTICS, "coaching"):
            held = _text(destination.of(stream))
            wanted = {key: row for key, row in _text(reader.truth(stream)).items() if _counts(json.loads(row))}
            assert wanted.items() <= held.items(), stream
        counted = destination.of("stats_activity_day_by_day").values()
        assert {call.id for call in late} <= {one for row in counted for one in row["callsAsHost"]}


def _counts(row: dict[str, Any]) -> bool:
    """Whether a row of statistics holds more than zeros, which Gong gives or not by what is asked for."""
    return any(value for name, value in row.items() if name.startswith(("calls", "own", "others", "person", "metrics")))


def test_nothing_counts_as_late_when_nothing_came_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a call that is new, nor the statistics of a day that has ended since."""
    made = company(100, last_call=NOW + 9 * DAY)
    for call in made.calls:
        shown(call, call.started)
        # A review is late by its own time only.
        call.primary_user_id = made.users[-1]["id"]
    made.scorecards.clear()
    destination = Destination()
    with world(made) as reader:
        for hours in (0, 3, 24, 30, 100):
            reader.wait(hours * HOUR)
            output = destination.take(reader.complete(*incremental_streams(), state=destination.state))
            found = {stream: _late(output, stream) for stream in incremental_streams()}
            # An entry of the log is written with its call, a few minutes after.
            assert found == NOTHING, (hours, reader.moment)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", None])
def test_the_count_of_what_came_late_is_right(zone: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(80)
    ages = [3 * HOUR, 26 * HOUR, 26 * HOUR, 100 * HOUR, 160 * HOUR]
    for age in ages:
        shown(made.add_call(NOW - age, direction="Outbound"), NOW + HOUR)
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.complete(*OF_CALLS, company_time_zone=zone))
        reader.wait(2 * HOUR)
        output = destination.take(reader.complete(*OF_CALLS, state=destination.state, company_time_zone=zone))
        for stream in OF_CALLS:
            count, by = _late(output, stream)
            assert count == len(ages), stream
            assert 162 * HOUR.total_seconds() <= by <= 163 * HOUR.total_seconds(), stream
        # What was late once is not late again.
        output = destination.take(reader.complete(*OF_CALLS, state=destination.state, company_time_zone=zone))
        assert {_late(output, stream) for stream in OF_CALLS} == {(0, 0)}


def test_without_a_look_back_only_transcripts_look_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transcript always comes after its call, so 0 days can't be meant for it."""
    made = company(40)
    call = made.add_call(NOW - HOUR)
    call.transcript_visible_from = NOW + DAY
    destination = Destination()
    with world(made) as reader:
        for _ in range(2):
            destination.take(reader.complete(*OF_CALLS, state=destination.state, lookback_window_days=0))
            reader.wait(DAY)
        assert (call.id,) in destination.of("call_transcripts")
