"""A share of the daily quota: every sync stops at a checkpoint, and many small ones come to the end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gong_emulator import Fault
from testing.harness import is_transient
from testing.world import DAY, NOW, OF_CALLS, Destination, company, doubles, world


@pytest.mark.parametrize(("share", "calls"), [(16, 700), (25, 1500), (60, 2500)])
def test_a_backfill_comes_to_its_end_over_several_days(share: int, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ("users", "calls", "calls_extensive", "call_transcripts")
    content: dict[str, object] = {"call_content": [], "crm_context": "none"}
    with world(company(calls)) as gong:
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
    with world(company(120)) as gong:
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
    with world(company(1300)) as gong:
        output = gong.sync("calls", "call_transcripts", max_requests_per_sync=1000)
        line = next(text for text in output.logs if text.startswith("sync_plan "))
        plan = json.loads(line.removeprefix("sync_plan "))
        spent = {stream: output.report(stream)["requests"] for stream in ("calls", "call_transcripts")}
        assert plan["days"] == 1
        assert abs(plan["requests"] - sum(spent.values())) <= 8
        assert not [text for text in gong.sync("calls", state=output.last_state).logs if "sync_plan" in text]


SEVEN = (*OF_CALLS, "users", "stats_activity_scorecards", "audit_logs")


@pytest.mark.parametrize(("share", "streams", "workers"), [(10, OF_CALLS, 12), (20, SEVEN, 4), (50, SEVEN, 12)])
def test_every_small_sync_makes_progress(
    share: int, streams: tuple[str, ...], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of calls in several streams, while Gong goes on to list new ones: no sync is spent on look-backs alone."""
    made = company(900, first_call=NOW - 330 * DAY, last_call=NOW + 6 * DAY, monologues_per_minute=0.01)
    content: dict[str, object] = {"call_content": [], "crm_context": "none", "num_workers": workers}
    with world(made) as reader:
        destination, upto = Destination(), ""
        for syncs in range(1, 40):
            reader.gong.requests.clear()
            output = destination.take(
                reader.sync(*streams, state=destination.state, max_requests_per_sync=share, **content)
            )
            assert len(reader.gong.requests) <= share
            if output.raised is None:
                break
            assert is_transient(output)
            assert "max_requests_per_sync" in output.raised.message
            assert all("goes on from there" in error.message for error in output.errors)
            now = "|".join(
                json.dumps({name: value for name, value in one["stream"]["stream_state"].items() if name != "read_at"})
                for one in destination.state
            )
            assert now != upto, f"sync {syncs} moved no state"
            upto = now
            reader.wait(DAY)
        assert output.raised is None
        assert syncs > 1
        # Afterwards one more sync brings what came late while the backfill went on.
        destination.take(reader.complete(*streams, state=destination.state, **content))
        for stream in streams:
            assert reader.truth(stream).keys() <= destination.of(stream).keys(), stream


def test_gongs_own_quota_ends_a_sync_and_the_next_day_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others have used the company's requests, and Gong asks to wait until midnight UTC."""
    with world(company(900, first_call=NOW - 300 * DAY), daily_quota=30) as reader:
        destination = Destination()
        for _ in range(12):
            output = destination.take(reader.sync(*OF_CALLS, state=destination.state, call_content=[]))
            if output.raised is None:
                break
            assert is_transient(output)
            midnight = (reader.moment + DAY).strftime("%Y-%m-%dT00:00:0")
            assert midnight in output.raised.message
            assert "max_wait_minutes" in output.raised.message
            assert set(output.statuses.values()) <= {"COMPLETE", "INCOMPLETE"}
            reader.wait(DAY)
        assert output.raised is None
        for stream in OF_CALLS:
            assert reader.truth(stream).keys() == destination.of(stream).keys()


@pytest.mark.parametrize("minutes", [0, 15, 60])
@pytest.mark.parametrize("as_date", [False, True])
def test_the_longest_wait_is_the_configured_one(minutes: int, as_date: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, waited in ((minutes * 60 - 2, True), (minutes * 60 + 62, False)):
        if seconds < 0:
            continue
        with world(company(20)) as reader:
            header = {"headers": {"Retry-After": str(seconds)}, "kind": "reply", "status": 429}
            dated = {"kind": "retry_after_date", "seconds": seconds}
            reader.gong.faults.add(Fault(path="^/v2/calls$", **(dated if as_date else header)))
            output = reader.sync("calls", max_wait_minutes=minutes)
            assert (output.raised is None) is waited
            assert max(reader.clock.slept) == pytest.approx(seconds, abs=2) if waited else is_transient(output)


def test_a_limit_that_never_ends_ends_the_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 that does not say how long, for ever: given up after twice the longest wait, with all that was read."""
    with world(company(20)) as reader:
        reader.gong.faults.add(Fault("reply", path="^/v2/calls/transcript$", status=429, count=None))
        output = reader.sync(*OF_CALLS)
        assert is_transient(output)
        assert output.statuses["call_transcripts"] == "INCOMPLETE"
        assert len(reader.gong.requests.to("/v2/calls/transcript")) < 100
        assert output.report("call_transcripts")["rate_limited"] == len(reader.gong.requests.to("/v2/calls/transcript"))


@pytest.mark.parametrize("stream", ["calls", "call_transcripts"])
def test_a_look_back_that_is_larger_than_the_share(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused sync is gone on with where it stopped: one that looked back first would never come to its end."""
    made = company(1400, first_call=NOW - 6 * DAY, last_call=NOW, monologues_per_minute=0.01)
    with world(made) as reader:
        destination = Destination()
        for _ in range(20):
            output = destination.take(reader.sync(stream, state=destination.state, max_requests_per_sync=10))
            if output.raised is None:
                break
            reader.wait(timedelta(hours=1))
        assert output.raised is None
        assert reader.truth(stream).keys() <= destination.of(stream).keys()
