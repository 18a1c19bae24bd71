"""3 requests per second, 10,000 per day, and what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions


class Paced:
    """An emulator whose rate limit has a hand-moved clock: `ask(at)` sends a request at that second."""

    def __init__(self, **options: Any) -> None:
        self.seconds = 0.0
        settings = EmulatorOptions(monotonic=lambda: self.seconds, **options)
        company = Company(CompanyOptions(calls=0))
        self.gong = Emulator(company, settings, Clock.frozen(datetime(2026, 4, 20, 23, 59, 30, tzinfo=UTC)))

    def ask(self, at: float, auth: tuple[str, str] | None = ("emulator-key", "emulator-secret")) -> requests.Response:
        self.seconds = at
        return requests.get(f"{self.gong.url}/v2/workspaces", auth=auth, timeout=10)


@pytest.fixture
def paced() -> Iterator[Paced]:
    held = Paced()
    with held.gong:
        yield held


def test_the_fourth_request_of_any_second_is_refused_with_whole_seconds(paced) -> None:
    assert [paced.ask(at).status_code for at in (0.5, 0.6, 1.4, 1.49, 1.5, 1.55)] == [200, 200, 200, 429, 200, 429]
    refused = paced.ask(1.56)
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["errors"]
    assert paced.ask(1.6).status_code == 200, "a refusal costs nothing"


def test_the_log_tells_the_busiest_second_and_the_refusals(paced) -> None:
    for at in (0.0, 0.9, 0.95, 1.0, 1.89, 5.0):
        paced.ask(at)
    assert paced.gong.requests.stats() == {"requests": 6, "maxRequestsInAnySecond": 4, "tooManyRequests": 1}


def test_wrong_credentials_do_not_use_the_budget(paced) -> None:
    for _ in range(5):
        assert paced.ask(0.0, ("somebody", "else")).status_code == 401
    assert paced.ask(0.0).status_code == 200


def test_all_credentials_share_one_budget(paced) -> None:
    paced.gong.options.access_tokens.add("mine")
    for _ in range(3):
        assert paced.ask(0.0).status_code == 200
    headers = {"Authorization": "Bearer mine"}
    assert requests.get(f"{paced.gong.url}/v2/users", headers=headers, timeout=10).status_code == 429


def test_the_day_s_quota_lasts_until_midnight_utc() -> None:
    paced = Paced(daily_quota=2, rate_limit=None)
    with paced.gong as gong:
        assert [paced.ask(0).status_code for _ in range(3)] == [200, 200, 429]
        assert paced.ask(0).headers["Retry-After"] == "30"
        gong.clock.advance(timedelta(seconds=30))
        assert paced.ask(0).status_code == 200


def test_limits_can_be_switched_off(paced) -> None:
    paced.gong.options.rate_limit = None
    assert {paced.ask(0).status_code for _ in range(10)} == {200}
