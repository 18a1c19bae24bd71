"""Compares the demo's tables with what the emulated Gong holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from gong_emulator import Emulator

Record = dict[str, Any]
Key = tuple[str, ...]

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T")

# Streams that are one list of the emulator as it stands.
_WHOLE_LISTS = {
    "users": "users",
    "calls": "calls",
    "calls_extensive": "calls_extensive",
    "call_transcripts": "transcripts",
    "workspaces": "workspaces",
    "settings_scorecards": "scorecards",
    "settings_trackers": "trackers",
    "settings_briefs": "briefs",
    "call_outcomes": "call_outcomes",
    "stats_activity_scorecards": "answered_scorecards",
    "crm_integrations": "crm_integrations",
}


def keys_in_gong(emulator: Emulator, stream: str, key: list[str]) -> list[Key] | None:
    """The keys of what the emulator holds for a stream, as the tables have them; None when that is not known here."""
    records = _records(emulator, stream)
    if records is None:
        return None
    found = []
    for record in records:
        whole = {**record.get("metaData", {}), **record}
        found.append(tuple(_as_in_the_tables(str(whole[name])) for name in key))
    return found


def difference(stream: str, rows: list[Key], expected: list[Key]) -> str | None:
    """What is wrong with a table, as a sentence; None when it has exactly what is expected."""
    if sorted(rows) == sorted(expected):
        return None
    missing, extra = set(expected) - set(rows), set(rows) - set(expected)
    return (
        f"{stream} has {len(rows)} rows where Gong has {len(expected)} records: "
        f"{len(missing)} missing, {len(extra)} too many"
    )


def _as_in_the_tables(value: str) -> str:
    if not _MOMENT.match(value):
        return value
    return str(datetime.fromisoformat(value).replace(tzinfo=None))


def _records(emulator: Emulator, stream: str) -> Iterable[Record] | None:
    """What the emulator holds for a stream; None for those that are not lists but answers to a period of time."""
    if stream in _WHOLE_LISTS:
        body = {"filter": {"reviewMethod": "BOTH"}} if stream == "stats_activity_scorecards" else None
        return emulator.records(_WHOLE_LISTS[stream], body=body)
    if stream == "call_user_access":
        return emulator.records("call_users_access", body={"filter": {"callIds": _ids(emulator.records("calls"))}})
    if stream == "library_folders":
        return list(_folders(emulator))
    if stream == "library_folder_content":
        return [
            {**record, "folderId": folder["id"]}
            for folder in _folders(emulator)
            for record in emulator.records("library_folder_content", folderId=folder["id"])
        ]
    if stream == "user_settings_history":
        return [
            {**record, "userId": user["id"]}
            for user in emulator.records("users")
            for record in emulator.records("user_settings_history", id=user["id"])
        ]
    if stream in ("permission_profiles", "permission_profile_users"):
        profiles = [
            profile
            for workspace in emulator.records("workspaces")
            for profile in emulator.records("permission_profiles", workspaceId=workspace["id"])
        ]
        if stream == "permission_profiles":
            return profiles
        return [
            {**user, "profileId": profile["id"]}
            for profile in profiles
            for user in emulator.records("permission_profile_users", profileId=profile["id"])
        ]
    if stream == "flows":
        return {flow["id"]: flow for flow in _per_owner(emulator, "flows", "flowOwnerEmail")}.values()
    if stream == "flow_folders":
        folders = _per_owner(emulator, "flow_folders", "flowFolderOwnerEmail")
        return {folder["id"]: folder for folder in folders}.values()
    if stream == "flow_steps":
        flows = emulator.records("flow_steps", body={"flowIds": _ids(_records(emulator, "flows") or [])})
        return [{**step, "flowId": flow["id"]} for flow in flows for step in flow["steps"]]
    return None


def _ids(records: Iterable[Record]) -> list[str]:
    return [record["id"] for record in records]


def _folders(emulator: Emulator) -> Iterator[Record]:
    for workspace in emulator.records("workspaces"):
        for folder in emulator.records("library_folders", workspaceId=workspace["id"]):
            yield {**folder, "workspaceId": workspace["id"]}


def _per_owner(emulator: Emulator, name: str, parameter: str) -> Iterator[Record]:
    for user in emulator.records("users"):
        yield from emulator.records(name, **{parameter: user["emailAddress"]})
