"""The limit of Gong is the company's: it holds over all streams and threads, and is waited out when others use it."""

from __future__ import annotations

import pytest

from gong_emulator import Fault
from integration_tests.guarantees.world import OF_CALLS, company, world
from integration_tests.streams.reading import every_stream


def test_all_streams_together_never_earn_a_429(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(60), rate_limit=3) as gong:
        # One at a time, since the made-up time does not pass while a request travels.
        output = gong.sync(start_date="2026-04-10", requests_per_second=3, num_workers=1)
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert {entry.status for entry in gong.gong.requests} <= {200, 404}
        assert sum(output.report(stream)["rate_limited"] for stream in every_stream()) == 0
        assert gong.gong.requests.stats()["maxRequestsInAnySecond"] <= 3


def test_what_others_use_up_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(60), rate_limit=1) as gong:
        output = gong.sync(*OF_CALLS, requests_per_second=3)
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert sum(output.report(stream)["rate_limited"] for stream in OF_CALLS) > 0
        assert sum(output.report(stream)["retried"] for stream in OF_CALLS) == 0
        for stream in OF_CALLS:
            assert len(output.records(stream)) == len(gong.truth(stream))


def test_no_thread_asks_while_gong_wants_to_be_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(60), page_size=7) as gong:
        gong.gong.faults.add(Fault("reply", path="^/v2/calls$", nth=3, status=429, headers={"Retry-After": "40"}))
        output = gong.sync(*OF_CALLS, num_workers=2)
        assert set(output.statuses.values()) == {"COMPLETE"}
        refused = next(entry for entry in gong.gong.requests if entry.status == 429)
        quiet = [entry for entry in gong.gong.requests if 0 < entry.monotonic - refused.monotonic < 40]
        # One other request can have left before the refusal was read.
        assert len(quiet) <= 1
