"""Workspaces that are chosen: nothing of another one comes out, and what one holds is never taken for another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from testing.reading import LONG_AFTER, Reader, serving
from testing.reading import company as three_weeks
from testing.world import DAY, NOW, company, world

WORKSPACE_OF = {
    "workspaces": "id",
    "settings_scorecards": "workspaceId",
    "settings_trackers": "workspaceId",
    "settings_briefs": "workspaceId",
    "library_folders": "workspaceId",
    "permission_profiles": "workspaceId",
    "coaching": "workspaceId",
    "calls": "workspaceId",
}


@pytest.mark.parametrize("stream", WORKSPACE_OF)
def test_no_record_of_another_workspace_comes(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, field = three_weeks(60), WORKSPACE_OF[stream]
    chosen, other = (workspace["id"] for workspace in made.workspaces)
    with serving(made, LONG_AFTER) as gong:
        everything = Reader(gong).complete(stream)
        assert {record[field] for record in everything.records(stream)} >= {chosen, other}
        output = Reader(gong).complete(stream, workspace_ids=[chosen])
        # A tracker of all workspaces names none.
        assert {record[field] for record in output.records(stream)} - {None} == {chosen}


def test_trackers_are_asked_for_by_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of all workspaces come with those of each, so leaving others' out afterwards is not the same."""
    made = three_weeks(5)
    chosen = made.workspaces[0]["id"]
    with serving(made, LONG_AFTER) as gong:
        Reader(gong).complete("settings_trackers", workspace_ids=[chosen])
        assert [entry.query["workspaceId"] for entry in gong.requests.to("/v2/settings/trackers")] == [chosen]


def test_the_lists_of_two_workspaces_do_not_stand_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    made = three_weeks(120)
    chosen = [workspace["id"] for workspace in made.workspaces]
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete("calls", "call_user_access", workspace_ids=chosen)
        held = sorted(call.id for call in made.calls if call.listed(LONG_AFTER))
        assert output.ids("calls") == held
        assert output.ids("call_user_access", "callId") == held


def test_each_workspace_is_cut_by_its_own_count(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(0)
    large, small = (workspace["id"] for workspace in made.workspaces)
    for number in range(2600):
        made.add_call(NOW - 20 * DAY + number * timedelta(minutes=10), workspace_id=large)
    made.add_call(NOW - DAY, workspace_id=small)
    with world(made) as reader:
        reader.complete("calls", workspace_ids=[large, small])
        begun = [entry for entry in reader.gong.requests.to("/v2/calls") if "cursor" not in entry.query]
        assert len([entry for entry in begun if entry.query["workspaceId"] == large]) > 1
        assert len([entry for entry in begun if entry.query["workspaceId"] == small]) == 1
