"""No kind of record is left out, and none is taken for empty that is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gong_emulator import Fault
from testing.harness import Runner, page, refusal, user
from testing.reading import LONG_AFTER, Reader, serving
from testing.reading import company as three_weeks
from testing.world import company, world

CRM = "/v2/crm"
DAY_BY_DAY = "/v2/stats/activity/day-by-day"
BY_PERIOD = "/v2/stats/activity/aggregate-by-period"


@pytest.mark.parametrize("status", ["OPEN", "DONE", "DISMISSED"])
@pytest.mark.parametrize("kind", ["FLOW", "MANUAL"])
def test_tasks_of_each_status_and_type(status: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = three_weeks(5)
    made.tasks[0] = {**made.tasks[0], "status": status, "type": kind}
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete("tasks")
        assert str(made.tasks[0]["id"]) in output.ids("tasks")


def test_a_field_of_the_crm_that_has_a_name_only_has_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"requestId": "x", "objectTypeToSelectedFields": {"ACCOUNT": [{"name": "Amount", "label": "Amount"}]}}
    with world(company(0)) as reader:
        reader.gong.faults.add(Fault("json", path=f"^{CRM}/entity-schema$", body=fields, count=None))
        output = reader.complete("crm_entity_schemas")
        found = output.records("crm_entity_schemas")
        assert found
        assert {(record["name"], record["uniqueName"]) for record in found} == {("Amount", "Amount")}


WITH_SENTENCES_OF_THEIR_OWN = {
    "settings_scorecards": "/v2/settings/scorecards",
    "stats_activity_scorecards": "/v2/stats/activity/scorecards",
    "stats_activity_aggregate": "/v2/stats/activity/aggregate",
    "stats_activity_day_by_day": DAY_BY_DAY,
    "stats_interaction": "/v2/stats/interaction",
}


@pytest.mark.parametrize("stream", WITH_SENTENCES_OF_THEIR_OWN)
def test_only_its_own_404_sentences_are_an_empty_list(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = WITH_SENTENCES_OF_THEIR_OWN[stream]
    with serving(three_weeks(20), LONG_AFTER) as gong:
        gong.faults.add(Fault("reply", path=f"^{path}$", status=404, body=refusal("Not Found"), count=None))
        output = Reader(gong).sync(stream, start_date="2026-04-10")
        assert output.statuses == {stream: "INCOMPLETE"}


def test_a_list_that_is_begun_again_asks_for_and_counts_no_call_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60, private_share=0.5), page_size=7) as reader:
        private = {call.id for call in reader.gong.company.calls if call.is_private}
        reader.gong.faults.add(Fault("expired_cursor", path="^/v2/calls$", nth=4))
        output = reader.sync("call_user_access", private_calls="exclude")
        assert output.statuses == {"call_user_access": "COMPLETE"}
        bodies = [entry.json for entry in reader.gong.requests.to("/v2/calls/users-access")]
        asked = [call_id for body in bodies for call_id in body["filter"]["callIds"]]
        assert sorted(asked) == sorted({call.id for call in reader.gong.company.calls} - private)
        assert output.report("call_user_access")["skipped_private"] == len(private) > 20


class _Alternating:
    """Cursors A, B, A, B: not one that comes twice in a row."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, request: Any, context: Any) -> Any:
        self.asked += 1
        assert self.asked < 30, "it goes round and round"
        records = {"totalRecords": 500, "currentPageSize": 1, "currentPageNumber": 0, "cursor": "AB"[self.asked % 2]}
        return {"requestId": "x", "records": records, "users": [{"id": str(self.asked)}]}


def test_cursors_that_go_in_a_circle_are_an_error(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get("https://api.gong.io/v2/users", json=_Alternating())
    output = runner.read("users")
    assert output.statuses == {"users": "INCOMPLETE"}
    assert "same page cursor" in output.error.message


def test_a_count_that_is_less_than_what_came_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(5)) as reader:
        counted = {"totalRecords": 3, "currentPageSize": 5, "currentPageNumber": 0}
        answer = {"requestId": "5f1is09lflj186eqvv8", "records": counted, "calls": reader.gong.records("calls")}
        reader.gong.faults.add(Fault("json", path="^/v2/calls$", body=answer, count=None))
        output = reader.sync("calls")
        assert len([text for text in output.logs if "counted 3 records and its pages held 5" in text]) == 1


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
def test_a_day_in_utc_is_the_companys_in_the_zone_that_the_answer_names(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2026, 4, 9), date(2026, 4, 10)]
    written = [
        datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for day in (*days, days[-1] + timedelta(days=1))
    ]
    made = three_weeks(0, zone=zone)
    user = {"userId": made.users[0]["id"], "userEmailAddress": "a@example.com"}
    stats = [{"fromDate": begin, "toDate": end, "callsAsHost": 1} for begin, end in pairwise(written)]
    records = {"totalRecords": 1, "currentPageSize": 1, "currentPageNumber": 0}
    answer = {
        "requestId": "x", "records": records, "timeZone": zone,
        "usersAggregateActivity": [{**user, "userAggregateActivity": stats}],
    }  # fmt: skip
    with serving(made, LONG_AFTER) as gong:
        gong.faults.add(Fault("json", path=f"^{BY_PERIOD}$", body=answer, count=None))
        output = Reader(gong).complete(
            "stats_activity_aggregate_by_period", start_date="2026-04-09", end_date="2026-04-11"
        )
        found = {record["fromDate"] for record in output.records("stats_activity_aggregate_by_period")}
        assert found == {day.isoformat() for day in days}


def test_an_end_date_with_a_time_is_a_day_of_the_company(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(three_weeks(60), LONG_AFTER) as gong:
        Reader(gong).complete(
            "stats_activity_day_by_day",
            company_time_zone="America/Los_Angeles",
            start_date="2026-04-01",
            end_date="2026-04-10T03:00:00Z",
        )
        asked = [entry.json["filter"]["toDate"] for entry in gong.requests.to(DAY_BY_DAY)]
        # 03:00 UTC of the 10th is 20:00 of the 9th there.
        assert max(asked) == "2026-04-09"


def test_the_count_of_a_list_is_that_of_its_first_page(runner: Runner, requests_mock: Any) -> None:
    """What comes while the list is read moves the count of later pages, and may not be in them."""
    requests_mock.get(
        "https://api.gong.io/v2/users",
        [
            {"json": page("users", [user("1")], total=2, cursor="c1")},
            {"json": page("users", [user("2")], total=7, number=1)},
        ],
    )
    report = runner.read("users").report("users")
    assert (report["total_records"], report["listed"]) == (2, 2)
