"""Recordings over a sync: no checkpoint before its files, and what one file's failure means for the others."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from gong_emulator import Call, Company, Fault, MediaFile
from integration_tests.guarantees.recordings_host import Answer, Asked, recordings_host
from source_gong.instants import parse_instant
from testing.harness import Output
from testing.world import DAY, HOUR, NOW, company, world

pytestmark = pytest.mark.usefixtures("staging")
CONTENT = b"x" * 100


def recorded(calls: int = 1, first: datetime = NOW - 20 * DAY) -> tuple[Company, list[Call]]:
    """A company of calls an hour apart, each with a recording."""
    made = company(0)
    return made, [made.add_call(first + n * HOUR, media="Audio", direction="Outbound") for n in range(calls)]


def _checkpoints_with_files_out(output: Output, calls: list[Call]) -> int:
    """How many states say that some calls were read; the files of all of these must have come before."""
    printed: set[str] = set()
    found = 0
    for message in output.messages:
        if message.record:
            printed.add(message.record.data["callId"])
        elif message.state and message.state.stream:
            upto = parse_instant(vars(message.state.stream.stream_state)["started"])
            # By which time Gong filters: what lies before it is not asked for again.
            due = {call.id for call in calls if call.filter_time < upto}
            assert due <= printed, upto
            found += bool(due)
    return found


def test_no_state_is_ahead_of_a_slow_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file does not come before all those after it were asked for."""
    made, calls = recorded(50)
    # The last but one of its batch, so that others of later batches are done before it.
    slow, rest = calls[18], threading.Event()

    def answer(asked: Asked) -> Answer:
        if asked.call_id == calls[-1].id:
            rest.set()
        if asked.call_id == slow.id:
            assert rest.wait(60)
        return Answer([CONTENT], {"Content-Length": str(len(CONTENT))})

    with recordings_host(answer) as host, world(made, media=host) as reader:
        output = reader.complete("call_audio")
    assert rest.is_set()
    assert len(output.records("call_audio")) == 50
    assert _checkpoints_with_files_out(output, calls) > 0


def test_no_state_is_ahead_where_calls_began_off_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conferences come in the order of their schedule, and started in quite another."""
    made, calls = company(0), []
    for n in range(60):
        begun = NOW - 40 * DAY + n * HOUR / 6
        calls.append(made.add_call(begun, scheduled=begun + (7 - n % 15) * HOUR, direction="Conference", media="Audio"))
    with world(made) as reader:
        for call in calls:
            reader.gong.media.put(call.id, "audio", MediaFile("audio/mpeg", CONTENT))
        output = reader.complete("call_audio", media={"parallel_downloads": 1})
    assert _checkpoints_with_files_out(output, calls) > 2


def test_no_state_is_ahead_where_the_list_is_in_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made, calls = recorded(60)
    with world(made) as reader:
        counted = {"totalRecords": 60, "currentPageSize": 60, "currentPageNumber": 0}
        answer = {"requestId": "x", "records": counted, "calls": reader.gong.records("calls")[::-1]}
        reader.gong.faults.add(Fault("json", path="^/v2/calls$", body=answer, count=None))
        output = reader.complete("call_audio", media={"parallel_downloads": 1})
    assert len(output.records("call_audio")) == 60
    assert _checkpoints_with_files_out(output, calls) > 2


def test_the_wait_that_the_host_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(recorded()[0]) as reader:
        reader.gong.faults.add(Fault("reply", host="media", status=503, headers={"Retry-After": "20"}))
        assert len(reader.complete("call_audio").records("call_audio")) == 1
        assert 20 in reader.clock.slept


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_an_address_that_is_refused_with_any_status_is_renewed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(recorded()[0]) as reader:
        reader.gong.faults.add(Fault("reply", host="media", status=status))
        assert len(reader.complete("call_audio").records("call_audio")) == 1
        assert len(reader.gong.requests.to("/v2/calls/extensive")) == 2


def test_files_that_fail_here_and_there_are_not_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    made, calls = recorded(12)
    with world(made) as reader:
        for call in calls[::3]:
            reader.gong.faults.add(Fault("reply", host="media", path=call.id, status=500, count=None))
        output = reader.sync("call_audio", media={"parallel_downloads": 1})
    assert output.statuses == {"call_audio": "COMPLETE"}
    assert len(output.records("call_audio")) == 8


def test_a_file_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    made, calls = recorded(2)
    with world(made) as reader:
        for call, size in zip(calls, (2**20, 2**20 + 1), strict=True):
            reader.gong.media.put(call.id, "audio", MediaFile("audio/mpeg", zeros=size))
        output = reader.complete("call_audio", media={"max_file_size_mb": 1})
    assert output.ids("call_audio", "callId") == [calls[0].id]


def test_first_bytes_do_not_stand_for_the_whole_file_in_the_look_back(monkeypatch: pytest.MonkeyPatch) -> None:
    made, [call] = recorded(1, NOW - DAY)
    with world(made) as reader:
        reader.gong.media.put(call.id, "audio", MediaFile("audio/mpeg", b"x" * 5000))
        first = reader.complete("call_audio", media={"byte_range": "bytes=0-99"})
        assert [record["sizeBytes"] for record in first.records("call_audio")] == [100]
        second = reader.complete("call_audio", state=first.last_state)
        assert [record["sizeBytes"] for record in second.records("call_audio")] == [5000]
