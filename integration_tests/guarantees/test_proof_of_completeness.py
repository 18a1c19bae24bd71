"""One machine-readable line at the end of each stream, whose sums are those of Gong."""

from __future__ import annotations

from collections import Counter

import pytest

from gong_emulator import Fault
from testing.reading import every_stream
from testing.world import HOUR, company, world


def test_each_stream_tells_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(40)) as gong:
        output = gong.sync(start_date="2026-04-10")
        asked = Counter(entry.path for entry in gong.gong.requests)
        reports = {stream: output.report(stream) for stream in every_stream()}
        assert sum(report["requests"] for report in reports.values()) == sum(asked.values())
        for stream, report in reports.items():
            assert report["status"] == "COMPLETE"
            assert report["records"] == len(output.records(stream)), stream
            assert report["total_records"] == report["listed"], stream
        assert reports["calls"]["total_records"] == reports["calls"]["records"] > 0


def test_what_was_repeated_limited_and_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(40, private_share=0.3)) as gong:
        gong.gong.faults.add(
            Fault("html", path="^/v2/calls$"),
            Fault("reply", path="^/v2/calls$", nth=2, status=429, headers={"Retry-After": "3"}),
        )
        output = gong.sync("calls", private_calls="exclude")
        report = output.report("calls")
        private = sum(call.is_private for call in gong.gong.company.calls)
        assert (report["retried"], report["rate_limited"], report["skipped_private"]) == (1, 1, private)
        assert report["requests"] == 3
        assert report["total_records"] == report["records"] + private == 40


def test_a_count_that_runs_ahead_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(5)) as gong:
        page = gong.gong.records("calls")
        counted = {"totalRecords": 7, "currentPageSize": 5, "currentPageNumber": 0}
        answer = {"requestId": "5f1is09lflj186eqvv8", "records": counted, "calls": page}
        gong.gong.faults.add(Fault("json", path="^/v2/calls$", body=answer, count=None))
        output = gong.sync("calls")
        assert output.statuses == {"calls": "COMPLETE"}
        assert [text for text in output.logs if "counted 7 records and its pages held 5" in text]


def test_late_records_are_counted_with_the_longest_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(40)) as gong:
        first = gong.sync("calls")
        assert first.report("calls")["late"] == 0
        gong.gong.company.add_call(gong.moment - 100 * HOUR, visible_from=gong.moment + HOUR)
        gong.gong.company.add_call(gong.moment - 3 * HOUR, visible_from=gong.moment + HOUR)
        gong.gong.company.add_call(gong.moment + HOUR, visible_from=gong.moment + HOUR)
        gong.wait(2 * HOUR)
        second = gong.sync("calls", state=first.last_state)
        report = second.report("calls")
        assert report["late"] == 2
        assert report["late_by_seconds"] == 102 * 3600
        third = gong.sync("calls", state=second.last_state)
        assert third.report("calls")["late"] == 0
