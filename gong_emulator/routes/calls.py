"""`/v2/calls`: list, one, extensive, transcript, users-access."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gong_emulator.dates import parse_moment
from gong_emulator.errors import (
    CALL_IDS_WITH_WORKSPACE,
    JSON_PARSE_ERROR,
    NO_CALLS,
    SOME_CALLS_NOT_FOUND,
    ApiError,
    call_not_found,
    invalid,
    required,
)
from gong_emulator.exchange import Exchange, Filter, check_order
from gong_emulator.pages import Keyset
from gong_emulator.records import Record
from gong_emulator.records.call import Call, call_key, tie_order
from gong_emulator.records.calls import extensive, meta_data, users_access
from gong_emulator.records.transcript import transcript_of
from gong_emulator.routes.endpoint import Endpoint

BASIC = "api:calls:read:basic"
EXTENSIVE = "api:calls:read:extensive"
MEDIA_URL = "api:calls:read:media-url"
TRANSCRIPT = "api:calls:read:transcript"
USERS_ACCESS = "api:call-user-access:read"


def _write(call: Call) -> Record:
    return {"callId": int(call.id), "time": call.scheduled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _read(claims: Mapping[str, Any]) -> tuple[datetime, int]:
    if (moment := parse_moment(claims["time"])) is None:
        raise ValueError("no position of a call")
    return moment, tie_order(claims["callId"])


CALLS: Keyset[Call] = Keyset(call_key, _write, _read)


def _list(exchange: Exchange) -> Record:
    start, end = exchange.query_moment("fromDateTime"), exchange.query_moment("toDateTime")
    check_order(start, end, "fromDateTime", "toDateTime")
    workspace = exchange.query.get("workspaceId")
    company = exchange.company
    keep = _keeper(exchange, Call.listed, start, end, workspace, None)
    source = company.timeline.between(company.calls, start, end)
    return exchange.page("calls", source, CALLS, lambda call: meta_data(company, call), keep, empty=NO_CALLS)


def _one(exchange: Exchange) -> Record:
    call = exchange.company.call(exchange.path["id"])
    if call is None or not call.listed(exchange.now) or not exchange.options.call_visibility:
        raise call_not_found(exchange.path["id"])
    return {"call": meta_data(exchange.company, call)}


def _extensive(exchange: Exchange) -> Record:
    wanted = exchange.filter()
    selector = _selector(exchange.body)
    if (selector.get("exposedFields") or {}).get("media"):
        exchange.require_scope(MEDIA_URL)
    company, now, media = exchange.company, exchange.now, exchange.media
    source, keep = _filtered(exchange, wanted, Call.extensive_listed, wanted.ids("primaryUserIds"))
    return exchange.page(
        "calls", source, CALLS, lambda call: extensive(company, call, selector, now, media), keep, empty=NO_CALLS
    )


def _transcript(exchange: Exchange) -> Record:
    source, keep = _filtered(exchange, exchange.filter(), Call.transcript_listed, None)
    return exchange.page(
        "callTranscripts", source, CALLS, lambda call: transcript_of(exchange.company, call), keep, empty=NO_CALLS
    )


def _users_access(exchange: Exchange) -> Record:
    ids = exchange.filter().ids("callIds")
    if ids is None:
        raise required("filter.callIds")
    found = [exchange.company.call(call_id) for call_id in ids]
    calls = [call for call in found if call is not None and call.listed(exchange.now)]
    if len(calls) < len(ids) or not exchange.options.call_visibility:
        raise ApiError(400, SOME_CALLS_NOT_FOUND)
    return {"callAccessList": [users_access(exchange.company, call) for call in calls]}


def _selector(body: Record) -> Record:
    selector = body.get("contentSelector") or {}
    if not isinstance(selector, dict):
        raise ApiError(400, JSON_PARSE_ERROR)
    level = selector.get("context")
    if level not in (None, "None", "Basic", "Extended"):
        raise ApiError(400, JSON_PARSE_ERROR)
    timings = selector.get("contextTiming")
    if timings is not None:
        if not isinstance(timings, list) or not set(timings) <= {"Now", "TimeOfCall"}:
            raise ApiError(400, JSON_PARSE_ERROR)
        if level != "Extended":
            raise invalid("contentSelector.contextTiming", "can be provided only when context is Extended")
    if not isinstance(selector.get("exposedFields"), dict | None):
        raise ApiError(400, JSON_PARSE_ERROR)
    return selector


def _filtered(
    exchange: Exchange, wanted: Filter, listed: Callable[[Call, datetime], bool], hosts: list[str] | None
) -> tuple[Sequence[Call], Callable[[Call], bool]]:
    start, end = wanted.moment("fromDateTime"), wanted.moment("toDateTime")
    check_order(start, end, "filter.fromDateTime", "toDateTime")
    workspace, call_ids = wanted.text("workspaceId"), wanted.ids("callIds")
    if call_ids is not None and not call_ids:
        raise invalid("filter.callIds", "must not be empty")
    if call_ids and workspace:
        raise ApiError(400, CALL_IDS_WITH_WORKSPACE)
    keep = _keeper(exchange, listed, start, end, workspace, hosts)
    company = exchange.company
    if call_ids is None:
        return company.timeline.between(company.calls, start, end), keep
    known = (company.call(call_id) for call_id in dict.fromkeys(call_ids))
    return sorted((call for call in known if call is not None), key=call_key), keep


def _keeper(
    exchange: Exchange,
    listed: Callable[[Call, datetime], bool],
    start: datetime | None,
    end: datetime | None,
    workspace: str | None,
    hosts: list[str] | None,
) -> Callable[[Call], bool]:
    """Return the test of one call: `start` inclusive, `end` exclusive, on the moment that Gong filters by."""
    now, visible, owners = exchange.now, exchange.options.call_visibility, set(hosts or ())

    def keep(call: Call) -> bool:
        return (
            visible
            and listed(call, now)
            and (start is None or call.filter_time >= start)
            and (end is None or call.filter_time < end)
            and (workspace is None or call.workspace_id == workspace)
            and (not owners or call.primary_user_id in owners)
        )

    return keep


ENDPOINTS = [
    Endpoint("GET", "/v2/calls", BASIC, _list),
    Endpoint("POST", "/v2/calls/extensive", EXTENSIVE, _extensive),
    Endpoint("POST", "/v2/calls/transcript", TRANSCRIPT, _transcript),
    Endpoint("POST", "/v2/calls/users-access", USERS_ACCESS, _users_access),
    Endpoint("GET", "/v2/calls/{id}", BASIC, _one),
]
