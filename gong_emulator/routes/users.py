"""`/v2/users*` and `/v2/workspaces`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gong_emulator.errors import NO_USERS, USER_NOT_FOUND, ApiError
from gong_emulator.exchange import Exchange, check_order
from gong_emulator.pages import Keyset
from gong_emulator.records import Record
from gong_emulator.records.people import find_user, listed_users, settings_history, user_created, user_key
from gong_emulator.routes.endpoint import Endpoint

USERS = "api:users:read"
WORKSPACES = "api:workspaces:read"


def _write(user: Record) -> Record:
    return {"userId": int(user["id"])}


def _read(claims: Mapping[str, Any]) -> tuple[int]:
    return (int(claims["userId"]),)


BY_ID: Keyset[Record] = Keyset(user_key, _write, _read)


def _list(exchange: Exchange) -> Record:
    users = listed_users(exchange.company, exchange.now, include_avatars=exchange.query_flag("includeAvatars"))
    return exchange.page("users", users, BY_ID, dict)


def _extensive(exchange: Exchange) -> Record:
    wanted = exchange.filter()
    start, end = wanted.moment("createdFromDateTime"), wanted.moment("createdToDateTime")
    check_order(start, end, "filter.createdFromDateTime", "createdToDateTime")
    ids = set(wanted.ids("userIds") or ())

    def keep(user: Record) -> bool:
        created = user_created(user)
        return (start is None or created >= start) and (end is None or created < end) and (not ids or user["id"] in ids)

    users = listed_users(exchange.company, exchange.now, include_avatars=wanted.flag("includeAvatars"))
    # Only a filter that matches nobody is known to answer 404; an empty company is assumed to answer 200.
    narrowed = start or end or ids
    return exchange.page("users", users, BY_ID, dict, keep, empty=NO_USERS if narrowed else None)


def _found(exchange: Exchange) -> Record:
    user = find_user(exchange.company, exchange.path["id"], exchange.now)
    if user is None:
        raise ApiError(404, USER_NOT_FOUND)
    return user


def _one(exchange: Exchange) -> Record:
    return {"user": _found(exchange)}


def _history(exchange: Exchange) -> Record:
    return {"userSettingsHistory": settings_history(exchange.company, _found(exchange))}


def _workspaces(exchange: Exchange) -> Record:
    return {"workspaces": exchange.company.workspaces}


ENDPOINTS = [
    Endpoint("GET", "/v2/users", USERS, _list),
    Endpoint("POST", "/v2/users/extensive", USERS, _extensive),
    Endpoint("GET", "/v2/users/{id}", USERS, _one),
    Endpoint("GET", "/v2/users/{id}/settings-history", USERS, _history),
    Endpoint("GET", "/v2/workspaces", WORKSPACES, _workspaces),
]
