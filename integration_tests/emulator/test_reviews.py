"""Answered scorecards and coaching."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

SCORECARDS = "/v2/stats/activity/scorecards"


def answered(client, **wanted):
    return client.post(SCORECARDS, {"filter": wanted})


def test_the_default_review_method_is_manual(reader) -> None:
    default = answered(reader).json()["answeredScorecards"]
    assert {row["reviewMethod"] for row in default} == {"MANUAL"}
    automatic = answered(reader, reviewMethod="AUTOMATIC").json()["answeredScorecards"]
    assert {row["reviewerUserId"] for row in automatic} == {None}
    both = answered(reader, reviewMethod="BOTH").json()["records"]["totalRecords"]
    assert both == len(default) + len(automatic)
    assert answered(reader, reviewMethod="EITHER").json()["errors"] == ["Json parse error"]


def test_ids_are_text_and_scores_are_numbers_or_null(reader) -> None:
    rows = answered(reader).json()["answeredScorecards"]
    ids = ("answeredScorecardId", "scorecardId", "callId", "reviewedUserId", "reviewerUserId")
    assert all(isinstance(row[key], str) for row in rows for key in ids)
    answers = [answer for row in rows for answer in row["answers"]]
    assert all(isinstance(answer["questionId"], str) for answer in answers)
    assert all((answer["score"] is None) == answer["notApplicable"] for answer in answers)
    assert any(answer["notApplicable"] for answer in answers)


def test_call_and_review_dates_are_company_days_with_an_exclusive_end(reader, untouched) -> None:
    rows = answered(reader).json()["answeredScorecards"]
    for name, key in (("call", "callStartTime"), ("review", "reviewTime")):
        day = date.fromisoformat(rows[5][key][:10])
        window = {f"{name}FromDate": day.isoformat(), f"{name}ToDate": (day + timedelta(days=1)).isoformat()}
        expected = [row for row in rows if row[key][:10] == day.isoformat()]
        assert answered(reader, **window).json()["answeredScorecards"] == expected


def test_dates_may_reach_past_today_but_must_be_in_order(reader) -> None:
    assert answered(reader, reviewToDate="2026-12-31").status_code == 200
    assert answered(reader, reviewFromDate="2026-02-02", reviewToDate="2026-02-02").status_code == 400
    assert answered(reader, callFromDate="02/02/2026").status_code == 400


def test_users_and_scorecards_narrow(reader) -> None:
    row = answered(reader).json()["answeredScorecards"][0]
    found = answered(reader, reviewedUserIds=[row["reviewedUserId"]]).json()["answeredScorecards"]
    assert {item["reviewedUserId"] for item in found} == {row["reviewedUserId"]}
    found = answered(reader, scorecardIds=[row["scorecardId"]]).json()["answeredScorecards"]
    assert {item["scorecardId"] for item in found} == {row["scorecardId"]}


def test_none_at_all_is_a_404_and_a_body_without_filter_a_400(client) -> None:
    sentence = "No answered scorecards found corresponding to the provided filters"
    response = answered(client)
    assert (response.status_code, response.json()["errors"]) == (404, [sentence])
    assert client.post(SCORECARDS, {}).status_code == 400


def test_a_review_shows_once_it_is_made(gong, client, company) -> None:
    for _ in range(60):
        company.add_call(gong.clock.now() - timedelta(hours=1), primary_user_id=company.users[5]["id"])
    before = len(answered(client).json().get("answeredScorecards", []))
    gong.clock.advance(timedelta(days=11))
    assert len(answered(client).json()["answeredScorecards"]) > before


def test_filled_scorecards_of_the_stats_are_the_manual_reviews(reader) -> None:
    rows = answered(reader, reviewFromDate="2026-02-01", reviewToDate="2026-03-01").json()["answeredScorecards"]
    body = {"filter": {"fromDate": "2026-02-01", "toDate": "2026-03-01"}}
    stats = reader.post("/v2/stats/activity/aggregate", body).json()["usersAggregateActivityStats"]
    filled = sum(row["userAggregateActivityStats"]["callsScorecardsFilled"] for row in stats)
    assert filled == len({(r["reviewerUserId"], r["callId"], r["reviewTime"][:10]) for r in rows})


def coaching(client, company, **changed):
    asked = {
        "workspace-id": company.workspaces[0]["id"],
        "manager-id": company.users[0]["id"],
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-04-20T00:00:00Z",
        **changed,
    }
    return client.get("/v2/coaching", **asked)


def test_coaching_names_the_manager_and_each_report_with_lists_of_calls(reader, untouched) -> None:
    (row,) = coaching(reader, untouched).json()["coachingData"]
    assert set(row["manager"]) == {"id", "emailAddress", "firstName", "lastName", "title"}
    reports = [user["id"] for user in untouched.users if user["managerId"] == untouched.users[0]["id"]]
    assert [item["report"]["id"] for item in row["directReportsMetrics"]] == reports
    names = {"callsListenedTo", "callsManagerAttended", "callsWithFeedback", "callsManagerCommentedOn"}
    found = 0
    for item in row["directReportsMetrics"]:
        assert set(item["metrics"]) == names | {"callsWithScorecardFilled"}
        for call_id in (call_id for ids in item["metrics"].values() for call_id in ids):
            call = untouched.call(call_id)
            assert call.primary_user_id == item["report"]["id"]
            assert call.workspace_id == untouched.workspaces[0]["id"]
            found += 1
    assert found


def test_coaching_of_somebody_who_leads_nobody_is_empty(reader, untouched) -> None:
    response = coaching(reader, untouched, **{"manager-id": untouched.users[5]["id"]})
    assert (response.status_code, response.json()["coachingData"]) == (200, [])


@pytest.mark.parametrize("name", ["workspace-id", "manager-id", "from", "to"])
def test_coaching_needs_all_four_parameters(reader, untouched, name) -> None:
    assert coaching(reader, untouched, **{name: None}).status_code == 400


def test_coaching_refuses_dates_without_time_and_ids_that_are_no_numbers(reader, untouched) -> None:
    assert coaching(reader, untouched, to="2026-04-01").status_code == 400
    assert coaching(reader, untouched, **{"manager-id": "me"}).status_code == 400


def test_coaching_keeps_to_its_dates(reader, untouched) -> None:
    (row,) = coaching(reader, untouched, **{"from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"}).json()[
        "coachingData"
    ]
    assert all(ids == [] for item in row["directReportsMetrics"] for ids in item["metrics"].values())
    assert datetime(2025, 2, 1, tzinfo=UTC) < untouched.options.first_call
