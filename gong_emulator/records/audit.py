"""Audit logs: what users did in Gong itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gong_emulator.dates import utc_time
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.seeded import gong_id, stream

LOG_TYPES = ("AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay")
ACCESS_LOG_KEPT = timedelta(days=14)
_EVERY_DAYS = {"AccessLog": 2, "UserActivityLog": 9, "UserCallPlay": 5}


@dataclass(slots=True)
class LogEntry:
    """One entry of one log. `user` is None for people outside the company; `id` orders entries of one moment."""

    id: int
    log_type: str
    moment: datetime
    user: Record | None
    log_record: Record
    impersonator: Record | None = None


def make_log_entries(
    seed: int, users: list[Record], calls: list[Call], first: datetime, last: datetime
) -> list[LogEntry]:
    """Return the entries of all five logs between the first call and two weeks after the last one."""
    end = last + ACCESS_LOG_KEPT
    span = max(int((end - first).total_seconds()), 1)
    entries: list[LogEntry] = []
    for log_type in LOG_TYPES:
        rng = stream(seed, "log", log_type)
        every = _EVERY_DAYS.get(log_type)
        for user in users if every else [None]:
            for _ in range(max(span // 86_400 // (every or 4), 1)):
                moment = first + timedelta(milliseconds=rng.randrange(span * 1000))
                call_id = calls[rng.randrange(len(calls))].id if calls else None
                helper = users[0] if users and rng.random() < 0.05 else None
                details = _details(log_type, rng, call_id)
                entries.append(LogEntry(rng.getrandbits(53), log_type, moment, user, details, helper))
    return entries


def _details(log_type: str, rng: Random, call_id: str | None) -> Record:
    address = f"203.0.113.{rng.randrange(1, 255)}"
    if log_type == "AccessLog":
        return {"action": "login", "clientIp": address, "userAgent": "Mozilla/5.0", "method": "SSO"}
    if log_type == "UserActivityLog":
        return {
            "auditId": gong_id(rng),
            "tableChanges": [],
            "customData": [{"values": ["Full"], "key": "subscription-status"}],
            "remoteCallsAuditData": [],
            "action": None,
            "httpRequest": {
                "referrerUri": "https://us-12345.app.gong.io/",
                "clientIp": address,
                "verb": "POST",
                "endpointUri": "/settings/save",
                "body": None,
                "parameters": [{"values": [f"token-{rng.getrandbits(64):016x}"], "key": "_csrf"}],
            },
            "workspaceId": None,
        }
    record: Record = {"callId": call_id, "clientIp": address}
    return {**record, "playedSeconds": rng.randrange(5, 1800)} if log_type.endswith("Play") else record


def log_key(entry: LogEntry) -> tuple[datetime, int]:
    """Return the sort key of logs: ascending time (recorded), then id."""
    return entry.moment, entry.id


def listed_entries(entries: list[LogEntry], log_type: str, now: datetime) -> list[LogEntry]:
    """Return the entries that a log still holds at `now`, oldest first; AccessLog keeps 14 days (documented)."""
    oldest = now - ACCESS_LOG_KEPT if log_type == "AccessLog" else None
    found = [
        entry
        for entry in entries
        if entry.log_type == log_type and entry.moment <= now and (oldest is None or entry.moment >= oldest)
    ]
    return sorted(found, key=log_key)


def wire_entry(entry: LogEntry) -> Record:
    """Return an entry on the wire: unknown people are left out, `eventTime` is UTC with `Z` (recorded)."""
    record: Record = {}
    for prefix, person in (("user", entry.user), ("impersonator", entry.impersonator)):
        if person:
            record[f"{prefix}Id" if prefix == "user" else "impersonatorUserId"] = person["id"]
            record[f"{prefix}EmailAddress"] = person["emailAddress"]
            record[f"{prefix}FullName"] = f"{person['firstName']} {person['lastName']}"
    return {**record, "eventTime": utc_time(entry.moment), "logRecord": entry.log_record}
