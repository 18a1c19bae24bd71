"""Answered scorecards, in the shape that Gong documents for `/v2/stats/activity/scorecards`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gong_emulator.dates import wire_time
from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.seeded import number, stream

_VISIBILITY = ("PUBLIC", "PRIVATE", "OPT_IN_USERS", "MANAGERS", "MANAGERS_AND_REVIEWEE")


@dataclass(slots=True)
class Review:
    """One answered scorecard. `reviewer_id` is None for an automatic review; `moment` (UTC) is when it was done."""

    id: str
    call: Call
    scorecard: Record
    reviewed_id: str
    reviewer_id: str | None
    moment: datetime


def derive_reviews(company: Holdings) -> list[Review]:
    """Return the reviews of all calls, oldest first: manual ones by the host's manager, automatic ones by nobody."""
    leaders = {user["id"]: user["managerId"] for user in company.users}
    cards: dict[tuple[str, str], list[Record]] = {}
    for card in company.scorecards:
        cards.setdefault((card["workspaceId"], card["reviewMethod"]), []).append(card)
    reviews: list[Review] = []
    for call in company.calls:
        draw = number(company.options.seed, "review", call.id)
        leader = leaders.get(call.primary_user_id)
        for method, hit in (("MANUAL", leader and draw % 5 == 0), ("AUTOMATIC", draw % 7 == 0)):
            usable = cards.get((call.workspace_id, method))
            if hit and usable:
                reviewer = leader if method == "MANUAL" else None
                moment = call.visible_from + timedelta(milliseconds=draw // 64 % (10 * 86_400_000))
                card = usable[draw // 8 % len(usable)]
                identifier = str(10**17 + (draw ^ len(method)) % 10**18)
                reviews.append(Review(identifier, call, card, call.primary_user_id, reviewer, moment))
    return sorted(reviews, key=review_key)


def review_key(review: Review) -> tuple[datetime, int]:
    """Return the sort key of answered scorecards: review time, then id (assumed)."""
    return review.moment, int(review.id)


def answered_scorecard(company: Holdings, review: Review) -> Record:
    """Return a review on the wire: ids are strings (as in the recorded scorecard settings), scores are numbers."""
    rng = stream(company.options.seed, "answers", review.id)
    manual = review.reviewer_id is not None
    answers: list[Record] = []
    for question in review.scorecard["questions"]:
        skipped = rng.random() < 0.1
        answers.append(
            {
                "questionId": question["questionId"],
                "questionRevisionId": question["questionRevisionId"],
                "isOverall": question["isOverall"],
                "score": None if skipped else rng.randrange(1, 6),
                "answerText": "See my comment in the call." if manual and rng.random() < 0.2 else None,
                "notApplicable": skipped,
                "selectedOptions": None,
            }
        )
    return {
        "answeredScorecardId": review.id,
        "scorecardId": review.scorecard["scorecardId"],
        "scorecardName": review.scorecard["scorecardName"],
        "callId": review.call.id,
        "callStartTime": wire_time(review.call.started, company.zone),
        "reviewedUserId": review.reviewed_id,
        "reviewerUserId": review.reviewer_id,
        "reviewMethod": "MANUAL" if manual else "AUTOMATIC",
        "editorUserId": review.reviewer_id if rng.random() < 0.1 else None,
        "reviewTime": wire_time(review.moment, company.zone),
        "visibilityType": _VISIBILITY[rng.randrange(len(_VISIBILITY))] if manual else "PUBLIC",
        "answers": answers,
    }
