"""The stream `calls_extensive`: `POST /v2/calls/extensive`, everything about a call that costs nothing extra."""

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
    extensive,
    known_ids,
    page,
    refusal,
    state_of,
    undeclared,
    validator,
)

CALLS = f"{API}/v2/calls"
EXTENSIVE = f"{API}/v2/calls/extensive"
NOW_TEXT = "2026-06-01T12:00:00.250Z"
# Asked for a day past now: a conference that began before its scheduled time is there already.
UNTIL = "2026-06-02T12:00:00.250Z"
WINDOW = {"fromDateTime": "2026-05-01T00:00:00Z", "toDateTime": UNTIL}


@pytest.fixture(autouse=True)
def _no_calls_for_the_plan(request: pytest.FixtureRequest) -> None:
    """What a first sync counts the calls with, where a test has no list of its own."""
    if "requests_mock" in request.fixturenames:
        request.getfixturevalue("requests_mock").get(CALLS, status_code=404, json=refusal(NO_CALLS))


def bodies(requests_mock: Any) -> list[Any]:
    return [request.json() for request in requests_mock.request_history if request.path == "/v2/calls/extensive"]


def everything_but_media(**other: Any) -> dict[str, Any]:
    return {
        "context": "Extended",
        "contextTiming": ["Now", "TimeOfCall"],
        "exposedFields": {
            "parties": True,
            "content": dict.fromkeys(
                (
                    "structure",
                    "topics",
                    "trackers",
                    "trackerOccurrences",
                    "brief",
                    "outline",
                    "highlights",
                    "callOutcome",
                    "keyPoints",
                ),
                True,
            ),
            "interaction": dict.fromkeys(("speakers", "video", "personInteractionStats", "questions"), True),
            "collaboration": {"publicComments": True},
            "media": False,
        },
        **other,
    }


def test_bounds_selector_and_cursor_are_in_the_body(runner: Runner, requests_mock: Any) -> None:
    first = [extensive(str(number)) for number in range(100)]
    requests_mock.post(
        EXTENSIVE,
        [
            {"json": page("calls", first, total=101, cursor="eyJ.two")},
            {"json": page("calls", [extensive("100")], total=101, number=1)},
        ],
    )
    output = runner.read("calls_extensive")
    assert len(output.records("calls_extensive")) == 101
    one, two = bodies(requests_mock)
    assert one == {"filter": WINDOW, "contentSelector": everything_but_media()}
    assert two == {**one, "cursor": "eyJ.two"}
    assert all(request.query == "" for request in requests_mock.request_history if request.method == "POST")
    assert {
        request.headers["Content-Type"] for request in requests_mock.request_history if request.method == "POST"
    } == {"application/json"}


def test_id_and_started_are_lifted_and_ids_are_strings(runner: Runner, requests_mock: Any) -> None:
    wire = extensive(98765432109876543210, primaryUserId=2**60 + 1, workspaceId=17)
    requests_mock.post(EXTENSIVE, json=page("calls", [wire]))
    (record,) = runner.read("calls_extensive").records("calls_extensive")
    assert record["id"] == record["metaData"]["id"] == "98765432109876543210"
    assert record["started"] == record["metaData"]["started"] == "2026-05-04T09:00:12.345-07:00"
    assert (record["metaData"]["primaryUserId"], record["metaData"]["workspaceId"]) == (str(2**60 + 1), "17")


@pytest.mark.parametrize(
    ("fields", "context", "timing"),
    [
        ({"crm_context": "none"}, "None", None),
        ({"crm_context": "basic"}, "Basic", None),
        ({"crm_context": "basic", "crm_context_timing": ["Now"]}, "Basic", None),
        ({"crm_context": "extended", "crm_context_timing": ["TimeOfCall"]}, "Extended", ["TimeOfCall"]),
    ],
)
def test_the_crm_context_is_what_the_user_chose(
    runner: Runner, requests_mock: Any, fields: dict[str, Any], context: str, timing: list[str] | None
) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls_extensive", **fields)
    selector = bodies(requests_mock)[0]["contentSelector"]
    assert selector.get("context", "None") == context
    assert selector.get("contextTiming") == timing


@pytest.mark.parametrize("crm_context", ["none", "basic", "extended"])
def test_gong_accepts_every_choice_of_content(runner: Runner, emulator: Emulator, crm_context: str) -> None:
    fields = {"api_base_url": emulator.url, "start_date": "2026-03-20", "crm_context": crm_context}
    for content in ([], ["parties"], ["trackerOccurrences"], ["media"]):
        output = runner.read("calls_extensive", call_content=content, **fields)
        assert output.raised is None
        assert output.records("calls_extensive")


