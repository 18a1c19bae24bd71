"""Windows of instants, cut by how many records a range holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.limits import Limits
from source_gong.windows.bookmark import Bookmark
from source_gong.windows.by_count import MOST_WINDOWS, cut_evenly
from source_gong.windows.counts import Bounds, Counts
from source_gong.windows.window import RangeFacts, Window
from testing.harness import NOW
from unit_tests.windows.planners import MOMENTS, START, Asked, by_count, pages

PAGE, CHAIN, LONGEST = Limits().page, Limits().chain_pages, Limits().longest_chain_pages
# So few requests that chains are short.
FEW = st.none() | st.integers(1, 10_000)


@given(
    MOMENTS,
    MOMENTS,
    MOMENTS | st.none(),
    st.integers(0, 300_000),
    FEW,
    st.integers(1, MOST_WINDOWS),
    st.integers(1, 40),
)
def test_windows_tile_their_range_without_gap_or_overlap(
    one: datetime, other: datetime, first: datetime | None, total: int, share: int | None, most: int, workers: int
) -> None:
    start, end = min(one, other), max(one, other) + timedelta(milliseconds=1)
    windows = cut_evenly(start, end, RangeFacts(total, first), pages(workers, share), most, workers)
    assert windows[0][0] == start
    assert windows[-1][1] == end
    assert all(earlier[1] == later[0] for earlier, later in pairwise(windows))
    assert all(begin < stop for begin, stop in windows)


@given(st.integers(0, 5_000_000))
def test_the_number_of_windows_follows_the_number_of_calls(total: int) -> None:
    end = START + timedelta(days=2000)
    windows = cut_evenly(START, end, RangeFacts(total, START), pages(), MOST_WINDOWS, 12)
    there = -(-total // PAGE)
    if there <= CHAIN:
        assert len(windows) == 1
    elif there <= MOST_WINDOWS * LONGEST:
        assert len(windows) <= MOST_WINDOWS
    assert there <= len(windows) * LONGEST


@given(st.integers(0, MOST_WINDOWS * LONGEST * PAGE), st.integers(1, 40))
def test_windows_come_in_full_rounds_of_those_that_are_read_side_by_side(total: int, workers: int) -> None:
    """Else the last few chains would be alone at the end, waiting for one answer after the other."""
    end, facts = START + timedelta(days=2000), RangeFacts(total, START)
    count = len(cut_evenly(START, end, facts, pages(workers), MOST_WINDOWS, workers))
    longest_chains = -(-total // PAGE // LONGEST)
    assert count <= max(workers, longest_chains) or count % workers == 0


@pytest.mark.parametrize(
    ("there", "workers", "count"), [(12, 12, 1), (13, 12, 4), (40, 12, 12), (200, 12, 12), (290, 12, 24), (5000, 7, 42)]
)
def test_a_range_is_cut_for_as_many_as_are_read_at_a_time_but_not_below_some_pages(
    there: int, workers: int, count: int
) -> None:
    facts = RangeFacts(there * PAGE, START)
    assert len(cut_evenly(START, START + timedelta(days=900), facts, pages(workers), MOST_WINDOWS, workers)) == count


def test_the_quiet_years_before_the_first_call_are_one_window() -> None:
    end = START + timedelta(days=100)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    windows = cut_evenly(epoch, end, RangeFacts(10_000, START), pages(), MOST_WINDOWS, 12)
    assert len(windows) == 12
    assert all(stop - begin < timedelta(days=13) for begin, stop in windows[1:])


@pytest.mark.parametrize(
    ("share", "each", "longest"), [(None, 12, 600), (10_000, 12, 36), (240, 5, 15), (96, 2, 6), (47, 1, 3), (1, 1, 3)]
)
def test_chains_are_short_where_requests_are_few(share: int | None, each: int, longest: int) -> None:
    """What a sync has begun when its requests are used up is lost, so it must be a small part of them."""
    made = pages(12, share)
    assert (made.each, made.longest, made.few) == (each, longest, share is not None)


@given(st.integers(1, 300_000), st.integers(1, 500), st.integers(1, 40))
def test_where_requests_are_few_no_window_is_planned_longer_than_a_short_chain(
    total: int, share: int, workers: int
) -> None:
    made = pages(workers, share)
    windows = cut_evenly(START, START + timedelta(days=2000), RangeFacts(total, START), made, MOST_WINDOWS, workers)
    if made.each < CHAIN:
        assert -(-total // PAGE) <= len(windows) * made.each


# The planner.


def test_a_range_is_asked_about_once_for_all_streams_that_count_the_same_calls() -> None:
    counts, ask = Counts(), Asked()
    for _ in ("calls", "call_transcripts"):
        assert by_count(counts=counts).plan({}, START, NOW, ask) == [(START, NOW)]
    assert len(ask.windows) == 1
    by_count(counts=counts, whose="audit_logs").plan({}, START, NOW, ask)
    assert len(ask.windows) == 2


def test_windows_are_cut_where_the_other_reader_of_the_list_begins() -> None:
    middle, bounds, ask = START + timedelta(days=30), Bounds(), Asked()
    bounds.add("calls", START)
    bounds.add("call_transcripts", middle)
    calls, transcripts, another = by_count(), by_count(), by_count()
    for planner in (calls, transcripts):
        planner.cut_with(bounds)
    assert calls.plan({}, START, NOW, ask) == [(START, middle), (middle, NOW)]
    assert transcripts.plan({}, middle, NOW, ask) == [(middle, NOW)]
    # One that does not share the list is not cut there.
    assert another.plan({}, START, NOW, ask) == [(START, NOW)]


@pytest.mark.parametrize(("lookback", "back"), [(0, 0), (7, 8), (90, 31)])
def test_reading_begins_the_look_back_before_the_state_but_not_before_the_start(lookback: int, back: int) -> None:
    """And a day more than the look-back, since a call can have started earlier than it was scheduled for."""
    planner = by_count(lookback=timedelta(days=lookback))
    state = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert planner.lower(Bookmark(state, state)) == state - timedelta(days=back)
    assert planner.lower(None) == datetime(2026, 5, 1, tzinfo=UTC)


def test_the_look_back_is_counted_from_when_it_was_read_and_leaves_no_gap() -> None:
    planner = by_count(earliest=START, off_schedule=timedelta(0))
    upto, later = START + timedelta(days=10), START + timedelta(days=90)
    assert planner.lower(Bookmark(upto, later)) == upto
    assert planner.lower(Bookmark(later, upto)) == upto - timedelta(days=7)


def test_after_a_pause_reading_goes_on_where_it_stopped() -> None:
    upto = START + timedelta(days=10)
    assert by_count(earliest=START).lower(Bookmark(upto, upto, paused=True)) == upto


def test_calls_are_asked_for_past_now_and_the_state_is_not() -> None:
    planner = by_count()
    assert planner.end() == NOW + timedelta(days=1)
    assert planner.settle(planner.end()) == NOW
    assert planner.settle(NOW - timedelta(hours=1)) == NOW - timedelta(hours=1)
    # An end that the configuration names is the end.
    assert by_count(fixed_end=True).end() == NOW
    assert by_count(off_schedule=timedelta(0)).end() == NOW


def test_check_asks_for_the_last_hour_but_not_for_what_lies_before_the_start() -> None:
    assert by_count().sample() == (NOW - timedelta(hours=1), NOW)
    assert by_count(earliest=NOW - timedelta(minutes=5)).sample() == (NOW - timedelta(minutes=5), NOW)


# A window that turns out to hold too much.


def test_a_window_that_holds_little_stays_as_it_is() -> None:
    counts, ask = Counts(), Asked({"2024-01-01T00:00:00Z": 2 * LONGEST * PAGE})
    planner = by_count(counts=counts)
    window = planner.window({}, START, NOW)
    assert planner.parts(window, ask) == [window]
    assert len(ask.windows) == 1


def test_a_window_is_not_asked_about_where_the_range_it_was_cut_from_holds_no_more_than_a_chain() -> None:
    ask = Asked({"2024-01-01T00:00:00Z": 20 * PAGE})
    planner = by_count()
    windows = planner.plan({}, START, NOW, ask)
    assert len(windows) > 1
    for start, end in windows:
        window = planner.window({}, start, end)
        assert planner.parts(window, ask) == [window]
    assert len(ask.windows) == 1


def test_a_window_that_holds_far_too_much_is_cut_into_parts_that_meet() -> None:
    ask = Asked({"2024-01-01T00:00:00Z": (2 * LONGEST + 1) * PAGE})
    planner = by_count()
    window = planner.window({"workspaceId": "1"}, START, NOW)
    parts = planner.parts(window, ask)
    assert len(parts) > LONGEST // CHAIN
    assert (parts[0].start, parts[-1].end) == (window.start, window.end)
    assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    assert {part.value("workspaceId") for part in parts} == {"1"}
    # Every stream that reads the window comes to the same parts, and asks for nothing more.
    assert planner.parts(window, ask) == parts
    assert len(ask.windows) == 1


def test_what_has_no_time_has_no_parts() -> None:
    window, ask = Window({"named": ["1"]}), Asked()
    assert by_count().parts(window, ask) == [window]
    assert ask.windows == []
