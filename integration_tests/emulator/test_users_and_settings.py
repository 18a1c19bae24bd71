"""Users, workspaces, settings, outcomes, the library."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gong_emulator import Company, CompanyOptions, Emulator

USER_KEYS = {
    "id", "emailAddress", "created", "active", "emailAliases", "trustedEmailAddress", "firstName", "lastName", "title",
    "phoneNumber", "extension", "personalMeetingUrls", "settings", "managerId", "meetingConsentPageUrl",
    "conferencingProviders", "spokenLanguages",
}  # fmt: skip


def test_users_come_by_ascending_id_with_every_key(reader) -> None:
    users = reader.get("/v2/users").json()["users"]
    assert [user["id"] for user in users] == sorted((user["id"] for user in users), key=int)
    assert all(set(user) == USER_KEYS and len(user["settings"]) == 7 for user in users)
    assert any(user["conferencingProviders"] is None for user in users)
    assert any(user["spokenLanguages"] == [] for user in users)
    assert {user["managerId"] for user in users} > {None}


def test_avatars_are_listed_only_when_asked(client, company) -> None:
    avatar = company.avatars[0]["id"]
    assert avatar not in {user["id"] for user in client.get("/v2/users").json()["users"]}
    assert avatar in {user["id"] for user in client.get("/v2/users", includeAvatars="true").json()["users"]}
    body = {"filter": {"includeAvatars": True}}
    assert avatar in {user["id"] for user in client.post("/v2/users/extensive", body).json()["users"]}


def test_a_user_joins_when_created_and_changes_show_on_the_next_read(gong, client, company) -> None:
    joined = {**company.users[0], "id": "999999999999999999"}
    joined["created"] = (gong.clock.now() + timedelta(minutes=1)).isoformat()
    company.users.append(joined)
    assert client.get("/v2/users").json()["records"]["totalRecords"] == 12
    gong.clock.advance(timedelta(minutes=1))
    assert client.get("/v2/users").json()["records"]["totalRecords"] == 13
    joined["active"] = False
    assert client.get("/v2/users/999999999999999999").json()["user"]["active"] is False


def test_extensive_users_filter_by_id_and_by_creation(client, company) -> None:
    assert len(client.post("/v2/users/extensive", {"filter": {}}).json()["users"]) == 12
    user = company.users[4]
    found = client.post("/v2/users/extensive", {"filter": {"userIds": [user["id"]]}}).json()["users"]
    assert found == [user]
    only = {"userIds": [user["id"]]}
    assert client.post("/v2/users/extensive", {"filter": {**only, "createdFromDateTime": user["created"]}}).ok
    assert not client.post("/v2/users/extensive", {"filter": {**only, "createdToDateTime": user["created"]}}).ok


def test_a_user_filter_that_matches_nobody_is_a_404(client) -> None:
    response = client.post("/v2/users/extensive", {"filter": {"userIds": ["1"]}})
    sentence = "No users found corresponding to the provided filters"
    assert (response.status_code, response.json()["errors"]) == (404, [sentence])


def test_users_extensive_needs_a_filter(client) -> None:
    assert client.post("/v2/users/extensive", {}).status_code == 400


def test_an_unknown_user_is_a_404(client) -> None:
    assert client.get("/v2/users/1").json()["errors"] == ["User not found"]
    assert client.get("/v2/users/1/settings-history").status_code == 404


def test_settings_history_starts_with_ten_settings_at_creation(client, company) -> None:
    user = company.users[0]
    rows = client.get(f"/v2/users/{user['id']}/settings-history").json()["userSettingsHistory"]
    assert len({row["setting"] for row in rows[:10]}) == 10
    assert {row["time"] for row in rows[:10]} == {user["created"]}
    histories = [client.get(f"/v2/users/{u['id']}/settings-history").json() for u in company.users]
    assert any(len(history["userSettingsHistory"]) > 10 for history in histories)


def test_the_first_workspace_is_the_built_in_one(client, company) -> None:
    spaces = client.get("/v2/workspaces").json()["workspaces"]
    assert len(spaces) == 2
    assert (spaces[0]["name"], spaces[0]["description"]) == ("Initial workspace", "The built-in workspace")


def test_scorecards_write_every_number_as_text(client) -> None:
    cards = client.get("/v2/settings/scorecards", workspaceId="ignored").json()["scorecards"]
    numbers = [card[key] for card in cards for key in ("scorecardId", "workspaceId", "updaterUserId")]
    questions = [question for card in cards for question in card["questions"]]
    numbers += [q[key] for q in questions for key in ("questionId", "questionRevisionId", "minRange", "maxRange")]
    assert all(isinstance(number, str) for number in numbers)
    assert "-1" in numbers
    assert {card["reviewMethod"] for card in cards} == {"MANUAL", "AUTOMATIC"}


def test_no_scorecards_is_a_404(client, company) -> None:
    company.scorecards.clear()
    assert client.get("/v2/settings/scorecards").json()["errors"] == ["Scorecards not found"]


def test_trackers_come_under_keyword_trackers_and_by_workspace(client, company) -> None:
    rows = client.get("/v2/settings/trackers").json()["keywordTrackers"]
    assert any(row["languageKeywords"] == [] for row in rows)
    assert any(row["creatorUserId"] is None for row in rows)
    workspace = company.workspaces[1]["id"]
    narrowed = client.get("/v2/settings/trackers", workspaceId=workspace).json()["keywordTrackers"]
    assert {row["workspaceId"] for row in narrowed} == {workspace}


@pytest.mark.parametrize("name", ["trackers", "briefs"])
def test_an_unknown_workspace_is_a_404(client, name) -> None:
    assert client.get(f"/v2/settings/{name}", workspaceId="1").json()["errors"] == ["Workspace not found"]


def test_briefs_are_published_or_not(client) -> None:
    assert {row["status"] for row in client.get("/v2/settings/briefs").json()["briefs"]} == {
        "Published",
        "Not published",
    }


def test_call_outcomes_have_no_id(client) -> None:
    rows = client.get("/v2/call-outcomes").json()["outcomes"]
    assert not any("id" in row for row in rows)
    assert {row["automation"] for row in rows} == {None, "MARK_AS_OPT_OUT"}


def test_library_folders_need_the_workspace_when_there_are_two(client, company) -> None:
    assert client.get("/v2/library/folders").status_code == 400
    reply = client.get("/v2/library/folders", workspaceId=company.workspaces[0]["id"]).json()
    assert reply["folders"][0]["parentFolderId"] is None
    assert "records" not in reply


def test_library_folders_of_a_single_workspace_need_none() -> None:
    with Emulator(Company(CompanyOptions(workspaces=1, calls=0))) as gong:
        assert len(gong.records("library_folders")) == 3


def test_the_same_call_stands_in_a_folder_whole_and_as_a_snippet(reader, untouched) -> None:
    folder = next(folder for folder in untouched.library_folders if folder.calls)
    reply = reader.get("/v2/library/folder-content", folderId=folder.record["id"]).json()
    assert set(reply) == {"requestId", "id", "name", "createdBy", "updated", "calls"}
    keys = [(row["id"], row["snippet"] is None) for row in reply["calls"]]
    assert {(call_id, whole) for call_id, _ in keys for whole in (True, False)} == set(keys)


def test_an_empty_folder_is_200_and_an_unknown_one_404(client, company) -> None:
    empty = company.library_folders[2].record["id"]
    assert client.get("/v2/library/folder-content", folderId=empty).json()["calls"] == []
    assert client.get("/v2/library/folder-content", folderId="1").status_code == 404
    assert client.get("/v2/library/folder-content").status_code == 400
