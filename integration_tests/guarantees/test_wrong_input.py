"""Promise 8: each wrong input gets one `config_error` that names the field and the remedy, before anything is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from testing.as_platform import CHECKOUT, Platform, environment
from testing.harness import KEY, SECRET, config, state_of
from testing.world import OF_CALLS, company, world

KEYS = {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET}
OAUTH = {"auth_type": "OAuth2.0", "client_id": "app", "client_secret": "hidden", "refresh_token": "once"}
# What is wrong, the field that must be named, and a word of the remedy.
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown zone": ({"company_time_zone": "Mars/Olympus"}, "`company_time_zone`", "IANA"),
    "offset as a zone": ({"company_time_zone": "+02:00"}, "`company_time_zone`", "IANA"),
    "path as a zone": ({"company_time_zone": "../../etc/passwd"}, "`company_time_zone`", "IANA"),
    "folder as a zone": ({"company_time_zone": "America"}, "`company_time_zone`", "IANA"),
    "end before start": ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "`end_date`", "after `start_date`"),
    "end at start": ({"start_date": "2026-03-02", "end_date": "2026-03-02T00:00:00Z"}, "`end_date`", "exclusive"),
    "start in the future": ({"start_date": "2031-01-01"}, "`start_date`", "future"),
    "no such day": ({"start_date": "2026-02-30"}, "`start_date`", "2026-01-31"),
    "no such month": ({"end_date": "2026-13-01"}, "`end_date`", "2026-01-31"),
    "no such hour": ({"start_date": "2026-01-01T25:00:00Z"}, "`start_date`", "2026-01-31"),
    "no such offset": ({"start_date": "2026-01-01T00:00:00+23:00"}, "`start_date`", "2026-01-31"),
    "year 0": ({"start_date": "0000-01-01"}, "`start_date`", "2026-01-31"),
    "words as a date": ({"start_date": "yesterday"}, "`start_date`", "form"),
    "a number as a date": ({"start_date": 20260101}, "`start_date`", "string"),
    "foreign host": ({"api_base_url": "https://api.gong.io.example.com"}, "`api_base_url`", "Copy it from Gong"),
    "plain http": ({"api_base_url": "http://api.gong.io"}, "`api_base_url`", "https"),
    "credentials in the host": ({"api_base_url": "https://a:b@api.gong.io"}, "`api_base_url`", "Copy it from Gong"),
    "host is a number": ({"api_base_url": 7}, "`api_base_url`", "string"),
    "empty host": ({"api_base_url": ""}, "`api_base_url`", "Copy it from Gong"),
    "empty key": ({"credentials": {**KEYS, "access_key": ""}}, "`credentials.access_key`", "Fill it in"),
    "blank key": ({"credentials": {**KEYS, "access_key": "  "}}, "`credentials.access_key`", "Copy it from Gong"),
    "empty secret": ({"credentials": {**KEYS, "access_key_secret": ""}}, "`credentials.access_key_secret`", "Fill it"),
    "secret is null": (
        {"credentials": {**KEYS, "access_key_secret": None}},
        "`credentials.access_key_secret`",
        "missing",
    ),
    "secret is a number": (
        {"credentials": {**KEYS, "access_key_secret": 5}},
        "`credentials.access_key_secret`",
        "string",
    ),
    "blank client secret": ({"credentials": {**OAUTH, "client_secret": " "}}, "`credentials.client_secret`", "Copy it"),
    "no refresh token": ({"credentials": {**OAUTH, "refresh_token": None}}, "`credentials.refresh_token`", "missing"),
    "blank token": (
        {"credentials": {"auth_type": "AccessToken", "access_token": " "}},
        "`credentials.access_token`",
        "",
    ),
    "foreign token host": (
        {"credentials": {**OAUTH, "token_url": "https://evil.example/token"}},
        "`credentials.token_url`",
        "app.gong.io",
    ),
    "unknown way to sign in": ({"credentials": {**KEYS, "auth_type": "Basic"}}, "`credentials.auth_type`", "APIKey"),
    "no way to sign in": ({"credentials": {"access_key": KEY}}, "`credentials.auth_type`", "APIKey"),
    "credentials are a list": ({"credentials": [KEY]}, "`credentials`", ""),
    "no credentials": ({"credentials": None}, "`credentials`", "Choose"),
    "look-back of letters": ({"lookback_window_days": "seven"}, "`lookback_window_days`", "integer"),
    "negative look-back": ({"lookback_window_days": -1}, "`lookback_window_days`", "at least 0"),
    "look-back of a year": ({"lookback_window_days": 365}, "`lookback_window_days`", "at most 90"),
    "no pace": ({"requests_per_second": 0}, "`requests_per_second`", "more than 0"),
    "no worker": ({"num_workers": 0}, "`num_workers`", "at least 1"),
    "no requests": ({"max_requests_per_sync": 0}, "`max_requests_per_sync`", "at least 1"),
    "negative wait": ({"max_wait_minutes": -5}, "`max_wait_minutes`", "at least 0"),
    "unknown privacy": ({"private_calls": "maybe"}, "`private_calls`", "include, exclude"),
    "unknown period": ({"statistics_period": "year"}, "`statistics_period`", "day, week, month"),
    "unknown content": ({"call_content": ["secrets"]}, "`call_content.0`", "parties"),
    "unknown timing": ({"crm_context_timing": ["Later"]}, "`crm_context_timing.0`", "Now"),
    "ids as text": ({"workspace_ids": "12"}, "`workspace_ids`", "array"),
    "id with letters": ({"primary_user_ids": ["me@example.com"]}, "`primary_user_ids`", "digits"),
    "id of 21 digits": ({"call_ids": ["1" * 21]}, "`call_ids`", "digits"),
    "bytes backwards": ({"media": {"byte_range": "bytes=9-3"}}, "`media.byte_range`", "bytes=0-99"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_configuration_is_named_before_anything_is_sent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, field, remedy = WRONG[name]
    with world(company(0)) as reader:
        output = reader.sync("calls", **{"api_base_url": reader.gong.url, **given})
        assert output.raised is not None
        assert output.raised.failure_type.value == "config_error"
        assert field in output.raised.message
        assert remedy in output.raised.message
        assert not any(secret in output.raised.message for secret in (KEY, SECRET, "hidden", "once"))
        assert len(output.messages) == 0
        assert len(reader.gong.requests) == 0
        status, message = reader.check(**{"start_date": None, "api_base_url": reader.gong.url, **given})
        assert (status, message) == ("FAILED", output.raised.message)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"workspace_ids": ["404404404"]}, "`workspace_ids`"),
        ({"primary_user_ids": ["404404404"]}, "`primary_user_ids`"),
    ],
)
def test_an_id_that_gong_does_not_know_is_named(
    fields: dict[str, Any], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world() as reader:
        output = reader.sync(*OF_CALLS, **fields)
        assert output.raised is not None
        assert output.raised.failure_type.value == "config_error"
        assert field in output.raised.message
        assert "404404404" in output.raised.message
        assert output.messages == []
        # One question was enough, and none was about calls.
        assert len(reader.gong.requests) == 1
        assert not reader.gong.requests.to("/v2/calls")


STATES: dict[str, Any] = {
    "another version": {"version": 9, "cursor": "2026-04-01"},
    "no date": {"started": "soon"},
    "a number": {"started": 1767225600},
    "null": {"started": None},
    "a list": {"started": ["2026-04-01"]},
    "no such day": {"started": "2026-02-30T00:00:00Z"},
    "in the future": {"started": "2036-01-01T00:00:00Z"},
    "a broken second date": {"started": "2026-04-01T00:00:00Z", "read_at": "later"},
    "a second date in the future": {"started": "2026-04-01T00:00:00Z", "read_at": "2036-01-01T00:00:00Z"},
    "another stream's": {"reviewTime": "2026-04-01"},
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("stream", ["calls", "call_transcripts"])
def test_a_broken_state_is_named_before_anything_is_sent(
    name: str, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(company(0)) as reader:
        output = reader.sync(stream, state=state_of(**{stream: STATES[name]}))
        assert output.raised is not None
        assert output.raised.failure_type.value == "config_error"
        assert f"state of {stream}" in output.raised.message
        assert f"Reset the stream {stream}" in output.raised.message
        assert len(reader.gong.requests) == 0


@pytest.mark.parametrize(
    "beside",
    [
        {"seen": "broken"},
        {"seen": {"from": "x", "to": "y", "width": 0, "counts": []}},
        {"seen": {"from": "2026-04-01T00:00:00Z", "to": "2026-04-08T00:00:00Z", "width": 3600, "counts": ["a"]}},
        {"paused": "perhaps"},
        {"added_by_a_later_version": 1},
    ],
    ids=str,
)
def test_what_is_broken_beside_the_date_costs_no_record(
    beside: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with world() as reader:
        output = reader.sync("calls", state=state_of(calls={"started": "2026-03-30T00:00:00Z", **beside}))
        assert output.statuses == {"calls": "COMPLETE"}
        late = {call.id for call in reader.gong.company.calls if call.started.isoformat() > "2026-03-30"}
        assert late <= set(output.ids("calls"))


def _catalog(stream: str, mode: str) -> dict[str, Any]:
    chosen = {"name": stream, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
    return {"streams": [{"stream": chosen, "sync_mode": mode, "destination_sync_mode": "append"}]}


DRIVER = """
import json, sys
from source_gong.platform import run
for arguments in json.loads(sys.argv[1]):
    print(json.dumps({"type": "LOG", "log": {"level": "INFO", "message": "begins"}}), flush=True)
    try:
        run.run(arguments)
    except SystemExit as end:
        assert end.code == 1, end.code
