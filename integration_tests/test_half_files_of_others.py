"""Half files that another process left behind, or is writing."""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions
from integration_tests.guarantees.recordings_host import Answer, Asked, RecordingsHost, recordings_host
from testing.as_platform import KEY, SECRET, Platform, Run, config, environment

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CALLED = datetime(2026, 4, 20, 9, tzinfo=UTC)
OLD, NEW = b"a" * 2**21, b"b" * 2**21
HALF = 2**20
SECONDS = 60


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    (tmp_path / "staging").mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path / "staging"))
    return Platform(tmp_path)


@contextmanager
def gong(host: RecordingsHost) -> Iterator[Emulator]:
    """A Gong of one call, whose recording is at this host."""
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None, media=host)
    made = Company(CompanyOptions(calls=0))
    made.add_call(CALLED, media="Audio")
    with Emulator(made, options, Clock.frozen(NOW)) as running:
        yield running


@contextmanager
def half_way(platform: Platform, served: Emulator) -> Iterator[subprocess.Popen[str]]:
    """A process that has half of the file on its disk and waits for the rest."""
    line = platform.command("read", configuration=config(served.url), streams=["call_audio"])
    with subprocess.Popen(
        line, cwd=platform.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + SECONDS
        while not any(path.stat().st_size >= HALF // 2 for path in platform.folder.glob("staging/*/.*.part")):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.02)
        try:
            yield process
        finally:
            process.kill()


def test_a_half_file_of_which_nothing_tells_the_version_is_not_gone_on_with(platform: Platform) -> None:
    killed = threading.Event()

    def begun() -> Iterator[bytes]:
        yield OLD[:HALF]
        killed.wait(SECONDS)

    def answer(asked: Asked) -> Answer:
        rest = NEW[asked.start :]
        length = {"Content-Length": str(len(rest))}
        if asked.number == 1:
            return Answer(begun(), length)
        if not asked.start:
            return Answer([NEW], length)
        return Answer([rest], {**length, "Content-Range": f"bytes {asked.start}-{len(NEW) - 1}/{len(NEW)}"}, 206)

    with recordings_host(answer) as host, gong(host) as served:
        with half_way(platform, served) as process:
            process.kill()
            process.wait()
            killed.set()
        run = platform.run("read", configuration=config(served.url), streams=["call_audio"])
    [record] = run.records("call_audio")
    assert record["sha256"] == hashlib.sha256(NEW).hexdigest()
    assert [request.start for request in host.asked] == [0, 0]


def test_a_half_file_that_another_process_is_writing_is_left_to_it(platform: Platform) -> None:
    other_is_done = threading.Event()
    headers = {"Content-Length": str(len(OLD)), "ETag": '"1"'}

    def slow() -> Iterator[bytes]:
        yield OLD[:HALF]
        other_is_done.wait(SECONDS)
        yield OLD[HALF:]

    def answer(asked: Asked) -> Answer:
        if asked.number == 1:
            return Answer(slow(), headers)
        if not asked.start:
            return Answer([OLD], headers)
        rest, whole = OLD[asked.start :], f"bytes {asked.start}-{len(OLD) - 1}/{len(OLD)}"
        return Answer([rest], {**headers, "Content-Length": str(len(rest)), "Content-Range": whole}, 206)

    with recordings_host(answer) as host, gong(host) as served:
        with half_way(platform, served) as process:
            second = platform.run("read", configuration=config(served.url), streams=["call_audio"])
            other_is_done.set()
            out, errors = process.communicate(timeout=SECONDS)
        first = Run(process.returncode, out, errors)
    assert [request.start for request in host.asked] == [0, 0]
    for run in (first, second):
        assert run.code == 0, run.stderr
        assert [record["sha256"] for record in run.records("call_audio")] == [hashlib.sha256(OLD).hexdigest()]
    files = [path.read_bytes() for path in platform.folder.glob("staging/call_audio/[0-9]*")]
    assert files == [OLD]
