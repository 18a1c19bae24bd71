"""Pages, cursors and their hour."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
import requests

from gong_emulator import Clock, Company, CompanyOptions, Emulator

MARCH = datetime(2026, 3, 2, 17, tzinfo=UTC)


def payload(cursor: str) -> dict:
    middle = cursor.split(".")[1]
    return json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def test_pages_have_100_records_and_a_cursor_only_while_there_are_more(reader) -> None:
    seen, cursor = [], {}
    for number, size in ((0, 100), (1, 100), (2, 50)):
        reply = reader.get("/v2/calls", **cursor).json()
        records = dict(reply["records"])
        assert ("cursor" in records) == (number < 2)
        cursor = {"cursor": records.pop("cursor", "")}
        assert records == {"totalRecords": 250, "currentPageSize": size, "currentPageNumber": number}
        seen += [call["id"] for call in reply["calls"]]
    assert len(set(seen)) == 250


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [("/v2/calls/extensive", "calls", "calls_extensive"), ("/v2/calls/transcript", "callTranscripts", "transcripts")],
)
def test_following_the_cursor_in_the_body_gives_exactly_the_truth(reader, full, path, key, name) -> None:
    assert reader.pages(path, key, {"filter": {}}) == full.records(name)


def test_exactly_100_records_are_one_page(client, company) -> None:
    for minute in range(100):
        company.add_call(MARCH + timedelta(minutes=minute))
    assert "cursor" not in client.get("/v2/calls").json()["records"]


def test_a_page_break_amid_equal_scheduled_loses_nothing(client, company) -> None:
    for _ in range(230):
        company.add_call(MARCH)
    assert {call["id"] for call in client.pages("/v2/calls", "calls")} == {call.id for call in company.calls}


def test_a_cursor_is_a_readable_hs256_token_with_the_recorded_keys(reader) -> None:
    cursor = reader.get("/v2/calls").json()["records"]["cursor"]
    assert json.loads(urlsafe_b64decode(cursor.split(".")[0] + "==")) == {"alg": "HS256"}
    claims = payload(cursor)
    assert set(claims) == {"callId", "total", "pageNumber", "pageSize", "time", "exp"}
    assert (claims["total"], claims["pageNumber"], claims["pageSize"]) == (250, 0, 100)
    assert isinstance(claims["callId"], int)


def test_users_page_by_user_id() -> None:
    company = Company(CompanyOptions(users=215, calls=0))
    with Emulator(company, clock=Clock.frozen(datetime(2026, 4, 20, tzinfo=UTC))) as gong:
        auth = (gong.options.access_key, gong.options.access_key_secret)
        reply = requests.get(f"{gong.url}/v2/users", auth=auth, timeout=10).json()
        claims = payload(reply["records"]["cursor"])
        assert set(claims) == {"pageSize", "total", "pageNumber", "exp", "userId"}
        assert str(claims["userId"]) == reply["users"][-1]["id"]
        assert reply["records"]["totalRecords"] == 215


def test_a_cursor_in_the_query_string_of_a_post_is_ignored(reader) -> None:
    first = reader.post("/v2/calls/extensive", {"filter": {}}).json()
    again = reader.post("/v2/calls/extensive", {"filter": {}}, cursor=first["records"]["cursor"]).json()
    assert again["records"]["currentPageNumber"] == 0
    assert again["calls"] == first["calls"]


def test_unknown_query_parameters_are_ignored(reader) -> None:
    assert reader.get("/v2/calls", limit=5).json()["records"]["currentPageSize"] == 100


def test_the_hour_starts_with_the_first_request_and_new_cursors_do_not_prolong_it(gong, client, company) -> None:
    for minute in range(300):
        company.add_call(MARCH + timedelta(minutes=minute))
    first = client.get("/v2/calls").json()["records"]["cursor"]
    assert payload(first)["exp"] == int((gong.clock.now() + timedelta(hours=1)).timestamp())
    gong.clock.advance(timedelta(minutes=50))
    second = client.get("/v2/calls", cursor=first).json()["records"]["cursor"]
    assert payload(second)["exp"] == payload(first)["exp"]
    gong.clock.advance(timedelta(minutes=10))
    response = client.get("/v2/calls", cursor=second)
    assert response.status_code == 400
    assert "cursor has expired" in response.json()["errors"][0]


@pytest.mark.parametrize("spoil", [lambda c: c[:-4] + "AAAA", lambda _: "rubbish", lambda _: "a.b.c"])
def test_a_cursor_that_was_not_signed_here_is_rejected(reader, spoil) -> None:
    cursor = reader.get("/v2/calls").json()["records"]["cursor"]
    response = reader.get("/v2/calls", cursor=spoil(cursor))
    assert response.status_code == 400
    assert "failed to verify cursor" in response.json()["errors"][0]


def test_a_cursor_of_another_kind_is_rejected(reader) -> None:
    cursor = reader.get("/v2/calls").json()["records"]["cursor"]
    assert reader.get("/v2/users", cursor=cursor).status_code == 400


def test_a_call_that_appears_behind_the_position_is_missed_and_one_ahead_is_not(client, company) -> None:
    for minute in range(150):
        company.add_call(MARCH + timedelta(minutes=minute))
    cursor = client.get("/v2/calls").json()["records"]["cursor"]
    behind = company.add_call(MARCH - timedelta(minutes=1))
    ahead = company.add_call(MARCH + timedelta(days=1))
    rest = client.get("/v2/calls", cursor=cursor).json()
    found = {call["id"] for call in rest["calls"]}
    assert ahead.id in found
    assert behind.id not in found
    assert rest["records"]["totalRecords"] == 150


def test_every_reply_has_a_request_id_equal_to_the_trace_header(reader) -> None:
    for response in (reader.get("/v2/calls"), reader.get("/v2/workspaces"), reader.get("/v2/calls/1")):
        identifier = response.json()["requestId"]
        assert len(identifier) in (18, 19)
        assert identifier.isalnum()
        assert identifier == identifier.lower() == response.headers["x-traceid"]
    assert reader.get("/v2/workspaces").json()["requestId"] != identifier


def test_lists_without_pages_have_no_records_block(reader) -> None:
    for path in ("/v2/workspaces", "/v2/settings/scorecards", "/v2/settings/trackers", "/v2/call-outcomes"):
        assert "records" not in reader.get(path).json()
