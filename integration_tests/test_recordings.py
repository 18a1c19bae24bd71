"""Recordings as a user gets them: `read` as a process, files that play, a kill in the middle, a disk that is full."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, Fault, MediaFile
from testing.as_platform import KEY, SECRET, Platform, Run, catalog, config, environment

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CALLED = datetime(2026, 4, 20, 9, tzinfo=UTC)


@pytest.fixture
def gong() -> Iterator[Emulator]:
    """A Gong without calls, whose clock stands a month after the period that is read."""
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None)
    with Emulator(Company(CompanyOptions(calls=0)), options, Clock.frozen(NOW)) as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    (tmp_path / "staging").mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path / "staging"))
    return Platform(tmp_path)


def chosen(*streams: str) -> dict[str, Any]:
    """A configured catalog that reads the streams incrementally, with their files."""
    found = catalog(*streams)
    for one in found["streams"]:
        one |= {"sync_mode": "incremental", "destination_sync_mode": "append_dedup", "include_files": True}
    return found


def read(platform: Platform, gong: Emulator, *streams: str, state: Any = None, **fields: Any) -> Run:
    return platform.run("read", configuration=config(gong.url, **fields), streams=chosen(*streams), state=state)


def whole_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if not path.name.startswith("."))


def test_audio_and_video_play_and_are_what_the_records_say(platform: Platform, gong: Emulator) -> None:
    calls = [gong.company.add_call(CALLED + timedelta(hours=n), media="Video" if n % 2 else "Audio") for n in range(6)]
    run = read(platform, gong, "call_audio", "call_video")
    assert run.code == 0, run.stderr
    assert {one["callId"] for one in run.records("call_audio")} == {call.id for call in calls}
    assert {one["callId"] for one in run.records("call_video")} == {call.id for call in calls if call.media == "Video"}
    for message in run.of("RECORD"):
        record, reference = message["data"], message["file_reference"]
        file = Path(reference["staging_file_url"])
        assert file == platform.folder / "staging" / record["path"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == record["sha256"]
        assert file.stat().st_size == record["sizeBytes"] == reference["file_size_bytes"]
        with av.open(str(file)) as opened:
            [track] = opened.streams
            assert track.type == record["medium"]
            played = sum(getattr(frame, "samples", 1) for frame in opened.decode(track))
        assert played >= {"audio": 8000, "video": 10}[record["medium"]]
    assert {entry.authorization for entry in gong.media.requests} == {None}
    assert "X-Amz" not in run.stdout + run.stderr


def test_a_kill_in_the_middle_of_a_file_goes_on_from_there(platform: Platform, gong: Emulator) -> None:
    content = os.urandom(6 * 2**20)
    call = gong.company.add_call(CALLED, media="Audio")
    gong.media.put(call.id, "audio", MediaFile("audio/mpeg", content))
    gong.faults.add(Fault("stall_body", host="media", bytes=4 * 2**20, seconds=60))
    line = platform.command("read", configuration=config(gong.url), streams=chosen("call_audio"))
    folder = platform.folder / "staging" / "call_audio"
    with subprocess.Popen(
        line, cwd=platform.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 60
        while sum(path.stat().st_size for path in folder.glob(".*.part")) < 3 * 2**20:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert whole_files(folder) == []
    [half] = folder.glob(".*.part")
    there = half.stat().st_size
    gong.faults.clear()
    gong.media.requests.clear()
    run = read(platform, gong, "call_audio")
    [record] = run.records("call_audio")
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert (folder / f"{call.id}.mp3").read_bytes() == content
    assert [entry.headers.get("range") for entry in gong.media.requests] == [f"bytes={there}-"]
    assert list(folder.glob(".*.part")) == []


def test_a_kill_between_files_fetches_none_twice(platform: Platform, gong: Emulator) -> None:
    calls = [gong.company.add_call(CALLED + timedelta(hours=n), media="Audio") for n in range(8)]
    gong.faults.add(Fault("stall", host="media", nth=5, count=None, seconds=60))
    line = platform.command("read", configuration=config(gong.url), streams=chosen("call_audio"))
    folder = platform.folder / "staging" / "call_audio"
    with subprocess.Popen(
        line, cwd=platform.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 60
        while len(list(folder.glob(".*.json"))) < 4:
            assert time.monotonic() < until
            time.sleep(0.02)
        process.kill()
        process.wait()
    there = {path.stem for path in folder.glob("*.wav")}
    gong.faults.clear()
    gong.media.requests.clear()
    run = read(platform, gong, "call_audio")
    assert {one["callId"] for one in run.records("call_audio")} == {call.id for call in calls}
    for entry in gong.media.requests:
        kept = Path(entry.path).stem in there
        assert entry.headers.get("range") == ("bytes=0-0" if kept else None)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights to directories are checked as POSIX has them")
def test_an_unwritable_directory_fails_these_streams_with_a_clear_error(platform: Platform, gong: Emulator) -> None:
    gong.company.add_call(CALLED, media="Audio")
    # A file where the folder should be: that stops the superuser too, whom rights don't.
    (platform.folder / "staging" / "call_audio").write_text("")
    run = read(platform, gong, "calls", "call_audio", "call_video")
    assert run.code == 1
    assert run.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE", "call_video": "COMPLETE"}
    [error] = [one for one in run.errors if one.get("stream_descriptor")]
    assert error["failure_type"] == "config_error"
    assert str(platform.folder / "staging" / "call_audio") in error["message"]
    assert "Traceback" not in run.stdout


def test_a_full_disk_fails_this_stream_and_leaves_no_half_file(platform: Platform, gong: Emulator) -> None:
    call = gong.company.add_call(CALLED, media="Audio")
    gong.media.put(call.id, "audio", MediaFile("audio/mpeg", zeros=64 * 2**20))
    line = platform.command("read", configuration=config(gong.url), streams=chosen("calls", "call_audio"))
    # The largest file that this process may write stands for the room on a disk.
    done = subprocess.run(
        ["bash", "-c", 'trap "" XFSZ; ulimit -f 16384; exec "$@"', "bash", *line],
        cwd=platform.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    run = Run(done.returncode, done.stdout, done.stderr)
    assert run.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE"}
    assert [one["failure_type"] for one in run.errors] == ["config_error"] * len(run.errors)
    assert list((platform.folder / "staging" / "call_audio").iterdir()) == []


def test_the_state_that_is_printed_is_all_that_the_next_sync_needs(platform: Platform, gong: Emulator) -> None:
    calls = [gong.company.add_call(CALLED + timedelta(hours=n), media="Audio") for n in range(3)]
    gong.media.remove(calls[1].id, "audio")
    first = read(platform, gong, "call_audio")
    assert first.code == 0
    assert {one["callId"] for one in first.records("call_audio")} == {calls[0].id, calls[2].id}
    assert any(calls[1].id in line["message"] and line["level"] == "WARN" for line in first.of("LOG"))
    gong.media.restore(calls[1].id, "audio")
    state = first.state()
    assert len(json.dumps(state)) < 10_000
    second = read(platform, gong, "call_audio", state=state, end_date="2026-06-01")
    assert [one["callId"] for one in second.records("call_audio")] == [calls[1].id]
