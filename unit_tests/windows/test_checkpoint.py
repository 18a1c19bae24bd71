"""Up to where everything was read, over windows that finish in any order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from source_gong.windows.checkpoint import Checkpoint


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
