"""The limit of Gong is the company's: it holds over all streams and threads, and is waited out when others use it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gong_emulator import Fault
from testing.harness import MachineClock
from testing.reading import every_stream
from testing.world import OF_CALLS, company, world


def test_all_streams_together_never_earn_a_429(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), rate_limit=3) as gong:
        # One at a time, since the made-up time does not pass while a request travels.
        output = gong.sync(start_date="2026-04-10", requests_per_second=3, num_workers=1)
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert {entry.status for entry in gong.gong.requests} <= {200, 404}
        assert sum(output.report(stream)["rate_limited"] for stream in every_stream()) == 0
        assert gong.gong.requests.stats()["maxRequestsInAnySecond"] <= 3


def test_what_others_use_up_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), rate_limit=1) as gong:
        output = gong.sync(*OF_CALLS, requests_per_second=3)
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert sum(output.report(stream)["rate_limited"] for stream in OF_CALLS) > 0
        assert sum(output.report(stream)["retried"] for stream in OF_CALLS) == 0
        for stream in OF_CALLS:
            assert len(output.records(stream)) == len(gong.truth(stream))


def test_no_thread_asks_while_gong_wants_to_be_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), page_size=7) as gong:
        gong.gong.faults.add(Fault("reply", path="^/v2/calls$", nth=3, status=429, headers={"Retry-After": "40"}))
        output = gong.sync(*OF_CALLS, num_workers=2)
        assert set(output.statuses.values()) == {"COMPLETE"}
        refused = next(entry for entry in gong.gong.requests if entry.status == 429)
        quiet = [entry for entry in gong.gong.requests if 0 < entry.monotonic - refused.monotonic < 40]
        # One other request can have left before the refusal was read.
        assert len(quiet) <= 1


def test_the_pace_holds_in_real_time_over_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the clock of the machine and many threads: never more in any second than was configured."""
    with world(company(60), rate_limit=25, page_size=3) as reader:
        reader.gong.options.monotonic = time.monotonic
        reader.clock = MachineClock()
        output = reader.sync(*OF_CALLS, requests_per_second=25, num_workers=20)
        assert set(output.statuses.values()) == {"COMPLETE"}
        counted = reader.gong.requests.stats()
        assert counted["tooManyRequests"] == 0
        assert 15 <= counted["maxRequestsInAnySecond"] <= 25
        assert counted["requests"] > 40


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "90"}}, 90),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "0.5"}}, 0.5),
        ({"kind": "retry_after_date", "seconds": 90}, 90),
        ({"kind": "reply", "status": 429}, 1),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "soon"}}, 1),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "-5"}}, 0),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "0"}}, 0),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}}, 0),
        ({"kind": "reply", "status": 429, "headers": {"Retry-After": "nan"}}, 1),
        ({"kind": "reply", "status": 429, "body": "<html>slow down</html>", "headers": {"Retry-After": "7"}}, 7),
    ],
    ids=str,
)
def test_a_wait_is_as_long_as_gong_says(fault: dict[str, Any], seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(20)) as reader:
        reader.gong.faults.add(Fault(path="^/v2/calls$", **fault))
        began = reader.moment
        output = reader.sync("calls")
        assert output.statuses == {"calls": "COMPLETE"}
        assert seconds - 1.1 <= (reader.moment - began).total_seconds() <= seconds + 2
        report = output.report("calls")
        assert (report["rate_limited"], report["retried"]) == (1, 0)


@pytest.mark.parametrize("header", [{"Retry-After": "2"}, {"Retry-After": "0"}, {}])
def test_twenty_refusals_in_a_row_are_no_failure(header: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(20)) as reader:
        reader.gong.faults.add(Fault("reply", path="^/v2/calls/extensive$", status=429, headers=header, count=20))
        output = reader.sync(*OF_CALLS)
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert output.report("calls_extensive")["rate_limited"] == 20
        assert sum(output.report(stream)["retried"] for stream in OF_CALLS) == 0
        assert len(output.records("calls_extensive")) == 20


def test_refusals_do_not_use_up_the_attempts_of_other_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven failures are survived, also with refusals between them."""
    with world(company(20)) as reader:
        for nth in range(1, 15):
            status = 429 if nth % 2 else 503
            reader.gong.faults.add(Fault("reply", path="^/v2/calls$", status=status, nth=nth))
        output = reader.sync("calls")
        assert output.statuses == {"calls": "COMPLETE"}
        assert (output.report("calls")["rate_limited"], output.report("calls")["retried"]) == (7, 7)


def test_in_real_time_all_threads_wait_for_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), page_size=3, latency=0.02) as reader:
        reader.gong.options.monotonic = time.monotonic
        reader.clock = MachineClock()
        reader.gong.faults.add(
            Fault("reply", path="^/v2/calls/extensive$", nth=4, status=429, headers={"Retry-After": "1"})
        )
        output = reader.sync(*OF_CALLS, "audit_logs", num_workers=12)
        assert set(output.statuses.values()) == {"COMPLETE"}
        refused = next(entry for entry in reader.gong.requests if entry.status == 429).monotonic
        after = [entry.monotonic - refused for entry in reader.gong.requests if entry.monotonic > refused]
        # Those that had left before the refusal was read came in its first moments.
        assert len(after) > 10
        assert not [moment for moment in after if 0.3 < moment < 0.95]
