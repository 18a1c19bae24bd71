"""What came late, told from how many records each stretch of the look-back held before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from source_gong.instants import format_instant
from source_gong.windows.arrivals import STRETCHES, Arrivals
from testing.harness import NOW

WEEK, DAY = timedelta(days=7), timedelta(days=1)


def synced(moments: Iterable[datetime], before: object = None, at: datetime = NOW) -> Arrivals:
    """A sync that reads records of these moments."""
    made = Arrivals(WEEK, at, before)
    for moment in moments:
        made.saw(format_instant(moment))
    return made


def left(moments: Iterable[datetime], at: datetime = NOW) -> dict[str, Any]:
    """What a complete sync leaves in the state, as a platform hands it back."""
    found: dict[str, Any] = json.loads(json.dumps(synced(moments, at=at).state(True, whole=True)))
    return found


def every_hour(count: int) -> list[datetime]:
    return [NOW - timedelta(hours=1 + number) for number in range(count)]


def test_what_was_there_before_is_not_late_and_what_came_since_is() -> None:
    known, later = every_hour(100), NOW + DAY
    assert synced(known, left(known), later).late(later) == (0, 0)
    late = [NOW - timedelta(hours=30), NOW - timedelta(hours=50)]
    found = synced([*known, *late, later - timedelta(hours=2)], left(known), later).late(later)
    assert found[0] == 2
    # By at most the stretch of an hour more than the latest of them.
    assert timedelta(hours=74) <= timedelta(seconds=found[1]) < timedelta(hours=75)


def test_the_first_sync_knows_of_nothing_late() -> None:
    assert synced(every_hour(50)).late(NOW) == (0, 0)


def test_what_lies_beyond_the_look_back_or_is_no_date_does_not_count() -> None:
    made = synced([NOW - WEEK - timedelta(seconds=1), NOW, NOW + DAY])
    for text in (None, 17, "never", "2026-05-31Tnonsense"):
        made.saw(text)
    assert made.state(True, whole=True) == {
        "from": format_instant(NOW - WEEK), "to": format_instant(NOW), "width": 3600, "counts": []
    }  # fmt: skip


def test_only_a_complete_sync_that_read_the_whole_look_back_is_remembered() -> None:
    before = left(every_hour(5))
    later = synced(every_hour(9), before, NOW + DAY)
    assert later.state(False, whole=True) == before
    assert later.state(True, whole=False) is None
    after = later.state(True, whole=True)
    assert after is not None
    assert sum(after["counts"]) == 9


@pytest.mark.parametrize("days", [1, 7, 90, 365])
def test_the_memory_is_small_whatever_the_look_back(days: int) -> None:
    made = Arrivals(timedelta(days=days), NOW, None)
    for hour in range(24 * days):
        made.saw(format_instant(NOW - timedelta(hours=hour)))
    state = made.state(True, whole=True)
    assert state is not None
    assert len(state["counts"]) <= STRETCHES + 2
    assert len(json.dumps(state)) < 1024


def test_without_a_look_back_nothing_is_remembered() -> None:
    made = Arrivals(timedelta(0), NOW, None)
    made.saw(format_instant(NOW - timedelta(hours=1)))
    assert made.state(True, whole=True) is None


@pytest.mark.parametrize(
    "broken",
    [None, 5, {}, {"counts": [1]}, {"from": "x", "to": "y", "width": 60, "counts": [1]},
     {"from": "2026-05-25", "to": "2026-06-01", "width": 0, "counts": [1]},
     {"from": "2026-05-25", "to": "2026-06-01", "width": 3600, "counts": ["1"]}],
)  # fmt: skip
def test_a_broken_memory_costs_the_count_and_nothing_else(broken: object) -> None:
    made = synced(every_hour(5), broken)
    assert made.late(NOW) == (0, 0)
    state = made.state(True, whole=True)
    assert state is not None
    assert sum(state["counts"]) == 5
