"""The stream `calls`: `GET /v2/calls` in windows with both bounds, incremental on `started`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gong_emulator import Emulator, Fault
from source_gong.instants import parse_instant
from source_gong.limits import Limits
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
    undeclared,
    validator,
)

CALLS = f"{API}/v2/calls"
NOW_TEXT = "2026-06-01T12:00:00.250Z"
# Asked for a day past now: a conference that began before its scheduled time is there already.
UNTIL = "2026-06-02T12:00:00.250Z"


def sent(requests_mock: Any) -> list[dict[str, str]]:
    """The query of each request, in the case that it was sent in."""
    return [dict(parse_qsl(urlsplit(request.url).query)) for request in to_path(requests_mock, "/v2/calls")]


def test_both_bounds_are_sent_and_the_cursor_goes_into_the_query(runner: Runner, requests_mock: Any) -> None:
    first = [call(str(number)) for number in range(100)]
    requests_mock.get(
        CALLS,
        [
            {"json": page("calls", first, total=101, cursor="eyJ.page.two")},
            {"json": page("calls", [call("100")], total=101, number=1)},
        ],
    )
    output = runner.read("calls")
    assert len(output.records("calls")) == 101
    bounds = {"fromDateTime": "2026-05-01T00:00:00Z", "toDateTime": UNTIL}
    assert sent(requests_mock) == [bounds, {**bounds, "cursor": "eyJ.page.two"}]
    assert all(request.body is None for request in requests_mock.request_history)


def test_without_a_start_date_all_history_is_read(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1", "2009-01-01T00:00:00Z")]))
    assert runner.read("calls", start_date=None).ids("calls") == ["1"]
    assert sent(requests_mock) == [{"fromDateTime": "1970-01-01T00:00:00Z", "toDateTime": UNTIL}]


def test_an_end_date_bounds_what_is_asked_for_and_the_state(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1")]))
    output = runner.read("calls", end_date="2026-05-20T00:00:00+02:00")
    assert sent(requests_mock)[0]["toDateTime"] == "2026-05-19T22:00:00Z"
    assert output.upto("calls") == "2026-05-19T22:00:00Z"


@pytest.mark.parametrize("identifier", [7, 9223372036854775807, 98765432109876543210, "0017"])
def test_ids_are_strings_digit_for_digit(runner: Runner, requests_mock: Any, identifier: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call(identifier, primaryUserId=identifier, workspaceId=identifier)]))
    (record,) = runner.read("calls").records("calls")
    assert record["id"] == record["primaryUserId"] == record["workspaceId"] == str(identifier)


def test_dates_stay_as_gong_wrote_them(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1", "2026-05-04T09:00:19.72+02:00")]))
    assert runner.read("calls").records("calls")[0]["started"] == "2026-05-04T09:00:19.72+02:00"


def test_no_call_in_the_window_is_no_failure_and_moves_the_state(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    output = runner.read("calls")
    assert output.statuses == {"calls": "COMPLETE"}
    assert output.records("calls") == []
    assert output.upto("calls") == NOW_TEXT


def test_another_404_moves_nothing(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal("Not Found"))
    output = runner.read("calls", state=state_of(calls={"started": "2026-05-20T00:00:00Z"}))
    assert output.statuses == {"calls": "INCOMPLETE"}
    assert all(state["started"] <= "2026-05-20T00:00:00Z" for state in output.states("calls"))


# Windows and state.


def test_the_state_is_up_to_where_was_asked_in_utc_not_the_last_records_start(
    runner: Runner, requests_mock: Any
) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1", "2026-05-04T23:59:59.999+05:30")]))
    assert runner.read("calls").upto("calls") == NOW_TEXT


@pytest.mark.parametrize(
    ("days", "since"),
    [(7, "2026-05-12T10:00:00.500Z"), (0, "2026-05-20T10:00:00.500Z"), (90, "2026-05-01T00:00:00Z")],
)
def test_a_second_sync_looks_back_from_the_state(runner: Runner, requests_mock: Any, days: int, since: str) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    state = state_of(calls={"started": "2026-05-20T10:00:00.5Z"})
    output = runner.read("calls", state=state, lookback_window_days=days)
    assert sent(requests_mock) == [{"fromDateTime": since, "toDateTime": UNTIL}]
    assert output.upto("calls") == NOW_TEXT


@pytest.mark.parametrize(
    "state",
    [
        {"started": "2026-05-20T10:00:00+02:00"},
        {"started": "2026-05-20T08:00:00.000000Z"},
        {"started": "2026-05-20"},
        {"use_global_cursor": True, "state": {"started": "2026-05-20T08:00:00Z"}, "lookback_window": 1},
    ],
)
def test_states_of_other_forms_and_offsets_are_understood(
    runner: Runner, requests_mock: Any, state: dict[str, Any]
) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls", state=state_of(calls=state), lookback_window_days=0)
    since = parse_instant(sent(requests_mock)[0]["fromDateTime"])
    assert since in (datetime(2026, 5, 20, 8, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC))


def test_many_calls_are_cut_into_windows_that_meet(emulator: Emulator) -> None:
    # 250 calls are 3 pages of 100 to the planner: let it think of smaller ones to see it cut.
    emulator.options.page_size = 10
    runner = Runner(Limits(page=10, chain_pages=3))
    output = runner.read("calls", api_base_url=emulator.url, start_date="2026-01-01", num_workers=1)
    assert output.ids("calls") == sorted(one["id"] for one in emulator.records("calls"))
    asked = {(entry.query["fromDateTime"], entry.query["toDateTime"]) for entry in emulator.requests.to("/v2/calls")}
    windows_asked = sorted(asked - {("2026-01-01T00:00:00Z", UNTIL)})
    assert len(windows_asked) > 3
    assert windows_asked[0][0] == "2026-01-01T00:00:00Z"
    assert windows_asked[-1][1] == UNTIL
    assert all(one[1] == two[0] for one, two in pairwise(windows_asked))
    states = [state["started"] for state in output.states("calls")]
    assert states == sorted(states)
    assert len(set(states)) > 3


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_call_at_the_very_border_belongs_to_one_window(runner: Runner, emulator: Emulator, offset: int) -> None:
    border = datetime(2026, 5, 15, tzinfo=UTC)
    emulator.company.calls.clear()
    moment = border + timedelta(milliseconds=offset)
    emulator.company.add_call(started=moment, scheduled=moment, direction="Inbound")
    whole = {"api_base_url": emulator.url, "start_date": "2026-05-01"}
    before = runner.read("calls", end_date="2026-05-15", **whole).records("calls")
    after = runner.read("calls", **{**whole, "start_date": "2026-05-15"}).records("calls")
    assert (len(before), len(after)) == ((1, 0) if offset < 0 else (0, 1))


def test_a_late_call_comes_with_the_next_sync(runner: Runner, emulator: Emulator) -> None:
    emulator.company.calls.clear()
    company, fields = emulator.company, {"api_base_url": emulator.url}
    early = company.add_call(NOW - timedelta(days=3))
    late = company.add_call(NOW - timedelta(days=4), visible_from=NOW + timedelta(hours=1))
    first = runner.read("calls", **fields)
    assert first.ids("calls") == [early.id]
    runner.now = emulator.clock.advance(timedelta(days=1))
    second = runner.read("calls", state=first.last_state, **fields)
    assert late.id in second.ids("calls")


def test_a_conference_that_began_before_its_time_is_not_missed(runner: Runner, emulator: Emulator) -> None:
    emulator.company.calls.clear()
    early = emulator.company.add_call(NOW - timedelta(hours=1), scheduled=NOW + timedelta(hours=3))
    output = runner.read("calls", api_base_url=emulator.url)
    assert output.ids("calls") == [early.id]
    assert output.upto("calls") == NOW_TEXT


# Cursors.


def test_a_cursor_that_comes_twice_ends_in_an_error_and_not_in_a_loop(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, json=page("calls", [call("1")], total=300, cursor="eyJ.same"))
    output = runner.read("calls")
    assert output.statuses == {"calls": "INCOMPLETE"}
    assert "same page cursor twice" in output.error.message
    assert requests_mock.call_count == 2
    assert all("started" not in state or state["started"] < NOW_TEXT for state in output.states("calls"))
    assert "eyJ.same" not in output.text


@pytest.mark.parametrize("kind", ["expired_cursor", "rejected_cursor"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_cursor_begins_the_window_again_without_doubles(
    runner: Runner, emulator: Emulator, kind: Any, times: int
) -> None:
    emulator.options.page_size = 50
    # The second page is refused each time; a window that is read again begins with its first page.
    emulator.faults.add(*[Fault(kind, path="/v2/calls$", nth=2 + 2 * number) for number in range(times)])
    output = runner.read("calls", api_base_url=emulator.url, start_date="2026-01-01")
    assert output.statuses == {"calls": "COMPLETE"}
    assert output.ids("calls") == sorted(one["id"] for one in emulator.records("calls"))
    assert output.report("calls")["restarted_windows"] == times
    assert output.report("calls")["listed"] == output.report("calls")["total_records"] == 250


def test_a_cursor_that_is_lost_three_times_is_an_error(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 50
    emulator.faults.add(*[Fault("expired_cursor", path="/v2/calls$", nth=nth) for nth in (2, 4, 6)])
    output = runner.read("calls", api_base_url=emulator.url, start_date="2026-01-01")
    assert is_transient(output)
    assert "cursor has expired" in output.error.message
    assert output.statuses == {"calls": "INCOMPLETE"}
    assert len(emulator.requests.to("/v2/calls")) == 6
    assert output.states("calls")[-1].get("started") in (None, "2026-01-01T00:00:00Z")


def test_no_cursor_is_ever_in_a_state(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 50
    output = runner.read("calls", api_base_url=emulator.url, start_date="2026-01-01")
    assert output.states("calls")
    assert all(set(state) <= {"started", "read_at", "paused", "seen"} for state in output.states("calls"))
    assert "eyJ" not in output.text


# What the user leaves out.


def test_private_calls_are_left_out_on_demand(runner: Runner, emulator: Emulator) -> None:
    fields = {"api_base_url": emulator.url, "start_date": "2026-01-01"}
    everything = emulator.records("calls")
    private = {one["id"] for one in everything if one["isPrivate"]}
    assert private
    assert len(runner.read("calls", **fields).records("calls")) == len(everything)
    output = runner.read("calls", private_calls="exclude", **fields)
    assert set(output.ids("calls")) == {one["id"] for one in everything} - private
    assert output.report("calls")["skipped_private"] == len(private)


def test_chosen_workspaces_are_asked_for_one_by_one(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    known_ids(requests_mock, workspaces=["623457276584334", "98765432109876543210"])
    output = runner.read("calls", workspace_ids=["623457276584334", "98765432109876543210"])
    assert sorted(query["workspaceId"] for query in sent(requests_mock)) == ["623457276584334", "98765432109876543210"]
    assert output.upto("calls") == NOW_TEXT


def test_with_several_workspaces_the_state_waits_for_all(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(f"{CALLS}?workspaceId=1", json=page("calls", [call("1")]))
    requests_mock.get(f"{CALLS}?workspaceId=2", status_code=403, json=refusal("Access denied"))
    state = state_of(calls={"started": "2026-05-20T00:00:00Z"})
    output = runner.read("calls", workspace_ids=["1", "2"], state=state)
    assert output.statuses == {"calls": "INCOMPLETE"}
    assert all(one["started"] <= "2026-05-20T00:00:00Z" for one in output.states("calls"))


def test_without_chosen_workspaces_none_is_sent(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(CALLS, status_code=404, json=refusal(NO_CALLS))
    runner.read("calls")
    assert all("workspaceId" not in query for query in sent(requests_mock))


def test_chosen_hosts_are_picked_from_what_comes_back(runner: Runner, requests_mock: Any) -> None:
    calls = [call("1", primaryUserId="17"), call("2", primaryUserId="18"), call("3", primaryUserId=None)]
    requests_mock.get(CALLS, json=page("calls", calls))
    known_ids(requests_mock, users=["17"])
    assert runner.read("calls", primary_user_ids=["17"]).ids("calls") == ["1"]
    assert set(sent(requests_mock)[0]) == {"fromDateTime", "toDateTime"}


def test_named_calls_are_read_one_by_one_and_no_state_is_moved(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(f"{CALLS}/17", json={"requestId": "x", "call": call("17")})
    requests_mock.get(f"{CALLS}/18", status_code=404, json=refusal("Call ID 18 was not found"))
    output = runner.read("calls", call_ids=["17", "18"], state=state_of(calls={"started": "2026-05-20T00:00:00Z"}))
    assert output.statuses == {"calls": "COMPLETE"}
    assert output.ids("calls") == ["17"]
    assert [request.path for request in requests_mock.request_history] == ["/v2/calls/17", "/v2/calls/18"]
    assert output.upto("calls") == "2026-05-20T00:00:00Z"


def test_what_comes_is_what_gong_has_and_all_of_it_is_declared(runner: Runner, emulator: Emulator) -> None:
    output = runner.read("calls", api_base_url=emulator.url, start_date="2026-01-01")
    expected = {one["id"]: one for one in emulator.records("calls")}
    assert {one["id"]: one for one in output.records("calls")} == expected
    for record in output.records("calls"):
        assert undeclared(validator("calls").schema, record) == []
