"""First pages that are read before their window is: when that happens, what of them is held, and that none is asked
for twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

import pytest

from gong_emulator import Emulator
from source_gong.limits import Limits
from source_gong.platform.declarative import DeclarativeGong
from source_gong.platform.source import SourceGong
from source_gong.reading.chains import FirstPages
from source_gong.wire.answers import Answer
from testing.harness import Runner, manifest_of

STREAMS = ("calls", "calls_extensive")
SMALL = Limits(page=10, chain_pages=3)
# So few pages in a chain that a window might hold too many, too.
SHORT = Limits(page=10, chain_pages=3, longest_chain_pages=3)


class NotedPages(FirstPages):
    """First pages, and of each that was put there how many calls it has and whether only its bytes are held."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[int, bool]] = []

    def put(self, key: Hashable, answer: Answer) -> None:
        super().put(key, answer)
        self.held.append((len(answer.body["calls"]), answer.is_folded))


class NotedSource(SourceGong):
    """The connector, with first pages that are noted."""

    first_pages: NotedPages

    def open(self, *arguments: Any, **named: Any) -> DeclarativeGong:
        inner = super().open(*arguments, **named)
        self.first_pages = inner.sync.shared.chains.first_pages = NotedPages()
        return inner


class NotedRunner(Runner):
    """Reads with first pages that are noted; `held` are those of the last read."""

    def source(self, *streams: str) -> SourceGong:
        self.last = NotedSource(manifest=manifest_of(*streams), surroundings=self.surroundings)
        return self.last

    @property
    def held(self) -> list[tuple[int, bool]]:
        return self.last.first_pages.held


@pytest.fixture
def gong(emulator: Emulator) -> Emulator:
    """A Gong with small pages."""
    emulator.options.page_size = SMALL.page
    return emulator


def begun(emulator: Emulator, path: str) -> Counter[tuple[str, str]]:
    """How often each window of an endpoint was asked for its first page."""
    asked = [entry.query if entry.method == "GET" else {**entry.json, **entry.json["filter"]}
             for entry in emulator.requests.to(path)]  # fmt: skip
    return Counter((one["fromDateTime"], one["toDateTime"]) for one in asked if "cursor" not in one)


def every_call(emulator: Emulator) -> list[str]:
    return sorted(one["id"] for one in emulator.records("calls"))


def test_windows_are_not_asked_about_where_all_of_them_hold_little(gong: Emulator) -> None:
    runner = NotedRunner(SMALL)
    output = runner.read(*STREAMS, api_base_url=gong.url, start_date="2026-01-01")
    assert output.ids("calls") == output.ids("calls_extensive") == every_call(gong)
    assert output.report("calls")["windows"] == output.report("calls_extensive")["windows"] > 4
    # One page tells how many calls there are, for both streams.
    assert len(runner.held) == 1


def test_first_pages_that_wait_are_bytes_and_are_not_asked_for_again(gong: Emulator) -> None:
    runner = NotedRunner(SHORT)
    output = runner.read(*STREAMS, api_base_url=gong.url, start_date="2026-01-01")
    assert output.ids("calls") == output.ids("calls_extensive") == every_call(gong)
    waiting = [is_folded for count, is_folded in runner.held if count]
    assert len(waiting) > 4
    assert all(waiting)
    for path in ("/v2/calls", "/v2/calls/extensive"):
        assert set(begun(gong, path).values()) == {1}
