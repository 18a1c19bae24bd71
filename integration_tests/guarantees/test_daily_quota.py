"""A share of the daily quota: every sync stops at a checkpoint, and many small ones come to the end."""

from __future__ import annotations

import json

import pytest

from gong_emulator import Fault
from integration_tests.guarantees.world import DAY, OF_CALLS, Destination, company, doubles, world
from unit_tests.harness import is_transient


@pytest.mark.parametrize(("share", "calls"), [(16, 700), (25, 1500), (60, 2500)])
def test_a_backfill_comes_to_its_end_over_several_days(share: int, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ("users", "calls", "calls_extensive", "call_transcripts")
    content: dict[str, object] = {"call_content": [], "crm_context": "none"}
    with world(monkeypatch, company(calls)) as gong:
        destination, last = Destination(), 0
        for _ in range(60):
            gong.gong.reset()
            output = destination.take(
                gong.sync(*streams, state=destination.state, max_requests_per_sync=share, **content)
            )
            assert len(gong.gong.requests) <= share
            if output.raised is None:
                break
            assert is_transient(output)
            assert "max_requests_per_sync" in str(output.raised)
            assert all("midnight UTC" in error.message for error in output.errors)
            arrived = sum(len(destination.of(stream)) for stream in streams)
            assert arrived >= last
            last = arrived
            gong.wait(DAY)
        assert output.raised is None
        for stream in streams[1:]:
            assert not gong.truth(stream).keys() - destination.of(stream).keys(), stream


def test_a_wait_of_hours_stops_all_streams_at_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(120)) as gong:
        gong.gong.faults.add(
            Fault("reply", path="/transcript$", nth=2, status=429, headers={"Retry-After": "7200"}, count=None)
        )
        destination = Destination()
        output = destination.take(gong.sync(*OF_CALLS))
        assert is_transient(output)
        assert "max_wait_minutes" in str(output.raised)
        assert "2026-04-20T14:30" in str(output.raised)
        assert max(gong.clock.slept, default=0) < 60
        gong.gong.faults.clear()
        again = destination.take(gong.sync(*OF_CALLS, state=destination.state))
        assert set(again.statuses.values()) == {"COMPLETE"}
        for stream in OF_CALLS:
            assert destination.of(stream).keys() == gong.truth(stream).keys()
            assert doubles(again, stream) == []


def test_a_first_sync_tells_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(1300)) as gong:
        output = gong.sync("calls", "call_transcripts", max_requests_per_sync=1000)
        line = next(text for text in output.logs if text.startswith("sync_plan "))
        plan = json.loads(line.removeprefix("sync_plan "))
        spent = {stream: output.report(stream)["requests"] for stream in ("calls", "call_transcripts")}
        assert plan["days"] == 1
        assert abs(plan["requests"] - sum(spent.values())) <= 8
        assert not [text for text in gong.sync("calls", state=output.last_state).logs if "sync_plan" in text]
