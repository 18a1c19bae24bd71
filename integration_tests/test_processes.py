"""`spec`, `check`, `discover` and `read` as a platform calls them: as processes, against the emulator."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, Fault
from testing.as_platform import KEY, SECRET, Platform, config

SNAPSHOTS = Path(__file__).parent / "snapshots"
CORE = ("users", "calls", "calls_extensive", "call_transcripts")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def emulated(**company: Any) -> Emulator:
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None)
    return Emulator(Company(CompanyOptions(**company)), options, Clock.frozen(NOW))


@pytest.fixture
def gong() -> Iterator[Emulator]:
    with emulated(calls=120) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def busy() -> Iterator[Emulator]:
    """Enough calls for several windows, in short conversations."""
    with emulated(calls=3000, monologues_per_minute=0.02, late_share=0, without_transcript_share=0) as emulator:
        yield emulator


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


def snapshot(name: str, found: Any) -> None:
    """Compare with the committed file; `UPDATE_SNAPSHOTS=1` writes it instead."""
    file = SNAPSHOTS / f"{name}.json"
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.write_text(text, encoding="utf-8")
    assert found == json.loads(file.read_text(encoding="utf-8")), (
        f"the public contract changed: look at it, then run again with UPDATE_SNAPSHOTS=1 to renew {file.name}"
    )


def test_spec_is_the_committed_one(platform: Platform) -> None:
    run = platform.run("spec")
    assert run.code == 0
    (specification,) = run.of("SPEC")
    snapshot("spec", specification)


def test_discover_is_the_committed_one_and_asks_nothing(platform: Platform, gong: Emulator) -> None:
    run = platform.run("discover", configuration=config(gong.url))
    assert run.code == 0
    (catalog,) = run.of("CATALOG")
    snapshot("discover", catalog)
    assert len(gong.requests) == 0


def test_check_succeeds_with_good_credentials(platform: Platform, gong: Emulator) -> None:
    run = platform.run("check", configuration=config(gong.url))
    assert run.code == 0
    (status,) = run.of("CONNECTION_STATUS")
    assert status["status"] == "SUCCEEDED"
    assert len(gong.requests) > 0


def test_check_tells_a_wrong_secret(platform: Platform, gong: Emulator) -> None:
    wrong = config(gong.url, credentials={"auth_type": "APIKey", "access_key": KEY, "access_key_secret": "WRONGWRONG"})
    run = platform.run("check", configuration=wrong)
    (status,) = run.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert "Validate credentials failed" in status["message"]
    assert "WRONGWRONG" not in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize("command", ["check", "read"])
def test_a_foreign_host_is_refused_before_anything_is_sent(platform: Platform, gong: Emulator, command: str) -> None:
    # The emulator's own port under a name that is not a loopback address: a request that slipped through would arrive.
    foreign = gong.url.replace("127.0.0.1", "127.0.0.1.nip.io")
    run = platform.run(command, configuration=config(foreign), streams=["users"] if command == "read" else ())
    assert "`api_base_url`" in run.stdout
    assert KEY not in run.stdout + run.stderr
    assert len(gong.requests) == 0
    if command == "read":
        assert run.code == 1
        assert run.errors[-1]["failure_type"] == "config_error"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"configuration": "not JSON"}, "configuration"),
        ({"configuration": "[]"}, "configuration"),
        ({"configuration": {}}, "credentials"),
        ({"streams": {"streams": [{"stream": {"name": "nothing"}}]}}, "catalog"),
        ({"streams": ["no_such_stream"]}, "no_such_stream"),
        ({"state": "not JSON"}, "state"),
        ({"state": [{"type": "STREAM", "stream": "x"}]}, "state"),
        ({"state": {"calls": {"started": "2026-01-01"}}}, "state"),
    ],
    ids=["config", "config list", "no credentials", "catalog", "stream", "state text", "state form", "legacy state"],
)
def test_wrong_input_is_one_config_error_without_a_traceback(
    platform: Platform, gong: Emulator, given: dict[str, Any], named: str
) -> None:
    options = {"configuration": config(gong.url), "streams": ["calls"], **given}
    run = platform.run("read", **options)
    assert run.code == 1
    assert run.errors[-1]["failure_type"] == "config_error"
    assert named in run.errors[-1]["message"]
    assert "Traceback" not in run.stdout + run.stderr
    assert len(gong.requests) == 0


def test_a_full_sync_and_then_only_what_is_new(platform: Platform, gong: Emulator) -> None:
    first = platform.run("read", configuration=config(gong.url, end_date="2026-03-01"), streams=CORE)
    assert first.code == 0
    assert set(first.statuses.values()) == {"COMPLETE"}
    before = sorted(one["id"] for one in gong.records("calls", toDateTime="2026-03-01T00:00:00Z"))
    assert first.ids("calls") == first.ids("calls_extensive") == before
    assert first.ids("users") == sorted(one["id"] for one in gong.records("users"))

    gong.requests.clear()
    second = platform.run("read", configuration=config(gong.url), streams=CORE, state=first.state())
    assert second.code == 0
    everything = {one["id"] for one in gong.records("calls")}
    assert set(first.ids("calls")) | set(second.ids("calls")) == everything
    assert set(first.ids("calls_extensive")) | set(second.ids("calls_extensive")) == everything
    spoken = {one["callId"] for one in gong.records("transcripts")}
    assert set(first.ids("call_transcripts")) | set(second.ids("call_transcripts")) == spoken
    assert len(second.ids("calls")) < len(everything)
    asked = [entry.query["fromDateTime"] for entry in gong.requests.to("/v2/calls")]
    assert min(asked) > "2026-02-"


def test_a_failed_sync_exits_with_1_and_keeps_what_was_read(platform: Platform, gong: Emulator) -> None:
    gong.faults.add(
        Fault("reply", path="/v2/calls/extensive", status=403, body={"errors": ["Access denied"]}, count=None)
    )
    run = platform.run("read", configuration=config(gong.url), streams=CORE)
    assert run.code == 1
    assert run.statuses["calls_extensive"] == "INCOMPLETE"
    assert {run.statuses[name] for name in ("users", "calls", "call_transcripts")} == {"COMPLETE"}
    assert "Access denied" in run.errors[0]["message"]
    assert all(error["failure_type"] == "config_error" for error in run.errors)
    assert run.ids("calls") == sorted(one["id"] for one in gong.records("calls"))
    assert "Traceback" not in run.stdout + run.stderr


POINTS = sorted(random.Random(20260601).sample(range(200, 5500), 3))


@pytest.mark.parametrize(("lines", "workers"), list(zip(POINTS, (3, 1, 2), strict=True)))
def test_a_killed_sync_goes_on_from_its_last_state_without_loss(
    platform: Platform, busy: Emulator, lines: int, workers: int
) -> None:
    options: dict[str, Any] = {
        "configuration": config(busy.url, num_workers=workers),
        "streams": ("calls", "call_transcripts"),
    }
    killed = platform.kill(lines, **options)
    assert killed.code == -9
    resumed = platform.run("read", state=killed.state(), **options)
    assert resumed.code == 0
    everything = {call.id for call in busy.company.calls}
    for stream in ("calls", "call_transcripts"):
        assert set(killed.ids(stream)) | set(resumed.ids(stream)) == everything


@pytest.mark.parametrize("workers", [1, 12])
def test_it_ends_by_itself_when_nobody_takes_what_it_prints(platform: Platform, busy: Emulator, workers: int) -> None:
    """As in `source-gong read … | head`: threads that wait for room to pass records on must not keep it alive."""
    options = {"configuration": config(busy.url, num_workers=workers), "streams": CORE}
    left = platform.interrupt(50, lambda process: process.stdout.close(), **options)  # type: ignore[union-attr]
    assert left.code == 1
    assert "Traceback" not in left.stderr
    assert "Exception ignored" not in left.stderr


def test_ctrl_c_ends_it_at_once(platform: Platform, busy: Emulator) -> None:
    options = {"configuration": config(busy.url), "streams": CORE}
    stopped = platform.interrupt(50, lambda process: process.send_signal(signal.SIGINT), **options)
    assert stopped.code == 130
    assert "Traceback" not in stopped.stdout + stopped.stderr
    assert len(stopped.of("RECORD")) < 3 * len(busy.company.calls)


def test_a_late_kill_leaves_states_to_go_on_from(platform: Platform, busy: Emulator) -> None:
    """Otherwise the tests above would prove no more than that a sync can be begun again."""
    whole = platform.run("read", configuration=config(busy.url, num_workers=1), streams=("calls",))
    moments = {state["stream"]["stream_state"].get("started") for state in whole.of("STATE")}
    assert len(moments) >= 3
