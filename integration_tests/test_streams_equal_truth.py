"""Each stream gives exactly what Gong holds: in full, over two syncs, in three time zones, with few calls and many."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gong_emulator import Emulator
from testing.harness import Output, undeclared, validator
from testing.reading import LONG_AFTER, Reader, by_key, company, every_stream, key_of, serving
from testing.truth import Truth

# East of UTC+9 and west of UTC-7 (these two without a change of clocks in the range, or with one on another day), and
# a half-hour offset that changes on 5 April.
ZONES = ("Pacific/Auckland", "Pacific/Honolulu", "Australia/Adelaide")
# Gong gives a row of zeros or of empty lists to a user who did something else in the range that was asked for, so how
# many there are depends on the range.
ROWS_OF_NOTHING = ("stats_activity_aggregate_by_period", "stats_activity_day_by_day")
# What a stream adds from its parent or its request, which stands before Gong's own fields.
ADDED = {
    "calls_extensive": ["id", "started"],
    "call_transcripts": ["callId", "started"],
    "call_user_access": ["callId", "started"],
    "user_settings_history": ["userId"],
    "library_folders": ["workspaceId"],
    "library_folder_content": ["folderId", "folderName"],
    "stats_activity_aggregate": ["fromDate", "toDate"],
    "stats_interaction": ["fromDate", "toDate"],
    "coaching": ["reportId", "workspaceId", "managerId", "from", "to"],
    "audit_logs": ["id", "logType"],
    "permission_profiles": ["workspaceId"],
    "permission_profile_users": ["profileId"],
    "flow_steps": ["flowId"],
    "crm_entity_schemas": ["integrationId", "objectType"],
}


def _today(now: datetime, zone: str | None) -> date:
    """The day before which all days are over at the company, or, when its zone is not known, everywhere."""
    return now.astimezone(ZoneInfo(zone)).date() if zone else (now - timedelta(hours=12)).date()


def _first_day(gong: Emulator, today: date) -> date:
    """The first day whose statistics were asked for, which must be about the day of the first call."""
    asked = [
        entry.json["filter"]["fromDate"] for entry in gong.requests if entry.path == "/v2/stats/activity/day-by-day"
    ]
    if not asked:
        return today
    first = min(map(date.fromisoformat, asked))
    called = min(call.started for call in gong.company.calls if call.listed(gong.clock.now()))
    assert timedelta(0) <= called.astimezone(gong.company.zone).date() - first <= timedelta(days=3)
    return first


def _truth(gong: Emulator, zone: str | None) -> Truth:
    today = _today(gong.clock.now(), zone)
    return Truth(gong, _first_day(gong, today), today, zone)


def _counted(records: list[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(record, sort_keys=True) for record in records)


def _assert_equal(output: Output, truth: Truth, streams: list[str]) -> None:
    for stream in streams:
        got = output.records(stream)
        assert len(by_key(stream, got)) == len(got), f"{stream}: a key came twice"
        if stream == "audit_logs":
            assert all(record.pop("id") for record in got)
        assert _counted(got) == _counted(truth.of(stream)), stream
        report = output.report(stream)
        assert (report["status"], report["records"]) == ("COMPLETE", len(got))


def _something(record: dict[str, Any]) -> bool:
    """Whether a row of statistics counts anything."""
    return any(bool(value) for name, value in record.items() if name.startswith(("calls", "own", "others")))


def _records(stream: str, *groups: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What a destination has after these groups came one after the other, without rows of nothing."""
    rows = [record for group in groups for record in group]
    if stream == "audit_logs":
        rows = [{name: value for name, value in record.items() if name != "id"} for record in rows]
        return {(json.dumps(record, sort_keys=True),): record for record in rows}
    found = by_key(stream, rows)
    return {key: row for key, row in found.items() if stream not in ROWS_OF_NOTHING or _something(row)}


