"""`/v2/stats/activity/scorecards` and `/v2/coaching`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gong_emulator.dates import day_start, local_day, parse_moment
from gong_emulator.errors import JSON_PARSE_ERROR, NO_ANSWERED_SCORECARDS, ApiError, invalid
from gong_emulator.exchange import Exchange, check_order
from gong_emulator.pages import Keyset
from gong_emulator.periods import optional_day
from gong_emulator.records import Record
from gong_emulator.records.activity import Activity
from gong_emulator.records.reviews import Review, answered_scorecard, review_key
from gong_emulator.routes.endpoint import Endpoint

SCORECARDS = "api:stats:scorecards"
COACHING = "api:coaching:read"

_COACHING_METRICS = {
    "callsListenedTo": "othersCallsListenedTo",
    "callsManagerAttended": "callsAttended",
    "callsWithFeedback": "callsGaveFeedback",
    "callsManagerCommentedOn": "callsCommentsGiven",
    "callsWithScorecardFilled": "callsScorecardsFilled",
}


def _write(review: Review) -> Record:
    return {"answeredScorecardId": int(review.id), "time": review.moment.isoformat()}


def _read(claims: Mapping[str, Any]) -> tuple[datetime, int]:
    moment = parse_moment(claims["time"])
    if moment is None:
        raise ValueError("no position of a review")
    return moment, int(claims["answeredScorecardId"])


BY_REVIEW: Keyset[Review] = Keyset(review_key, _write, _read)


def _scorecards(exchange: Exchange) -> Record:
    wanted, company, now = exchange.filter(), exchange.company, exchange.now
    called = optional_day(wanted, "callFromDate"), optional_day(wanted, "callToDate")
    reviewed = optional_day(wanted, "reviewFromDate"), optional_day(wanted, "reviewToDate")
    for (start, end), name in ((called, "call"), (reviewed, "review")):
        if start and end and start >= end:
            raise invalid(f"filter.{name}FromDate", f"must be before {name}ToDate")
    method = wanted.text("reviewMethod") or "MANUAL"
    if method not in ("MANUAL", "AUTOMATIC", "BOTH"):
        raise ApiError(400, JSON_PARSE_ERROR)
    people, cards = set(wanted.ids("reviewedUserIds") or ()), set(wanted.ids("scorecardIds") or ())

    def keep(review: Review) -> bool:
        return (
            review.moment <= now
            and review.call.listed(now)
            and (method == "BOTH" or (method == "MANUAL") == (review.reviewer_id is not None))
            and (not people or review.reviewed_id in people)
            and (not cards or review.scorecard["scorecardId"] in cards)
            and _within(local_day(review.call.started, company.zone), *called)
            and _within(local_day(review.moment, company.zone), *reviewed)
        )

    return exchange.page(
        "answeredScorecards",
        company.reviews(),
        BY_REVIEW,
        lambda review: answered_scorecard(company, review),
        keep,
        empty=NO_ANSWERED_SCORECARDS,
    )


def _within(day: date, first: date | None, end: date | None) -> bool:
    return (first is None or day >= first) and (end is None or day < end)


def _coaching(exchange: Exchange) -> Record:
    company, now = exchange.company, exchange.now
    workspace, manager_id = (_whole(exchange, name) for name in ("workspace-id", "manager-id"))
    start, end = exchange.query_moment("from", needed=True), exchange.query_moment("to", needed=True)
    check_order(start, end, "from", "to")
    manager = next((user for user in company.users if user["id"] == manager_id), None)
    reports = [user for user in company.users if user["managerId"] == manager_id]
    if manager is None or not reports or start is None or end is None:
        return {"coachingData": []}

    def inside(activity: Activity) -> bool:
        return (
            activity.call.workspace_id == workspace
            and activity.call.listed(now)
            and start <= day_start(activity.day, company.zone) < end
        )

    done = [activity for activity in company.activities().get(manager_id, []) if inside(activity)]
    rows: list[Record] = []
    for report in reports:
        own = [activity for activity in done if activity.call.primary_user_id == report["id"]]
        metrics = {name: _calls_of(own, metric) for name, metric in _COACHING_METRICS.items()}
        rows.append({"report": _person(report), "metrics": metrics})
    return {"coachingData": [{"manager": _person(manager), "directReportsMetrics": rows}]}


def _calls_of(activities: list[Activity], metric: str) -> list[str]:
    return list(dict.fromkeys(activity.call.id for activity in activities if activity.metric == metric))


def _person(user: Record) -> Record:
    return {key: user[key] for key in ("id", "emailAddress", "firstName", "lastName", "title")}


def _whole(exchange: Exchange, name: str) -> str:
    text = exchange.query_text(name)
    if not text.isdigit():
        raise invalid(name, "must be a number")
    return text


ENDPOINTS = [
    Endpoint("POST", "/v2/stats/activity/scorecards", SCORECARDS, _scorecards),
    Endpoint("GET", "/v2/coaching", COACHING, _coaching),
]
