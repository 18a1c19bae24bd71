"""Faults strike the chosen request, in the chosen way, and then stop."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, ReadTimeout

from gong_emulator import Fault


def test_a_fault_strikes_the_nth_matching_request_and_the_next_ones_up_to_its_count(gong, client) -> None:
    gong.faults.add(Fault(path="/v2/users$", method="GET", status=503, nth=2, count=2))
    assert client.get("/v2/workspaces").status_code == 200
    assert client.post("/v2/users/extensive", {"filter": {}}).status_code == 200
    assert [client.get("/v2/users").status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_fault_without_a_count_strikes_for_ever_until_cleared(gong, client) -> None:
    gong.faults.add(Fault(status=500, count=None))
    assert [client.get("/v2/users").status_code for _ in range(4)] == [500] * 4
    gong.faults.clear()
    assert client.get("/v2/users").status_code == 200


def test_of_two_faults_the_first_wins_and_both_count(gong, client) -> None:
    gong.faults.add(Fault(status=500), Fault(status=502, nth=2))
    assert [client.get("/v2/users").status_code for _ in range(3)] == [500, 502, 200]


def test_a_refused_request_does_not_use_up_a_fault(gong, client) -> None:
    gong.faults.add(Fault(status=503))
    assert requests.get(f"{gong.url}/v2/users", timeout=10).status_code == 401
    assert client.get("/v2/users").status_code == 503


def test_a_reply_has_the_status_body_and_headers_asked_for(gong, client) -> None:
    gong.faults.add(Fault(status=418, body={"errors": ["teapot"]}, headers={"Retry-After": "7"}))
    response = client.get("/v2/users")
    assert (response.status_code, response.json(), response.headers["Retry-After"]) == (
        418,
        {"errors": ["teapot"]},
        "7",
    )
    gong.faults.add(Fault(status=502, body="<h1>Bad gateway</h1>", headers={"Content-Type": "text/html"}))
    response = client.get("/v2/users")
    assert (response.text, response.headers["Content-Type"]) == ("<h1>Bad gateway</h1>", "text/html")


def test_a_cut_connection_sends_no_byte(gong, client) -> None:
    gong.faults.add(Fault("cut"))
    with pytest.raises(ConnectionError):
        client.get("/v2/users")
    assert (gong.requests[-1].status, gong.requests[-1].fault) == (0, "cut")
    assert client.get("/v2/users").status_code == 200


def test_a_cut_body_announces_its_whole_length(gong, client) -> None:
    whole = client.session.get(f"{gong.url}/v2/users", headers={"Accept-Encoding": "identity"}, timeout=10)
    gong.faults.add(Fault("cut_body", bytes=40))
    headers = {"Accept-Encoding": "identity"}
    with client.session.get(f"{gong.url}/v2/users", headers=headers, stream=True, timeout=10) as response:
        assert int(response.headers["Content-Length"]) == len(whole.content)
        with pytest.raises((ChunkedEncodingError, ConnectionError)):
            _ = response.content


def test_a_stall_before_the_headers_or_amid_the_body_outlasts_the_client(gong, client) -> None:
    gong.faults.add(Fault("stall", seconds=30), Fault("stall_body", seconds=30, bytes=10, nth=2))
    with pytest.raises(ReadTimeout):
        client.session.get(f"{gong.url}/v2/users", timeout=0.2)
    with pytest.raises(ConnectionError, match="timed out"):
        client.session.get(f"{gong.url}/v2/users", timeout=0.2)


def test_a_short_stall_still_delivers_everything(gong, client) -> None:
    gong.faults.add(Fault("stall_body", seconds=0.01, bytes=10))
    assert len(client.get("/v2/users").json()["users"]) == 12


def test_success_with_the_wrong_thing_in_it(gong, client) -> None:
    gong.faults.add(Fault("html"), Fault("half_json", nth=2), Fault("empty", nth=3), Fault("json", body=[], nth=4))
    html, half, empty, other = (client.get("/v2/users") for _ in range(4))
    assert {response.status_code for response in (html, half, empty, other)} == {200}
    assert html.text.startswith("<!DOCTYPE html>")
    with pytest.raises(json.JSONDecodeError):
        json.loads(half.content)
    assert half.text.startswith('{"requestId":')
    assert empty.content == b""
    assert other.json() == []


def test_broken_compression_cannot_be_read(gong, client) -> None:
    gong.faults.add(Fault("broken_gzip"))
    with pytest.raises(ContentDecodingError):
        client.get("/v2/users")


def test_cursor_faults(gong, client) -> None:
    gong.faults.add(Fault("expired_cursor"), Fault("rejected_cursor", nth=2))
    first, second = client.get("/v2/users"), client.get("/v2/users")
    assert (first.status_code, first.json()["errors"]) == (400, ["cursor has expired"])
    assert (second.status_code, second.json()["errors"]) == (400, ["failed to verify cursor"])


def test_a_repeated_cursor_gives_out_the_one_that_came(gong, client, company) -> None:
    for minute in range(250):
        company.add_call(gong.clock.now() - timedelta(minutes=minute))
    gong.faults.add(Fault("repeated_cursor", nth=2))
    body = {"filter": {}}
    cursor = client.post("/v2/calls/extensive", body).json()["records"]["cursor"]
    second = client.post("/v2/calls/extensive", {**body, "cursor": cursor}).json()
    assert second["records"]["cursor"] == cursor
    assert second["records"]["currentPageNumber"] == 1


def test_a_redirect_points_where_it_is_told(gong, client) -> None:
    gong.faults.add(Fault("redirect", url="https://elsewhere.example/v2/users"))
    response = client.get("/v2/users")
    assert (response.status_code, response.headers["Location"]) == (302, "https://elsewhere.example/v2/users")


def test_retry_after_can_be_a_date(gong, client) -> None:
    gong.faults.add(Fault("retry_after_date", seconds=90))
    response = client.get("/v2/users")
    assert response.status_code == 429
    moment = parsedate_to_datetime(response.headers["Retry-After"])
    assert moment == gong.clock.now() + timedelta(seconds=90)


def test_a_fault_can_strike_the_oauth_exchange(gong) -> None:
    gong.faults.add(Fault(path="^/oauth2/", status=500))
    url = f"{gong.url}/oauth2/generate-customer-token"
    assert requests.post(url, timeout=10).status_code == 500


def test_a_fault_that_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a status"):
        Fault()


def test_compression_follows_what_the_client_accepts(gong, client) -> None:
    plain = client.session.get(f"{gong.url}/v2/users", headers={"Accept-Encoding": "identity"}, timeout=10)
    packed = client.get("/v2/users")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json()["users"] == plain.json()["users"]
