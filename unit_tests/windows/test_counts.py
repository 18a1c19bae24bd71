"""What is known of ranges of time, and where streams begin that read the same list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from source_gong.windows.counts import Bounds, Counts
from source_gong.windows.window import RangeFacts
from testing.harness import NOW
from unit_tests.windows.planners import START

MIDDLE = START + timedelta(days=30)
BEFORE = START - timedelta(days=1)


def test_what_a_range_around_was_said_to_hold_is_known_without_a_request() -> None:
    counts = Counts()
    assert counts.at_most("calls", {}, START, MIDDLE) is None
    counts.of("calls", {}, START, NOW, lambda: RangeFacts(900, START))
    assert counts.at_most("calls", {}, START, MIDDLE) == 900
    counts.of("calls", {}, MIDDLE, NOW, lambda: RangeFacts(0, None))
    assert counts.at_most("calls", {}, MIDDLE, NOW) == 0
    assert counts.at_most("calls", {}, BEFORE, MIDDLE) is None
    assert counts.at_most("calls", {"workspaceId": "1"}, START, MIDDLE) is None
    assert counts.at_most("audit_logs", {}, START, MIDDLE) is None


def test_a_range_is_asked_about_once_and_again_when_asking_failed() -> None:
    counts, asked = Counts(), list[int]()

    def ask() -> RangeFacts:
        asked.append(1)
        if len(asked) == 1:
            raise OSError("cut")
        return RangeFacts(5, None)

    with pytest.raises(OSError, match="cut"):
        counts.of("calls", {}, START, NOW, ask)
    for partition in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}):
        assert counts.of("calls", partition, START, NOW, ask).total == 5
    assert len(asked) == 2


def test_bounds_are_those_that_lie_inside_of_a_range() -> None:
    bounds = Bounds()
    for stream, lower in (("calls", START), ("call_transcripts", MIDDLE), ("call_audio", NOW)):
        bounds.add(stream, lower)
    assert bounds.within(START, NOW) == {MIDDLE}
    assert bounds.within(BEFORE, NOW) == {START, MIDDLE}
    bounds.add("call_transcripts", BEFORE)
    assert bounds.within(START, NOW) == set()
