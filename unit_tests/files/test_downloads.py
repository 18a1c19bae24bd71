"""Downloading recordings: what comes out, what becomes of the disk, the host and the pace."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import Type
from airbyte_cdk.sources.utils import files_directory

from gong_emulator import Emulator, Fault, MediaFile
from source_gong.files.downloads import staging_directory
from testing.harness import (
    API,
    NOW,
    Output,
    Runner,
    call,
    extensive,
    known_ids,
    page,
    written,
)
from unit_tests.files.media import DIGEST, SMALL, left, read, recorded

# What comes out.


def test_a_record_describes_its_file_and_refers_to_it(runner: Runner, gong: Emulator, staging: Path) -> None:
    call = recorded(gong, title="Kick-off")
    output = read(runner, gong)
    [record] = output.records("call_audio")
    assert record == {
        "callId": call.id,
        "title": "Kick-off",
        "started": next(one["started"] for one in gong.records("calls")),
        "duration": call.duration,
        "medium": "audio",
        "sizeBytes": SMALL.size,
        "mediaType": "audio/mpeg",
        "sha256": DIGEST,
        "path": f"call_audio/{call.id}.mp3",
        "downloadedAt": "2026-06-01T12:00:00.250Z",
    }
    [message] = [one for one in output.messages if one.type is Type.RECORD]
    assert json.loads(written(message))["record"]["file_reference"] == {
        "staging_file_url": str(staging / record["path"]),
        "source_file_relative_path": record["path"],
        "file_size_bytes": SMALL.size,
    }
    assert (staging / record["path"]).read_bytes() == SMALL.content
    assert left(staging) == [f"{call.id}.mp3"]


def test_nothing_but_media_is_asked_for_in_small_batches_of_ids(runner: Runner, gong: Emulator) -> None:
    for _ in range(25):
        recorded(gong)
    assert len(read(runner, gong).records("call_audio")) == 25
    bodies = [entry.json for entry in gong.requests.to("/v2/calls/extensive")]
    assert [len(body["filter"]["callIds"]) for body in bodies] == [20, 5]
    assert {json.dumps(body["contentSelector"]) for body in bodies} == {'{"exposedFields": {"media": true}}'}


def test_the_media_host_sees_no_credentials_no_cookies_and_nothing_of_netrc(
    runner: Runner, gong: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    recorded(gong)
    recorded(gong)
    gong.faults.add(Fault("reply", host="media", status=503, headers={"Set-Cookie": "a=b; Path=/"}))
    assert len(read(runner, gong).records("call_audio")) == 2
    assert len(gong.media.requests) == 3
    assert {entry.authorization for entry in gong.media.requests} == {None}
    assert {name for entry in gong.media.requests for name in entry.headers} <= {
        "host", "user-agent", "accept", "accept-encoding", "connection",
    }  # fmt: skip


def test_no_address_is_told_anywhere(
    runner: Runner, gong: Emulator, told: pytest.LogCaptureFixture, staging: Path
) -> None:
    recorded(gong, 10)
    gone = recorded(gong, 9)
    gong.media.remove(gone.id, "audio")
    gong.faults.add(Fault("cut", host="media", count=2), Fault("cut_body", host="media", nth=3, bytes=1000))
    output = read(runner, gong)
    everything = output.text + told.text + "".join(
        path.read_text() for path in staging.rglob(".*.json")
    )  # fmt: skip
    assert "Signature" not in everything
    assert gong.media_url not in everything


def test_a_call_without_the_medium_gives_no_record(runner: Runner, gong: Emulator) -> None:
    audio_only = recorded(gong)
    both = gong.company.add_call(NOW - timedelta(days=9), media="Video")
    bare = recorded(gong, 8)
    gong.media.remove(bare.id, "audio", address=False)
    output = read(runner, gong, "call_audio", "call_video")
    assert output.raised is None
    assert output.ids("call_audio", "callId") == sorted([audio_only.id, both.id])
    assert output.ids("call_video", "callId") == [both.id]
    assert output.records("call_video")[0]["path"] == f"call_video/{both.id}.avi"


def test_an_unknown_media_type_makes_a_bin_and_no_name_comes_from_gong(
    runner: Runner, gong: Emulator, staging: Path
) -> None:
    call = recorded(gong, title="../../escaped", file=MediaFile("Application/../../X; name=../a", b"some bytes"))
    [record] = read(runner, gong).records("call_audio")
    assert (record["path"], record["mediaType"]) == (f"call_audio/{call.id}.bin", "application/octet-stream")
    assert left(staging) == [f"{call.id}.bin"]


def test_an_id_that_is_no_number_makes_no_name(runner: Runner, requests_mock: Any, staging: Path) -> None:
    api = "http://127.0.0.1:9"
    listed = {"id": "../../evil", "started": "2026-05-04T09:00:00Z", "scheduled": None, "primaryUserId": "1"}
    requests_mock.get(f"{api}/v2/calls", json=page("calls", [listed]))
    found = {"metaData": listed, "media": {"audioUrl": f"{api}/a.mp3"}}
    requests_mock.post(f"{api}/v2/calls/extensive", json=page("calls", [found]))
    output = runner.read("call_audio", api_base_url=api)
    assert output.records("call_audio") == []
    assert list(staging.rglob("*")) == []


def test_without_the_staging_directory_files_go_where_the_cdk_puts_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path / "missing"))
    assert str(staging_directory()) == files_directory.DEFAULT_LOCAL_DIRECTORY


# The disk and the host.


def fails_alone(output: Output, gong: Emulator, staging: Path, words: str) -> None:
    """The stream of files ended with an error of the disk and left no file; the others came to their end."""
    assert output.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE"}
    assert output.error.failure_type.value == "config_error"
    assert words in output.error.message
    assert str(staging / "call_audio") in output.error.message
    assert left(staging) == []
    assert len(output.records("calls")) == 5


def test_a_disk_that_is_full_fails_this_stream_alone(
    runner: Runner, gong: Emulator, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk can show when the bytes are to be on it, and not before."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for _ in range(5):
        recorded(gong)
    monkeypatch.setattr(os, "fsync", full)
    fails_alone(read(runner, gong, "calls", "call_audio"), gong, staging, "is full")


def test_a_disk_that_takes_no_more_bytes_fails_this_stream_alone(runner: Runner, gong: Emulator, staging: Path) -> None:
    resource = pytest.importorskip("resource")
    for _ in range(5):
        recorded(gong)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Whatever this process writes ends there, in the middle of each file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL.size // 2, before[1]))
    try:
        output = read(runner, gong, "calls", "call_audio")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fails_alone(output, gong, staging, "can't be written (File too large)")


def test_a_directory_that_cant_be_made_is_named(runner: Runner, gong: Emulator, staging: Path) -> None:
    recorded(gong)
    (staging / "call_audio").write_text("a file in its place")
    output = read(runner, gong)
    assert output.error.failure_type.value == "config_error"
    assert str(staging / "call_audio") in output.error.message


@pytest.mark.parametrize("kind", ["cut", "reply"])
def test_a_dead_host_fails_this_stream_alone_and_keeps_the_state(
    runner: Runner, gong: Emulator, staging: Path, kind: Any
) -> None:
    for _ in range(6):
        recorded(gong)
    gong.faults.add(Fault(kind, host="media", status=503, count=None))
    output = read(runner, gong, "calls", "call_audio")
    assert output.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE"}
    assert output.error.failure_type.value == "transient_error"
    assert "host of the recordings" in output.error.message
    assert left(staging) == []
    gong.faults.clear()
    again = read(runner, gong, "call_audio", state=output.last_state)
    assert len(again.records("call_audio")) == 6


def test_no_more_downloads_at_a_time_than_configured(runner: Runner, gong: Emulator) -> None:
    for _ in range(12):
        call = gong.company.add_call(NOW - timedelta(days=5), media="Video")
        gong.media.put(call.id, "audio", SMALL)
    now, most, lock = [0], [0], threading.Lock()
    send = gong.media._send

    async def counting(*arguments: Any) -> Any:
        import asyncio

        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        await asyncio.sleep(0.01)
        try:
            return await send(*arguments)
        finally:
            with lock:
                now[0] -= 1

    gong.media._send = counting  # type: ignore[method-assign]
    output = read(runner, gong, "call_audio", "call_video", media={"parallel_downloads": 3})
    assert len(output.records("call_audio")) == len(output.records("call_video")) == 12
    assert most[0] == 3


def test_downloads_do_not_spend_the_requests_of_the_api(runner: Runner, gong: Emulator) -> None:
    for _ in range(15):
        recorded(gong)
    # One for the list of calls and one for the addresses.
    output = read(runner, gong, requests_per_second=3, max_requests_per_sync=2)
    assert output.raised is None
    assert len(output.records("call_audio")) == 15
    assert len(gong.requests) == 2
    assert len(gong.media.requests) == 15


def test_a_name_that_does_not_resolve_is_a_dead_host(runner: Runner, requests_mock: Any, monkeypatch: Any) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    known_ids(requests_mock)
    requests_mock.get(f"{API}/v2/calls", json=page("calls", [call("1")]))
    found = {**extensive("1"), "media": {"audioUrl": "https://bucket.example/1.mp3?X-Amz-Signature=abc"}}
    requests_mock.post(f"{API}/v2/calls/extensive", json=page("calls", [found]))
    output = runner.read("call_audio")
    assert output.error.failure_type.value == "transient_error"
    assert "bucket.example" not in output.text
