"""`/v2/stats/*` except scorecards: counters over company-local days, all from the same activities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gong_emulator.dates import day_start, wire_time
from gong_emulator.errors import NO_STATS, USER_NOT_FOUND, ApiError, required
from gong_emulator.exchange import Exchange, Filter
from gong_emulator.periods import Range, stats_range
from gong_emulator.records import Record
from gong_emulator.records.activity import METRICS, Activity, activities_between
from gong_emulator.records.people import listed_users
from gong_emulator.routes.endpoint import Endpoint
from gong_emulator.routes.users import BY_ID
from gong_emulator.seeded import number

USER_ACTIONS = "api:stats:user-actions"
USER_ACTIONS_DETAILED = "api:stats:user-actions:detailed"
INTERACTION = "api:stats:interaction"

_INTERACTION_STATS = (
    # name, largest value, decimals
    ("Longest Monologue", 240, 0),
    ("Longest Customer Story", 180, 0),
    ("Interactivity", 10, 2),
    ("Patience", 3, 2),
    ("Question Rate", 20, 1),
)
Made = dict[str, list[Activity]]


def _aggregate(exchange: Exchange) -> Record:
    wanted, span = _asked(exchange)
    made = _activities(exchange, span)

    def shape(user: Record) -> Record:
        return {**_person(user), "userAggregateActivityStats": _counts(made[user["id"]])}

    users = _with_activity(exchange, wanted, made, idle=True)
    page = exchange.page("usersAggregateActivityStats", users, BY_ID, shape, empty=USER_NOT_FOUND)
    return {**page, **_bounds(exchange, span)}


def _by_period(exchange: Exchange) -> Record:
    wanted, span = _asked(exchange)
    if exchange.body.get("aggregationPeriod") is None:
        raise required("aggregationPeriod")
    parts = span.split(str(exchange.body["aggregationPeriod"]))
    made = _activities(exchange, span)

    def shape(user: Record) -> Record:
        return {**_person(user), "userAggregateActivity": [_dated(made[user["id"]], part, _counts) for part in parts]}

    users = _with_activity(exchange, wanted, made, idle=True)
    return exchange.page("usersAggregateActivity", users, BY_ID, shape, empty=USER_NOT_FOUND)


def _day_by_day(exchange: Exchange) -> Record:
    wanted, span = _asked(exchange)
    made = _activities(exchange, span)
    parts = span.split("DAY")

    def shape(user: Record) -> Record:
        return {
            **_person(user),
            "userDailyActivityStats": [_dated(made[user["id"]], part, _call_ids) for part in parts],
        }

    users = _with_activity(exchange, wanted, made, idle=False)
    return exchange.page("usersDetailedActivities", users, BY_ID, shape, empty=USER_NOT_FOUND)


def _interaction(exchange: Exchange) -> Record:
    wanted, span = _asked(exchange)
    seed = exchange.company.options.seed
    talked = {
        user_id: [item for item in items if item.metric in ("callsAsHost", "callsAttended")]
        # Only calls with Whisper count (documented); here one user in six never has it.
        for user_id, items in _activities(exchange, span).items()
        if number(seed, "whisper", user_id) % 6
    }
    made = {user["id"]: talked.get(user["id"], []) for user in exchange.company.users}

    def shape(user: Record) -> Record:
        values: list[Record] = []
        for name, largest, decimals in _INTERACTION_STATS:
            draws = [number(seed, name, user["id"], item.call.id) % 1000 / 1000 for item in made[user["id"]]]
            values.append({"name": name, "value": round(largest * sum(draws) / len(draws), decimals)})
        return {**_person(user), "personInteractionStats": values}

    users = _with_activity(exchange, wanted, made, idle=False)
    page = exchange.page("peopleInteractionStats", users, BY_ID, shape, empty=NO_STATS)
    return {**page, **_bounds(exchange, span)}


def _asked(exchange: Exchange) -> tuple[Filter, Range]:
    wanted = exchange.filter()
    return wanted, stats_range(exchange, wanted)


def _activities(exchange: Exchange, span: Range) -> Made:
    activities = exchange.company.activities()
    return {
        user["id"]: activities_between(activities.get(user["id"], []), span.first, span.end, exchange.now)
        for user in exchange.company.users
    }


def _with_activity(exchange: Exchange, wanted: Filter, made: Made, *, idle: bool) -> list[Record]:
    """Return the users to report, ascending by id.

    Without `userIds` those with activity (documented). With `userIds` the requested ones that exist, and with
    `idle` also those without activity (assumed); when none of them was active, 404 (reported).
    """
    users = listed_users(exchange.company, exchange.now)
    ids = wanted.ids("userIds")
    if not ids:
        return [user for user in users if made[user["id"]]]
    requested = [user for user in users if user["id"] in set(ids)]
    active = [user for user in requested if made[user["id"]]]
    if not active:
        raise ApiError(404, USER_NOT_FOUND)
    return requested if idle else active


def _person(user: Record) -> Record:
    return {"userId": user["id"], "userEmailAddress": user["emailAddress"]}


def _counts(items: list[Activity]) -> Record:
    counted = Counter(item.metric for item in items)
    return {metric: counted[metric] for metric in METRICS}


def _call_ids(items: list[Activity]) -> Record:
    found: dict[str, list[str]] = {metric: [] for metric in METRICS}
    for item in items:
        found[item.metric].append(item.call.id)
    return dict(found)


def _dated(items: list[Activity], part: Range, shape: Callable[[list[Activity]], Record]) -> Record:
    inside = [item for item in items if part.first <= item.day < part.end]
    return {**shape(inside), "fromDate": part.first.isoformat(), "toDate": part.end.isoformat()}


def _bounds(exchange: Exchange, span: Range) -> Record:
    zone = exchange.company.zone
    return {
        "fromDateTime": wire_time(day_start(span.first, zone), zone),
        "toDateTime": wire_time(day_start(span.end, zone), zone),
        "timeZone": exchange.company.options.time_zone,
    }


ENDPOINTS = [
    Endpoint("POST", "/v2/stats/activity/aggregate", USER_ACTIONS, _aggregate),
    Endpoint("POST", "/v2/stats/activity/aggregate-by-period", USER_ACTIONS, _by_period),
    Endpoint("POST", "/v2/stats/activity/day-by-day", USER_ACTIONS_DETAILED, _day_by_day),
    Endpoint("POST", "/v2/stats/interaction", INTERACTION, _interaction),
]
