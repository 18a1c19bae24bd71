"""What Gong makes of a call: content, interaction and collaboration of `/v2/calls/extensive`.

Times are float seconds from the start of the call.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from gong_emulator.dates import wire_time
from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.records.cast import Cast
from gong_emulator.records.words import COMMENTS, KEY_POINTS, PURPOSES, SECTIONS, TOPICS
from gong_emulator.seeded import gong_id, stream

_SPOTLIGHT = ("brief", "outline", "highlights", "callOutcome", "keyPoints")


def content_of(company: Holdings, call: Call, cast: Cast, asked: Record, now: datetime) -> Record | None:
    """Return the `content` block with the parts asked for, or None when Gong has none.

    The parts of the "Spotlight" (brief, outline, highlights, callOutcome, keyPoints) come only once
    `content_visible_from` has passed and may be absent one by one (recorded). Topics of 0 seconds and trackers
    of 0 hits are listed (recorded). `pointsOfInterest` is accepted and gives nothing (its data ended in 2025).
    """
    if not call.has_content:
        return None
    rng = stream(company.options.seed, "content", call.id, call.revision)
    block: Record = {}
    if asked.get("structure"):
        block["structure"] = [
            {"name": name, "duration": call.duration // 3} for name in ("Introduction", "Discussion", "Wrap-up")
        ]
    if asked.get("topics"):
        block["topics"] = [
            {"name": name, "duration": rng.randrange(call.duration + 1) // 4 if rng.random() < 0.4 else 0}
            for name in TOPICS
        ]
    if asked.get("trackers"):
        block["trackers"] = _trackers(company, call, cast, occurrences=bool(asked.get("trackerOccurrences")))
    ready = call.content_visible_from is not None and call.content_visible_from <= now
    for part in _SPOTLIGHT if ready else ():
        if asked.get(part):
            value = _spotlight(company, call, part)
            if value is not None:
                block[part] = value
    return block


def _trackers(company: Holdings, call: Call, cast: Cast, *, occurrences: bool) -> list[Record]:
    rng = stream(company.options.seed, "trackers", call.id, call.revision)
    speakers = [party["speakerId"] for party in cast.speakers]
    rows: list[Record] = []
    for tracker in company.trackers:
        if tracker["workspaceId"] != call.workspace_id:
            continue
        keywords = [word for group in tracker["languageKeywords"] for word in group["keywords"]]
        hits = [_second(rng, call) for _ in range(max(0, rng.randrange(-3, 4)))] if keywords and speakers else []
        row: Record = {
            "id": tracker["trackerId"],
            "name": tracker["trackerName"],
            "count": len(hits),
            "type": "KEYWORD",
        }
        if occurrences:
            places: list[Record] = [
                {"startTime": second, "speakerId": speakers[rng.randrange(len(speakers))]} for second in sorted(hits)
            ]
            row["occurrences"] = places
            phrase = keywords[rng.randrange(len(keywords))] if hits else None
            row["phrases"] = [{"count": len(places), "occurrences": places, "phrase": phrase}] if hits else []
        rows.append(row)
    return rows


def _second(rng: Random, call: Call) -> float:
    return round(rng.random() * call.duration, 3)


def _spotlight(company: Holdings, call: Call, part: str) -> object:
    rng = stream(company.options.seed, part, call.id, call.revision)
    if rng.random() < 0.04:
        return None
    purpose = PURPOSES[rng.randrange(len(PURPOSES))]
    if part == "brief":
        return f"{purpose} call. {' '.join(rng.sample(KEY_POINTS, 3))}"
    if part == "keyPoints":
        return [{"text": text} for text in rng.sample(KEY_POINTS, 3)]
    if part == "highlights":
        items = [{"text": text, "startTimes": [_second(rng, call)]} for text in rng.sample(KEY_POINTS, 2)]
        return [{"title": "Next steps", "items": items}]
    if part == "callOutcome":
        if call.direction == "Conference" or not company.call_outcomes:
            return None
        outcome = company.call_outcomes[rng.randrange(len(company.call_outcomes))]
        return {"id": gong_id(rng), "category": outcome["category"], "name": outcome["callOutcome"]}
    length = call.duration / len(SECTIONS)
    return [
        {
            "section": section,
            "startTime": round(place * length + 0.304, 3),
            "duration": round(length, 2),
            "items": [
                {"text": text, "startTime": round(place * length + 0.304 + step * 7.5, 3)}
                for step, text in enumerate(rng.sample(KEY_POINTS, 2))
            ],
        }
        for place, section in enumerate(SECTIONS)
    ]


def interaction_of(company: Holdings, call: Call, cast: Cast, asked: Record) -> Record:
    """Return the `interaction` block; the request says `personInteractionStats`, the reply `interactionStats`."""
    rng = stream(company.options.seed, "interaction", call.id)
    block: Record = {}
    speakers = cast.speakers
    if asked.get("speakers"):
        rows: list[Record] = []
        for party in speakers:
            talk = round(call.duration * rng.random() / max(len(speakers), 1), 1)
            rows.append({"id": party["id"], "userId": party.get("userId"), "talkTime": talk})
        block["speakers"] = rows
    if asked.get("personInteractionStats"):
        block["interactionStats"] = [
            {"name": "Talk Ratio", "value": round(rng.random(), 2)},
            {"name": "Longest Monologue", "value": rng.randrange(5, 240)},
            {"name": "Longest Customer Story", "value": rng.randrange(0, 180)},
            {"name": "Interactivity", "value": round(rng.random() * 10, 2)},
            {"name": "Patience", "value": round(rng.random() * 3, 2)},
        ]
    if asked.get("video"):
        names = ("Browser", "Presentation", "WebcamPrimaryUser", "WebcamNonCompany", "Webcam")
        shown = names[: rng.randrange(6)] if call.media == "Video" else ()
        block["video"] = [{"name": name, "duration": round(rng.random() * call.duration, 1)} for name in shown]
    if asked.get("questions"):
        block["questions"] = {"companyCount": rng.randrange(20), "nonCompanyCount": rng.randrange(12)}
    return block


def comments_of(company: Holdings, call: Call, now: datetime) -> list[Record]:
    """Return the public comments posted by `now`, oldest first; most calls have none."""
    rng = stream(company.options.seed, "comments", call.id)
    rows: list[Record] = []
    for _ in range(max(0, rng.randrange(-6, 3)) if company.users else 0):
        posted = call.visible_from + timedelta(milliseconds=rng.randrange(7 * 86_400_000))
        start = _second(rng, call)
        row: Record = {
            "id": gong_id(rng),
            "audioStartTime": start,
            "audioEndTime": round(start + 20, 3),
            "commenterUserId": company.users[rng.randrange(len(company.users))]["id"],
            "comment": COMMENTS[rng.randrange(len(COMMENTS))],
            "posted": wire_time(posted, company.zone),
            "inReplyTo": rows[0]["id"] if rows else None,
            "duringCall": False,
        }
        if posted <= now:
            rows.append(row)
    return rows
