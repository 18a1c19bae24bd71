"""`/v2/logs`, permission profiles and the generic CRM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gong_emulator.dates import parse_moment
from gong_emulator.errors import BAD_REQUEST, NO_LOGS, ApiError, invalid
from gong_emulator.exchange import Exchange, check_order
from gong_emulator.pages import Keyset
from gong_emulator.records import Record
from gong_emulator.records.audit import LOG_TYPES, LogEntry, listed_entries, log_key, wire_entry
from gong_emulator.records.crm import OBJECT_TYPES
from gong_emulator.records.permissions import PermissionProfile
from gong_emulator.routes.endpoint import Endpoint

LOGS = "api:logs:read"
USERS = "api:users:read"
CRM_INTEGRATIONS = "api:crm:integrations:read"
CRM_SCHEMA = "api:crm:schema"

_LARGEST_INT64 = 2**63 - 1


def _write(entry: LogEntry) -> Record:
    return {"logId": entry.id, "time": entry.moment.isoformat()}


def _read(claims: Mapping[str, Any]) -> tuple[datetime, int]:
    moment = parse_moment(claims["time"])
    if moment is None:
        raise ValueError("no position of a log entry")
    return moment, int(claims["logId"])


BY_TIME: Keyset[LogEntry] = Keyset(log_key, _write, _read)


def _logs(exchange: Exchange) -> Record:
    log_type = exchange.query_text("logType")
    if log_type not in LOG_TYPES:
        raise invalid("logType", f"must be one of {', '.join(LOG_TYPES)}")
    start, end = exchange.query_moment("fromDateTime", needed=True), exchange.query_moment("toDateTime")
    check_order(start, end, "fromDateTime", "toDateTime")

    def keep(entry: LogEntry) -> bool:
        return (start is None or entry.moment >= start) and (end is None or entry.moment < end)

    entries = listed_entries(exchange.company.log_entries, log_type, exchange.now)
    return exchange.page("logEntries", entries, BY_TIME, wire_entry, keep, empty=NO_LOGS)


def _profiles(exchange: Exchange) -> Record:
    workspace = exchange.query_text("workspaceId")
    found = [profile.record for profile in exchange.company.permission_profiles if profile.workspace_id == workspace]
    return {"profiles": sorted(found, key=lambda record: str(record["name"]))}


def _profile(exchange: Exchange) -> Record:
    return {"profile": _found(exchange).record}


def _profile_users(exchange: Exchange) -> Record:
    members = set(_found(exchange).user_ids)
    users = [user for user in exchange.company.users if user["id"] in members]
    return {
        "users": [
            {
                "id": user["id"],
                "fullName": f"{user['firstName']} {user['lastName']}",
                "emailAddress": user["emailAddress"],
            }
            for user in users
        ]
    }


def _found(exchange: Exchange) -> PermissionProfile:
    """Return the profile; an id beyond int64 is a 400 (recorded), and so is an unknown one (assumed)."""
    identifier = exchange.query_text("profileId")
    if identifier.isdigit() and int(identifier) <= _LARGEST_INT64:
        for profile in exchange.company.permission_profiles:
            if profile.record["id"] == identifier:
                return profile
    raise ApiError(400, BAD_REQUEST)


def _integrations(exchange: Exchange) -> Record:
    return {"integrations": exchange.company.crm_integrations}


def _schema(exchange: Exchange) -> Record:
    identifier, kind = exchange.query_text("integrationId"), exchange.query.get("objectType")
    known = {str(integration["integrationId"]) for integration in exchange.company.crm_integrations}
    if identifier not in known or kind not in (None, *OBJECT_TYPES):
        raise ApiError(400, BAD_REQUEST)
    schemas = exchange.company.crm_schemas
    return {"objectTypeToSelectedFields": schemas if kind is None else {kind: schemas.get(kind, [])}}


ENDPOINTS = [
    Endpoint("GET", "/v2/logs", LOGS, _logs),
    Endpoint("GET", "/v2/all-permission-profiles", None, _profiles),
    Endpoint("GET", "/v2/permission-profile", None, _profile),
    Endpoint("GET", "/v2/permission-profile/users", USERS, _profile_users),
    Endpoint("GET", "/v2/crm/integrations", CRM_INTEGRATIONS, _integrations),
    Endpoint("GET", "/v2/crm/entity-schema", CRM_SCHEMA, _schema),
]
