"""Stats: one list of activities behind every endpoint, in company-local days."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from gong_emulator.records.activity import METRICS, Activity

RANGE = {"fromDate": "2026-01-14", "toDate": "2026-03-11"}
AGGREGATE = "/v2/stats/activity/aggregate"
BY_PERIOD = "/v2/stats/activity/aggregate-by-period"
BY_DAY = "/v2/stats/activity/day-by-day"
INTERACTION = "/v2/stats/interaction"
ALL = [AGGREGATE, BY_PERIOD, BY_DAY, INTERACTION]


def ask(client, path, period="MONTH", **wanted):
    body = {"filter": {**RANGE, **wanted}}
    return client.post(path, {**body, "aggregationPeriod": period} if path == BY_PERIOD else body)


def test_aggregate_has_15_counters_and_the_bounds_in_company_time(reader) -> None:
    reply = ask(reader, AGGREGATE).json()
    for row in reply["usersAggregateActivityStats"]:
        assert set(row) == {"userId", "userEmailAddress", "userAggregateActivityStats"}
        assert set(row["userAggregateActivityStats"]) == set(METRICS)
    assert len(METRICS) == 15
    assert reply["fromDateTime"] == "2026-01-14T00:00:00-08:00"
    assert reply["toDateTime"] == "2026-03-11T00:00:00-07:00"
    assert reply["timeZone"] == "America/Los_Angeles"


def test_aggregate_periods_and_days_agree(reader) -> None:
    totals = {
        r["userId"]: r["userAggregateActivityStats"]
        for r in ask(reader, AGGREGATE).json()["usersAggregateActivityStats"]
    }
    assert len(totals) > 5
    for period in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"):
        summed = {}
        for row in ask(reader, BY_PERIOD, period).json()["usersAggregateActivity"]:
            parts = row["userAggregateActivity"]
            summed[row["userId"]] = {metric: sum(part[metric] for part in parts) for metric in METRICS}
        assert summed == totals, period
    counted = {}
    for row in ask(reader, BY_DAY).json()["usersDetailedActivities"]:
        counter: Counter[str] = Counter()
        for day in row["userDailyActivityStats"]:
            counter.update({metric: len(day[metric]) for metric in METRICS})
        counted[row["userId"]] = {metric: counter[metric] for metric in METRICS}
    assert counted == totals


def test_days_list_the_ids_of_calls_that_exist(reader, untouched) -> None:
    rows = ask(reader, BY_DAY).json()["usersDetailedActivities"]
    days = rows[0]["userDailyActivityStats"]
    assert len(days) == 56
    assert days[0]["fromDate"] == "2026-01-14"
    assert days[0]["toDate"] == "2026-01-15"
    for row in rows:
        for day in row["userDailyActivityStats"]:
            for call_id in day["callsAsHost"]:
                call = untouched.call(call_id)
                assert call.primary_user_id == row["userId"]
                assert call.started.astimezone(untouched.zone).date().isoformat() == day["fromDate"]


def test_weeks_start_on_monday_and_the_outer_periods_are_clipped(reader) -> None:
    row = ask(reader, BY_PERIOD, "WEEK").json()["usersAggregateActivity"][0]
    bounds = [(part["fromDate"], part["toDate"]) for part in row["userAggregateActivity"]]
    assert bounds[0] == ("2026-01-14", "2026-01-19")
    assert bounds[-1] == ("2026-03-09", "2026-03-11")
    assert all(date.fromisoformat(start).weekday() == 0 for start, _ in bounds[1:])
    row = ask(reader, BY_PERIOD, "QUARTER").json()["usersAggregateActivity"][0]
    assert [part["fromDate"] for part in row["userAggregateActivity"]] == ["2026-01-14"]


def test_twice_on_one_day_counts_once_and_on_two_days_twice(gong, client, company) -> None:
    call = company.add_call(datetime(2026, 1, 2, 17, tzinfo=UTC))
    user = company.users[5]["id"]
    for day in (date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 2)):
        company.added_activities.append(Activity(user, "othersCallsListenedTo", call, day))
    rows = ask(client, AGGREGATE, userIds=[user]).json()["usersAggregateActivityStats"]
    assert rows[0]["userAggregateActivityStats"]["othersCallsListenedTo"] == 2


def test_only_users_with_activity_unless_they_are_named(client, company) -> None:
    company.add_call(datetime(2026, 2, 2, 17, tzinfo=UTC), scope="Internal")
    host, idle = company.users[0]["id"], company.users[9]["id"]
    active = {row["userId"] for row in ask(client, AGGREGATE).json()["usersAggregateActivityStats"]}
    assert host in active
    assert idle not in active
    named = ask(client, BY_PERIOD, userIds=[host, idle]).json()["usersAggregateActivity"]
    assert {row["userId"] for row in named} == {host, idle}
    named = ask(client, BY_DAY, userIds=[host, idle]).json()["usersDetailedActivities"]
    assert {row["userId"] for row in named} == {host}


@pytest.mark.parametrize("path", ALL)
def test_nobody_with_activity_is_a_404(client, company, path) -> None:
    assert ask(client, path, userIds=[company.users[0]["id"]]).status_code == 404
    assert ask(client, path).status_code == 404


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    "wanted",
    [
        {"fromDate": None},
        {"toDate": None},
        {"fromDate": "2026-02-01T00:00:00Z"},
        {"fromDate": "2026-03-11"},
        {"toDate": "2026-04-21"},
        {"fromDate": "2026-2-1"},
    ],
)
def test_dates_that_gong_refuses(reader, path, wanted) -> None:
    response = ask(reader, path, **wanted)
    assert response.status_code == 400
    assert response.json()["errors"][0].startswith("filter.")


def test_to_date_may_reach_the_company_s_today_and_not_utc_s(gong, client, company) -> None:
    company.add_call(datetime(2026, 4, 1, 17, tzinfo=UTC))
    gong.clock.set(datetime(2026, 4, 20, 3, tzinfo=UTC))  # still the 19th in Los Angeles
    assert ask(client, AGGREGATE, toDate="2026-04-19").status_code == 200
    assert ask(client, AGGREGATE, toDate="2026-04-20").status_code == 400
    gong.clock.advance(timedelta(hours=4))
    assert ask(client, AGGREGATE, toDate="2026-04-20").status_code == 200


def test_a_wrong_or_missing_period_is_refused(reader) -> None:
    assert ask(reader, BY_PERIOD, "DECADE").json()["errors"] == ["Json parse error"]
    assert reader.post(BY_PERIOD, {"filter": RANGE}).status_code == 400


def test_stats_of_a_late_call_come_with_it(gong, client, company) -> None:
    started = datetime(2026, 2, 2, 17, tzinfo=UTC)
    company.add_call(started, visible_from=gong.clock.now() + timedelta(hours=1))
    assert ask(client, AGGREGATE).status_code == 404
    gong.clock.advance(timedelta(hours=1))
    assert ask(client, AGGREGATE).status_code == 200


def test_interaction_stats_have_the_documented_names_and_leave_out_users_without_whisper(reader) -> None:
    reply = ask(reader, INTERACTION).json()
    rows = reply["peopleInteractionStats"]
    names = {"Longest Monologue", "Longest Customer Story", "Interactivity", "Patience", "Question Rate"}
    assert all({stat["name"] for stat in row["personInteractionStats"]} == names for row in rows)
    assert reply["timeZone"] == "America/Los_Angeles"
    assert len(rows) < len(ask(reader, AGGREGATE).json()["usersAggregateActivityStats"])
