"""The call list is read once a sync, however many streams and threads need it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from source_gong.reading.listing import CallListing, ListedCall
from testing.harness import call


def listing(consumers: int = 2, raw: bool = True) -> CallListing:
    """A listing that `consumers` streams are going to read, with `raw` the stream `calls` among them."""
    made = CallListing()
    for number in range(consumers):
        made.expect(raw=raw and number == 0)
    return made


class Fetch:
    """A list that counts how often it is read; it can be held up in the middle, and fail."""

    def __init__(self, *calls: dict[str, Any], failures: int = 0) -> None:
        self.calls, self.failures, self.reads = calls, failures, 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self) -> Iterator[dict[str, Any]]:
        self.reads += 1
        failing = self.reads <= self.failures
        yield self.calls[0]
        self.begun.set()
        assert self.go_on.wait(10)
        if failing:
            raise OSError("cut")
        yield from self.calls[1:]


def test_a_follower_takes_what_the_first_reader_found() -> None:
    calls, fetch = listing(), Fetch(call("1"), call("2", isPrivate=True))
    assert [found["id"] for found in calls.records("window", fetch)] == ["1", "2"]
    assert [(found.id, found.is_private) for found in calls.calls("window", fetch)] == [("1", False), ("2", True)]
    assert fetch.reads == 1


def test_the_stream_calls_takes_over_what_another_stream_has_read() -> None:
    calls, fetch = listing(), Fetch(call("1"), call("2"))
    assert len(calls.calls("window", fetch)) == 2
    assert list(calls.records("window", fetch)) == [call("1"), call("2")]
    assert fetch.reads == 1


def test_raw_calls_are_not_kept_when_the_stream_calls_is_not_read() -> None:
    calls, fetch = listing(raw=False), Fetch(call("1"))
    calls.calls("window", fetch)
    assert calls._entries["window"].raw is None


def test_windows_do_not_mix() -> None:
    calls = listing()
    assert calls.calls("one", Fetch(call("1")))[0].id == "1"
    assert calls.calls("other", Fetch(call("2")))[0].id == "2"


def test_a_window_is_let_go_of_when_all_have_read_it() -> None:
    calls, fetch = listing(consumers=2), Fetch(call("1"))
    list(calls.records("window", fetch))
    assert calls._entries
    calls.calls("window", fetch)
    assert not calls._entries


def test_many_threads_cause_one_read() -> None:
    calls, fetch = listing(consumers=10), Fetch(call("1"), call("2"))
    fetch.go_on.clear()
    found: list[list[ListedCall]] = []
    threads = [threading.Thread(target=lambda: found.append(calls.calls("window", fetch))) for _ in range(8)]
    leader = threading.Thread(target=lambda: list(calls.records("window", fetch)))
    leader.start()
    assert fetch.begun.wait(10)
    for thread in threads:
        thread.start()
    fetch.go_on.set()
    for thread in [leader, *threads]:
        thread.join(10)
        assert not thread.is_alive()
    assert fetch.reads == 1
    assert [[item.id for item in one] for one in found] == [["1", "2"]] * 8


def test_when_the_first_reader_fails_the_follower_reads_it_all_itself() -> None:
    calls, fetch = listing(), Fetch(call("1"), call("2"), failures=1)
    fetch.go_on.clear()
    failed: list[BaseException] = []
    found: list[list[ListedCall]] = []

    def lead() -> None:
        try:
            list(calls.records("window", fetch))
        except OSError as error:
            failed.append(error)

    leader = threading.Thread(target=lead)
    leader.start()
    assert fetch.begun.wait(10)
    follower = threading.Thread(target=lambda: found.append(calls.calls("window", fetch)))
    follower.start()
    fetch.go_on.set()
    for thread in (leader, follower):
        thread.join(10)
        assert not thread.is_alive()
    assert len(failed) == 1
    assert fetch.reads == 2
    assert [item.id for item in found[0]] == ["1", "2"]


def test_a_reader_that_gives_up_halfway_does_not_leave_half_a_list() -> None:
    calls, fetch = listing(), Fetch(call("1"), call("2"))
    reading = calls.records("window", fetch)
    next(iter(reading))
    reading.close()  # type: ignore[attr-defined]
    assert [item.id for item in calls.calls("window", fetch)] == ["1", "2"]


def test_what_a_failed_reader_found_is_not_counted_twice() -> None:
    calls, fetch = listing(), Fetch(call("1"), call("2"), failures=1)
    with pytest.raises(OSError, match="cut"):
        list(calls.records("window", fetch))
    assert len(list(calls.records("window", fetch))) == 2
    assert [item.id for item in calls.calls("window", fetch)] == ["1", "2"]


def test_a_failure_is_not_kept() -> None:
    calls, fetch = listing(), Fetch(call("1"), failures=1)
    with pytest.raises(OSError, match="cut"):
        calls.calls("window", fetch)
    assert [item.id for item in calls.calls("window", fetch)] == ["1"]


def test_ids_are_strings_and_what_is_unknown_stays_unknown() -> None:
    calls = listing()
    bare = {"id": 98765432109876543210, "primaryUserId": 17}
    assert calls.calls("window", Fetch(bare)) == [ListedCall("98765432109876543210", None, None, "17")]
