"""Random companies, histories, faults and restarts: what Gong holds and what arrived are compared as sets."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gong_emulator import Fault
from source_gong.limits import Limits
from testing.world import (
    FIRST_CALL,
    OF_CALLS,
    Destination,
    World,
    company,
    doubles,
    killed,
    world,
)

ZONES = ("America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "Europe/Berlin")
PASSING = ("cut", "cut_body", "html", "half_json", "empty", "broken_gzip")
CURSORS = ("expired_cursor", "rejected_cursor")
LOOKBACK = timedelta(days=7)
# A history can't be made simpler by a smaller seed.
PHASES = (Phase.explicit, Phase.generate)


def _history(gong: World, random: Random) -> None:
    """Calls that come out at any time within the look-back of their start, off schedule by up to a day."""
    for _ in range(random.randrange(12)):
        started = gong.moment - timedelta(minutes=random.randrange(1, 7 * 24 * 60 - 10))
        if random.random() < 0.3:
            # At the very edge of the look-back.
            started = gong.moment - LOOKBACK + timedelta(minutes=random.randrange(5, 60))
        scheduled = started + timedelta(minutes=random.randrange(-1400, 1400))
        latest = min(started + LOOKBACK, gong.moment + timedelta(days=1))
        out = gong.moment + (latest - gong.moment) * random.random()
        gong.gong.company.add_call(
            started,
            scheduled=scheduled,
            visible_from=out,
            transcript_visible_from=out,
            content_visible_from=out,
        )


def _live(seed: int, monkeypatch: pytest.MonkeyPatch, syncs: int) -> None:
    random = Random(seed)
    made = company(
        random.choice((0, 1, 100, 101, 160)),
        seed=seed,
        time_zone=random.choice(ZONES),
        workspaces=random.choice((1, 2)),
    )
    with world(made, page_size=random.choice((7, 100))) as gong:
        destination = Destination()
        for _ in range(syncs):
            _history(gong, random)
            gong.wait(timedelta(hours=random.randrange(1, 30)))
            gong.gong.faults.clear()
            if random.random() < 0.6:
                # Gong can only refuse a cursor that it was sent: with pages of 7, some of the later requests have one.
                kind = random.choice(PASSING + (CURSORS if gong.gong.options.page_size == 7 and made.calls else ()))
                path = "/v2/calls$" if kind in CURSORS else "/v2/calls"
                gong.gong.faults.add(Fault(kind, path=path, nth=random.randrange(2, 6), count=random.randrange(1, 3)))
            output = gong.sync(*OF_CALLS, state=destination.state)
            if random.random() < 0.4:
                destination.take(killed(output, random.randrange(len(output.messages))))
            else:
                assert output.raised is None, output.raised.message
                destination.take(output)
        gong.gong.faults.clear()
        last = destination.take(gong.sync(*OF_CALLS, state=destination.state))
        assert set(last.statuses.values()) == {"COMPLETE"}
        for stream in OF_CALLS:
            missing = gong.truth(stream, FIRST_CALL).keys() - destination.of(stream).keys()
            assert not missing, (seed, stream, sorted(missing)[:3])


@settings(max_examples=12, derandomize=True, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_nothing_is_missing_after_any_history(seed: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _live(seed, monkeypatch, syncs=3)


@pytest.mark.soak
@settings(max_examples=400, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_nothing_is_missing_after_many_long_histories(seed: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _live(seed, monkeypatch, syncs=6)


STREAMS = (*OF_CALLS, "stats_activity_scorecards", "audit_logs")


def _change(gong: World, random: Random) -> None:
    """What changes on calls that are no older than the look-back."""
    for call in gong.gong.company.calls:
        if gong.moment - LOOKBACK < call.started < gong.moment and random.random() < 0.2:
            call.revision += 1
            call.title = f"Renamed {random.randrange(100)}"
            call.is_private = random.random() < 0.3
            call.overrides = {"purpose": f"{random.randrange(9)}"}


def _texts(rows: dict[Any, dict[str, Any]]) -> dict[Any, str]:
    """Records as text, without comments: people write these after the look-back too."""
    plain = {key: {name: value for name, value in row.items() if name != "collaboration"} for key, row in rows.items()}
    return {key: json.dumps(row, sort_keys=True) for key, row in plain.items()}


def _live_to_the_letter(seed: int, monkeypatch: pytest.MonkeyPatch, syncs: int) -> None:
    """As above, with changes, small shares of requests and short windows; whole records are compared at the end."""
    random = Random(seed)
    limits = Limits(chain_pages=random.choice((1, 2, 12)))
    made = company(random.choice((30, 150, 260)), seed=seed, time_zone=random.choice(ZONES))
    with world(made, limits=limits, page_size=random.choice((30, 100))) as gong:
        destination = Destination()
        for _ in range(syncs):
            _history(gong, random)
            _change(gong, random)
            gong.wait(timedelta(minutes=random.randrange(20, 40 * 60)))
            gong.gong.faults.clear()
            if random.random() < 0.4:
                status = random.choice((403, 429, 500, 503))
                count = random.choice((1, 3, None))
                wait = {"Retry-After": random.choice(("3", "100", "5000"))}
                nth = random.randrange(1, 12)
                gong.gong.faults.add(
                    Fault("reply", status=status, nth=nth, count=count, headers=wait, path="^/v2/calls")
                )
            share = random.choice((None, None, 12, 25))
            workers = random.choice((1, 3, 12))
            output = gong.sync(*STREAMS, state=destination.state, max_requests_per_sync=share, num_workers=workers)
            for stream in STREAMS:
                assert doubles(output, stream) == [], (seed, stream)
            destination.take(
                killed(output, random.randrange(len(output.messages))) if random.random() < 0.3 else output
            )
        gong.gong.faults.clear()
        # A backfill that was paused goes on where it stopped first, and looks back after that.
        for _ in range(2):
            last = destination.take(gong.sync(*STREAMS, state=destination.state))
            assert set(last.statuses.values()) == {"COMPLETE"}, (seed, last.raised)
        for stream in STREAMS:
            assert _texts(gong.truth(stream)).items() <= _texts(destination.of(stream)).items(), (seed, stream)


@settings(max_examples=7, derandomize=True, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_every_record_is_as_gong_holds_it_after_any_history(seed: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _live_to_the_letter(seed, monkeypatch, syncs=4)


@pytest.mark.soak
@settings(max_examples=300, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_every_record_is_as_gong_holds_it_after_many_long_histories(seed: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _live_to_the_letter(seed, monkeypatch, syncs=8)
