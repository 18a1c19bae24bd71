"""Workspaces and users, in the shapes recorded from `/v2/workspaces`, `/v2/users` and settings-history."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gong_emulator.dates import parse_moment, wire_time
from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.words import FIRST_NAMES, LAST_NAMES
from gong_emulator.seeded import gong_id, stream

DOMAIN = "fennimore.example"
_SETTINGS_IN_HISTORY = (
    "preventWebConferenceRecording",
    "preventEmailImport",
    "gongConnectEnabled",
    "interviewsRecorded",
    "callsImported",
    "nonRecordedMeetingsImported",
    "webConferencesRecorded",
    "emailsImported",
    "active",
    "preventInterviewRecording",
)


def make_workspaces(seed: int, count: int) -> list[Record]:
    """Return workspaces; the first is the built-in one (recorded name and description)."""
    rng = stream(seed, "workspaces")
    names = [("Initial workspace", "The built-in workspace")]
    names += [(f"Workspace {n}", f"Sales region {n}") for n in range(2, count + 1)]
    return [{"id": gong_id(rng), "name": name, "description": text} for name, text in names[:count]]


def make_users(seed: int, count: int, managers: int, joined_by: datetime, zone: ZoneInfo) -> list[Record]:
    """Return users with ascending ids; the first `managers` of them lead the others.

    Missing values are explicit nulls and lists are empty, as recorded.
    """
    rng = stream(seed, "users")
    ids = sorted((gong_id(rng) for _ in range(count)), key=int)
    return [_user(seed, position, ids, managers, joined_by, zone) for position in range(count)]


def _user(seed: int, position: int, ids: list[str], managers: int, joined_by: datetime, zone: ZoneInfo) -> Record:
    rng = stream(seed, "user", position)
    first = FIRST_NAMES[position % len(FIRST_NAMES)]
    last = LAST_NAMES[(position * 7 + position // len(FIRST_NAMES)) % len(LAST_NAMES)]
    leads = position < managers
    recorded = rng.random() < 0.9
    created = joined_by - timedelta(days=rng.randrange(30, 900), milliseconds=rng.randrange(86_400_000))
    suffix = str(position // len(FIRST_NAMES) or "")
    return {
        "id": ids[position],
        "emailAddress": f"{first}.{last}{suffix}@{DOMAIN}".lower(),
        "created": wire_time(created, zone),
        "active": leads or rng.random() < 0.92,
        "emailAliases": [f"{first[0]}{last}{suffix}@{DOMAIN}".lower()] if rng.random() < 0.2 else [],
        "trustedEmailAddress": None,
        "firstName": first,
        "lastName": last,
        "title": "Sales Manager" if leads else rng.choice(("Account Executive", "Solutions Engineer", None)),
        "phoneNumber": f"+1-555-{rng.randrange(100, 999)}-{rng.randrange(1000, 9999)}" if rng.random() < 0.6 else None,
        "extension": None,
        "personalMeetingUrls": [f"https://meet.example/{first.lower()}"] if rng.random() < 0.4 else [],
        "settings": {
            "webConferencesRecorded": recorded,
            "preventWebConferenceRecording": not recorded,
            "telephonyCallsImported": rng.random() < 0.5,
            "emailsImported": rng.random() < 0.7,
            "preventEmailImport": False,
            "nonRecordedMeetingsImported": rng.random() < 0.5,
            "gongConnectEnabled": rng.random() < 0.3,
        },
        "managerId": None if leads or not managers else ids[position % managers],
        "meetingConsentPageUrl": f"https://us-12345.join.gong.io/fennimore/{first}.{last}".lower()
        if rng.random() < 0.7
        else None,
        "conferencingProviders": [{"provider": "Zoom", "isDefault": True}] if rng.random() < 0.4 else None,
        "spokenLanguages": [{"language": "en-US", "primary": True}] if rng.random() < 0.5 else [],
    }


def make_avatars(seed: int, count: int, joined_by: datetime, zone: ZoneInfo) -> list[Record]:
    """Return the synthetic users that Gong's own staff act as; listed only with `includeAvatars`."""
    avatars = make_users(seed ^ 0xA7A7, count, count, joined_by, zone)
    for number, avatar in enumerate(avatars, 1):
        avatar |= {"emailAddress": f"avatar{number}@gong.example", "firstName": "Gong", "lastName": f"Support {number}"}
    return avatars


def user_key(user: Record) -> tuple[int]:
    """Return the sort key of user lists: ascending id (recorded)."""
    return (int(user["id"]),)


def listed_users(company: Holdings, now: datetime, *, include_avatars: bool = False) -> list[Record]:
    """Return the users that exist at `now`, ascending by id."""
    people = company.users + company.avatars if include_avatars else company.users
    return sorted((user for user in people if _created(user) <= now), key=user_key)


def user_created(user: Record) -> datetime:
    """Return when a user was created (UTC)."""
    return _created(user)


def _created(user: Record) -> datetime:
    moment = parse_moment(user["created"])
    if moment is None:
        raise ValueError(f"user {user['id']} has no readable `created`: {user['created']!r}")
    return moment


def find_user(company: Holdings, user_id: str, now: datetime) -> Record | None:
    """Return a user or avatar by id, or None."""
    return next((u for u in listed_users(company, now, include_avatars=True) if u["id"] == user_id), None)


def settings_history(company: Holdings, user: Record) -> list[Record]:
    """Return the ten settings as first set with the user, then later switches (recorded shape)."""
    rng = stream(company.options.seed, "history", user["id"])
    start = _created(user)
    switched = {"preventInterviewRecording", "active"}
    rows = [(start, setting, setting in switched) for setting in _SETTINGS_IN_HISTORY]
    for setting in ("webConferencesRecorded", "emailsImported", "callsImported"):
        if rng.random() < 0.6:
            rows.append((start + timedelta(seconds=rng.randrange(60, 20 * 86_400)), setting, True))
    zone = company.zone
    return [{"setting": name, "value": value, "time": wire_time(moment, zone)} for moment, name, value in rows]
