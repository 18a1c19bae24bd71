"""The records of `/v2/calls`, `/v2/calls/extensive` and `/v2/calls/users-access`."""

from __future__ import annotations

from datetime import datetime

from gong_emulator.dates import wire_time
from gong_emulator.holdings import Holdings
from gong_emulator.media import MediaUrls
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.records.cast import account_name, cast_of
from gong_emulator.records.conversation import comments_of, content_of, interaction_of
from gong_emulator.records.crm_context import call_context, party_context
from gong_emulator.records.words import PURPOSES
from gong_emulator.seeded import number, stream


def meta_data(company: Holdings, call: Call) -> Record:
    """Return CallBasicData: every key is there and what is missing is null (recorded)."""
    draw = number(company.options.seed, "meta", call.id)
    conference = call.direction == "Conference"
    title = call.title
    if title is None:
        account = stream(company.options.seed, "cast", call.id).randrange(max(company.options.accounts, 1))
        title = f"{PURPOSES[draw % len(PURPOSES)]} - {account_name(account)}"
        if call.revision:
            title += f" (v{call.revision})"
    record: Record = {
        "id": call.id,
        "url": f"https://us-12345.app.gong.io/call?id={call.id}",
        "title": title,
        "scheduled": wire_time(call.scheduled, company.zone),
        "started": wire_time(call.started, company.zone),
        "duration": call.duration,
        "primaryUserId": call.primary_user_id,
        "direction": call.direction,
        "system": call.system,
        "scope": call.scope,
        "media": call.media,
        "language": call.language,
        "workspaceId": call.workspace_id,
        "sdrDisposition": ("No Answer", "Connected", None)[draw % 3] if call.direction == "Outbound" else None,
        "clientUniqueId": f"ext-{draw % 10**9}" if draw % 17 == 0 else None,
        "customData": None,
        "purpose": None,
        "meetingUrl": f"https://meet.example/{draw % 10**10}" if conference else None,
        "isPrivate": call.is_private,
        "calendarEventId": f"{draw}{draw % 10**17}" if conference else None,
    }
    return {**record, **call.overrides} if call.overrides else record


def extensive(company: Holdings, call: Call, selector: Record, now: datetime, media: MediaUrls) -> Record:
    """Return one call of `/v2/calls/extensive`: `metaData` and the blocks that the contentSelector asks for.

    Blocks that were not asked for are absent, and so is `content` of some calls even when asked (recorded).
    """
    exposed = selector.get("exposedFields") or {}
    level = selector.get("context") or "None"
    record: Record = {"metaData": meta_data(company, call)}
    cast = cast_of(company, call)
    if level != "None":
        timings = selector.get("contextTiming") or ["Now"]
        record["context"] = call_context(company, call, cast, level, timings)
    if exposed.get("parties"):
        if level != "None":
            for party in cast.parties:
                party["context"] = party_context(company, party, level)
        record["parties"] = cast.parties
    if (asked := _asked(exposed, "content")) and (block := content_of(company, call, cast, asked, now)) is not None:
        record["content"] = block
    if asked := _asked(exposed, "interaction"):
        record["interaction"] = interaction_of(company, call, cast, asked)
    if (asked := _asked(exposed, "collaboration")) and asked.get("publicComments"):
        record["collaboration"] = {"publicComments": comments_of(company, call, now)}
    if exposed.get("media") and (urls := media.urls(call, now)):
        record["media"] = urls
    return record


def _asked(exposed: Record, block: str) -> Record | None:
    asked = exposed.get(block)
    return asked if isinstance(asked, dict) and any(asked.values()) else None


def users_access(company: Holdings, call: Call) -> Record:
    """Return the users who were given access through the API: none for most calls."""
    draw = number(company.options.seed, "access", call.id)
    users = company.users
    given = [users[draw % len(users)]] if users and draw % 4 == 0 else []
    return {"callId": call.id, "users": [{"userId": user["id"]} for user in given]}
