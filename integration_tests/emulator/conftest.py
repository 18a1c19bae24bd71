"""A frozen emulator without limits, and a client that knows its access key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)


class Client:
    """Asks an emulator with Basic credentials; `get` and `post` return the response as it came."""

    def __init__(self, gong: Emulator) -> None:
        self.gong = gong
        self.session = requests.Session()
        self.session.auth = (gong.options.access_key, gong.options.access_key_secret)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.gong.url}{path}", params=query, timeout=10, allow_redirects=False)

    def post(self, path: str, body: Any, **query: Any) -> requests.Response:
        return self.session.post(f"{self.gong.url}{path}", json=body, params=query, timeout=10)

    def pages(self, path: str, key: str, body: dict[str, Any] | None = None, **query: Any) -> list[dict[str, Any]]:
        """Return the records of all pages, following the cursor where Gong reads it."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            if body is None:
                response = self.get(path, **query, **cursor)
            else:
                response = self.post(path, {**body, **cursor}, **query)
            assert response.status_code == 200, response.text
            reply = response.json()
            rows += reply[key]
            if "cursor" not in reply["records"]:
                return rows
            cursor = {"cursor": reply["records"]["cursor"]}


@pytest.fixture(scope="session")
def untouched() -> Company:
    """The default company, for tests that change nothing."""
    return Company()


@pytest.fixture
def company() -> Company:
    """A small company with no calls of its own, for tests that add exactly what they look at."""
    return Company(CompanyOptions(calls=0))


@pytest.fixture
def gong(company: Company) -> Iterator[Emulator]:
    with Emulator(company, EmulatorOptions(rate_limit=None), Clock.frozen(NOW)) as emulator:
        yield emulator


@pytest.fixture
def client(gong: Emulator) -> Iterator[Client]:
    asking = Client(gong)
    with asking.session:
        yield asking


@pytest.fixture(scope="module")
def full(untouched: Company) -> Iterator[Emulator]:
    """An emulator of the default company with all of its 250 calls; tests must leave it as it is."""
    with Emulator(untouched, EmulatorOptions(rate_limit=None), Clock.frozen(NOW)) as emulator:
        yield emulator


@pytest.fixture
def reader(full: Emulator) -> Iterator[Client]:
    """A client of `full`."""
    asking = Client(full)
    with asking.session:
        yield asking
