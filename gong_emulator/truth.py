"""What Gong would hold: the whole list behind each endpoint, for tests to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gong_emulator.company import Company
from gong_emulator.cursors import Cursors
from gong_emulator.dates import END_OF_TIME
from gong_emulator.errors import ApiError
from gong_emulator.exchange import Exchange
from gong_emulator.media import PlaceholderMediaUrls
from gong_emulator.options import EmulatorOptions
from gong_emulator.pages import Pager
from gong_emulator.records import Record
from gong_emulator.routes import find

_WHOLE = 2**31

# The name of each list: method, path, and the key of the list in the reply.
LISTS: dict[str, tuple[str, str, str]] = {
    "users": ("GET", "/v2/users", "users"),
    "users_extensive": ("POST", "/v2/users/extensive", "users"),
    "user_settings_history": ("GET", "/v2/users/{id}/settings-history", "userSettingsHistory"),
    "workspaces": ("GET", "/v2/workspaces", "workspaces"),
    "scorecards": ("GET", "/v2/settings/scorecards", "scorecards"),
    "trackers": ("GET", "/v2/settings/trackers", "keywordTrackers"),
    "briefs": ("GET", "/v2/settings/briefs", "briefs"),
    "call_outcomes": ("GET", "/v2/call-outcomes", "outcomes"),
    "library_folders": ("GET", "/v2/library/folders", "folders"),
    "library_folder_content": ("GET", "/v2/library/folder-content", "calls"),
    "calls": ("GET", "/v2/calls", "calls"),
    "calls_extensive": ("POST", "/v2/calls/extensive", "calls"),
    "transcripts": ("POST", "/v2/calls/transcript", "callTranscripts"),
    "call_users_access": ("POST", "/v2/calls/users-access", "callAccessList"),
    "activity_aggregate": ("POST", "/v2/stats/activity/aggregate", "usersAggregateActivityStats"),
    "activity_by_period": ("POST", "/v2/stats/activity/aggregate-by-period", "usersAggregateActivity"),
    "activity_day_by_day": ("POST", "/v2/stats/activity/day-by-day", "usersDetailedActivities"),
    "interaction_stats": ("POST", "/v2/stats/interaction", "peopleInteractionStats"),
    "answered_scorecards": ("POST", "/v2/stats/activity/scorecards", "answeredScorecards"),
    "coaching": ("GET", "/v2/coaching", "coachingData"),
    "logs": ("GET", "/v2/logs", "logEntries"),
    "permission_profiles": ("GET", "/v2/all-permission-profiles", "profiles"),
    "permission_profile_users": ("GET", "/v2/permission-profile/users", "users"),
    "crm_integrations": ("GET", "/v2/crm/integrations", "integrations"),
    "crm_entity_schema": ("GET", "/v2/crm/entity-schema", "objectTypeToSelectedFields"),
    "flows": ("GET", "/v2/flows", "flows"),
    "flow_folders": ("GET", "/v2/flows/folders", "flowsFolders"),
    "flow_steps": ("POST", "/v2/flows/steps", "flows"),
    "tasks": ("POST", "/v2/tasks", "tasks"),
}


def whole_list(
    company: Company,
    name: str,
    now: datetime | None = None,
    *,
    options: EmulatorOptions | None = None,
    body: Mapping[str, Any] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> list[Record]:
    """Return every record of a list at `now` (None: once everything has come), unpaged; [] where Gong says 404.

    `parameters` are path or query parameters, `body` the body of a POST (default `{"filter": {}}`). Other
    refusals are raised as ApiError. `crm_entity_schema` gives one record, the map by object type.
    """
    method, path, key = LISTS[name]
    settings = options or EmulatorOptions()
    moment = now or END_OF_TIME
    query = dict(parameters or {})
    for part in [part for part in query if f"{{{part}}}" in path]:
        path = path.replace(f"{{{part}}}", query.pop(part))
    endpoint, parts, _ = find(method, path)
    if endpoint is None:
        raise LookupError(f"no endpoint {method} {path}")
    exchange = Exchange(
        company=company,
        options=settings,
        now=moment,
        query=query,
        body=dict(body if body is not None else {"filter": {}}),
        path=parts,
        media=settings.media or PlaceholderMediaUrls(),
        pager=Pager(Cursors(b"truth"), _WHOLE, moment),
        is_post=method == "POST",
    )
    try:
        found = endpoint.answer(exchange)[key]
    except ApiError as error:
        if error.status == 404:
            return []
        raise
    return list(found) if isinstance(found, list) else [found]
