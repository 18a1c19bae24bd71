"""Scorecards, trackers and call outcomes in their recorded shapes, and briefs as documented."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gong_emulator.dates import wire_time
from gong_emulator.records import Record
from gong_emulator.seeded import gong_id, stream

BUILT_IN = "-1"

_QUESTIONS = (
    "Was the agenda agreed at the start?",
    "Did the rep find out who decides?",
    "Were the next steps dated?",
    "How good was the call overall?",
)
_TRACKERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Budget (tracker)", ("budget", "price list", "cost centre"), "Anyone"),
    ("Security review", ("single sign-on", "data processing", "audit"), "NonCompany"),
    ("Competitors", (), "Anyone"),
    ("Pilot", ("pilot", "trial", "proof of value"), "Company"),
)
_OUTCOMES = (
    # name, order, connected, sentiment, remove, opts out, answered
    ("No voicemail", 1, False, "NEUTRAL", False, False, False),
    ("Left voicemail", 2, False, "NEUTRAL", False, False, False),
    ("Wrong number", 6, True, "NEGATIVE", False, False, True),
    ("Meeting booked", 2, True, "POSITIVE", True, False, True),
    ("Asked to be removed", 9, True, "NEGATIVE", True, True, True),
)


def make_scorecards(
    seed: int, workspaces: list[Record], user_ids: list[str], since: datetime, zone: ZoneInfo
) -> list[Record]:
    """Return two manual scorecards and an automatic one for each workspace.

    Every number is a string, even `minRange`, and the built-in updater is "-1" (recorded).
    """
    rows: list[Record] = []
    for workspace in workspaces:
        rng = stream(seed, "scorecards", workspace["id"])
        for name, method in (("Demo call", "MANUAL"), ("Discovery call", "MANUAL"), ("First impression", "AUTOMATIC")):
            created = wire_time(since - timedelta(days=rng.randrange(20, 400)), zone)
            updater = rng.choice(user_ids) if user_ids and rng.random() < 0.5 else BUILT_IN
            rows.append(
                {
                    "scorecardId": gong_id(rng),
                    "scorecardName": name,
                    "workspaceId": workspace["id"],
                    "enabled": rng.random() < 0.8,
                    "updaterUserId": updater,
                    "created": created,
                    "updated": created,
                    "reviewMethod": method,
                    "questions": [
                        {
                            "questionId": gong_id(rng),
                            "questionRevisionId": gong_id(rng),
                            "questionText": text,
                            "isOverall": text == _QUESTIONS[-1],
                            "updaterUserId": updater,
                            "questionType": "RANGE",
                            "answerGuide": None,
                            "minRange": "1",
                            "maxRange": "5",
                            "answerOptions": [],
                            "created": created,
                            "updated": created,
                        }
                        for text in _QUESTIONS
                    ],
                }
            )
    return rows


def make_trackers(
    seed: int, workspaces: list[Record], user_ids: list[str], since: datetime, zone: ZoneInfo
) -> list[Record]:
    """Return the keyword trackers; built-in ones have null creators, and one has no keywords (recorded)."""
    rows: list[Record] = []
    for workspace in workspaces:
        rng = stream(seed, "trackers", workspace["id"])
        for name, keywords, affiliation in _TRACKERS:
            moment = since - timedelta(days=rng.randrange(20, 400), microseconds=rng.randrange(10**9))
            created = wire_time(moment, zone)
            creator = rng.choice(user_ids) if user_ids and rng.random() < 0.4 else None
            group = {"language": "eng", "keywords": list(keywords), "includeRelatedForms": True}
            early = rng.random() < 0.3
            rows.append(
                {
                    "trackerId": gong_id(rng),
                    "trackerName": name,
                    "workspaceId": workspace["id"],
                    "languageKeywords": [group] if keywords else [],
                    "affiliation": affiliation,
                    "partOfQuestion": False,
                    "saidAt": "First" if early else "Anytime",
                    "saidAtInterval": 5 if early else None,
                    "saidAtUnit": "minutes" if early else None,
                    "saidInTopics": [],
                    "filterQuery": "{}",
                    "created": created,
                    "creatorUserId": creator,
                    "updated": created,
                    "updaterUserId": creator,
                }
            )
    return rows


def make_briefs(
    seed: int, workspaces: list[Record], users: list[Record], since: datetime, zone: ZoneInfo
) -> list[Record]:
    """Return the AI briefs, one published and one not for each workspace."""
    rows: list[Record] = []
    for workspace in workspaces:
        rng = stream(seed, "briefs", workspace["id"])
        for name, status in (("Account handover", "Published"), ("Risk review", "Not published")):
            created = wire_time(since - timedelta(days=rng.randrange(5, 100)), zone)
            creator = rng.choice(users) if users else None
            rows.append(
                {
                    "briefId": gong_id(rng),
                    "briefName": name,
                    "workspaceId": workspace["id"],
                    "description": f"{name} for the sales team",
                    "status": status,
                    "creator": f"{creator['firstName']} {creator['lastName']}" if creator else None,
                    "creatorUserId": creator["id"] if creator else None,
                    "created": created,
                    "updated": created,
                }
            )
    return rows


def make_call_outcomes() -> list[Record]:
    """Return the dialer's call outcomes; they have no id (recorded)."""
    return [
        {
            "callOutcome": name,
            "displayOrder": order,
            "connectStatus": "CONNECTED" if connected else "NOT_CONNECTED",
            "sentiment": sentiment,
            "todoAction": "COMPLETE_AND_REMOVE" if remove else "COMPLETE",
            "automation": "MARK_AS_OPT_OUT" if opts_out else None,
            "category": "ANSWERED" if answered else "NOT_ANSWERED",
        }
        for name, order, connected, sentiment, remove, opts_out, answered in _OUTCOMES
    ]
