"""Promise 3: killed at any moment and begun again from the last state that was printed, nothing is missing.

A sync is read once, and what had been printed at a point is what a kill at that point would have left. A few processes
are killed in earnest.
"""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, Fault
from source_gong.instants import parse_instant
from source_gong.limits import Limits
from testing.as_platform import KEY, SECRET, Platform, Run, config, environment
from testing.harness import Output
from testing.world import (
    DAY,
    HOUR,
    NOW,
    OF_CALLS,
    Destination,
    World,
    company,
    killed,
    shown,
    state_of_one,
    world,
)

STREAMS = (
    *OF_CALLS,
    "stats_activity_scorecards",
    "stats_activity_aggregate",
    "stats_activity_day_by_day",
    "audit_logs",
    "users",
)
CONTENT = {"call_content": ["brief", "trackers"], "crm_context": "none"}


# Windows of a page, so that a small company has many of them.
SHORT = Limits(chain_pages=1)


def _busy() -> Company:
    return company(500, monologues_per_minute=0.01)


def _news(made: Company, now: datetime) -> None:
    """What happens between two syncs: new calls, late ones, and changes, all within the look-back."""
    for age in (2 * HOUR, DAY, 4 * DAY):
        shown(made.add_call(now - age, duration=600), now)
    for call in made.calls[-40:-4:6]:
        call.revision += 1
    made.add_call(now - timedelta(minutes=40), duration=600)


def _all_of_it(reader: World) -> dict[str, dict[Any, dict[str, Any]]]:
    return {stream: reader.truth(stream) for stream in STREAMS}


def _assert_whole(truth: Mapping[str, dict[Any, dict[str, Any]]], destination: Destination) -> None:
    for stream, wanted in truth.items():
        held = destination.of(stream)
        if stream.startswith("stats_activity_a") or stream.startswith("stats_activity_d"):
            wanted = {
                key: row for key, row in wanted.items() if any(v for n, v in row.items() if n.startswith("calls"))
            }
        missing = wanted.keys() - held.keys()
        assert not missing, f"{stream}: {len(missing)} missing"
        asked = _facts if stream == "calls_extensive" else _text
        assert [key for key, row in wanted.items() if asked(row) != asked(held[key])] == [], stream


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)


def _facts(row: dict[str, Any]) -> str:
    """What `CONTENT` asks for."""
    return _text({"metaData": row["metaData"], "brief": (row.get("content") or {}).get("brief")})


