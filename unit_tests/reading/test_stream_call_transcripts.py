"""The stream `call_transcripts`: `POST /v2/calls/transcript` by batches of ids from the call list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gong_emulator import Emulator, Fault
from testing.harness import (
    API,
    NO_CALLS,
    NOW,
    Runner,
    call,
    is_transient,
    known_ids,
    page,
    refusal,
    state_of,
    to_path,
    transcript,
    undeclared,
    validator,
)

CALLS = f"{API}/v2/calls"
TRANSCRIPTS = f"{API}/v2/calls/transcript"
NOW_TEXT = "2026-06-01T12:00:00.250Z"


def bodies(requests_mock: Any) -> list[Any]:
    return [request.json() for request in requests_mock.request_history if request.path == "/v2/calls/transcript"]


def as_asked(request: Any, _: Any) -> dict[str, Any]:
    """A transcript for each id that is asked for."""
    return page("callTranscripts", [transcript(one) for one in request.json()["filter"]["callIds"]])


def list_pages(*pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    total = sum(map(len, pages))
    return [
        {
            "json": page(
                "calls", one, total=total, number=number, cursor=f"c{number}" if number + 1 < len(pages) else None
            )
        }
        for number, one in enumerate(pages)
    ]


def test_ids_go_out_as_strings_in_batches_of_100_without_a_period(runner: Runner, requests_mock: Any) -> None:
    calls = [call(10**18 + number) for number in range(250)]
    requests_mock.get(CALLS, list_pages(calls[:100], calls[100:200], calls[200:]))
    requests_mock.post(TRANSCRIPTS, json=as_asked)
    output = runner.read("call_transcripts")
    sent = bodies(requests_mock)
    assert [set(body) for body in sent] == [{"filter"}] * 3
    assert [set(body["filter"]) for body in sent] == [{"callIds"}] * 3
    assert [len(body["filter"]["callIds"]) for body in sent] == [100, 100, 50]
    ids = [one for body in sent for one in body["filter"]["callIds"]]
    assert ids == [str(10**18 + number) for number in range(250)]
    assert output.ids("call_transcripts", "callId") == sorted(ids)


def test_a_second_page_of_transcripts_is_asked_for_in_the_body(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1"), call("2")]))
    requests_mock.post(
        TRANSCRIPTS,
        [
            {"json": page("callTranscripts", [transcript("1")], total=2, cursor="eyJ.two")},
            {"json": page("callTranscripts", [transcript("2")], total=2, number=1)},
        ],
    )
    assert runner.read("call_transcripts").ids("call_transcripts", "callId") == ["1", "2"]
    one, two = bodies(requests_mock)
    assert two == {**one, "cursor": "eyJ.two"}
    assert all(request.query == "" for request in requests_mock.request_history if request.method == "POST")


def test_each_record_has_its_calls_start(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1", "2026-05-04T09:00:19.72+02:00"), call("2", started=None)]))
    requests_mock.post(TRANSCRIPTS, json=as_asked)
    found = {
        record["callId"]: record["started"] for record in runner.read("call_transcripts").records("call_transcripts")
    }
    assert found == {"1": "2026-05-04T09:00:19.72+02:00", "2": None}


def test_ids_are_strings_and_null_speakers_and_topics_are_fine(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call(98765432109876543210), call(2)]))
    answers = [transcript(98765432109876543210, 17), transcript(2, None, None)]
    requests_mock.post(TRANSCRIPTS, json=page("callTranscripts", answers))
    one, two = runner.read("call_transcripts").records("call_transcripts")
    assert (one["callId"], one["transcript"][0]["speakerId"]) == ("98765432109876543210", "17")
    assert one["started"] is not None
    assert (two["callId"], two["transcript"][0]["speakerId"], two["transcript"][0]["topic"]) == ("2", None, None)


def test_a_transcript_of_a_call_that_nobody_asked_for_does_not_crash(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1")]))
    requests_mock.post(TRANSCRIPTS, json=page("callTranscripts", [transcript("1"), transcript("999")]))
    output = runner.read("call_transcripts")
    assert output.raised is None
    assert {record["callId"]: record["started"] is None for record in output.records("call_transcripts")} == {
        "1": False,
        "999": True,
    }


def test_without_any_transcript_yet_the_sync_is_complete(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1")]))
    requests_mock.post(TRANSCRIPTS, status_code=404, json=refusal(NO_CALLS))
    output = runner.read("call_transcripts")
    assert output.statuses == {"call_transcripts": "COMPLETE"}
    assert output.records("call_transcripts") == []
    assert output.upto("call_transcripts") == NOW_TEXT


def test_without_any_call_no_transcript_is_asked_for(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    assert runner.read("call_transcripts").statuses == {"call_transcripts": "COMPLETE"}
    assert bodies(requests_mock) == []


def test_a_transcript_that_was_not_ready_comes_with_a_later_sync(runner: Runner, emulator: Emulator) -> None:
    emulator.company.calls.clear()
    ready = emulator.company.add_call(NOW - timedelta(days=2))
    late = emulator.company.add_call(NOW - timedelta(days=2), transcript_visible_from=NOW + timedelta(hours=3))
    first = runner.read("call_transcripts", api_base_url=emulator.url)
    assert first.ids("call_transcripts", "callId") == [ready.id]
    runner.now = emulator.clock.advance(timedelta(days=3))
    second = runner.read("call_transcripts", state=first.last_state, api_base_url=emulator.url)
    assert late.id in second.ids("call_transcripts", "callId")


def test_a_failed_batch_does_not_move_the_state(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call(str(number)) for number in range(150)]))
    requests_mock.post(TRANSCRIPTS, [{"json": as_asked}, {"status_code": 500}])
    state = state_of(call_transcripts={"started": "2026-05-20T00:00:00Z"})
    output = runner.read("call_transcripts", state=state)
    assert is_transient(output)
    assert output.statuses == {"call_transcripts": "INCOMPLETE"}
    assert all(one["started"] <= "2026-05-20T00:00:00Z" for one in output.states("call_transcripts"))


def test_a_list_that_fails_is_this_streams_failure_too(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(
        CALLS, status_code=401, json=refusal("You don't have permission to use 'api:calls:read:basic' in your app.")
    )
    output = runner.read("call_transcripts")
    assert output.statuses == {"call_transcripts": "INCOMPLETE"}
    assert "api:calls:read:basic" in output.error.message


# The list is shared.


@pytest.mark.parametrize("start", ["2026-01-01", "2026-03-15"])
def test_with_the_stream_calls_the_list_is_read_once(runner: Runner, emulator: Emulator, start: str) -> None:
    fields = {"api_base_url": emulator.url, "start_date": start}
    runner.read("calls", **fields)
    alone = len(emulator.requests.to("/v2/calls"))
    emulator.requests.clear()
    output = runner.read("calls", "call_transcripts", **fields)
    assert output.raised is None
    assert len(emulator.requests.to("/v2/calls")) == alone
    expected = {one["id"] for one in emulator.records("calls", fromDateTime=f"{start}T00:00:00Z")}
    assert set(output.ids("calls")) == expected
    ready = {one["callId"] for one in emulator.records("transcripts")} & expected
    assert set(output.ids("call_transcripts", "callId")) == ready


def test_with_states_that_differ_the_common_part_is_read_once(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 20
    state = state_of(calls={"started": "2026-02-01T00:00:00Z"}, call_transcripts={"started": "2026-03-01T00:00:00Z"})
    fields = {"api_base_url": emulator.url, "start_date": "2026-01-01", "lookback_window_days": 0}
    output = runner.read("calls", "call_transcripts", state=state, **fields)
    assert output.raised is None
    lists = [tuple(sorted(entry.query.items())) for entry in emulator.requests.to("/v2/calls")]
    assert len(lists) == len(set(lists))
    expected = {one["id"] for one in emulator.records("calls", fromDateTime="2026-02-01T00:00:00Z")}
    assert set(output.ids("calls")) == expected
    recent = {one["id"] for one in emulator.records("calls", fromDateTime="2026-03-01T00:00:00Z")}
    ready = {one["callId"] for one in emulator.records("transcripts")}
    assert ready & recent <= set(output.ids("call_transcripts", "callId")) <= ready & expected


def test_a_list_that_breaks_off_for_one_stream_is_whole_for_the_other(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 50
    emulator.faults.add(*[Fault("expired_cursor", path="/v2/calls$", nth=nth) for nth in (2, 4)])
    output = runner.read("calls", "call_transcripts", api_base_url=emulator.url, start_date="2026-01-01")
    assert output.raised is None
    assert output.ids("calls") == sorted(one["id"] for one in emulator.records("calls"))
    assert output.ids("call_transcripts", "callId") == sorted(one["callId"] for one in emulator.records("transcripts"))


# What the user leaves out.


def test_of_private_calls_no_transcript_is_asked_for(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1"), call("2", isPrivate=True), call("3", isPrivate=None)]))
    requests_mock.post(TRANSCRIPTS, json=as_asked)
    output = runner.read("call_transcripts", private_calls="exclude")
    assert bodies(requests_mock)[0]["filter"]["callIds"] == ["1", "3"]
    assert output.report("call_transcripts")["skipped_private"] == 1


def test_only_the_calls_of_chosen_hosts_and_workspaces_are_asked_for(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1", primaryUserId="17"), call("2", primaryUserId="18")]))
    requests_mock.post(TRANSCRIPTS, json=as_asked)
    known_ids(requests_mock, users=["18"], workspaces=["5"])
    runner.read("call_transcripts", primary_user_ids=["18"], workspace_ids=["5"])
    assert bodies(requests_mock) == [{"filter": {"callIds": ["2"]}}]
    assert to_path(requests_mock, "/v2/calls")[0].qs["workspaceid"] == ["5"]


def test_named_calls_are_asked_for_by_id(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(f"{CALLS}/17", json={"requestId": "x", "call": call("17")})
    requests_mock.get(f"{CALLS}/18", status_code=404, json=refusal("Call ID 18 was not found"))
    requests_mock.post(TRANSCRIPTS, json=as_asked)
    output = runner.read("calls", "call_transcripts", call_ids=["17", "18"])
    assert output.ids("call_transcripts", "callId") == ["17"]
    assert output.records("call_transcripts")[0]["started"]
    assert bodies(requests_mock) == [{"filter": {"callIds": ["17"]}}]


def test_what_comes_is_what_gong_has_and_all_of_it_is_declared(runner: Runner, emulator: Emulator) -> None:
    output = runner.read("call_transcripts", api_base_url=emulator.url, start_date="2026-01-01")
    started = {one["id"]: one["started"] for one in emulator.records("calls")}
    expected = {
        one["callId"]: {"callId": one["callId"], "started": started[one["callId"]], **one}
        for one in emulator.records("transcripts")
    }
    assert {one["callId"]: one for one in output.records("call_transcripts")} == expected
    for record in output.records("call_transcripts"):
        assert undeclared(validator("call_transcripts").schema, record) == []