def test_every_stream_of_the_manifest_is_compared_here() -> None:
    assert len(every_stream()) == 28
    assert all(hasattr(Truth, stream) for stream in every_stream())


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("known", "mode"), [(True, "full_refresh"), (False, "incremental")], ids=["zone known, in full", "zone not known"]
)
def test_one_sync_gives_what_gong_holds(zone: str, known: bool, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(101, zone), LONG_AFTER) as gong:
        reader = Reader(gong)
        reader.validated = 10_000
        output = reader.complete(mode=mode, company_time_zone=zone if known else None)
        _assert_equal(output, _truth(gong, zone if known else None), every_stream())


@pytest.mark.parametrize("calls", [0, 1, 100])
def test_with_no_call_with_one_and_with_a_page_of_them(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(calls, ZONES[2]), LONG_AFTER) as gong:
        output = Reader(gong).complete()
        _assert_equal(output, _truth(gong, None), every_stream())
        assert len(output.records("calls")) == calls


def test_with_2500_calls_and_as_many_users_as_fill_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [stream for stream in every_stream() if not stream.startswith(("flow", "user_settings"))]
    made = company(2500, ZONES[0], users=101, first_call=datetime(2026, 4, 2, tzinfo=UTC))
    with serving(made, LONG_AFTER) as gong:
        output = Reader(gong).complete(*streams, company_time_zone=ZONES[0], call_content=["parties"])
        truth = _truth(gong, ZONES[0])
        extensive = {call["id"]: call for call in truth.of("calls_extensive")}
        assert {call["id"]: call["parties"] for call in output.records("calls_extensive")} == {
            identifier: [{**party, "context": party["context"]} for party in call["parties"]]
            for identifier, call in extensive.items()
        }
        _assert_equal(output, truth, [stream for stream in streams if stream != "calls_extensive"])


@pytest.mark.parametrize(("zone", "calls"), [*((zone, 101) for zone in ZONES), (ZONES[2], 1), (ZONES[2], 100)])
def test_two_syncs_together_give_what_gong_holds(zone: str, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(calls, zone), datetime(2026, 4, 7, 10, 20, tzinfo=UTC)) as gong:
        reader = Reader(gong)
        first = reader.complete(company_time_zone=zone)
        before = _truth(gong, zone)
        early = {stream: before.of(stream) for stream in every_stream()}
        gong.clock.set(datetime(2026, 4, 18, 21, 40, tzinfo=UTC))
        second = reader.complete(state=first.last_state, company_time_zone=zone)
        after = _truth(gong, zone)
        for stream in every_stream():
            got = _records(stream, first.records(stream), second.records(stream))
            # What Gong has dropped since (an access log lives for 14 days) stays in the destination.
            assert got == _records(stream, early[stream], after.of(stream)), stream


def test_added_fields_come_first_and_every_column_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(40), LONG_AFTER) as gong:
        output = Reader(gong).complete()
    for stream in every_stream():
        records = output.records(stream)
        schema = validator(stream).schema
        assert records, stream
        added = ADDED.get(stream, [])
        assert all(list(record)[: len(added)] == added for record in records), stream
        assert {path for record in records for path in undeclared(schema, record)} == set(), stream
        assert set(key_of(stream)) <= set(schema["properties"])


def test_nothing_is_asked_twice_in_one_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(250), LONG_AFTER) as gong:
        Reader(gong).complete()
        assert _asked_twice(gong) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"call_ids": 3},
        {"user_ids": 3},
        {"workspace_ids": 1},
        {"private_calls": "exclude"},
        {"statistics_period": "week"},
        {"statistics_period": "month", "start_date": "2026-03-30"},
    ],
    ids=str,
)
def test_nothing_is_asked_twice_or_refused_when_little_is_chosen(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company(60)
    known = {
        "call_ids": [call.id for call in made.calls],
        "user_ids": [user["id"] for user in made.users],
        "workspace_ids": [workspace["id"] for workspace in made.workspaces],
    }
    chosen = {name: known[name][:value] if isinstance(value, int) else value for name, value in fields.items()}
    with serving(made, LONG_AFTER) as gong:
        Reader(gong).complete(**chosen)
        assert _asked_twice(gong) == []


def _asked_twice(gong: Emulator) -> list[tuple[str, int]]:
    asked = Counter(json.dumps([entry.method, entry.path, entry.query, entry.json]) for entry in gong.requests)
    return [(request, count) for request, count in asked.items() if count > 1]
