"""Calls and users that the configuration names: exactly those are read, and what Gong does not know is skipped."""

from __future__ import annotations

from typing import Any

import pytest

from gong_emulator import Emulator
from testing.reading import LONG_AFTER, Reader, company, serving

BY_CALL = ("calls_extensive", "call_transcripts", "call_user_access")
CALL_STREAMS = ("calls", *BY_CALL)
UNKNOWN = "1234567890123456789"
STATISTICS = {
    "stats_activity_aggregate": "/v2/stats/activity/aggregate",
    "stats_activity_aggregate_by_period": "/v2/stats/activity/aggregate-by-period",
    "stats_activity_day_by_day": "/v2/stats/activity/day-by-day",
    "stats_interaction": "/v2/stats/interaction",
}


def _bodies(gong: Emulator) -> list[dict[str, Any]]:
    return [entry.json for entry in gong.requests if entry.method == "POST"]


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_call_ids_restrict_every_stream_of_calls(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(120)
    # One of them is older than the start date and in a workspace that is not among the chosen ones.
    chosen = [made.calls[0], made.calls[50], made.calls[119]]
    ids = sorted(call.id for call in chosen)
    others = [w["id"] for w in made.workspaces if w["id"] != chosen[0].workspace_id]
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete(
            *CALL_STREAMS, mode=mode, call_ids=ids, workspace_ids=others, start_date="2026-04-01"
        )
        assert output.ids("calls") == ids
        assert {call["id"]: call for call in output.records("calls")} == {c.id: made.meta_data(c) for c in chosen}
        assert output.ids("calls_extensive") == ids
        assert output.ids("call_user_access", "callId") == ids
        listed = [call.id for call in chosen if call.transcript_listed(LONG_AFTER)]
        assert output.ids("call_transcripts", "callId") == sorted(listed)
        counts = gong.requests.counts()
        assert {request: n for request, n in counts.items() if request.startswith("GET /v2/calls")} == {
            f"GET /v2/calls/{identifier}": 1 for identifier in ids
        }
        assert all(sorted(body["filter"]["callIds"]) == ids for body in _bodies(gong))
        assert all("workspaceId" not in body["filter"] for body in _bodies(gong))


@pytest.mark.parametrize("stream", CALL_STREAMS)
def test_a_call_that_gong_does_not_know_is_named_and_skipped(
    stream: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = company(5)
    known = next(call.id for call in made.calls if call.transcript_listed(LONG_AFTER))
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete(stream, call_ids=[UNKNOWN, known])
        assert [record.get("id") or record["callId"] for record in output.records(stream)] == [known]
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert sum(UNKNOWN in message and "not known" in message for message in warnings) == 1


def test_no_state_is_moved_by_single_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(30)
    with serving(made, LONG_AFTER) as gong:
        reader = Reader(gong)
        before = reader.complete(*CALL_STREAMS).last_state
        after = reader.complete(*CALL_STREAMS, state=before, call_ids=[made.calls[0].id]).last_state
        assert sorted(after, key=str) == sorted(before, key=str)


def test_user_ids_read_those_users_one_by_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = company(10)
    ids = [made.users[1]["id"], made.users[6]["id"]]
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete("users", user_ids=[*ids, UNKNOWN])
        assert sorted(output.records("users"), key=str) == sorted((made.users[1], made.users[6]), key=str)
        wanted = {f"GET /v2/users/{identifier}": 1 for identifier in (*ids, UNKNOWN)}
        assert gong.requests.counts() == wanted
    assert sum(UNKNOWN in message and "not known" in message for message in caplog.messages) == 1


def test_user_ids_restrict_what_is_read_for_each_user(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(10)
    user = made.users[3]
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete("user_settings_history", "tasks", user_ids=[user["id"]])
        assert {record["userId"] for record in output.records("user_settings_history")} == {user["id"]}
        assert {record["userId"] for record in output.records("tasks")} == {user["id"]}
        assert len(output.records("tasks")) == 2


def test_user_ids_are_sent_to_statistics_and_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(100)
    ids = [made.users[2]["id"], made.users[5]["id"]]
    streams = (*STATISTICS, "stats_activity_scorecards")
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete(*streams, user_ids=ids, start_date="2026-04-05")
        for stream, path in STATISTICS.items():
            assert {record["userId"] for record in output.records(stream)} == set(ids), stream
            assert all(entry.json["filter"]["userIds"] == ids for entry in gong.requests.to(path))
        (reviews,) = gong.requests.to("/v2/stats/activity/scorecards")
        assert reviews.json["filter"]["reviewedUserIds"] == ids
        assert "userIds" not in reviews.json["filter"]
        assert {record["reviewedUserId"] for record in output.records("stats_activity_scorecards")} <= set(ids)


def test_a_user_without_statistics_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(0)
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete(
            *STATISTICS, "stats_activity_scorecards", user_ids=[made.users[0]["id"]], start_date="2026-04-15"
        )
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert {entry.status for entry in gong.requests} == {404}
