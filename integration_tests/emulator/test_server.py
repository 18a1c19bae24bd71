"""The server itself: log, control over HTTP, methods, restart, and the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import requests

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, Fault
from gong_emulator.cli import _parser, build, main
from gong_emulator.truth import LISTS, whole_list


def control(gong, method, name, body=None):
    return requests.request(method, f"{gong.url}/_emulator/{name}", json=body, timeout=10)


def test_each_request_is_logged_with_what_was_sent(gong, client) -> None:
    client.post("/v2/users/extensive", {"filter": {}}, page=2)
    (entry,) = gong.requests
    assert (entry.method, entry.path, entry.query) == ("POST", "/v2/users/extensive", {"page": "2"})
    assert (entry.json, entry.status, entry.authorization) == ({"filter": {}}, 200, "Basic")
    assert entry.wall == gong.clock.now()
    assert entry.headers["content-type"] == "application/json"
    assert gong.requests.to("/v2/users/extensive", "POST") == [entry]
    assert gong.requests.to("/v2/users") == []


def test_an_unknown_path_is_404_and_a_wrong_method_405(gong, client) -> None:
    assert client.get("/v2/unheard-of").status_code == 404
    response = client.post("/v2/users", {})
    assert (response.status_code, response.json()["errors"]) == (405, ["Method Not Allowed"])


def test_control_over_http_does_what_the_handles_do(gong, client) -> None:
    assert control(gong, "POST", "faults", {"kind": "reply", "status": 503}).json() == {"added": 1}
    assert client.get("/v2/users").status_code == 503
    log = control(gong, "GET", "requests").json()
    assert log["counts"] == {"GET /v2/users": 1}
    assert (log["requests"][0]["status"], log["requests"][0]["fault"]) == (503, "reply")
    assert control(gong, "GET", "stats").json()["requests"] == 1
    before = gong.clock.now()
    control(gong, "POST", "clock", {"advance": 90})
    assert gong.clock.now() == before + timedelta(seconds=90)
    control(gong, "POST", "clock", {"now": "2026-05-01T00:00:00Z"})
    assert gong.clock.now() == datetime(2026, 5, 1, tzinfo=UTC)
    control(gong, "POST", "revoke-access-token", {})
    control(gong, "POST", "reset")
    assert (len(gong.requests), gong.clock.now()) == (0, before)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"kind": "explode"}),
        ("faults", {"colour": 1}),
        ("clock", {"now": "today"}),
        ("clock", {"advance": "x"}),
    ],
)
def test_control_says_what_it_did_not_understand(gong, name, body) -> None:
    response = control(gong, "POST", name, body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_an_unknown_control_is_404(gong) -> None:
    assert control(gong, "GET", "nothing").status_code == 404


def test_reset_forgets_requests_faults_limits_tokens_and_time(company) -> None:
    options = EmulatorOptions(daily_quota=1)
    with Emulator(company, options, Clock.frozen(datetime(2026, 4, 1, tzinfo=UTC))) as gong:
        auth = (options.access_key, options.access_key_secret)

        def ask() -> int:
            return requests.get(f"{gong.url}/v2/users", auth=auth, timeout=10).status_code

        assert [ask(), ask()] == [200, 429]
        gong.faults.add(Fault(status=500, count=None))
        gong.reset()
        assert ask() == 200
        assert len(gong.requests) == 1


def test_latency_delays_each_answer(gong, client) -> None:
    gong.options.latency = 0.05
    assert client.get("/v2/workspaces").elapsed >= timedelta(seconds=0.05)


def test_it_can_stop_and_start_again_and_says_when_the_port_is_taken(company) -> None:
    gong = Emulator(company)
    with gong:
        first = gong.url
        port = int(first.rsplit(":", 1)[1])
        with pytest.raises(OSError, match=str(port)), Emulator(company, EmulatorOptions(port=port)):
            pass
    with gong:
        assert requests.get(f"{gong.url}/_emulator/stats", timeout=10).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{gong.url}/_emulator/stats", timeout=10)


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    options = CompanyOptions(calls=30)
    selector = {"context": "Extended", "exposedFields": {"parties": True, "content": {"brief": True, "trackers": True}}}
    once, twice = Company(options), Company(options)
    assert whole_list(once, "users") == whole_list(twice, "users")
    body = {"filter": {}, "contentSelector": selector}
    assert whole_list(once, "calls_extensive", body=body) == whole_list(twice, "calls_extensive", body=body)
    assert whole_list(once, "transcripts") == whole_list(twice, "transcripts")
    assert whole_list(Company(CompanyOptions(seed=8, calls=30)), "calls") != whole_list(once, "calls")


def test_the_truth_knows_every_endpoint_and_nothing_else(untouched) -> None:
    assert whole_list(untouched, "calls", datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert len(whole_list(untouched, "calls")) == 250
    assert len(LISTS) == 29
    with pytest.raises(KeyError):
        whole_list(untouched, "emails")


def test_some_generated_calls_are_late_private_or_without_transcript(untouched) -> None:
    calls = untouched.calls
    assert any(call.visible_from - call.started > timedelta(hours=6) for call in calls)
    assert any(call.is_private for call in calls)
    assert any(call.transcript_visible_from is None for call in calls)
    assert {call.direction for call in calls} == {"Conference", "Outbound", "Inbound", "Unknown"}
    assert any(call.scheduled == call.started for call in calls)


def test_the_command_line_describes_an_emulator() -> None:
    given = _parser().parse_args(
        [
            "--calls",
            "5",
            "--users",
            "3",
            "--rate-limit",
            "0",
            "--no-engage",
            "--scopes",
            "a,b",
            "--frozen-now",
            "2026-03-01",
        ]
    )
    gong = build(given)
    assert (len(gong.company.calls), len(gong.company.users)) == (5, 3)
    assert gong.options.rate_limit is None
    assert gong.options.engage_licence is False
    assert gong.options.scopes == {"a", "b"}
    assert gong.clock.now() == datetime(2026, 3, 1, tzinfo=UTC)
    assert max(call.scheduled for call in gong.company.calls) <= gong.clock.now()


def test_the_command_line_refuses_what_it_cannot_read(capsys) -> None:
    for wrong in (["--time-zone", "Mars/Base"], ["--frozen-now", "today"]):
        with pytest.raises(SystemExit):
            main(wrong)
    assert "unknown time zone: Mars/Base" in capsys.readouterr().err


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "gong_emulator", "--port", "0", "--calls", "5"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = first.split()[-1]
        assert requests.get(f"{url}/_emulator/stats", timeout=10).ok
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(10) == 0
    assert "emulator-key" in rest
    assert rest.endswith("gong-emulator: stopped\n")