def test_only_the_chosen_blocks_are_asked_for(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls_extensive", call_content=["brief", "speakers"])
    exposed = bodies(requests_mock)[0]["contentSelector"]["exposedFields"]
    flags = {
        name: flag
        for block in exposed.values()
        for name, flag in (block.items() if isinstance(block, dict) else [("", block)])
    }
    assert sorted(name for name, flag in flags.items() if flag) == ["brief", "speakers"]
    assert exposed["media"] is False
    assert exposed["parties"] is False


def test_media_is_asked_for_on_demand_only(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls_extensive", call_content=["media"])
    assert bodies(requests_mock)[0]["contentSelector"]["exposedFields"]["media"] is True


def test_tracker_occurrences_come_with_their_trackers(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls_extensive", call_content=["trackerOccurrences"])
    content = bodies(requests_mock)[0]["contentSelector"]["exposedFields"]["content"]
    assert content["trackers"] is content["trackerOccurrences"] is True


def test_hosts_and_workspaces_are_sent_where_gong_filters_by_them(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    known_ids(requests_mock, users=["17", "98765432109876543210"], workspaces=["18"])
    runner.read("calls_extensive", primary_user_ids=["17", "98765432109876543210"], workspace_ids=["18"])
    (body,) = bodies(requests_mock)
    assert body["filter"] == {**WINDOW, "primaryUserIds": ["17", "98765432109876543210"], "workspaceId": "18"}


def test_of_private_calls_nothing_is_asked_for(runner: Runner, requests_mock: Any) -> None:
    listed = [call(str(number), isPrivate=number % 50 == 0) for number in range(1, 251)]
    requests_mock.get(CALLS, json=page("calls", listed))
    requests_mock.post(
        EXTENSIVE,
        json=lambda request, _: page("calls", [extensive(one) for one in request.json()["filter"]["callIds"]]),
    )
    output = runner.read("calls_extensive", private_calls="exclude")
    asked = [body["filter"]["callIds"] for body in bodies(requests_mock)]
    assert [len(ids) for ids in asked] == [100, 100, 45]
    assert not {str(number) for number in range(50, 251, 50)} & {one for ids in asked for one in ids}
    assert all(isinstance(one, str) for ids in asked for one in ids)
    assert len(output.records("calls_extensive")) == 245
    assert output.report("calls_extensive")["skipped_private"] == 5


def test_a_call_that_turned_private_in_between_is_left_out(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1"), call("2")]))
    requests_mock.post(EXTENSIVE, json=page("calls", [extensive("1"), extensive("2", isPrivate=True)]))
    assert runner.read("calls_extensive", private_calls="exclude").ids("calls_extensive") == ["1"]


def test_named_calls_are_asked_for_by_id(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(f"{CALLS}/17", json={"requestId": "x", "call": call("17")})
    requests_mock.post(EXTENSIVE, json=page("calls", [extensive("17")]))
    output = runner.read("calls_extensive", call_ids=["17"])
    assert output.ids("calls_extensive") == ["17"]
    assert bodies(requests_mock)[0]["filter"] == {"callIds": ["17"]}


def test_the_state_follows_the_windows(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, status_code=404, json=refusal(NO_CALLS))
    output = runner.read("calls_extensive", state=state_of(calls_extensive={"started": "2026-05-20T00:00:00Z"}))
    assert bodies(requests_mock)[0]["filter"] == {"fromDateTime": "2026-05-12T00:00:00Z", "toDateTime": UNTIL}
    assert output.upto("calls_extensive") == NOW_TEXT


def test_a_cursor_that_comes_twice_is_an_error(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(EXTENSIVE, json=page("calls", [extensive("1")], total=300, cursor="eyJ.same"))
    output = runner.read("calls_extensive")
    assert "same page cursor twice" in output.error.message
    assert len(bodies(requests_mock)) == 2


def test_an_expired_cursor_begins_the_window_again(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 50
    emulator.faults.add(Fault("expired_cursor", path="/v2/calls/extensive", nth=2))
    output = runner.read("calls_extensive", api_base_url=emulator.url, start_date="2026-03-01")
    expected = [one["id"] for one in emulator.records("calls", fromDateTime="2026-03-01T00:00:00Z")]
    assert output.ids("calls_extensive") == sorted(expected)
    assert output.report("calls_extensive")["restarted_windows"] == 1


def test_what_gong_adds_after_processing_comes_with_the_next_sync(runner: Runner, emulator: Emulator) -> None:
    emulator.company.calls.clear()
    emulator.company.add_call(NOW - timedelta(days=2), content_visible_from=NOW + timedelta(hours=1))
    first = runner.read("calls_extensive", api_base_url=emulator.url)
    assert "brief" not in (first.records("calls_extensive")[0].get("content") or {})
    runner.now = emulator.clock.advance(timedelta(days=1))
    second = runner.read("calls_extensive", state=first.last_state, api_base_url=emulator.url)
    assert second.records("calls_extensive")[0]["content"]["brief"]


def test_what_comes_is_what_gong_has_and_all_of_it_is_declared(runner: Runner, emulator: Emulator) -> None:
    fields = {"api_base_url": emulator.url, "start_date": "2026-03-01", "call_content": None}
    output = runner.read("calls_extensive", **fields)
    expected = emulator.records(
        "calls_extensive",
        body={"filter": {"fromDateTime": "2026-03-01T00:00:00Z"}, "contentSelector": everything_but_media()},
    )
    found = {record["id"]: record for record in output.records("calls_extensive")}
    assert len(found) == len(expected)
    for wire in expected:
        record = found[wire["metaData"]["id"]]
        assert record == {"id": wire["metaData"]["id"], "started": wire["metaData"]["started"], **wire}
        assert undeclared(validator("calls_extensive").schema, record) == []
