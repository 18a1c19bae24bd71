"""One request: what is survived, what ends in one clear error, and that a page is never missing in silence.

`users` stands for all streams: they share the transport.
"""

from __future__ import annotations

import base64
import json
import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from gong_emulator import Emulator, Fault
from source_gong import transport
from source_gong.gate import Gate
from source_gong.sync import ATTEMPTS
from source_gong.transport import _parsed, retry_after_seconds
from unit_tests.harness import API, KEY, NOW, SECRET, Output, Runner, is_transient, page, refusal, user

USERS = f"{API}/v2/users"
GOOD = {"json": page("users", [user("1"), user("2")])}
FULL = [user(str(number)) for number in range(100)]


def ids(output: Output) -> list[str]:
    return output.ids("users")


def fails_with(output: Output, kind: str, *parts: str) -> None:
    """The stream ended with one error of this kind whose message has these parts; no record came out."""
    error = output.error
    assert error.failure_type.value == kind
    for part in parts:
        assert part in error.message
    assert output.raised is not None
    assert output.raised.failure_type is not None
    assert output.raised.failure_type.value == kind
    assert output.statuses == {"users": "INCOMPLETE"}
    assert output.records("users") == []


# The rate limit.


def test_a_429_is_waited_out_for_as_long_as_gong_asks(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": "17"}, "json": refusal("x")}, GOOD])
    output = runner.read("users")
    assert ids(output) == ["1", "2"]
    assert sum(runner.clock.slept) == 17
    assert output.report("users")["rate_limited"] == 1
    assert output.report("users")["retried"] == 0


def test_a_429_with_an_http_date_is_waited_out(runner: Runner, requests_mock: Any) -> None:
    until = format_datetime(NOW.replace(microsecond=0) + timedelta(seconds=30), usegmt=True)
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": until}}, GOOD])
    assert ids(runner.read("users")) == ["1", "2"]
    assert sum(runner.clock.slept) == 29.75


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "NaN", "inf", "Thu, 99 Foo 2026 00:00:00 GMT", "1;2"])
def test_a_429_without_a_time_that_makes_sense_is_waited_out_too(
    runner: Runner, requests_mock: Any, value: str | None
) -> None:
    headers = {} if value is None else {"Retry-After": value}
    requests_mock.get(USERS, [{"status_code": 429, "headers": headers}] * 3 + [GOOD])
    assert ids(runner.read("users")) == ["1", "2"]
    assert len(runner.clock.slept) == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", 0.0),
        ("Mon, 01 Jun 2026 12:01:00 GMT", 59.75),
        ("Mon, 01 Jun 2026 14:01:00 +0200", 59.75),
        ("Sunday, 31-May-26 12:00:00 GMT", 0.0),
        ("nonsense", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_twenty_429s_in_a_row_are_no_failure(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": "1"}}] * 20 + [GOOD])
    output = runner.read("users")
    assert ids(output) == ["1", "2"]
    assert output.statuses == {"users": "COMPLETE"}
    assert requests_mock.call_count == 21


def test_429s_do_not_use_up_the_attempts_of_other_faults(runner: Runner, requests_mock: Any) -> None:
    limited, broken = {"status_code": 429, "headers": {"Retry-After": "1"}}, {"status_code": 503}
    requests_mock.get(USERS, [limited, broken] * (ATTEMPTS - 1) + [limited, GOOD])
    assert ids(runner.read("users")) == ["1", "2"]


@pytest.mark.parametrize("asked", ["43200", "99999999999999", "Tue, 02 Jun 2026 00:00:00 GMT"])
def test_a_wait_of_hours_stops_the_sync_and_says_when_to_come_back(
    runner: Runner, requests_mock: Any, asked: str
) -> None:
    requests_mock.get(USERS, status_code=429, headers={"Retry-After": asked})
    output = runner.read("users")
    fails_with(output, "transient_error", "max_wait_minutes", "or later")
    if not asked.startswith("9"):
        assert "2026-06-02T00:00:00Z" in output.error.message
    assert requests_mock.call_count == 1
    assert runner.clock.slept == []


def test_a_limit_that_never_ends_stops_the_sync(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=429, headers={"Retry-After": "60"})
    fails_with(runner.read("users"), "transient_error", "max_wait_minutes")
    assert requests_mock.call_count == 32
    assert sum(runner.clock.slept) == 1860


def test_a_429_holds_the_gate_that_all_threads_go_through(
    runner: Runner, requests_mock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []
    monkeypatch.setattr(Gate, "hold", lambda self, seconds: held.append(seconds))
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": "17"}}, GOOD])
    runner.read("users")
    assert held == [17]


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
def test_faults_of_a_real_connection_are_survived(
    runner: Runner, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
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


# Refusals.


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


@pytest.mark.parametrize("end", ["", "."])
def test_gongs_404_for_nothing_found_is_an_empty_list(runner: Runner, requests_mock: Any, end: str) -> None:
    sentence = "No users found corresponding to the provided filters" + end
    requests_mock.get(USERS, status_code=404, json=refusal(sentence))
    output = runner.read("users")
    assert output.raised is None
    assert output.statuses == {"users": "COMPLETE"}
    assert output.records("users") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"json": refusal("User not found")},
        {"json": refusal("Not Found")},
        {"json": refusal("No users found corresponding to the provided filters", "and the index is broken")},
        {"json": refusal("Error: No users found corresponding to the provided filters")},
        {"json": {"message": "No users found corresponding to the provided filters"}},
        {"text": "No users found corresponding to the provided filters"},
        {"text": "<html>404</html>"},
        {"json": refusal()},
        {"json": [], "headers": {"x-traceid": "abc"}},
    ],
)
def test_any_other_404_fails(runner: Runner, requests_mock: Any, answer: dict[str, Any]) -> None:
    requests_mock.get(USERS, status_code=404, **answer)
    fails_with(runner.read("users"), "config_error", "Gong answered 404 to GET /v2/users")
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("status", "sentence", "hint"),
    [
        (401, "You don't have permission to use 'api:users:read' in your app.", "api:users:read"),
        (401, "Validate credentials failed", "Check the credentials and `api_base_url`"),
        (401, "Company is inactive", "Check the credentials"),
        (402, "Payment required", "402"),
        (403, "Access denied", "trusted IPs"),
    ],
)
def test_a_refusal_keeps_gongs_sentence_and_request_id(
    runner: Runner, requests_mock: Any, status: int, sentence: str, hint: str
) -> None:
    requests_mock.get(USERS, status_code=status, json=refusal(sentence))
    fails_with(runner.read("users"), "config_error", sentence, "requestId 4al018gzaztcr8nbukw", hint)
    assert requests_mock.call_count == 1


