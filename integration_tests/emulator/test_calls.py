"""`/v2/calls`: order, filters, visibility, shapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator

NO_CALLS = ["No calls found corresponding to the provided filters"]
META_KEYS = {
    "id", "url", "title", "scheduled", "started", "duration", "primaryUserId", "direction", "system", "scope", "media",
    "language", "workspaceId", "sdrDisposition", "clientUniqueId", "customData", "purpose", "meetingUrl", "isPrivate",
    "calendarEventId",
}  # fmt: skip
MARCH = datetime(2026, 3, 2, 17, tzinfo=UTC)


def ids(response) -> list[str]:
    return [call.get("id") or call["metaData"]["id"] for call in response.json()["calls"]]


def test_calls_come_by_scheduled_while_started_goes_back_and_forth(reader) -> None:
    calls = reader.pages("/v2/calls", "calls")
    scheduled = [datetime.fromisoformat(call["scheduled"]) for call in calls]
    started = [datetime.fromisoformat(call["started"]) for call in calls]
    assert scheduled == sorted(scheduled)
    assert started != sorted(started)


def test_ties_of_scheduled_follow_neither_id_nor_started(company, client) -> None:
    for minute in range(8):
        company.add_call(MARCH + timedelta(minutes=minute), scheduled=MARCH)
    tied = client.get("/v2/calls").json()["calls"]
    assert [call["id"] for call in tied] != sorted((call["id"] for call in tied), key=int)
    assert [call["started"] for call in tied] != sorted(call["started"] for call in tied)
    assert [call["id"] for call in tied] == ids(client.get("/v2/calls"))


def test_every_key_of_a_call_is_there_and_missing_values_are_null(reader) -> None:
    calls = reader.pages("/v2/calls", "calls")
    assert all(set(call) == META_KEYS for call in calls)
    assert any(call["meetingUrl"] is None for call in calls)
    assert all(isinstance(call["id"], str) and 17 <= len(call["id"]) <= 20 for call in calls)


@pytest.mark.parametrize(
    ("direction", "found"),
    [("Conference", "scheduled"), ("Outbound", "started"), ("Inbound", "started"), ("Unknown", "started")],
)
@pytest.mark.parametrize("path", ["/v2/calls", "/v2/calls/extensive", "/v2/calls/transcript"])
def test_dates_mean_scheduled_for_conferences_and_started_for_the_rest(client, company, direction, found, path) -> None:
    company.add_call(MARCH + timedelta(hours=3), scheduled=MARCH, direction=direction)
    moments = {"scheduled": MARCH, "started": MARCH + timedelta(hours=3)}
    for name, moment in moments.items():
        window = {
            "fromDateTime": moment.isoformat().replace("+00:00", "Z"),
            "toDateTime": (moment + timedelta(seconds=1)).isoformat().replace("+00:00", "Z"),
        }
        response = client.get(path, **window) if path == "/v2/calls" else client.post(path, {"filter": window})
        assert response.status_code == (200 if name == found else 404), name


def test_from_is_inclusive_and_to_is_exclusive(client, company) -> None:
    first = company.add_call(MARCH)
    company.add_call(MARCH + timedelta(minutes=1))
    window = {"fromDateTime": "2026-03-02T17:00:00Z", "toDateTime": "2026-03-02T18:01:00+01:00"}
    assert ids(client.get("/v2/calls", **window)) == [first.id]


def test_no_dates_at_all_is_accepted(client, company) -> None:
    call = company.add_call(MARCH)
    assert ids(client.get("/v2/calls")) == [call.id]


def test_two_years_in_one_request_are_accepted(client, company) -> None:
    company.add_call(MARCH)
    window = {"fromDateTime": "2024-06-01T00:00:00Z", "toDateTime": "2026-06-01T00:00:00Z"}
    assert client.get("/v2/calls", **window).status_code == 200


@pytest.mark.parametrize("text", ["2026-03-02", "yesterday", "2026-03-02T17:00:00", "2026-13-02T17:00:00Z"])
def test_a_malformed_date_is_refused_by_name(client, text) -> None:
    got = client.get("/v2/calls", fromDateTime=text)
    assert got.status_code == 400
    assert got.json()["errors"][0].startswith("fromDateTime: ")
    posted = client.post("/v2/calls/extensive", {"filter": {"fromDateTime": text}})
    assert posted.status_code == 400
    assert posted.json()["errors"][0].startswith("filter.fromDateTime: ")


def test_from_must_be_before_to(client) -> None:
    window = {"fromDateTime": "2026-03-02T17:00:00Z", "toDateTime": "2026-03-02T17:00:00Z"}
    response = client.post("/v2/calls/transcript", {"filter": window})
    assert (response.status_code, response.json()["errors"]) == (
        400,
        ["filter.fromDateTime: must be before toDateTime"],
    )


def test_an_empty_result_is_a_404_with_the_recorded_sentence(client) -> None:
    for response in (
        client.get("/v2/calls"),
        client.post("/v2/calls/extensive", {"filter": {}}),
        client.post("/v2/calls/transcript", {"filter": {"callIds": ["1"]}}),
    ):
        assert response.status_code == 404
        assert response.json()["errors"] == NO_CALLS


def test_without_call_visibility_the_answer_is_that_of_an_empty_result(gong, client, company) -> None:
    call = company.add_call(MARCH)
    gong.options.call_visibility = False
    assert client.get("/v2/calls").json()["errors"] == NO_CALLS
    assert client.post("/v2/calls/extensive", {"filter": {}}).json()["errors"] == NO_CALLS
    assert client.get(f"/v2/calls/{call.id}").status_code == 404


def test_the_workspace_filter_narrows(client, company) -> None:
    company.add_call(MARCH)
    other = company.add_call(MARCH, workspace_id=company.workspaces[1]["id"])
    assert ids(client.get("/v2/calls", workspaceId=company.workspaces[1]["id"])) == [other.id]
    body = {"filter": {"workspaceId": company.workspaces[1]["id"]}}
    assert ids(client.post("/v2/calls/extensive", body)) == [other.id]


def test_one_call_by_id_and_the_404_of_an_unknown_one(client, company) -> None:
    call = company.add_call(MARCH)
    assert client.get(f"/v2/calls/{call.id}").json()["call"] == company.meta_data(call)
    response = client.get("/v2/calls/894411314421502864")
    assert (response.status_code, response.json()["errors"]) == (404, ["Call ID 894411314421502864 was not found"])


def test_a_late_call_appears_when_its_time_comes(gong, client, company) -> None:
    early = company.add_call(MARCH + timedelta(hours=1))
    late = company.add_call(MARCH, visible_from=gong.clock.now() + timedelta(hours=1))
    assert ids(client.get("/v2/calls")) == [early.id]
    assert client.get(f"/v2/calls/{late.id}").status_code == 404
    gong.clock.advance(timedelta(hours=1))
    assert ids(client.get("/v2/calls")) == [late.id, early.id]


def test_a_deleted_call_is_gone_everywhere(gong, client, company) -> None:
    call = company.add_call(MARCH)
    assert client.get(f"/v2/calls/{call.id}").status_code == 200
    call.deleted_from = gong.clock.now()
    assert client.get(f"/v2/calls/{call.id}").status_code == 404
    assert client.post("/v2/calls/transcript", {"filter": {}}).status_code == 404


def test_private_calls_are_listed_and_marked(client, company) -> None:
    company.add_call(MARCH, is_private=True)
    assert client.get("/v2/calls").json()["calls"][0]["isPrivate"] is True


def test_offsets_follow_daylight_saving_and_fractions_lose_their_zeros(client, company) -> None:
    company.add_call(datetime(2026, 1, 5, 20, 0, 19, 720_000, tzinfo=UTC))
    company.add_call(datetime(2026, 4, 6, 20, 0, 31, 816_562, tzinfo=UTC))
    winter, summer = client.get("/v2/calls").json()["calls"]
    assert winter["started"] == "2026-01-05T12:00:19.72-08:00"
    assert winter["scheduled"] == "2026-01-05T12:00:19-08:00"
    assert summer["started"] == "2026-04-06T13:00:31.816562-07:00"


def test_a_company_in_utc_writes_z() -> None:
    company = Company(CompanyOptions(time_zone="UTC", calls=0))
    assert company.meta_data(company.add_call(MARCH))["started"] == "2026-03-02T17:00:00Z"


def test_overrides_reach_the_wire(client, company) -> None:
    company.add_call(MARCH, overrides={"brandNewKey": {"a": 1}, "title": None})
    call = client.get("/v2/calls").json()["calls"][0]
    assert call["brandNewKey"] == {"a": 1}
    assert call["title"] is None


def test_users_access_lists_each_call_and_refuses_the_whole_request_for_an_unknown_one(client, company) -> None:
    calls = [company.add_call(MARCH) for _ in range(12)]
    asked = {"filter": {"callIds": [call.id for call in calls]}}
    rows = client.post("/v2/calls/users-access", asked).json()["callAccessList"]
    assert [row["callId"] for row in rows] == [call.id for call in calls]
    assert any(row["users"] for row in rows)
    assert not all(row["users"] for row in rows)
    response = client.post("/v2/calls/users-access", {"filter": {"callIds": [calls[0].id, "123456789"]}})
    assert (response.status_code, response.json()["errors"]) == (400, ["Some calls not found"])


def test_a_hundred_thousand_calls_are_held_as_an_index_and_paged_by_bisection() -> None:
    company = Company(CompanyOptions(calls=100_000, first_call=datetime(2024, 1, 1, tzinfo=UTC)))
    with Emulator(company, clock=Clock.frozen(datetime(2026, 5, 1, tzinfo=UTC))) as gong:
        assert len(company.calls) == 100_000
        window = company.timeline.between(company.calls, MARCH, MARCH + timedelta(days=1))
        inside = [call for call in company.calls if MARCH <= call.filter_time < MARCH + timedelta(days=1)]
        assert set(inside) <= set(window)
        assert len(window) < 3 * len(inside) + 50
        assert len(
            gong.records("calls", fromDateTime="2026-03-02T17:00:00Z", toDateTime="2026-03-03T17:00:00Z")
        ) == len(inside)
