"""Days of the company, periods with lasting keys, reviews that are edited, and lists that are read by other lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gong_emulator import Company, Emulator
from gong_emulator.records.reviews import Review
from gong_emulator.routes import stats
from testing.reading import LONG_AFTER, Reader, by_key, company, serving
from testing.truth import Truth

ZONES = ("Pacific/Auckland", "Pacific/Honolulu", "Australia/Adelaide")
BY_PERIOD = ("stats_activity_aggregate", "stats_activity_aggregate_by_period", "stats_interaction")
STATISTICS = (*BY_PERIOD, "stats_activity_day_by_day")
PATHS = {
    "stats_activity_aggregate": "/v2/stats/activity/aggregate",
    "stats_activity_aggregate_by_period": "/v2/stats/activity/aggregate-by-period",
    "stats_activity_day_by_day": "/v2/stats/activity/day-by-day",
    "stats_interaction": "/v2/stats/interaction",
}
SCORECARDS = "/v2/stats/activity/scorecards"
Rows = dict[tuple[Any, ...], dict[str, Any]]


def _at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _listed_at_once(made: Company) -> Company:
    """The company, with a Gong that lists each call the moment it starts: what a day holds is known when it ends."""
    for call in made.calls:
        call.visible_from = call.started
    return made


def _something(rows: Rows) -> Rows:
    """Rows that count something; of the others Gong gives more or fewer by the range that is asked for."""
    return {
        key: row
        for key, row in rows.items()
        if row.get("personInteractionStats")
        or any(bool(value) for name, value in row.items() if name.startswith(("calls", "own", "others")))
    }


def _moments(zone: str) -> list[datetime]:
    """Around midnights of the company (one after a change of clocks in two of the zones) and of UTC, and later on."""
    company_midnights = [_at(zone, "2026-04-05T00:00:00"), _at(zone, "2026-04-06T00:00:00")]
    utc_midnight = datetime(2026, 4, 7, tzinfo=UTC)
    edges = [midnight + timedelta(seconds=n) for midnight in (*company_midnights, utc_midnight) for n in (-1, 0)]
    return sorted([*edges, datetime(2026, 4, 8, 12, tzinfo=UTC), datetime(2026, 4, 10, 12, tzinfo=UTC)])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("known", [True, False], ids=["zone known", "zone not known"])
def test_no_day_is_lost_and_none_refused_around_midnight(
    zone: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company(60, zone, first_call=_at(zone, "2026-04-03T00:00:00"), last_call=_at(zone, "2026-04-10T00:00:00"))
    configured = {"company_time_zone": zone if known else None, "start_date": "2026-04-03", "lookback_window_days": 0}
    got: dict[str, Rows] = {stream: {} for stream in STATISTICS}
    with serving(_listed_at_once(made), _moments(zone)[0]) as gong:
        reader, state = Reader(gong), []
        for moment in _moments(zone):
            gong.clock.set(moment)
            output = reader.complete(*STATISTICS, state=state, **configured)
            state = output.last_state
            for stream in STATISTICS:
                got[stream] |= by_key(stream, output.records(stream))
            today = moment.astimezone(ZoneInfo(zone)).date() if known else (moment - timedelta(hours=12)).date()
            truth = Truth(gong, date(2026, 4, 3), today, zone if known else None)
            for stream in STATISTICS:
                assert _something(got[stream]) == _something(by_key(stream, truth.of(stream))), (stream, moment)


@pytest.mark.parametrize("period", ["week", "month"])
@pytest.mark.parametrize("zone", [ZONES[0], None], ids=["zone known", "zone not known"])
def test_a_period_has_the_same_key_in_every_sync(
    zone: str | None, period: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _listed_at_once(company(80, ZONES[0]))
    start = date(2026, 3, 26)
    configured = {"company_time_zone": zone, "start_date": str(start), "lookback_window_days": 3}
    got: dict[str, Rows] = {stream: {} for stream in BY_PERIOD}
    with serving(made, LONG_AFTER) as gong:
        reader, state = Reader(gong), []
        for day in ("2026-03-30", "2026-04-01", "2026-04-06", "2026-04-09", "2026-04-13", "2026-05-01", "2026-05-05"):
            moment = _at(ZONES[0], f"{day}T09:00:00")
            gong.clock.set(moment)
            output = reader.complete(*BY_PERIOD, state=state, statistics_period=period, **configured)
            state = output.last_state
            today = moment.astimezone(ZoneInfo(zone)).date() if zone else (moment - timedelta(hours=12)).date()
            truth = Truth(gong, start, today, zone, period)
            for stream in BY_PERIOD:
                got[stream] |= by_key(stream, output.records(stream))
                assert _something(got[stream]) == _something(by_key(stream, truth.of(stream))), (stream, day)
    starts = {row["fromDate"] for row in got["stats_activity_aggregate"].values()}
    # The first one is clipped by the start date, the others are the company's Mondays or firsts of months.
    assert str(start) in starts
    assert all(
        date.fromisoformat(text).weekday() == 0 if period == "week" else text.endswith("-01")
        for text in starts - {str(start)}
    )


def test_a_range_that_one_answer_holds_is_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(60), LONG_AFTER) as gong:
        reader = Reader(gong)
        first = reader.complete(*STATISTICS)
        counts = gong.requests.counts()
        assert counts["POST " + PATHS["stats_activity_aggregate_by_period"]] == 1
        assert counts["POST " + PATHS["stats_activity_day_by_day"]] == 1
        days = (LONG_AFTER.date() - min(call.started for call in gong.company.calls).date()).days
        assert days <= counts["POST " + PATHS["stats_activity_aggregate"]] <= days + 3
        gong.requests.clear()
        gong.clock.advance(timedelta(days=1))
        reader.complete(*STATISTICS, state=first.last_state)
        counts = gong.requests.counts()
        assert counts["POST " + PATHS["stats_activity_aggregate_by_period"]] == 1
        assert counts["POST " + PATHS["stats_activity_day_by_day"]] == 1
        # The look-back of seven days, and the one that has passed since.
        assert counts["POST " + PATHS["stats_activity_aggregate"]] == 8


def test_an_end_date_is_a_day_of_the_company_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ZONES:
        with serving(company(20, zone), LONG_AFTER) as gong:
            Reader(gong).complete(
                "stats_activity_day_by_day", start_date="2026-04-01", end_date="2026-04-08", company_time_zone=zone
            )
            (asked,) = gong.requests.to(PATHS["stats_activity_day_by_day"])
            assert (asked.json["filter"]["fromDate"], asked.json["filter"]["toDate"]) == ("2026-04-01", "2026-04-08")


def _midnight(text: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), zone)


FORMS: dict[str, Callable[[str, ZoneInfo], str]] = {
    "with an offset": lambda text, zone: _midnight(text, zone).isoformat(),
    "in UTC": lambda text, zone: _midnight(text, zone).astimezone(UTC).isoformat().replace("+00:00", "Z"),
    "in UTC with a fraction": lambda text, zone: (
        _midnight(text, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    ),
    "as misprinted in the documentation": lambda text, zone: (
        f"{text}T000:00:00{_midnight(text, zone).isoformat()[19:]}"
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", ZONES)
def test_days_are_days_in_whatever_form_gong_sends_them(form: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ("stats_activity_aggregate_by_period", "stats_activity_day_by_day")
    plain = stats._dated

    def dated(*given: Any) -> dict[str, Any]:
        row = plain(*given)
        return {**row, **{name: FORMS[form](row[name], ZoneInfo(zone)) for name in ("fromDate", "toDate")}}

    with serving(company(40, zone), LONG_AFTER) as gong:
        reader = Reader(gong)
        for known in (zone, None):
            configured = {"start_date": "2026-03-27", "company_time_zone": known}
            wanted = {name: by_key(name, reader.complete(name, **configured).records(name)) for name in streams}
            with monkeypatch.context() as patched:
                patched.setattr(stats, "_dated", dated)
                output = reader.complete(*streams, **configured)
            assert {name: by_key(name, output.records(name)) for name in streams} == wanted


def _review(made: Company, moment: datetime, **fields: Any) -> Review:
    card = next(card for card in made.scorecards if card["reviewMethod"] == "MANUAL")
    call = made.calls[0]
    values: dict[str, Any] = {"reviewed_id": call.primary_user_id, "reviewer_id": made.users[0]["id"], **fields}
    return Review(made.new_id(), call, card, moment=moment, **values)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 11, 23])
def test_todays_reviews_are_read_today_and_edited_ones_again(
    zone: str, hour: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, made = "stats_activity_scorecards", company(40, zone)
    now = _at(zone, f"2026-04-14T{hour:02}:30:00")
    review = _review(made, now - timedelta(minutes=1))
    made.added_reviews.append(review)
    with serving(made, now) as gong:
        reader = Reader(gong)
        for known in (zone, None):
            first = reader.complete(stream, company_time_zone=known)
            assert review.id in first.ids(stream, "answeredScorecardId")
            gong.clock.set(now + timedelta(days=6))
            review.reviewer_id = made.users[1]["id"]
            made.added_reviews.append(_review(made, now + timedelta(days=5)))
            second = reader.complete(stream, state=first.last_state, company_time_zone=known)
            again = by_key(stream, second.records(stream))
            assert again[(review.id,)]["reviewerUserId"] == made.users[1]["id"]
            truth = Truth(gong, now.date(), now.date()).of(stream)
            assert by_key(stream, first.records(stream)) | again == by_key(stream, truth)
            gong.clock.set(now)


def test_reviews_can_be_chosen_by_method_scorecard_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, made = "stats_activity_scorecards", company(200)
    card, user = made.scorecards[0]["scorecardId"], made.users[4]["id"]
    with serving(made, LONG_AFTER) as gong:
        reader = Reader(gong)

        def ids(asked: dict[str, Any], **fields: Any) -> list[str]:
            gong.requests.clear()
            found = reader.complete(stream, **fields).ids(stream, "answeredScorecardId")
            sent = {name: gong.requests.to(SCORECARDS)[-1].json["filter"].get(name) for name in asked}
            assert sent == asked
            truth = gong.records("answered_scorecards", body={"filter": asked})
            assert found == sorted(record["answeredScorecardId"] for record in truth)
            assert found
            return found

        both = ids({"reviewMethod": "BOTH"})
        manual = ids({"reviewMethod": "MANUAL"}, review_method="MANUAL")
        automatic = ids({"reviewMethod": "AUTOMATIC"}, review_method="AUTOMATIC")
        assert sorted(manual + automatic) == both
        assert manual
        assert automatic
        ids({"reviewMethod": "BOTH", "scorecardIds": [card]}, scorecard_ids=[card])
        ids({"reviewMethod": "BOTH", "reviewedUserIds": [user]}, user_ids=[user])


def test_coaching_is_asked_for_each_workspace_manager_and_month(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(60, ZONES[2])
    with serving(made, LONG_AFTER) as gong:
        reader = Reader(gong)
        first = reader.complete("coaching", company_time_zone=ZONES[2])
        asked = Counter(
            (entry.query["workspace-id"], entry.query["manager-id"], entry.query["from"], entry.query["to"])
            for entry in gong.requests.to("/v2/coaching")
        )
        months = [
            ("2026-03-01T00:00:00+10:30", "2026-04-01T00:00:00+10:30"),
            ("2026-04-01T00:00:00+10:30", "2026-04-20T00:00:00+09:30"),
        ]
        managers = {user["managerId"] for user in made.users if user["managerId"]}
        wanted = [(w["id"], manager, *month) for w in made.workspaces for manager in managers for month in months]
        assert asked == Counter(wanted)
        gong.clock.set(datetime(2026, 5, 3, tzinfo=UTC))
        second = reader.complete("coaching", state=first.last_state, company_time_zone=ZONES[2])
        assert {record["from"] for record in second.records("coaching")} == {months[1][0], "2026-05-01T00:00:00+09:30"}


def test_the_id_of_a_log_entry_is_the_same_in_every_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(60), LONG_AFTER) as gong:
        reader = Reader(gong)
        first = reader.complete("audit_logs")
        ids = first.ids("audit_logs")
        assert len(set(ids)) == len(ids) > 50
        assert reader.complete("audit_logs", mode="full_refresh").ids("audit_logs") == ids
        again = reader.complete("audit_logs", state=first.last_state).ids("audit_logs")
        assert again
        assert set(again) < set(ids)


def _every_owner_has_flows(gong: Emulator) -> int:
    return sum(len(gong.records("flows", flowOwnerEmail=user["emailAddress"])) for user in gong.company.users)


def test_flows_and_folders_come_once_and_steps_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(0, users=45), LONG_AFTER) as gong:
        output = Reader(gong).complete("flows", "flow_folders", "flow_steps")
        flows = output.ids("flows")
        assert len(set(flows)) == len(flows) == 49
        assert _every_owner_has_flows(gong) == 45 * 5
        folders = output.records("flow_folders")
        assert len({folder["id"] for folder in folders}) == len(folders) == 46
        assert [folder["createdById"] for folder in folders if folder["name"] == "Shared With You"] == [None]
        batches = [entry.json["flowIds"] for entry in gong.requests.to("/v2/flows/steps")]
        assert sorted(len(batch) for batch in batches) == [9, 20, 20]
        assert sorted(flow for batch in batches for flow in batch) == flows
        assert gong.requests.counts()["GET /v2/flows"] == 45


def test_the_id_of_a_crm_integration_keeps_its_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ("crm_integrations", "crm_entity_schemas")
    for number in (2**53 + 1, 2**63 - 1, 98765432109876543211):
        made = company(0)
        made.crm_integrations[0]["integrationId"] = number
        with serving(made, LONG_AFTER) as gong:
            output = Reader(gong).complete(*streams)
            assert output.ids(streams[0], "integrationId") == [str(number)]
            assert set(output.ids(streams[1], "integrationId")) == {str(number)}
            asked = gong.requests.to("/v2/crm/entity-schema")
            assert {entry.query["integrationId"] for entry in asked} == {str(number)}


@pytest.mark.parametrize("position", [0, 57, 99])
def test_one_unknown_call_does_not_cost_the_access_of_the_others(
    position: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = company(150)
    gone = sorted(made.calls, key=lambda call: call.scheduled)[position].id
    known = made.call
    monkeypatch.setattr(made, "call", lambda call_id: None if call_id == gone else known(call_id))
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).sync("call_user_access")
        assert output.statuses == {"call_user_access": "COMPLETE"}
        assert output.ids("call_user_access", "callId") == sorted({call.id for call in made.calls} - {gone})
        assert sum(gone in message for message in caplog.messages) == 1
        # A batch of 100 is halved until the one call is alone: two requests each time.
        assert len(gong.requests.to("/v2/calls/users-access")) <= 2 + 2 * 7


@pytest.mark.parametrize("known", [True, False], ids=["zone known", "zone not known"])
def test_a_review_of_the_rest_of_the_day_is_not_passed_over(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, zone, made = "stats_activity_scorecards", ZONES[1], company(5, ZONES[1])
    now = _at(zone, "2026-04-14T12:00:00")
    configured = {"company_time_zone": zone if known else None, "lookback_window_days": 0}
    with serving(made, now) as gong:
        reader = Reader(gong)
        first = reader.complete(stream, **configured)
        review = _review(made, now + timedelta(hours=11))
        made.added_reviews.append(review)
        gong.clock.set(now + timedelta(days=1))
        second = reader.complete(stream, state=first.last_state, **configured)
        assert review.id in second.ids(stream, "answeredScorecardId")