def _points(output: Output, seed: int, count: int) -> list[int]:
    """Seeded points, some of them right behind a state, where it must hold what it says."""
    behind = [number + 1 for number, message in enumerate(output.messages) if message.state]
    chance = random.Random(seed)
    some = [chance.randrange(len(output.messages)) for _ in range(count - count // 2)]
    return sorted({*some, *chance.sample(behind, min(count // 2, len(behind)))})


def test_in_a_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _busy()
    with world(made, limits=SHORT) as reader:
        whole = reader.complete(*STREAMS, num_workers=5, **CONTENT)
        reader.wait(HOUR)
        _news(made, reader.moment)
        truth = _all_of_it(reader)
        for point in _points(whole, 4, 8):
            destination = Destination()
            destination.take(killed(whole, point))
            destination.take(reader.complete(*STREAMS, state=destination.state, **CONTENT))
            _assert_whole(truth, destination)


def test_in_an_incremental_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _busy()
    with world(made, limits=SHORT) as reader:
        first = reader.complete(*STREAMS, **CONTENT)
        reader.wait(30 * HOUR)
        _news(made, reader.moment)
        second = reader.complete(*STREAMS, state=first.last_state, num_workers=3, **CONTENT)
        reader.wait(HOUR)
        _news(made, reader.moment)
        truth = _all_of_it(reader)
        for point in _points(second, 5, 8):
            destination = Destination()
            destination.take(first)
            destination.take(killed(second, point))
            destination.take(reader.complete(*STREAMS, state=destination.state, **CONTENT))
            _assert_whole(truth, destination)


def test_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run is killed early, and time goes on between them. One that is let through has it all."""
    made, chance = _busy(), random.Random(6)
    destination = Destination()
    with world(made, limits=SHORT) as reader:
        for _ in range(7):
            output = reader.complete(*STREAMS, state=destination.state, **CONTENT)
            destination.take(killed(output, chance.randrange(len(output.messages))))
            reader.wait(chance.choice((HOUR, 9 * HOUR, 2 * DAY)))
            _news(made, reader.moment)
        destination.take(reader.complete(*STREAMS, state=destination.state, **CONTENT))
        _assert_whole(_all_of_it(reader), destination)


@pytest.mark.parametrize("workers", [1, 8])
def test_no_state_says_more_than_was_read(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every state of a sync: all that Gong has of the time before it had been printed."""
    made = _busy()
    with world(made, limits=SHORT) as reader:
        times = {call.id: call.filter_time for call in made.calls if call.listed(reader.moment)}
        transcripts = {key[0] for key in reader.truth("call_transcripts")}
        state: list[dict[str, Any]] = []
        for _ in range(2):
            output = reader.complete(*OF_CALLS, state=state, num_workers=workers, **CONTENT)
            printed: dict[str, set[str]] = {stream: set() for stream in OF_CALLS}
            checked = 0
            for message in output.messages:
                if message.record:
                    data = message.record.data
                    printed[message.record.stream].add(str(data.get("id") or data.get("callId")))
                elif message.state and message.state.stream and not state:
                    stream = message.state.stream.stream_descriptor.name
                    upto = parse_instant(vars(message.state.stream.stream_state)["started"])
                    due = {one for one, moment in times.items() if moment < upto}
                    due &= transcripts if stream == "call_transcripts" else due
                    assert due <= printed[stream], (stream, upto)
                    checked += bool(due)
            assert checked > 12 or state
            state = output.last_state


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("calls", "^/v2/calls$"),
        ("calls_extensive", "^/v2/calls/extensive$"),
        ("call_transcripts", "^/v2/calls/transcript$"),
        ("call_user_access", "^/v2/calls/users-access$"),
        ("audit_logs", "^/v2/logs$"),
        ("stats_activity_scorecards", "^/v2/stats/activity/scorecards$"),
        ("stats_activity_aggregate", "^/v2/stats/activity/aggregate$"),
    ],
)
def test_a_stream_with_a_page_missing_is_incomplete(stream: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [other for other in STREAMS if other != stream and (stream != "calls" or other not in OF_CALLS)]
    with world(_busy(), limits=SHORT, page_size=40) as reader:
        reader.complete(stream, *others[:2], **CONTENT)
        asked = sum(re.search(path, entry.path) is not None for entry in reader.gong.requests)
        statuses = []
        for nth in {1, 2, asked, random.Random(stream).randrange(1, asked + 1)}:
            reader.gong.faults.add(Fault("reply", path=path, nth=nth, status=403))
            output = reader.sync(stream, *others[:2], **CONTENT)
            reader.gong.faults.clear()
            reader.gong.requests.clear()
            statuses.append(output.statuses[stream])
            assert {output.statuses[other] for other in others[:2]} == {"COMPLETE"}
            assert output.report(stream)["status"] == statuses[-1]
            destination = Destination()
            destination.take(output)
            # A page that was only needed for the plan can be asked for again.
            whole = reader.truth(stream).keys() <= destination.of(stream).keys()
            assert whole or statuses[-1] == "INCOMPLETE", nth
            destination.take(reader.complete(stream, state=destination.state, **CONTENT))
            assert reader.truth(stream).keys() <= destination.of(stream).keys()
        assert "INCOMPLETE" in statuses


def test_the_state_of_a_failed_stream_stays_behind_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(_busy(), limits=SHORT) as reader:
        reader.gong.faults.add(Fault("reply", path="^/v2/calls$", nth=3, count=None, status=500))
        output = reader.sync("calls", num_workers=1)
        assert output.statuses == {"calls": "INCOMPLETE"}
        upto = parse_instant(state_of_one(output.last_state, "calls")["started"])
        printed = set(output.ids("calls"))
        assert {call.id for call in reader.gong.company.calls if call.filter_time < upto} <= printed
        assert upto < NOW - DAY


@pytest.fixture
def gong() -> Any:
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None, latency=0.01)
    made = Company(CompanyOptions(calls=1500, monologues_per_minute=0.01, late_share=0, without_transcript_share=0))
    with Emulator(made, options, Clock.frozen(datetime(2026, 6, 1, tzinfo=UTC))) as emulator:
        yield emulator


def _kill_after(requests: int, gong: Emulator, platform: Platform, **options: Any) -> Run:
    """Read, and kill with SIGKILL when so many requests have arrived."""
    upto = len(gong.requests) + requests
    with (platform.folder / "stdout").open("wb") as stdout:
        process = subprocess.Popen(
            platform.command("read", **options),
            cwd=platform.folder,
            env=environment(),
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )
        while len(gong.requests) < upto and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    return Run(code, (platform.folder / "stdout").read_text(encoding="utf-8"), "")


def test_a_process_that_is_killed_in_both_kinds_of_run(gong: Emulator, tmp_path: Path) -> None:
    platform, streams = Platform(tmp_path), ("calls", "calls_extensive", "call_transcripts")
    options: dict[str, Any] = {"configuration": config(gong.url, num_workers=2, call_content=[]), "streams": streams}
    early = {**options, "configuration": {**options["configuration"], "end_date": "2026-03-20"}}
    runs, state = [], []
    for given, requests in ((early, 12), (early, None), (options, 5), (options, None)):
        if requests:
            run = _kill_after(requests, gong, platform, state=state, **given)
        else:
            run = platform.run("read", state=state, **given)
        assert run.code == (-9 if requests else 0), run.stdout[-2000:]
        state = run.state(state)
        runs.append(run)
    everything = {call.id for call in gong.company.calls}
    for stream in streams:
        assert set().union(*(run.ids(stream) for run in runs)) == everything, stream