def test_a_refusal_without_a_body_of_gong_has_the_trace_id(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=403, text="<html>blocked</html>", headers={"x-traceid": "5f1is09lflj186eqvv8"})
    fails_with(runner.read("users"), "config_error", "without a reason", "requestId 5f1is09lflj186eqvv8")


@pytest.mark.parametrize("status", [400, 405, 409, 415, 418])
def test_an_unexpected_refusal_is_an_error_with_gongs_sentence(runner: Runner, requests_mock: Any, status: int) -> None:
    requests_mock.get(USERS, status_code=status, json=refusal("filter.fromDateTime: must be before toDateTime"))
    fails_with(runner.read("users"), "system_error", "must be before toDateTime", "requestId 4al018gzaztcr8nbukw")
    assert requests_mock.call_count == 1


def test_a_request_id_of_strange_form_is_not_repeated(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=403, json={"requestId": "a\nb" + "x" * 100, "errors": ["Access denied"]})
    output = runner.read("users")
    assert "requestId" not in output.error.message


# What is sent.


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


def test_a_refusal_that_quotes_a_cursor_is_not_repeated_whole(runner: Runner, requests_mock: Any) -> None:
    cursor = "eyJhbGciOiJIUzI1NiJ9.eyJjYWxsSWQiM1M30.6qKwpOcvnuweTZmFRzYdtjs_YwJphJU4QIwWFM"
    requests_mock.get(USERS, status_code=400, json=refusal(f"cursor: {cursor} is malformed"))
    output = runner.read("users")
    assert "cursor: [token] is malformed" in output.error.message
    assert cursor[:10] not in output.text


WHOLE = st.integers(-(10**25), 10**25) | st.sampled_from([2**63 - 1, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64])
DOCUMENTS = st.recursive(
    WHOLE | st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(DOCUMENTS, st.sampled_from([None, 0, 2, "\t"]), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_whole_numbers_of_any_length_keep_every_digit(
    document: object, indent: int | str | None, separators: tuple[str, str]
) -> None:
    """Wherever they stand and however the document is laid out; `orjson` alone makes a float of a longer one."""
    found = _parsed(json.dumps({"answer": document}, indent=indent, separators=separators).encode())
    assert found == {"answer": document}
    assert json.dumps(found) == json.dumps({"answer": document})
