"""However slow the destination is: few parsed pages wait for it, and a chain that waits for Gong holds no place."""

from __future__ import annotations

import gc
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, Type

from testing.harness import Runner, catalog, config

# Three lists with pages, each a chain of its own, where a sync has room for two parsed pages.
LISTS = {
    "/v2/users": "users",
    "/v2/stats/interaction": "peopleInteractionStats",
    "/v2/stats/activity/aggregate-by-period": "usersAggregateActivity",
}
STREAMS = ("users", "stats_interaction", "stats_activity_aggregate_by_period")
DAYS = {"start_date": "2026-05-01", "end_date": "2026-05-02"}
ENOUGH_SECONDS = 30


@contextmanager
def gong(answer: Callable[[str, int], bytes]) -> Iterator[str]:
    """A server of the three lists. `answer` gives the body for a list's path and for how often that was asked for. The
    emulator would not do: its own pages are in the memory that is looked through."""
    asked, counting = Counter[str](), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            with counting:
                asked[path] += 1
                number = asked[path]
            body = answer(path, number)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page_of(path: str, records: list[dict[str, Any]], cursor: str | None) -> bytes:
    facts: dict[str, Any] = {"totalRecords": 1000, "currentPageSize": len(records), "currentPageNumber": 0}
    return json.dumps(
        {"requestId": "x", "records": {**facts, **({"cursor": cursor} if cursor else {})}, LISTS[path]: records}
    ).encode()


@pytest.mark.parametrize("broken", [False, True], ids=["the next page", "a repetition"])
def test_a_chain_that_waits_for_gong_holds_no_place(broken: bool, runner: Runner) -> None:
    """All three chains wait at the same time: no answer to what each asks second comes before the others asked too."""
    meeting = threading.Barrier(len(LISTS))

    def answer(path: str, number: int) -> bytes:
        if number == 2:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(ENOUGH_SECONDS)
        if broken and number == 1:
            return b'{"requestId": "x", "rec'
        return page_of(path, [], "next" if number == 1 else None)

    with gong(answer) as url:
        output = runner.read(*STREAMS, api_base_url=url, num_workers=6, **DAYS)
    assert not meeting.broken
    assert output.statuses == dict.fromkeys(STREAMS, "COMPLETE")


def _pages_in_memory() -> list[dict[str, Any]]:
    """The answers with records that there are in memory."""
    objects = [one for one in gc.get_objects() if type(one) is dict and "requestId" in one]
    return [one for one in objects if any(type(one.get(name)) is list for name in LISTS.values())]


def test_no_more_than_two_parsed_pages_wait_for_a_slow_destination(runner: Runner) -> None:
    pages, size = 3, 300

    def made(path: str, number: int) -> bytes:
        records = []
        for each in range(size):
            key = str(number * size + each)
            day = {"fromDate": "2026-05-01", "toDate": "2026-05-02"}
            records.append({"id": key, "userId": key, "userAggregateActivity": [day]})
        return page_of(path, records, f"c{number}" if number < pages else None)

    # Made before: what the server is about to write would be counted too.
    answers = {(path, number): made(path, number) for path in LISTS for number in range(1, pages + 1)}

    def answer(path: str, number: int) -> bytes:
        return answers[path, min(number, pages)]

    # What other tests have left in this process; held, so that no new page is taken for one of them.
    left = _pages_in_memory()
    known = {id(one) for one in left}
    most, printed = 0, Counter[str]()
    chosen = ConfiguredAirbyteCatalogSerializer.load(catalog(*STREAMS))
    with gong(answer) as url:
        # The interaction of each period is a chain of its own.
        fields = config(api_base_url=url, num_workers=12, **{**DAYS, "end_date": "2026-05-31"})
        for message in runner.source(*STREAMS).read(logging.getLogger("airbyte"), fields, chosen, []):
            if message.type is Type.RECORD and message.record:
                printed[message.record.stream] += 1
                # To look through all objects takes so long that the pages queue up.
                if printed.total() % 50 == 1:
                    most = max(most, len([one for one in _pages_in_memory() if id(one) not in known]))
    assert printed.keys() == set(STREAMS)
    assert printed["users"] == pages * size
    assert 1 <= most <= 2
