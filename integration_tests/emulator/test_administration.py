"""Logs, permission profiles, CRM, Engage."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gong_emulator.records.audit import LOG_TYPES

SINCE = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("log_type", LOG_TYPES)
def test_each_log_comes_by_ascending_time_in_utc(reader, full, log_type) -> None:
    rows = reader.pages("/v2/logs", "logEntries", logType=log_type, fromDateTime=SINCE)
    times = [row["eventTime"] for row in rows]
    assert times == sorted(times)
    assert all(time.endswith("Z") and len(time) == 24 for time in times)
    assert rows == full.records("logs", logType=log_type, fromDateTime=SINCE)


def test_impersonators_are_named_only_when_there_is_one(reader) -> None:
    rows = reader.pages("/v2/logs", "logEntries", logType="UserCallPlay", fromDateTime=SINCE)
    assert {"impersonatorUserId" in row for row in rows} == {True, False}
    outside = reader.pages("/v2/logs", "logEntries", logType="ExternallySharedCallPlay", fromDateTime=SINCE)
    assert not any("userId" in row for row in outside)


def test_user_activity_carries_what_must_not_leak(reader) -> None:
    rows = reader.pages("/v2/logs", "logEntries", logType="UserActivityLog", fromDateTime=SINCE)
    request = rows[0]["logRecord"]["httpRequest"]
    assert request["clientIp"].startswith("203.0.113.")
    assert request["parameters"][0]["key"] == "_csrf"


def test_the_access_log_keeps_14_days(gong, client) -> None:
    for _ in range(2):
        rows = client.pages("/v2/logs", "logEntries", logType="AccessLog", fromDateTime=SINCE)
        oldest = (gong.clock.now() - timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%S")
        assert rows
        assert min(row["eventTime"] for row in rows) >= oldest
        gong.clock.advance(timedelta(days=-7))


def test_log_dates_are_inclusive_then_exclusive(reader) -> None:
    rows = reader.pages("/v2/logs", "logEntries", logType="UserCallPlay", fromDateTime=SINCE)
    start, end = rows[3]["eventTime"], rows[6]["eventTime"]
    window = {"fromDateTime": start, "toDateTime": end}
    found = reader.get("/v2/logs", logType="UserCallPlay", **window).json()["logEntries"]
    assert {row["eventTime"] for row in found} == {row["eventTime"] for row in rows[3:6]}


def test_logs_that_gong_refuses(reader) -> None:
    assert reader.get("/v2/logs", fromDateTime=SINCE).status_code == 400
    assert reader.get("/v2/logs", logType="AccessLog").status_code == 400
    assert reader.get("/v2/logs", logType="Everything", fromDateTime=SINCE).status_code == 400
    empty = {"fromDateTime": "2020-01-01T00:00:00Z", "toDateTime": "2020-01-02T00:00:00Z"}
    assert reader.get("/v2/logs", logType="UserCallPlay", **empty).status_code == 404


def test_profiles_of_a_workspace_are_alphabetical(client, company) -> None:
    assert client.get("/v2/all-permission-profiles").status_code == 400
    rows = client.get("/v2/all-permission-profiles", workspaceId=company.workspaces[0]["id"]).json()["profiles"]
    assert [row["name"] for row in rows] == ["Business Admin", "Standard Team Member"]
    assert rows[0]["callsAccess"] == {"permissionLevel": "all", "teamLeadIds": None}
    assert rows[0]["orchestrateCreateAndManagePlays"] is None
    one = client.get("/v2/permission-profile", profileId=rows[1]["id"]).json()["profile"]
    assert one == rows[1]


def test_every_user_has_a_profile(client, company) -> None:
    workspace = company.workspaces[0]["id"]
    members: list[str] = []
    for profile in client.get("/v2/all-permission-profiles", workspaceId=workspace).json()["profiles"]:
        users = client.get("/v2/permission-profile/users", profileId=profile["id"]).json()["users"]
        assert all(set(user) == {"id", "fullName", "emailAddress"} for user in users)
        members += [user["id"] for user in users]
    assert sorted(members) == sorted(user["id"] for user in company.users)


@pytest.mark.parametrize("profile", ["99999999999999999999", "1"])
def test_an_impossible_or_unknown_profile_is_a_bad_request(client, company, profile) -> None:
    company.permission_profiles[0].record["id"] = "99999999999999999999"
    response = client.get("/v2/permission-profile/users", profileId=profile)
    assert (response.status_code, response.json()["errors"]) == (400, ["Bad request"])


def test_the_crm_integration_id_is_a_number_that_a_float_would_round(client) -> None:
    (row,) = client.get("/v2/crm/integrations").json()["integrations"]
    number = row["integrationId"]
    assert isinstance(number, int)
    assert number > 2**53
    assert int(float(number)) != number


def test_crm_fields_come_for_one_type_or_for_all(client, company) -> None:
    number = company.crm_integrations[0]["integrationId"]
    every = client.get("/v2/crm/entity-schema", integrationId=number).json()["objectTypeToSelectedFields"]
    assert set(every) == {"ACCOUNT", "CONTACT", "DEAL", "LEAD"}
    one = client.get("/v2/crm/entity-schema", integrationId=number, objectType="DEAL").json()
    assert one["objectTypeToSelectedFields"] == {"DEAL": every["DEAL"]}
    assert client.get("/v2/crm/entity-schema", integrationId=1).status_code == 400
    assert client.get("/v2/crm/entity-schema", integrationId=number, objectType="deal").status_code == 400


def flows(client, email, **query):
    return client.get("/v2/flows", flowOwnerEmail=email, **query).json()["flows"]


def test_company_flows_come_for_every_owner_and_personal_ones_for_theirs(client, company) -> None:
    first, second = (flows(client, user["emailAddress"]) for user in company.users[:2])
    shared = {flow["id"] for flow in first} & {flow["id"] for flow in second}
    assert shared == {flow["id"] for flow in first if flow["visibility"] == "Company"}
    assert len(shared) == 4
    assert len(first) == len(second) == 5


def test_flows_need_an_owner_and_an_unknown_one_has_none(client) -> None:
    assert client.get("/v2/flows").status_code == 400
    reply = client.get("/v2/flows", flowOwnerEmail="nobody@example.com").json()
    assert reply["flows"] == []
    assert reply["records"] == {"totalRecords": 0, "currentPageSize": 0, "currentPageNumber": 0}


def test_recently_assigned_flows_are_at_most_twenty(client, company) -> None:
    company.flows *= 10
    email = company.users[0]["emailAddress"]
    assert len(flows(client, email)) > 20
    assert len(flows(client, email, mostRecentlyAssigned="true")) == 20


def test_flow_folders_have_their_own_key_and_write_null_as_text(client, company) -> None:
    email = company.users[0]["emailAddress"]
    reply = client.get("/v2/flows/folders", flowFolderOwnerEmail=email).json()
    assert "flows" not in reply
    shared = {"id": "100", "name": "Shared With You", "visibility": "Shared"}
    assert reply["flowsFolders"][0] == {**shared, "parentFolderId": "null", "createdById": "null"}


def test_flow_steps_are_for_known_flows_and_at_most_twenty(client, company) -> None:
    flow = company.flows[0]
    (row,) = client.post("/v2/flows/steps", {"flowIds": [flow.record["id"]]}).json()["flows"]
    assert [step["stepOrder"] for step in row["steps"]] == list(range(1, len(flow.steps) + 1))
    unknown = client.post("/v2/flows/steps", {"flowIds": ["1234567890123456789"]})
    sentence = "Flow not found: flowId=1234567890123456789"
    assert (unknown.status_code, unknown.json()["errors"]) == (404, [sentence])
    assert client.post("/v2/flows/steps", {"flowIds": [flow.record["id"]] * 21}).status_code == 400
    assert client.post("/v2/flows/steps", {}).status_code == 400


def test_tasks_need_their_filter_and_narrow_by_it(client, company) -> None:
    wanted = {"userId": company.users[0]["id"], "types": ["MANUAL"], "taskAction": ["CALL"], "status": ["OPEN"]}
    reply = client.post("/v2/tasks", {"filter": wanted}).json()
    assert [task["status"] for task in reply["tasks"]] == ["OPEN"]
    assert isinstance(reply["tasks"][0]["id"], int)
    assert client.post("/v2/tasks", {"filter": {**wanted, "types": ["FLOW"]}}).json()["tasks"] == []
    assert client.post("/v2/tasks", {"filter": {**wanted, "status": ["LATER"]}}).status_code == 400
    for name in wanted:
        assert client.post("/v2/tasks", {"filter": {**wanted, name: None}}).status_code == 400


def test_without_engage_flows_are_forbidden_and_tasks_break(gong, client) -> None:
    gong.options.engage_licence = False
    for path in ("/v2/flows", "/v2/flows/folders"):
        assert client.get(path).status_code == 403
    assert client.post("/v2/flows/steps", {}).status_code == 403
    response = client.post("/v2/tasks", {"filter": {}})
    assert (response.status_code, response.json()["errors"]) == (500, ["Internal server error occurred"])
