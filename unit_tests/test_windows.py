"""How time is cut, and up to where the state says that everything was read."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from airbyte_cdk.sources.types import StreamSlice
from hypothesis import given
from hypothesis import strategies as st

from source_gong.faults import ConfigError
from source_gong.sync import Sync
from source_gong.windows import (
    CHAIN_PAGES,
    LONGEST_CHAIN_PAGES,
    MOST_WINDOWS,
    PAGE,
    AdaptivePlanner,
    Bookmark,
    Checkpoint,
    RangeFacts,
    cut_evenly,
    first_start,
)
from unit_tests.harness import NOW, Runner, settings, state_of

START = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 3 * 365 * 86_400_000).map(lambda ms: START + timedelta(milliseconds=ms))


@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_checkpoint_is_never_beyond_an_unread_window_and_never_goes_back(count: int, order: random.Random) -> None:
    checkpoint = Checkpoint()
    checkpoint.plan("all", [(n, n + 1) for n in range(count)])
    pending = list(range(count))
    order.shuffle(pending)
    before = -1
    while pending:
        checkpoint.advance("all", (done := pending.pop()), done + 1)
        value = checkpoint.value
        assert value == min(pending, default=count)
        assert value >= before
        before = value


@given(st.randoms(use_true_random=False))
def test_the_checkpoint_waits_for_the_slowest_partition(order: random.Random) -> None:
    checkpoint = Checkpoint()
    windows = [(part, n) for part in ("first", "second", "third") for n in range(5)]
    for part in ("first", "second", "third"):
        checkpoint.plan(part, [(n, n + 1) for n in range(5)])
    order.shuffle(windows)
    for index, (part, n) in enumerate(windows):
        checkpoint.advance(part, n, n + 1)
        unread = [number for _, number in windows[index + 1 :]]
        assert checkpoint.value == min(unread, default=5)


def test_a_part_of_a_window_moves_the_checkpoint_only_when_all_before_it_was_read() -> None:
    checkpoint = Checkpoint()
    checkpoint.plan("all", [(0, 10), (10, 20)])
    checkpoint.advance("all", 10, 15)
    assert checkpoint.value == 0
    checkpoint.advance("all", 0, 5)
    assert checkpoint.value == 5
    checkpoint.advance("all", 0, 3)
    assert checkpoint.value == 5
    checkpoint.advance("all", 0, 10)
    assert checkpoint.value == 15


def test_without_a_plan_there_is_no_value_and_nothing_is_complete() -> None:
    assert Checkpoint().value is None
    assert not Checkpoint().complete


def test_it_is_complete_when_every_window_was_read_to_its_end() -> None:
    checkpoint = Checkpoint()
    checkpoint.plan("one", [(0, 10), (10, 20)])
    checkpoint.plan("other", [(0, 20)])
    for key, start, upto in (("one", 10, 20), ("other", 0, 20), ("one", 0, 9)):
        checkpoint.advance(key, start, upto)
        assert not checkpoint.complete
    checkpoint.advance("one", 0, 10)
    assert checkpoint.complete
    assert checkpoint.value == 20


@given(
    MOMENTS,
    MOMENTS,
    MOMENTS | st.none(),
    st.integers(0, 300_000),
    st.integers(1, CHAIN_PAGES),
    st.integers(1, MOST_WINDOWS),
    st.integers(1, 40),
)
def test_windows_tile_their_range_without_gap_or_overlap(
    one: datetime, other: datetime, first: datetime | None, total: int, pages: int, most: int, workers: int
) -> None:
    start, end = min(one, other), max(one, other) + timedelta(milliseconds=1)
    windows = cut_evenly(start, end, RangeFacts(total, first), pages, most, workers)
    assert windows[0][0] == start
    assert windows[-1][1] == end
    assert all(earlier[1] == later[0] for earlier, later in pairwise(windows))
    assert all(begin < stop for begin, stop in windows)


@given(st.integers(0, 5_000_000))
def test_the_number_of_windows_follows_the_number_of_calls(total: int) -> None:
    end = START + timedelta(days=2000)
    windows = cut_evenly(START, end, RangeFacts(total, START), CHAIN_PAGES, MOST_WINDOWS, 12)
    pages = -(-total // PAGE)
    if pages <= CHAIN_PAGES:
        assert len(windows) == 1
    elif pages <= MOST_WINDOWS * LONGEST_CHAIN_PAGES:
        assert len(windows) <= MOST_WINDOWS
    assert pages <= len(windows) * LONGEST_CHAIN_PAGES


@given(st.integers(0, MOST_WINDOWS * LONGEST_CHAIN_PAGES * PAGE), st.integers(1, 40))
def test_windows_come_in_full_rounds_of_those_that_are_read_side_by_side(total: int, workers: int) -> None:
    """Else the last few chains would be alone at the end, waiting for one answer after the other."""
    end, facts = START + timedelta(days=2000), RangeFacts(total, START)
    count = len(cut_evenly(START, end, facts, CHAIN_PAGES, MOST_WINDOWS, workers))
    longest_chains = -(-total // PAGE // LONGEST_CHAIN_PAGES)
    assert count <= max(workers, longest_chains) or count % workers == 0


@pytest.mark.parametrize(
    ("pages", "workers", "count"), [(12, 12, 1), (13, 12, 4), (40, 12, 12), (200, 12, 12), (290, 12, 24), (5000, 7, 42)]
)
def test_a_range_is_cut_for_as_many_as_are_read_at_a_time_but_not_below_some_pages(
    pages: int, workers: int, count: int
) -> None:
    facts = RangeFacts(pages * PAGE, START)
    assert len(cut_evenly(START, START + timedelta(days=900), facts, CHAIN_PAGES, MOST_WINDOWS, workers)) == count


def test_the_quiet_years_before_the_first_call_are_one_window() -> None:
    end = START + timedelta(days=100)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    windows = cut_evenly(epoch, end, RangeFacts(10_000, START), CHAIN_PAGES, MOST_WINDOWS, 12)
    assert len(windows) == 12
    assert all(stop - begin < timedelta(days=13) for begin, stop in windows[1:])


def test_the_first_start_is_a_day_early_because_pages_are_in_no_strict_order() -> None:
    records = [{"started": "2026-01-05T10:00:00+02:00"}, {"started": None}, {}, {"started": "2026-01-04T23:00:00Z"}]
    assert first_start(records, "started") == datetime(2026, 1, 3, 23, tzinfo=UTC)
    assert first_start([], "started") is None


def planner(sync: Sync, totals: dict[str, int], stream: str = "calls") -> AdaptivePlanner:
    """A planner whose ranges hold as many calls as `totals` says by the range's start (0 for others)."""

    def first_page(window: StreamSlice) -> RangeFacts:
        asked.append((window.cursor_slice["start_time"], window.cursor_slice["end_time"]))
        return RangeFacts(totals.get(window.cursor_slice["start_time"], 0), START)

    asked: list[tuple[str, str]] = []
    made = AdaptivePlanner(stream, sync, shared="calls", cuts_with=frozenset({"calls", "call_transcripts"}))
    made.first_page = first_page
    made.asked = asked  # type: ignore[attr-defined]
    return made


