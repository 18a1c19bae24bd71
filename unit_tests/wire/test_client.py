"""One request: what is survived, what ends in one clear error, and that a page is never missing in silence."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any

import pytest
import requests

from gong_emulator import Emulator, Fault
from source_gong.limits import Limits
from testing.harness import API, KEY, SECRET, Runner, is_transient, page, refusal, user
from unit_tests.wire.users import FULL, GOOD, USERS, fails_with, ids

ATTEMPTS = Limits().attempts

# Faults that pass, and faults that do not.

TROUBLE: dict[str, dict[str, Any]] = {
    **{str(status): {"status_code": status, "text": "<html>oops</html>"} for status in (500, 502, 503, 504, 408)},
    "500 of Gong": {"status_code": 500, "json": refusal("Internal server error occurred")},
    "no content": {"status_code": 204},
    "HTML": {"text": "<!DOCTYPE html><html><title>Just a moment</title></html>"},
    "half a document": {"content": json.dumps(page("users", [user("1")])).encode()[:200]},
    "empty body": {"content": b""},
    "null": {"text": "null"},
    "a list": {"json": []},
    "a text": {"json": "users"},
    "no list": {"json": {"requestId": "x"}},
    "a null list": {"json": {**page("users", []), "users": None}},
    "an object for the list": {"json": {**page("users", []), "users": {}}},
    "numbers for objects": {"json": page("users", [1, 2])},
    "null for an object": {"json": page("users", [user("1"), None])},
    "no records": {"json": {"requestId": "x", "users": []}},
    "null records": {"json": {"requestId": "x", "users": [], "records": None}},
    "errors with 200": {"json": refusal("Something went wrong")},
    "not UTF-8": {"content": b'{"users": ["\xff"]}'},
    "timeout": {"exc": requests.exceptions.ReadTimeout("k")},
    "connect timeout": {"exc": requests.exceptions.ConnectTimeout("k")},
    "refused": {"exc": requests.exceptions.ConnectionError("refused")},
    "TLS": {"exc": requests.exceptions.SSLError("bad certificate")},
    "cut in a chunk": {"exc": requests.exceptions.ChunkedEncodingError("cut")},
    "broken gzip": {"exc": requests.exceptions.ContentDecodingError("gzip")},
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_a_fault_that_passes_is_survived(runner: Runner, requests_mock: Any, trouble: dict[str, Any]) -> None:
    requests_mock.get(USERS, [trouble] * (ATTEMPTS - 1) + [GOOD])
    output = runner.read("users")
    assert ids(output) == ["1", "2"]
    assert output.statuses == {"users": "COMPLETE"}
    assert output.report("users")["retried"] == ATTEMPTS - 1
    assert runner.clock.slept == [0.5, 1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_a_fault_that_stays_ends_in_one_transient_error(
    runner: Runner, requests_mock: Any, trouble: dict[str, Any]
) -> None:
    requests_mock.get(USERS, **trouble)
    output = runner.read("users")
    fails_with(output, "transient_error", "users: GET /v2/users failed", f"{ATTEMPTS} times")
    assert requests_mock.call_count == ATTEMPTS
    assert "Traceback" not in output.text


def test_a_fault_on_a_later_page_does_not_end_the_list(runner: Runner, requests_mock: Any) -> None:
    first = {"json": page("users", FULL, total=102, cursor="eyJ.first")}
    second = {"json": page("users", [user("100"), user("101")], total=102, number=1)}
    requests_mock.get(USERS, [first, TROUBLE["HTML"], TROUBLE["500"], second])
    output = runner.read("users")
    assert len(ids(output)) == 102
    assert "cursor" not in requests_mock.request_history[0].qs
    assert all(request.qs["cursor"] == ["eyj.first"] for request in requests_mock.request_history[1:])


def test_a_list_whose_second_page_never_comes_is_not_complete(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, [{"json": page("users", FULL, total=102, cursor="eyJ.first")}, TROUBLE["HTML"]])
    output = runner.read("users")
    assert is_transient(output)
    assert output.statuses == {"users": "INCOMPLETE"}


def test_other_streams_go_on(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, **GOOD)
    requests_mock.get(f"{API}/v2/calls", status_code=500)
    output = runner.read("users", "calls")
    assert output.statuses == {"users": "COMPLETE", "calls": "INCOMPLETE"}
    assert ids(output) == ["1", "2"]
    assert is_transient(output)


def test_a_count_that_differs_from_what_came_is_said(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, json=page("users", [user("1")], total=5))
    output = runner.read("users")
    assert any("Gong counted 5 records and its pages held 1" in text for text in output.logs)


WIRE = {
    "cut": Fault("cut", path="/v2/users"),
    "cut before the body": Fault("cut_body", path="/v2/users", bytes=0),
    "cut in the body": Fault("cut_body", path="/v2/users", bytes=100),
    "stalled": Fault("stall", path="/v2/users", seconds=0.4),
    "stalled in the body": Fault("stall_body", path="/v2/users", seconds=0.4, bytes=100),
    "HTML": Fault("html", path="/v2/users"),
    "half a document": Fault("half_json", path="/v2/users"),
    "empty": Fault("empty", path="/v2/users"),
    "other JSON": Fault("json", path="/v2/users", body={"users": "none"}),
    "broken gzip": Fault("broken_gzip", path="/v2/users"),
    "503": Fault("reply", path="/v2/users", status=503),
    "429 until a date": Fault("retry_after_date", path="/v2/users", seconds=5),
}


@pytest.mark.parametrize("name", WIRE)
def test_faults_of_a_real_connection_are_survived(emulator: Emulator, name: str) -> None:
    runner = Runner(Limits(read_seconds=0.2))
    fault = WIRE[name]
    fault.seen = 0
    emulator.faults.add(fault)
    output = runner.read("users", api_base_url=emulator.url)
    assert ids(output) == sorted(record["id"] for record in emulator.records("users"))
    assert [bool(entry.fault) for entry in emulator.requests] == [True, False]


def test_a_port_that_nobody_listens_on_is_a_transient_error(runner: Runner) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    fails_with(runner.read("users", api_base_url=address), "transient_error", "the connection failed")


# Where it goes, and what is sent.


def test_a_redirect_is_not_followed(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=302, headers={"Location": "https://example.com/v2/users"})
    requests_mock.get("https://example.com/v2/users", **GOOD)
    fails_with(runner.read("users"), "config_error", "redirect (302)", "`api_base_url`")
    assert [request.hostname for request in requests_mock.request_history] == ["api.gong.io"]


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_no_redirect_is_followed_not_even_within_gong(runner: Runner, requests_mock: Any, status: int) -> None:
    requests_mock.get(USERS, status_code=status, headers={"Location": "https://us-1.api.gong.io/v2/users"})
    fails_with(runner.read("users"), "config_error", str(status))
    assert requests_mock.call_count == 1


def test_every_request_has_the_key_and_no_body_and_may_be_compressed(runner: Runner, requests_mock: Any) -> None:
    first = {"json": page("users", FULL, total=101, cursor="c1")}
    requests_mock.get(USERS, [first, {"json": page("users", [user("100")], total=101, number=1)}])
    runner.read("users")
    assert len(requests_mock.request_history) == 2
    expected = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    for request in requests_mock.request_history:
        assert request.headers["Authorization"] == expected
        assert request.body is None
        assert "gzip" in request.headers["Accept-Encoding"]


def test_a_netrc_file_does_not_replace_the_credentials(
    runner: Runner, requests_mock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine api.gong.io login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    requests_mock.get(USERS, **GOOD)
    runner.read("users")
    sent = requests_mock.request_history[0].headers["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == f"{KEY}:{SECRET}"


def test_a_key_with_a_line_break_is_refused_without_being_quoted(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, **GOOD)
    credentials = {"auth_type": "AccessToken", "access_token": f"{SECRET}\r\nHost: example.com"}
    output = runner.read("users", credentials=credentials)
    fails_with(output, "config_error", "characters that can't be sent")
    assert SECRET not in output.text
    assert requests_mock.call_count == 0
