"""What a stream of files remembers between syncs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.files.ledger import MOST_PENDING, Ledger, LedgerFull

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def ledger(state: dict[str, Any] | None = None, now: datetime = NOW, kind: str = "audio None") -> Ledger:
    return Ledger(state or {}, now - WEEK, now, now, kind)


def delivered(moments: dict[str, datetime], now: datetime = NOW) -> dict[str, Any]:
    """The state after a sync that delivered these."""
    found = ledger(now=now)
    for call_id, moment in moments.items():
        found.settle(call_id, moment)
    return json.loads(json.dumps(found.state(True)))


def call_times(count: int, every: timedelta = timedelta(minutes=7)) -> dict[str, datetime]:
    return {str(10**18 + number): NOW - timedelta(minutes=1) - every * number for number in range(count)}


def test_what_was_delivered_is_known_to_the_next_sync() -> None:
    calls = call_times(500)
    assert ledger(delivered(calls), NOW + timedelta(hours=1)).delivered(calls) == set(calls)


def test_a_stretch_with_a_late_call_is_not_known_and_all_others_are() -> None:
    calls = call_times(500)
    late = {**calls, "17": NOW - timedelta(days=3)}
    unknown = late.keys() - ledger(delivered(calls), NOW + timedelta(hours=1)).delivered(late)
    assert "17" in unknown
    assert len(unknown) < 10


@given(st.sets(st.integers(0, 400), max_size=30), st.sets(st.integers(0, 400), max_size=30))
def test_no_call_counts_as_delivered_that_was_not(before: set[int], now: set[int]) -> None:
    def at(numbers: set[int]) -> dict[str, datetime]:
        return {str(number): NOW - timedelta(minutes=13 * number + 1) for number in numbers}

    assert ledger(delivered(at(before))).delivered(at(now)) <= at(before).keys()


def test_other_files_of_the_same_calls_are_not_the_same() -> None:
    calls = call_times(5)
    assert ledger(delivered(calls), kind="audio (0, 99)").delivered(calls) == set()


def test_only_a_whole_sync_says_what_was_delivered() -> None:
    before = delivered(call_times(5))
    later = ledger(before, NOW + timedelta(days=1))
    later.settle("99", NOW)
    assert later.state(False) == before
    assert later.state(True) != before


@pytest.mark.parametrize(
    "broken", [None, 5, {}, {"from": "x", "to": "y", "width": 60, "digests": "AAAA"}, {"width": 0}, {"digests": "ä"}]
)
def test_a_broken_memory_costs_downloads_and_nothing_else(broken: Any) -> None:
    calls = call_times(3)
    found = ledger({"delivered": broken})
    assert found.covered_since is None
    assert found.delivered(calls) == set()


def test_the_state_stays_small_with_ten_thousand_calls_and_as_many_failures_as_fit() -> None:
    found = ledger()
    for call_id, moment in call_times(10_000, timedelta(minutes=1)).items():
        found.settle(call_id, moment)
    for number in range(MOST_PENDING):
        assert found.failed(str(9 * 10**18 + number), 10**12 + number)
    assert len(json.dumps(found.state(True))) < 9_000


def test_a_failed_file_takes_the_place_of_one_that_is_too_large() -> None:
    found = ledger()
    for number in range(MOST_PENDING):
        found.failed(str(number), 2**40)
    assert not found.failed("998", 2**40)
    assert found.failed("999")
    assert found.left_over(2**30) == ["999"]
    assert len(found.left_over(2**50)) == MOST_PENDING


def test_without_room_for_a_failed_file_the_stream_has_to_stop() -> None:
    found = ledger()
    for number in range(MOST_PENDING):
        found.failed(str(number))
    with pytest.raises(LedgerFull):
        found.failed("999")
    found.done("3")
    assert found.failed("999")
