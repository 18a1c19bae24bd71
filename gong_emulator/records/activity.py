"""What users did with calls, day by day: the one source of every stats and coaching endpoint.

An activity is (user, metric, call, company-local day). Twice on one day is one activity, on two days it is two
(documented for aggregate-by-period; assumed for the others, so that all of them agree).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain

from gong_emulator.dates import local_day
from gong_emulator.holdings import Holdings
from gong_emulator.records.call import Call
from gong_emulator.records.cast import internal_ids
from gong_emulator.records.reviews import Review
from gong_emulator.seeded import number

METRICS = (
    "callsAsHost",
    "callsGaveFeedback",
    "callsRequestedFeedback",
    "callsReceivedFeedback",
    "ownCallsListenedTo",
    "othersCallsListenedTo",
    "callsSharedInternally",
    "callsSharedExternally",
    "callsScorecardsFilled",
    "callsScorecardsReceived",
    "callsAttended",
    "callsCommentsGiven",
    "callsCommentsReceived",
    "callsMarkedAsFeedbackGiven",
    "callsMarkedAsFeedbackReceived",
)
_BY_HOST = ("ownCallsListenedTo", "callsRequestedFeedback", "callsSharedInternally", "callsSharedExternally")
_BY_LEADER: tuple[tuple[str, str | None], ...] = (
    ("othersCallsListenedTo", None),
    ("callsGaveFeedback", "callsReceivedFeedback"),
    ("callsCommentsGiven", "callsCommentsReceived"),
    ("callsMarkedAsFeedbackGiven", "callsMarkedAsFeedbackReceived"),
)


@dataclass(frozen=True, slots=True)
class Activity:
    """One user's activity on one call on one day of the company's time zone."""

    user_id: str
    metric: str
    call: Call
    day: date


def derive_activities(
    company: Holdings, reviews: Iterable[Review], added: Iterable[Activity]
) -> dict[str, list[Activity]]:
    """Return each user's activities in the order of days: those of the calls and the reviews, and those `added`."""
    leaders = {user["id"]: user["managerId"] for user in company.users}
    found: dict[str, set[Activity]] = defaultdict(set)
    for activity in chain(added, _of_calls(company, leaders), _of_reviews(reviews, company.zone)):
        found[activity.user_id].add(activity)
    return {user_id: sorted(made, key=_order) for user_id, made in found.items()}


def _order(activity: Activity) -> tuple[date, str, str]:
    return activity.day, activity.metric, activity.call.id


def _of_calls(company: Holdings, leaders: dict[str, str | None]) -> Iterator[Activity]:
    zone = company.zone
    for call in company.calls:
        held = local_day(call.started, zone)
        host = call.primary_user_id
        leader = leaders.get(host)
        yield Activity(host, "callsAsHost", call, held)
        for user_id in internal_ids(company, call)[1:]:
            yield Activity(user_id, "callsAttended", call, held)
        draw = number(company.options.seed, "activity", call.id)
        seen = local_day(call.visible_from, zone)
        if leader and draw % 9 == 0:
            yield Activity(leader, "callsAttended", call, held)
        for metric in _BY_HOST:
            draw, hit = divmod(draw, 6)
            if hit == 0:
                yield Activity(host, metric, call, seen + timedelta(days=draw % 5))
                if draw % 3 == 0:
                    yield Activity(host, metric, call, seen + timedelta(days=draw % 5 + 2))
        for given, received in _BY_LEADER if leader else ():
            draw, hit = divmod(draw, 5)
            if hit == 0 and leader:
                day = seen + timedelta(days=draw % 6)
                yield Activity(leader, given, call, day)
                if received:
                    yield Activity(host, received, call, day)


def _of_reviews(reviews: Iterable[Review], zone: tzinfo) -> Iterator[Activity]:
    for review in reviews:
        if review.reviewer_id:
            day = local_day(review.moment, zone)
            yield Activity(review.reviewer_id, "callsScorecardsFilled", review.call, day)
            yield Activity(review.reviewed_id, "callsScorecardsReceived", review.call, day)


def activities_between(activities: Iterable[Activity], first: date, end: date, now: datetime) -> list[Activity]:
    """Return the activities on the days [first, end), as far as Gong lists their calls at `now`."""
    return [activity for activity in activities if first <= activity.day < end and activity.call.listed(now)]
