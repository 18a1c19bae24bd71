"""First pages that are read before their window is: when that happens, what of them is held, and that none is asked
for twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import requests

from gong_emulator import Emulator
from source_gong import retriever, windows
from source_gong.retriever import PageRetriever
from source_gong.transport import body_of, fold, set_body
from source_gong.windows import RangeFacts
from unit_tests.harness import Runner

STREAMS = ("calls", "calls_extensive")
SMALL_PAGE = 10


@pytest.fixture
def read_ahead(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Small pages everywhere; gives what is held of each first page that is read ahead, right after it was read."""
    emulator.options.page_size = SMALL_PAGE
    for module in (windows, retriever):
        monkeypatch.setattr(module, "PAGE", SMALL_PAGE)
    monkeypatch.setattr(windows, "CHAIN_PAGES", 3)
    held: list[Any] = []
    first_page = PageRetriever.first_page

    def watched(self: PageRetriever, window: Any) -> RangeFacts:
        facts = first_page(self, window)
        held.append(self.sync.shared[self.seed_key(window)])
        return facts

    monkeypatch.setattr(PageRetriever, "first_page", watched)
    return held


def begun(emulator: Emulator, path: str) -> Counter[tuple[str, str]]:
    """How often each window of an endpoint was asked for its first page."""
    asked = [entry.query if entry.method == "GET" else {**entry.json, **entry.json["filter"]}
             for entry in emulator.requests.to(path)]  # fmt: skip
    return Counter((one["fromDateTime"], one["toDateTime"]) for one in asked if "cursor" not in one)


def every_call(emulator: Emulator) -> list[str]:
    return sorted(one["id"] for one in emulator.records("calls"))


def test_windows_are_not_asked_about_where_all_of_them_hold_little(
    runner: Runner, emulator: Emulator, read_ahead: list[Any]
) -> None:
    output = runner.read(*STREAMS, api_base_url=emulator.url, start_date="2026-01-01")
    assert output.ids("calls") == output.ids("calls_extensive") == every_call(emulator)
    assert output.report("calls")["windows"] == output.report("calls_extensive")["windows"] > 4
    # One page tells how many calls there are, for both streams.
    assert len(read_ahead) == 1


def test_first_pages_that_wait_are_bytes_and_are_not_asked_for_again(
    runner: Runner, emulator: Emulator, read_ahead: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # So many calls that a window of them might hold too many, too.
    monkeypatch.setattr(retriever, "LONGEST_CHAIN_PAGES", 3)
    output = runner.read(*STREAMS, api_base_url=emulator.url, start_date="2026-01-01")
    assert output.ids("calls") == output.ids("calls_extensive") == every_call(emulator)
    waiting = [response for response in read_ahead if response.status_code == 200]
    assert len(waiting) > 4
    assert not any("gong_body" in response.__dict__ for response in waiting)
    for path in ("/v2/calls", "/v2/calls/extensive"):
        assert set(begun(emulator, path).values()) == {1}


def answered(status: int, content: bytes) -> requests.Response:
    """A response as the transport gives it."""
    response = requests.Response()
    response.status_code = status
    response.__dict__["gong_content"] = content
    return response


def test_a_folded_answer_gives_the_same_document_again() -> None:
    response = answered(200, b'{"users": [{"id": "1"}]}')
    set_body(response, {"users": [{"id": "1"}]})
    assert "gong_body" not in fold(response).__dict__
    assert body_of(response) == {"users": [{"id": "1"}]}


def test_the_empty_list_that_a_404_means_is_kept() -> None:
    response = answered(404, b'{"errors": ["No users found"]}')
    set_body(response, {"users": []})
    assert body_of(fold(response)) == {"users": []}
