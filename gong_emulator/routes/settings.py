"""`/v2/settings/*`, `/v2/call-outcomes` and the library: small lists without pages."""

from __future__ import annotations

from gong_emulator.errors import (
    NO_FOLDERS,
    NO_SCORECARDS,
    WORKSPACE_NOT_FOUND,
    WORKSPACE_REQUIRED,
    ApiError,
)
from gong_emulator.exchange import Exchange
from gong_emulator.records import Record
from gong_emulator.routes.endpoint import Endpoint

SCORECARDS = "api:settings:scorecards:read"
TRACKERS = "api:settings:trackers:read"
BRIEFS = "api:ai-briefer:read"
OUTCOMES = "api:call-outcomes:read"
LIBRARY = "api:library:read"


def _scorecards(exchange: Exchange) -> Record:
    if not exchange.company.scorecards:
        raise ApiError(404, NO_SCORECARDS)
    return {"scorecards": exchange.company.scorecards}


def _trackers(exchange: Exchange) -> Record:
    return {"keywordTrackers": _of_workspace(exchange, exchange.company.trackers)}


def _briefs(exchange: Exchange) -> Record:
    return {"briefs": _of_workspace(exchange, exchange.company.briefs)}


def _of_workspace(exchange: Exchange, rows: list[Record]) -> list[Record]:
    workspace = exchange.query.get("workspaceId")
    if workspace is None:
        return rows
    if all(known["id"] != workspace for known in exchange.company.workspaces):
        raise ApiError(404, WORKSPACE_NOT_FOUND)
    return [row for row in rows if row["workspaceId"] == workspace]


def _outcomes(exchange: Exchange) -> Record:
    return {"outcomes": exchange.company.call_outcomes}


def _folders(exchange: Exchange) -> Record:
    company, workspace = exchange.company, exchange.query.get("workspaceId")
    if workspace is None and len(company.workspaces) > 1:
        raise ApiError(400, WORKSPACE_REQUIRED)
    found = [folder.record for folder in company.library_folders if workspace in (None, folder.workspace_id)]
    if not found:
        raise ApiError(404, NO_FOLDERS)
    return {"folders": found}


def _folder_content(exchange: Exchange) -> Record:
    identifier = exchange.query_text("folderId")
    for folder in exchange.company.library_folders:
        if folder.record["id"] == identifier:
            shown = {key: folder.record[key] for key in ("id", "name", "createdBy", "updated")}
            return {**shown, "calls": folder.calls}
    raise ApiError(404, NO_FOLDERS)


ENDPOINTS = [
    Endpoint("GET", "/v2/settings/scorecards", SCORECARDS, _scorecards),
    Endpoint("GET", "/v2/settings/trackers", TRACKERS, _trackers),
    Endpoint("GET", "/v2/settings/briefs", BRIEFS, _briefs),
    Endpoint("GET", "/v2/call-outcomes", OUTCOMES, _outcomes),
    Endpoint("GET", "/v2/library/folders", LIBRARY, _folders),
    Endpoint("GET", "/v2/library/folder-content", LIBRARY, _folder_content),
]
