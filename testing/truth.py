"""What each stream has to give, made from the emulator's own lists without anything of the connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gong_emulator import Emulator

Record = dict[str, Any]
LOG_TYPES = ("AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay")
SELECTOR = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(
            (
                "structure",
                "topics",
                "trackers",
                "trackerOccurrences",
                "brief",
                "outline",
                "highlights",
                "callOutcome",
                "keyPoints",
            ),
            True,
        ),
        "interaction": dict.fromkeys(("speakers", "video", "personInteractionStats", "questions"), True),
        "collaboration": {"publicComments": True},
    },
}


class Truth:
    """The records that streams have to give when Gong is read at the emulator's moment.

    The statistics are those of the days from `first` to `today`, exclusive, cut into periods. `zone` is the
    configured time zone, None when the connector has to do without.
    """

    def __init__(self, gong: Emulator, first: date, today: date, zone: str | None = None, period: str = "day") -> None:
        self.gong, self.first, self.today, self.period = gong, first, today, period
        self.zone = ZoneInfo(zone) if zone else None

    def of(self, stream: str) -> list[Record]:
        """The records of a stream, in no order."""
        made: Callable[[], Iterator[Record]] = getattr(self, stream)
        return [deepcopy(record) for record in made()]

    def _list(self, name: str, **named: Any) -> list[Record]:
        return self.gong.records(name, **named)

    def _days(self) -> list[tuple[date, date]]:
        found, start = [], self.first
        while start < self.today:
            if self.period == "month":
                stop = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                stop = start + timedelta(days=7 - start.weekday() if self.period == "week" else 1)
            found.append((start, min(stop, self.today)))
            start = stop
        return found

    def users(self) -> Iterator[Record]:
        yield from self._list("users")

    def workspaces(self) -> Iterator[Record]:
        yield from self._list("workspaces")

    def calls(self) -> Iterator[Record]:
        yield from self._list("calls")

    def calls_extensive(self) -> Iterator[Record]:
        for call in self._list("calls_extensive", body={"filter": {}, "contentSelector": SELECTOR}):
            yield {"id": call["metaData"]["id"], "started": call["metaData"]["started"], **call}

    def call_transcripts(self) -> Iterator[Record]:
        started = {call["id"]: call["started"] for call in self.calls()}
        for transcript in self._list("transcripts"):
            yield {**transcript, "started": started[transcript["callId"]]}

    def call_user_access(self) -> Iterator[Record]:
        started = {call["id"]: call["started"] for call in self.calls()}
        if started:
            for access in self._list("call_users_access", body={"filter": {"callIds": list(started)}}):
                yield {**access, "started": started[access["callId"]]}

    def user_settings_history(self) -> Iterator[Record]:
        for user in self.users():
            for change in self._list("user_settings_history", id=user["id"]):
                yield {"userId": user["id"], **change}

    def settings_scorecards(self) -> Iterator[Record]:
        for card in self._list("scorecards"):
            questions = [
                {**question, **{name: int(question[name]) for name in ("minRange", "maxRange")}}
                for question in card["questions"]
            ]
            yield {**card, "questions": questions}

    def settings_trackers(self) -> Iterator[Record]:
        yield from self._list("trackers")

    def settings_briefs(self) -> Iterator[Record]:
        yield from self._list("briefs")

    def call_outcomes(self) -> Iterator[Record]:
        yield from self._list("call_outcomes")

    def library_folders(self) -> Iterator[Record]:
        for workspace in self.workspaces():
            for folder in self._list("library_folders", workspaceId=workspace["id"]):
                yield {"workspaceId": workspace["id"], **folder}

    def library_folder_content(self) -> Iterator[Record]:
        for folder in self.library_folders():
            for call in self._list("library_folder_content", folderId=folder["id"]):
                yield {"folderId": folder["id"], "folderName": folder["name"], **call}

    def _stats(self, name: str, start: date, end: date, **more: Any) -> list[Record]:
        return self._list(name, body={"filter": {"fromDate": str(start), "toDate": str(end)}, **more})

    def _span(self, start: date, end: date) -> Record:
        zone = self.gong.company.zone
        moments = [datetime(day.year, day.month, day.day, tzinfo=zone).isoformat() for day in (start, end)]
        return {
            "fromDate": str(start),
            "toDate": str(end),
            "fromDateTime": moments[0].replace("+00:00", "Z"),
            "toDateTime": moments[1].replace("+00:00", "Z"),
            "timeZone": self.gong.company.options.time_zone,
        }

    def stats_activity_aggregate(self) -> Iterator[Record]:
        for start, end in self._days():
            for user in self._stats("activity_aggregate", start, end):
                counters = user.pop("userAggregateActivityStats")
                yield {**user, **counters, **self._span(start, end)}

    def stats_interaction(self) -> Iterator[Record]:
        for start, end in self._days():
            for user in self._stats("interaction_stats", start, end):
                yield {**user, **self._span(start, end)}

    def stats_activity_aggregate_by_period(self) -> Iterator[Record]:
        if self.first < self.today:
            period = {"aggregationPeriod": self.period.upper()}
            for user in self._stats("activity_by_period", self.first, self.today, **period):
                periods = user.pop("userAggregateActivity")
                yield from ({**user, **one} for one in periods)

    def stats_activity_day_by_day(self) -> Iterator[Record]:
        if self.first < self.today:
            for user in self._stats("activity_day_by_day", self.first, self.today):
                days = user.pop("userDailyActivityStats")
                yield from ({**user, **one} for one in days)

    def stats_activity_scorecards(self) -> Iterator[Record]:
        yield from self._list("answered_scorecards", body={"filter": {"reviewMethod": "BOTH"}})

    def coaching(self) -> Iterator[Record]:
        managers = {user["managerId"] for user in self.users() if user["managerId"]}
        start = self.first.replace(day=1) if self.first < self.today else self.today
        while start < self.today:
            end = min((start + timedelta(days=32)).replace(day=1), self.today)
            bounds = {
                name: datetime(day.year, day.month, day.day, tzinfo=self.zone or UTC).isoformat()
                for name, day in (("from", start), ("to", end))
            }
            bounds = {name: text.replace("+00:00", "Z") for name, text in bounds.items()}
            for workspace in self.workspaces():
                for manager in managers:
                    asked = {"workspace-id": workspace["id"], "manager-id": manager, **bounds}
                    for team in self._list("coaching", **asked):
                        for row in team["directReportsMetrics"]:
                            yield {
                                "workspaceId": workspace["id"],
                                "managerId": manager,
                                "reportId": row["report"]["id"],
                                **bounds,
                                "manager": team["manager"],
                                **row,
                            }
            start = (start + timedelta(days=32)).replace(day=1)

    def audit_logs(self) -> Iterator[Record]:
        """Without the `id`, which only the connector makes."""
        for log_type in LOG_TYPES:
            for entry in self._list("logs", logType=log_type, fromDateTime="1970-01-01T00:00:00Z"):
                yield {"logType": log_type, **entry}

    def permission_profiles(self) -> Iterator[Record]:
        for workspace in self.workspaces():
            for profile in self._list("permission_profiles", workspaceId=workspace["id"]):
                yield {"workspaceId": workspace["id"], **profile}

    def permission_profile_users(self) -> Iterator[Record]:
        for profile in self.permission_profiles():
            for user in self._list("permission_profile_users", profileId=profile["id"]):
                yield {"profileId": profile["id"], **user}

    def flows(self) -> Iterator[Record]:
        found = {
            flow["id"]: flow
            for user in self.users()
            for flow in self._list("flows", flowOwnerEmail=user["emailAddress"])
        }
        yield from found.values()

    def flow_folders(self) -> Iterator[Record]:
        found = {
            folder["id"]: folder
            for user in self.users()
            for folder in self._list("flow_folders", flowFolderOwnerEmail=user["emailAddress"])
        }
        for folder in found.values():
            yield {name: None if value == "null" else value for name, value in folder.items()}

    def flow_steps(self) -> Iterator[Record]:
        for flow in self.flows():
            for answered in self._list("flow_steps", body={"flowIds": [flow["id"]]}):
                yield from ({"flowId": flow["id"], **step} for step in answered["steps"])

    def crm_integrations(self) -> Iterator[Record]:
        for integration in self._list("crm_integrations"):
            yield {**integration, "integrationId": f"{integration['integrationId']:d}"}

    def crm_entity_schemas(self) -> Iterator[Record]:
        for integration in self.crm_integrations():
            identifier = integration["integrationId"]
            (types,) = self._list("crm_entity_schema", integrationId=identifier)
            for object_type, fields in types.items():
                yield from ({"integrationId": identifier, "objectType": object_type, **field} for field in fields)

    def tasks(self) -> Iterator[Record]:
        wanted = {"types": ["FLOW", "MANUAL"], "taskAction": ["CALL"], "status": ["OPEN", "DONE", "DISMISSED"]}
        for user in self.users():
            for task in self._list("tasks", body={"filter": {"userId": user["id"], **wanted}}):
                priority = {**task["priority"], "id": str(task["priority"]["id"])}
                ids = {"id": str(task["id"]), "userId": str(task["userId"]), "priority": priority}
                yield {**task, **ids, "crmType": "SALESFORCE"}