"""


def test_no_traceback_reaches_stdout_or_stderr(tmp_path: Path) -> None:
    """The console script's own `main` under every wrong configuration and state, at the lowest log level."""
    platform = Platform(tmp_path)
    catalog = platform.file("catalog", _catalog("calls", "incremental"))
    lines, wanted = [], []
    for number, (given, field, _) in enumerate(WRONG.values()):
        path = platform.file(f"config{number}", config(**{"api_base_url": "http://127.0.0.1:9", **given}))
        lines.append(["read", "--debug", "--config", path, "--catalog", catalog])
        wanted.append(field)
    good = platform.file("good", config(api_base_url="http://127.0.0.1:9"))
    for number, state in enumerate(STATES.values()):
        path = platform.file(f"state{number}", state_of(calls=state))
        lines.append(["read", "--debug", "--config", good, "--catalog", catalog, "--state", path])
        wanted.append("state of calls")
    for named, chosen in (("no_such_stream", ("no_such_stream", "full_refresh")), ("catalog", ("calls", "sometimes"))):
        lines.append(["read", "--config", good, "--catalog", platform.file(f"broken {named}", _catalog(*chosen))])
        wanted.append(named)
    missing = str(tmp_path / "nowhere.json")
    lines += [
        [],
        ["read", "--config", missing, "--catalog", catalog],
        ["read", "--config", good, "--catalog", missing],
        ["read", "--config", good, "--catalog", catalog, "--state", missing],
    ]
    wanted += ["No command", "configuration", "catalog", "state"]
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(lines)],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
        assert 'File "' not in text
        assert SECRET not in text
    parts = done.stdout.split('"begins"')[1:]
    assert len(parts) == len(wanted)
    for part, field in zip(parts, wanted, strict=True):
        errors = [json.loads(line) for line in part.splitlines()[1:] if '"TRACE"' in line]
        assert len(errors) == 1, part
        assert errors[0]["trace"]["error"]["failure_type"] == "config_error"
        assert field in errors[0]["trace"]["error"]["message"]
        assert not errors[0]["trace"]["error"].get("stack_trace")
