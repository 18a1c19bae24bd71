"""`/v2/flows*` and `/v2/tasks`, which need a Gong Engage licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gong_emulator.errors import JSON_PARSE_ERROR, ApiError, flow_not_found, invalid, required
from gong_emulator.exchange import Exchange
from gong_emulator.pages import Keyset
from gong_emulator.records import Record
from gong_emulator.routes.endpoint import Endpoint

FLOWS = "api:flows:read"
TASKS = "api:tasks:read"

_RECENT = 20
_MOST_STEP_IDS = 20
_ENUMS = {"types": {"FLOW", "MANUAL"}, "taskAction": {"CALL"}, "status": {"OPEN", "DONE", "DISMISSED"}}


def _key(record: Record) -> tuple[int]:
    return (int(record["id"]),)


def _write(record: Record) -> Record:
    return {"flowId": int(record["id"])}


def _read(claims: Mapping[str, Any]) -> tuple[int]:
    return (int(claims["flowId"]),)


BY_FLOW: Keyset[Record] = Keyset(_key, _write, _read)


def _flows(exchange: Exchange) -> Record:
    """List the owner's flows and, for every owner, those of the company (reported); unknown owners have none."""
    owner = exchange.query_text("flowOwnerEmail")
    workspace, folder = exchange.query.get("workspaceId"), exchange.query.get("folderId")
    known = _is_user(exchange, owner)
    found = [
        flow.record
        for flow in exchange.company.flows
        if known
        and flow.owner_email in (None, owner)
        and workspace in (None, flow.workspace_id)
        and folder in (None, flow.record["folderId"])
    ]
    found.sort(key=_key)
    if exchange.query_flag("mostRecentlyAssigned"):
        found = found[:_RECENT]
    return exchange.page("flows", found, BY_FLOW, dict)


def _folders(exchange: Exchange) -> Record:
    """List folders under `flowsFolders`, the key on the wire; the specification says `flows` (recorded)."""
    owner = exchange.query_text("flowFolderOwnerEmail")
    parent, workspace = exchange.query.get("parentId"), exchange.query.get("workspaceId")
    found = [
        folder.record
        for folder in exchange.company.flow_folders
        if folder.owner_email in (None, owner)
        and parent in (None, folder.record["parentFolderId"])
        and workspace in (None, folder.workspace_id)
    ]
    found.sort(key=_key)
    return exchange.page("flowsFolders", found, BY_FLOW, dict)


def _is_user(exchange: Exchange, email: str) -> bool:
    return any(user["emailAddress"] == email for user in exchange.company.users)


def _steps(exchange: Exchange) -> Record:
    ids = exchange.body.get("flowIds")
    if ids is None:
        raise required("flowIds")
    if not isinstance(ids, list):
        raise ApiError(400, JSON_PARSE_ERROR)
    if not 0 < len(ids) <= _MOST_STEP_IDS:
        raise invalid("flowIds", f"size must be between 1 and {_MOST_STEP_IDS}")
    flows = {flow.record["id"]: flow for flow in exchange.company.flows}
    for flow_id in ids:
        if flow_id not in flows:
            raise flow_not_found(flow_id)
    rows: list[Record] = []
    for flow in (flows[flow_id] for flow_id in ids):
        record = {key: value for key, value in flow.record.items() if key != "folderName"}
        rows.append({**record, "description": None, "steps": flow.steps})
    return {"flows": rows}


def _tasks(exchange: Exchange) -> Record:
    wanted = exchange.filter()
    owner = wanted.text("userId")
    if owner is None:
        raise required("filter.userId")
    asked: dict[str, set[str]] = {}
    for name, values in _ENUMS.items():
        given = wanted.ids(name)
        if given is None:
            raise required(f"filter.{name}")
        if not set(given) <= values:
            raise ApiError(400, JSON_PARSE_ERROR)
        asked[name] = set(given)
    found = [
        task
        for task in exchange.company.tasks
        if str(task["userId"]) == owner
        and task["status"] in asked["status"]
        and task["type"] in asked["types"]
        and asked["taskAction"] & set(task["actions"])
    ]
    return {"tasks": found, "crmType": "SALESFORCE"}


ENDPOINTS = [
    Endpoint("GET", "/v2/flows", FLOWS, _flows),
    Endpoint("GET", "/v2/flows/folders", FLOWS, _folders),
    Endpoint("POST", "/v2/flows/steps", FLOWS, _steps),
    Endpoint("POST", "/v2/tasks", TASKS, _tasks),
]
