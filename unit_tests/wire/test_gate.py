"""The pace over all threads, the waiting that they share, and the share of requests that one sync may use."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.faults import SyncStopped, TransientError
from source_gong.wire.gate import Gate
from testing.harness import FakeClock


def most_in_any(span: float, moments: list[float]) -> int:
    """The most moments that any half-open interval of `span` seconds holds."""
    ordered = sorted(moments)
    return max(sum(begin <= moment < begin + span for moment in ordered) for begin in ordered)


@given(
    st.floats(min_value=1, max_value=20),
    st.lists(st.sampled_from([0.0, 0.001, 0.1, 0.4, 1.0, 3.0]), min_size=1, max_size=60),
)
def test_no_second_ever_has_more_than_allowed_with_a_margin_for_the_way(rate: float, gaps: list[float]) -> None:
    clock = FakeClock()
    gate = Gate(rate, clock=clock, sleep=clock.sleep)
    sent = []
    for gap in gaps:
        clock.sleep(gap)
        with gate.turn():
            sent.append(clock())
    assert most_in_any(1.02, sent) <= int(rate)


def test_a_rate_below_one_spreads_requests_over_seconds() -> None:
    clock = FakeClock()
    gate = Gate(0.25, clock=clock, sleep=clock.sleep)
    sent = []
    for _ in range(5):
        with gate.turn():
            sent.append(clock())
    assert all(later - earlier >= 4.0 for earlier, later in pairwise(sent))


def test_the_pace_is_used_up_and_not_only_kept() -> None:
    clock = FakeClock()
    gate = Gate(3, clock=clock, sleep=clock.sleep)
    began = clock()
    for _ in range(30):
        with gate.turn():
            pass
    assert clock() - began <= 29 / 3 * 1.05


def test_a_request_that_takes_long_to_leave_counts_when_it_left() -> None:
    clock = FakeClock()
    gate = Gate(1, clock=clock, sleep=clock.sleep)
    with gate.turn():
        clock.sleep(5)
    left = clock()
    with gate.turn():
        assert clock() - left >= 1.0


def test_many_threads_keep_the_pace_together() -> None:
    clock = FakeClock()
    gate = Gate(3, clock=clock, sleep=clock.sleep)
    sent: list[float] = []

    def work(seed: int) -> None:
        for _ in range(8):
            with gate.turn():
                sent.append(clock())
            if random.Random(seed).random() < 0.5:
                clock.sleep(0.05)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 96
    assert most_in_any(1.0, sent) <= 3


def test_a_hold_stops_every_thread_until_it_is_over() -> None:
    clock = FakeClock()
    gate = Gate(100, clock=clock, sleep=clock.sleep)
    gate.hold(30)
    gate.hold(5)
    until = clock() + 30
    with gate.turn():
        assert clock() >= until


def test_after_a_refusal_the_pace_is_slower_for_a_while_and_never_slower_than_half() -> None:
    clock = FakeClock()
    gate = Gate(1, clock=clock, sleep=clock.sleep)

    def distances(count: int) -> list[float]:
        left = []
        for _ in range(count + 1):
            with gate.turn():
                left.append(clock())
        return [later - earlier for earlier, later in pairwise(left)]

    (usual,) = distances(1)
    gate.hold(0)
    slower = distances(120)
    assert slower[0] > usual * 1.03
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(slower))
    assert slower[-1] == pytest.approx(usual)
    for _ in range(1000):
        gate.hold(0)
    assert usual * 1.3 < distances(1)[0] < 2


def test_a_failed_request_uses_its_turn_and_gives_it_back() -> None:
    clock = FakeClock()
    gate = Gate(1, clock=clock, sleep=clock.sleep)
    with pytest.raises(OSError, match="cut"), gate.turn():
        raise OSError("cut")
    left = clock()
    with gate.turn():
        assert clock() - left >= 1.0


def test_the_share_of_requests_is_used_to_the_last_and_not_beyond() -> None:
    gate = Gate(3, max_requests=4)
    for _ in range(4):
        gate.spend()
    with pytest.raises(SyncStopped, match=r"4 requests \(`max_requests_per_sync`\)"):
        gate.spend()
    assert gate.spent == 4


def test_many_threads_never_use_more_than_the_share() -> None:
    gate = Gate(3, max_requests=50)
    stopped = []

    def work() -> None:
        for _ in range(20):
            try:
                gate.spend()
            except SyncStopped:
                stopped.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gate.spent == 50
    assert len(stopped) == 8 * 20 - 50


def test_after_a_stop_nothing_leaves_and_the_first_reason_stays() -> None:
    gate = Gate(3)
    assert "come back at noon" in str(gate.stop("come back at noon").message)
    assert "come back at noon" in str(gate.stop("another reason").message)
    with pytest.raises(TransientError, match="come back at noon"):
        gate.spend()
    assert gate.spent == 0


def test_without_a_share_there_is_no_limit() -> None:
    gate = Gate(3)
    for _ in range(1000):
        gate.spend()
    assert gate.spent == 1000