def test_a_range_is_asked_about_once_for_all_streams_that_count_the_same_calls() -> None:
    sync = Sync(settings(), {})
    first, second = planner(sync, {}), planner(sync, {}, "call_transcripts")
    for one in (first, second):
        assert one.plan({}, START, NOW) == [(START, NOW)]
    assert len(first.asked) + len(second.asked) == 1  # type: ignore[attr-defined]


def test_what_a_range_around_was_said_to_hold_is_known_without_a_request() -> None:
    sync = Sync(settings(), {})
    one = planner(sync, {"2024-01-01T00:00:00Z": 900})
    middle = START + timedelta(days=30)
    assert one.known_total({}, START, middle) is None
    one.facts({}, START, NOW)
    assert one.known_total({}, START, middle) == 900
    one.facts({}, middle, NOW)
    assert one.known_total({}, middle, NOW) == 0
    assert one.known_total({}, START - timedelta(days=1), middle) is None
    assert one.known_total({"workspaceId": "1"}, START, middle) is None
    assert len(one.asked) == 2  # type: ignore[attr-defined]


def test_windows_are_cut_where_the_other_reader_of_the_list_begins() -> None:
    sync = Sync(settings(), {})
    middle = START + timedelta(days=30)
    sync.lower_bounds = {"calls": START, "call_transcripts": middle, "another": START + timedelta(days=5)}
    assert planner(sync, {}).plan({}, START, NOW) == [(START, middle), (middle, NOW)]
    assert planner(sync, {}, "call_transcripts").plan({}, middle, NOW) == [(middle, NOW)]


@pytest.mark.parametrize(("lookback", "back"), [(0, 0), (7, 7), (90, 31)])
def test_reading_begins_the_look_back_before_the_state_but_not_before_the_start(lookback: int, back: int) -> None:
    sync = Sync(settings(lookback_window_days=lookback), {})
    state = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert planner(sync, {}).lower(Bookmark(state, state)) == state - timedelta(days=back)
    assert planner(sync, {}).lower(None) == datetime(2026, 5, 1, tzinfo=UTC)


def test_the_look_back_is_counted_from_when_it_was_read_and_leaves_no_gap() -> None:
    sync = Sync(settings(start_date="2024-01-01"), {})
    upto, later = START + timedelta(days=10), START + timedelta(days=90)
    assert planner(sync, {}).lower(Bookmark(upto, later)) == upto
    assert planner(sync, {}).lower(Bookmark(later, upto)) == upto - timedelta(days=7)


def test_after_a_pause_reading_goes_on_where_it_stopped() -> None:
    sync = Sync(settings(start_date="2024-01-01"), {})
    upto = START + timedelta(days=10)
    assert planner(sync, {}).lower(Bookmark(upto, upto, paused=True)) == upto


@pytest.mark.parametrize(
    "value",
    [
        {"started": "never"},
        {"started": 17},
        {"started": None},
        {"updated": "2026-01-01T00:00:00Z"},
        {"started": "2026-02-30T00:00:00Z"},
    ],
)
def test_a_broken_state_is_a_config_error_that_names_the_stream(
    runner: Runner, requests_mock: object, value: dict[str, object]
) -> None:
    output = runner.read("calls", state=state_of(calls=value))
    errors = [output.raised] if isinstance(output.raised, ConfigError) else output.errors
    assert "calls" in str(errors[0].message)
    assert "started" in str(errors[0].message)
    assert errors[0].failure_type.value == "config_error"
    assert requests_mock.call_count == 0  # type: ignore[attr-defined]
