"""Gong's rate limit: waited out for as long as Gong asks, by all threads, or the sync ends with when to come back."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from source_gong.clock import Clock
from source_gong.hosts import Origin
from source_gong.limits import Limits
from source_gong.report import StreamReport
from source_gong.wire.client import Client
from source_gong.wire.endpoint import Asked, Endpoint
from source_gong.wire.gate import Gate
from source_gong.wire.room import Room
from source_gong.wire.signing import Fixed
from testing.harness import API, NOW, FakeClock, Runner, refusal
from unit_tests.wire.users import GOOD, USERS, fails_with, ids


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


def test_twenty_429s_in_a_row_are_no_failure(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": "1"}}] * 20 + [GOOD])
    output = runner.read("users")
    assert ids(output) == ["1", "2"]
    assert output.statuses == {"users": "COMPLETE"}
    assert requests_mock.call_count == 21


def test_429s_do_not_use_up_the_attempts_of_other_faults(runner: Runner, requests_mock: Any) -> None:
    limited, broken = {"status_code": 429, "headers": {"Retry-After": "1"}}, {"status_code": 503}
    requests_mock.get(USERS, [limited, broken] * (Limits().attempts - 1) + [limited, GOOD])
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


class NotedGate(Gate):
    """Notes how long it was held."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(1000, clock=clock, sleep=clock.sleep)
        self.held: list[float] = []

    def hold(self, seconds: float) -> None:
        self.held.append(seconds)
        super().hold(seconds)


def test_a_429_holds_the_gate_that_all_threads_go_through(requests_mock: Any) -> None:
    clock = FakeClock()
    gate = NotedGate(clock)
    users = Endpoint(
        method="GET",
        template="/v2/users",
        path=lambda partition: "/v2/users",
        parameters=lambda partition: {},
        body={},
        key="users",
        shape=list,
        paged=True,
        empty_sentences=frozenset(),
        scope="api:users:read",
        signer=Fixed("Bearer x"),
    )
    requests_mock.get(USERS, [{"status_code": 429, "headers": {"Retry-After": "17"}}, GOOD])
    with requests.Session() as session:
        client = Client(
            Origin(API, True), gate, session, Room(1), Clock(lambda: NOW, clock, clock.sleep), Limits(), 900.0
        )
        answer = client.ask(users, Asked("/v2/users", {}, {}), StreamReport("users"))
    assert len(answer.body["users"]) == 2
    assert gate.held == [17]
    assert clock.slept == [17]
