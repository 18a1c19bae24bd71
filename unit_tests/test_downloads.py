"""Downloading recordings: `call_audio` and `call_video` against the emulator's host of recordings."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import socket
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import Type

from gong_emulator import Call, Emulator, Fault, MediaFile
from source_gong import downloads
from source_gong.faults import ConfigError
from unit_tests.harness import NOW, Output, Runner, known_ids, page, settings, state_of, written

SMALL = MediaFile("audio/mpeg", bytes(range(256)) * 1200)
DIGEST = hashlib.sha256(SMALL.content).hexdigest()


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The staging directory."""
    folder = tmp_path / "staging"
    folder.mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(folder))
    return folder


@pytest.fixture
def gong(emulator: Emulator) -> Emulator:
    emulator.company.calls.clear()
    return emulator


def recorded(gong: Emulator, days: float = 10, file: MediaFile = SMALL, **fields: Any) -> Call:
    """A call of so many days ago with this audio file."""
    found = gong.company.add_call(NOW - timedelta(days=days), media="Audio", **fields)
    gong.media.put(found.id, "audio", file)
    return found


def read(runner: Runner, gong: Emulator, *streams: str, **fields: Any) -> Output:
    return runner.read(*(streams or ("call_audio",)), api_base_url=gong.url, **fields)


def left(folder: Path) -> list[str]:
    """What lies in a stream's folder, without what describes whole files."""
    return sorted(path.name for path in folder.glob("call_*/*") if path.suffix != ".json")


def asked(gong: Emulator) -> list[str | None]:
    """The `Range` of each request for a recording, in order."""
    return [entry.headers.get("range") for entry in gong.media.requests]


def warnings_of(output: Output) -> list[str]:
    return [text for text in output.logs if "could not be downloaded" in text]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "airbyte.source_gong")
    return caplog


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
    assert str(downloads.staging_directory()) == downloads.files_directory.DEFAULT_LOCAL_DIRECTORY


# What the user leaves out.


def test_private_calls_hosts_and_dates_hold(runner: Runner, gong: Emulator) -> None:
    host, other = gong.company.users[0]["id"], gong.company.users[1]["id"]
    mine = recorded(gong, 10, primary_user_id=host)
    recorded(gong, 10, primary_user_id=host, is_private=True)
    recorded(gong, 10, primary_user_id=other)
    recorded(gong, 25, primary_user_id=host)
    output = read(
        runner, gong, private_calls="exclude", primary_user_ids=[host], start_date="2026-05-15", end_date="2026-05-30"
    )
    assert output.ids("call_audio", "callId") == [mine.id]
    assert output.report("call_audio")["skipped_private"] == 1
    assert len(gong.media.requests) == 1


def test_workspaces_are_read_one_by_one_and_delivered_once(runner: Runner, gong: Emulator, staging: Path) -> None:
    first, second = (workspace["id"] for workspace in gong.company.workspaces[:2])
    calls = [recorded(gong, 2, workspace_id=one) for one in (first, second)]
    fields: dict[str, Any] = {"workspace_ids": [first, second]}
    output = read(runner, gong, **fields)
    assert output.ids("call_audio", "callId") == sorted(call.id for call in calls)
    shutil.rmtree(staging / "call_audio")
    assert read(runner, gong, state=output.last_state, **fields).records("call_audio") == []


def test_named_calls_are_downloaded_without_a_window_and_without_moving_the_state(
    runner: Runner, gong: Emulator
) -> None:
    call = recorded(gong, 400)
    recorded(gong)
    state = state_of(call_audio={"started": "2026-05-20T00:00:00Z"})
    output = read(runner, gong, call_ids=[call.id], state=state)
    assert output.ids("call_audio", "callId") == [call.id]
    assert output.states("call_audio")[-1] == {"started": "2026-05-20T00:00:00Z"}
    gong.media.remove(call.id, "audio")
    failed = read(runner, gong, call_ids=[call.id])
    assert call.id in failed.error.message


# The part that is wanted.


@pytest.mark.parametrize("fault", [None, "ignore_range"])
@pytest.mark.parametrize(
    ("wanted", "content"),
    [
        ("bytes=0-99", SMALL.content[:100]),
        ("bytes=300000-400000", SMALL.content[300_000:400_001]),
        ("bytes=307100-", SMALL.content[307_100:]),
    ],
)
def test_a_part_of_the_file(
    runner: Runner, gong: Emulator, staging: Path, wanted: str, content: bytes, fault: Any
) -> None:
    recorded(gong)
    if fault:
        gong.faults.add(Fault(fault, host="media", count=None))
    [record] = read(runner, gong, media={"byte_range": wanted}).records("call_audio")
    assert asked(gong) == [wanted]
    assert (staging / record["path"]).read_bytes() == content
    assert (record["sizeBytes"], record["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("fault", [None, "ignore_range"])
def test_a_part_beyond_the_file_is_none(runner: Runner, gong: Emulator, staging: Path, fault: Any) -> None:
    recorded(gong)
    if fault:
        gong.faults.add(Fault(fault, host="media", count=None))
    output = read(runner, gong, media={"byte_range": "bytes=400000-"})
    assert output.records("call_audio") == []
    assert left(staging) == []


def test_a_part_does_not_stand_for_the_whole_file(runner: Runner, gong: Emulator) -> None:
    recorded(gong)
    read(runner, gong, media={"byte_range": "bytes=0-99"})
    [record] = read(runner, gong).records("call_audio")
    assert record["sizeBytes"] == SMALL.size


def test_a_range_that_ends_before_it_begins_is_named() -> None:
    with pytest.raises(ConfigError, match="byte_range"):
        settings(media={"byte_range": "bytes=9-1"})
    with pytest.raises(ConfigError, match=r"media\.byte_range"):
        settings(media={"byte_range": "0-99"})
    assert settings(media={"byte_range": None}).media.byte_range is None
    assert settings(media={}).media == settings().media
    assert settings().media.max_bytes == 1024 * 2**20
    assert settings().media.parallel == 2


# Cut, short, long.


def test_a_cut_goes_on_where_it_was(runner: Runner, gong: Emulator, staging: Path) -> None:
    recorded(gong)
    gong.faults.add(Fault("cut_body", host="media", bytes=100_000, count=2))
    [record] = read(runner, gong).records("call_audio")
    assert record["sha256"] == DIGEST == hashlib.sha256((staging / record["path"]).read_bytes()).hexdigest()
    first, second, third = asked(gong)
    assert first is None
    assert re.fullmatch(r"bytes=\d+-", second or "")
    assert 0 < int((second or "")[6:-1]) < int((third or "")[6:-1])


@pytest.mark.parametrize("kind", ["ignore_range", "etag"])
def test_a_cut_starts_over_where_the_host_has_no_ranges_or_another_version(
    runner: Runner, gong: Emulator, staging: Path, kind: str
) -> None:
    call = recorded(gong)
    gong.faults.add(Fault("cut_body", host="media", bytes=100_000))
    if kind == "ignore_range":
        gong.faults.add(Fault("ignore_range", host="media"))
        expected = SMALL.content
    else:
        expected = SMALL.content[::-1]
        send, served = gong.media._send, []

        async def changing(request: Any, entry: Any, file: Any, fault: Any) -> Any:
            served.append(file)
            return await send(request, entry, file if len(served) == 1 else MediaFile("audio/mpeg", expected), fault)

        gong.media._send = changing  # type: ignore[method-assign]
    [record] = read(runner, gong).records("call_audio")
    assert record["sha256"] == hashlib.sha256(expected).hexdigest()
    assert (staging / f"call_audio/{call.id}.mp3").read_bytes() == expected


def test_many_cuts_of_a_large_file_are_survived_as_long_as_it_gets_on(runner: Runner, gong: Emulator) -> None:
    recorded(gong, file=MediaFile("audio/mpeg", zeros=20 * 2**20))
    gong.faults.add(Fault("cut_body", host="media", bytes=2**20, count=18))
    [record] = read(runner, gong).records("call_audio")
    assert record["sha256"] == hashlib.sha256(bytes(20 * 2**20)).hexdigest()


@pytest.mark.parametrize("fault", [Fault("cut_body", bytes=1000), Fault("long_body"), Fault("reply", status=500)])
def test_a_file_that_never_comes_whole_is_reported_and_leaves_nothing(
    runner: Runner, gong: Emulator, staging: Path, told: pytest.LogCaptureFixture, fault: Fault
) -> None:
    fault.host, fault.count = "media", None
    call = recorded(gong)
    gong.faults.add(fault)
    # What a host says of a part, it can contradict by what it sends.
    output = read(runner, gong, media={"byte_range": "bytes=0-99"} if fault.kind == "long_body" else None)
    assert output.raised is None
    assert output.records("call_audio") == []
    assert left(staging) == []
    [warning] = [one.getMessage() for one in told.records if one.levelname == "WARNING"]
    assert call.id in warning
    assert {"cut_body": "cut off", "long_body": "longer than announced", "reply": "answered 500"}[fault.kind] in warning
    assert "The next sync tries it again" in warning
    assert [entry["callId"] for entry in output.states("call_audio")[-1]["pending"]] == [call.id]


def test_chunks_without_a_length_are_whole_when_they_end(runner: Runner, gong: Emulator) -> None:
    recorded(gong)
    gong.faults.add(Fault("no_length", host="media"))
    assert read(runner, gong).records("call_audio")[0]["sha256"] == DIGEST


def test_a_cut_file_is_begun_again_where_nothing_tells_that_it_is_the_same(runner: Runner, gong: Emulator) -> None:
    recorded(gong, file=MediaFile("audio/mpeg", SMALL.content, etag=None))
    gong.faults.add(Fault("cut_body", host="media", bytes=100_000))
    assert read(runner, gong).records("call_audio")[0]["sha256"] == DIGEST
    assert asked(gong) == [None, None]


def test_a_file_that_is_begun_again_and_again_is_given_up(runner: Runner, gong: Emulator, staging: Path) -> None:
    """No attempt got on by what the next one throws away, though each came further than the one before."""
    recorded(gong, file=MediaFile("audio/mpeg", zeros=20 * 2**20, etag=None))
    for number in range(1, 19):
        gong.faults.add(Fault("cut_body", host="media", bytes=number * 2**20, nth=number))
    assert read(runner, gong).records("call_audio") == []
    assert asked(gong) == [None] * 8
    assert left(staging) == []


# Size.


def test_a_file_that_says_it_is_too_large_is_not_read(
    runner: Runner, gong: Emulator, staging: Path, told: pytest.LogCaptureFixture
) -> None:
    large, small = recorded(gong, 10, MediaFile("audio/mpeg", zeros=5 * 2**20)), recorded(gong, 9)
    output = read(runner, gong, media={"max_file_size_mb": 1})
    assert output.ids("call_audio", "callId") == [small.id]
    assert left(staging) == [f"{small.id}.mp3"]
    assert "5,242,880 bytes" in told.text
    # It is asked for again only when the configuration allows it.
    gong.media.requests.clear()
    second = read(runner, gong, state=output.last_state, media={"max_file_size_mb": 1})
    assert [entry.path for entry in gong.media.requests] == []
    third = read(runner, gong, state=second.last_state)
    assert third.ids("call_audio", "callId") == [large.id]
    assert "pending" not in third.states("call_audio")[-1]


def test_a_file_that_does_not_say_how_large_it_is_is_given_up_when_it_is_too_large(
    runner: Runner, gong: Emulator, staging: Path
) -> None:
    recorded(gong, file=MediaFile("audio/mpeg", zeros=64 * 2**20))
    gong.faults.add(Fault("no_length", host="media", count=None))
    output = read(runner, gong, media={"max_file_size_mb": 1})
    assert output.records("call_audio") == []
    assert output.states("call_audio")[-1]["pending"][0]["sizeBytes"] < 2 * 2**20
    assert left(staging) == []


# Addresses.


def test_an_address_that_has_run_out_is_asked_for_again(runner: Runner, gong: Emulator) -> None:
    recorded(gong)
    gong.media.valid_for = timedelta(minutes=-1)

    def mend(*_: Any) -> dict[str, Any]:
        gong.media.valid_for = timedelta(hours=8)
        return urls(*_)

    urls, given = gong.media.urls, []
    gong.media.urls = lambda *one: (given.append(1), urls(*one) if len(given) == 1 else mend(*one))[1]  # type: ignore
    assert len(read(runner, gong).records("call_audio")) == 1
    assert [entry.status for entry in gong.media.requests] == [403, 200]
    assert len(gong.requests.to("/v2/calls/extensive")) == 2


def test_an_address_that_is_always_refused_fails_this_file_only(runner: Runner, gong: Emulator) -> None:
    refused, good = recorded(gong, 10), recorded(gong, 9)
    gong.faults.add(Fault("reply", host="media", status=403, path=refused.id, count=None))
    output = read(runner, gong)
    assert output.ids("call_audio", "callId") == [good.id]
    assert output.statuses == {"call_audio": "COMPLETE"}
    assert len([entry for entry in gong.media.requests if refused.id in entry.path]) == 2


@pytest.mark.parametrize(
    "target",
    [
        "https://10.0.0.8/a", "https://192.168.1.1/a", "https://169.254.169.254/latest", "https://[fe80::1]/a",
        "https://[::ffff:10.0.0.8]/a", "https://100.64.0.1/a", "https://0.0.0.0/a", "http://example.com/a",
        "ftp://example.com/a", "https://user:word@example.com/a", "https://[::1", "https://[64:ff9b::a00:8]/a",
    ],
)  # fmt: skip
def test_no_redirect_into_a_private_network(runner: Runner, gong: Emulator, staging: Path, target: str) -> None:
    bad, good = recorded(gong, 10), recorded(gong, 9)
    gong.faults.add(Fault("redirect", host="media", path=bad.id, url=target, count=None))
    output = read(runner, gong)
    assert output.ids("call_audio", "callId") == [good.id]
    assert left(staging) == [f"{good.id}.mp3"]
    assert len([entry for entry in gong.media.requests if bad.id in entry.path]) == 1


def test_three_redirects_are_followed_and_a_fourth_is_not(runner: Runner, gong: Emulator) -> None:
    call = recorded(gong)
    again = gong.media._sign(f"/audio/{call.id}.wav", NOW)
    gong.faults.add(Fault("redirect", host="media", url=again, count=3))
    assert len(read(runner, gong).records("call_audio")) == 1
    gong.faults.clear()
    gong.faults.add(Fault("redirect", host="media", url=again, count=None))
    shutil.rmtree(downloads.staging_directory() / "call_audio")
    assert read(runner, gong).records("call_audio") == []


# The disk and the host.


def failing_write(code: int) -> Any:
    def write(self: Any, chunk: bytes) -> None:
        raise OSError(code, os.strerror(code))

    return write


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "is full"), (errno.EACCES, "can't be written")])
def test_a_disk_that_takes_nothing_fails_this_stream_alone(
    runner: Runner, gong: Emulator, staging: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    for _ in range(5):
        recorded(gong)
    monkeypatch.setattr("source_gong.partial.Partial.write", failing_write(code))
    output = read(runner, gong, "calls", "call_audio")
    assert output.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE"}
    assert output.error.failure_type.value == "config_error"
    assert words in output.error.message
    assert str(staging / "call_audio") in output.error.message
    assert left(staging) == []
    assert len(output.records("calls")) == 5


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
    output = read(runner, gong, requests_per_second=3)
    assert len(output.records("call_audio")) == 15
    assert runner.syncs[-1].gate.spent == 2


# From sync to sync.


def test_a_file_that_failed_comes_with_the_next_sync_and_is_not_lost_behind_the_cursor(
    runner: Runner, gong: Emulator
) -> None:
    gone, good = recorded(gong, 20), recorded(gong, 19)
    gong.media.remove(gone.id, "audio")
    first = read(runner, gong)
    assert first.ids("call_audio", "callId") == [good.id]
    state = first.states("call_audio")[-1]
    assert state["pending"] == [{"callId": gone.id, "since": "2026-06-01T12:00:00.250Z"}]
    gong.media.put(gone.id, "audio", SMALL)
    runner.now = gong.clock.advance(timedelta(days=1))
    second = read(runner, gong, state=first.last_state)
    assert second.ids("call_audio", "callId") == [gone.id]
    assert "pending" not in second.states("call_audio")[-1]


def test_a_file_that_keeps_failing_is_let_go_after_a_month(
    runner: Runner, gong: Emulator, told: pytest.LogCaptureFixture
) -> None:
    gone = recorded(gong, 20)
    gong.media.remove(gone.id, "audio")
    output = read(runner, gong)
    runner.now = gong.clock.advance(timedelta(days=20))
    output = read(runner, gong, state=output.last_state)
    assert output.states("call_audio")[-1]["pending"][0]["since"] == "2026-06-01T12:00:00.250Z"
    runner.now = gong.clock.advance(timedelta(days=11))
    output = read(runner, gong, state=output.last_state)
    assert "pending" not in output.states("call_audio")[-1]
    assert "It is not tried again" in told.text


def test_a_pending_call_that_has_become_private_or_is_gone_is_not_downloaded(runner: Runner, gong: Emulator) -> None:
    private, deleted = recorded(gong, 20), recorded(gong, 19)
    for call in (private, deleted):
        gong.media.remove(call.id, "audio")
    output = read(runner, gong, private_calls="exclude")
    assert len(output.states("call_audio")[-1]["pending"]) == 2
    for call in (private, deleted):
        gong.media.restore(call.id, "audio")
    private.is_private, deleted.deleted_from = True, NOW
    runner.now = gong.clock.advance(timedelta(days=1))
    output = read(runner, gong, state=output.last_state, private_calls="exclude")
    assert output.records("call_audio") == []
    assert "pending" not in output.states("call_audio")[-1]


def test_more_failures_than_the_state_holds_fail_the_stream_and_nothing_is_lost(runner: Runner, gong: Emulator) -> None:
    calls = [recorded(gong, 20 - number / 100) for number in range(60)]
    for call in calls:
        gong.media.remove(call.id, "audio")
    output = read(runner, gong)
    assert "more than 50" in output.error.message
    state = output.last_state
    assert len(json.dumps(state)) < 10_000
    for call in calls:
        gong.media.put(call.id, "audio", SMALL)
    again = read(runner, gong, state=state)
    assert again.ids("call_audio", "callId") == sorted(call.id for call in calls)


def test_a_broken_pending_list_is_no_harm(runner: Runner, gong: Emulator) -> None:
    recorded(gong, 2)
    junk = [None, {"callId": "../x", "since": "2026-01-01"}, {"callId": "1"}, {"callId": 1, "since": 2}]
    state = state_of(call_audio={"started": "2026-05-20T00:00:00Z", "pending": junk, "delivered": {"width": "x"}})
    assert len(read(runner, gong, state=state).records("call_audio")) == 1


def test_what_an_earlier_sync_delivered_is_not_downloaded_again(runner: Runner, gong: Emulator, staging: Path) -> None:
    for hours in range(40):
        recorded(gong, hours / 10 + 0.1)
    first = read(runner, gong)
    assert len(first.records("call_audio")) == 40
    shutil.rmtree(staging / "call_audio")
    gong.media.requests.clear()
    runner.now = gong.clock.advance(timedelta(days=1))
    new = recorded(gong, -0.9)
    late = recorded(gong, 2.02)
    second = read(runner, gong, state=first.last_state)
    found = second.ids("call_audio", "callId")
    assert {new.id, late.id} <= set(found)
    # Besides the new ones, those of the stretch that got the late one.
    assert len(found) <= 5
    assert len(json.dumps(second.last_state)) < 10_000
    third = read(runner, gong, state=second.last_state)
    assert third.records("call_audio") == []


def test_a_recording_that_comes_after_its_call_is_found_by_the_look_back(runner: Runner, gong: Emulator) -> None:
    call = recorded(gong, 1)
    gong.media.remove(call.id, "audio", address=False)
    first = read(runner, gong, lookback_window_days=0)
    assert first.records("call_audio") == []
    gong.media.restore(call.id, "audio")
    runner.now = gong.clock.advance(timedelta(hours=20))
    second = read(runner, gong, state=first.last_state, lookback_window_days=0)
    assert second.ids("call_audio", "callId") == [call.id]


def test_a_batch_that_is_done_is_a_checkpoint(runner: Runner, gong: Emulator) -> None:
    calls = [recorded(gong, 20 - number / 10) for number in range(60)]
    gong.faults.add(Fault("reply", path="extensive", status=400, nth=3))
    output = read(runner, gong)
    assert output.statuses == {"call_audio": "INCOMPLETE"}
    upto = output.upto("call_audio") or ""
    assert "2026-05-13" <= upto < "2026-05-16"
    gong.faults.clear()
    again = read(runner, gong, state=output.last_state)
    found = {*output.ids("call_audio", "callId"), *again.ids("call_audio", "callId")}
    assert found == {call.id for call in calls}


def test_a_whole_file_of_an_interrupted_run_is_not_fetched_again(runner: Runner, gong: Emulator, staging: Path) -> None:
    call = recorded(gong)
    [record] = read(runner, gong).records("call_audio")
    gong.media.requests.clear()
    assert read(runner, gong).records("call_audio") == [record]
    assert asked(gong) == ["bytes=0-0"]
    # Another one at the same address is.
    gong.media.put(call.id, "audio", MediaFile("audio/wav", SMALL.content[1:]))
    [other] = read(runner, gong).records("call_audio")
    assert other["sizeBytes"] == SMALL.size - 1
    assert left(staging) == [f"{call.id}.wav"]


def test_what_discover_says_of_files(runner: Runner) -> None:
    import logging

    from unit_tests.harness import config, source_of

    found = source_of("call_audio", "call_video").discover(logging.getLogger("airbyte"), config())
    files = {stream.name: stream.is_file_based for stream in found.streams}
    assert files == {"users": False, "calls": False, "workspaces": False, "call_audio": True, "call_video": True}


def test_a_key_without_the_right_to_addresses_fails_these_streams_only(runner: Runner, gong: Emulator) -> None:
    recorded(gong)
    gong.options.scopes = {"api:calls:read:basic", "api:calls:read:extensive"}
    output = read(runner, gong, "calls", "call_audio")
    assert output.statuses == {"calls": "COMPLETE", "call_audio": "INCOMPLETE"}
    assert "api:calls:read:media-url" in output.error.message


def test_the_list_is_read_once_for_all_streams(runner: Runner, gong: Emulator) -> None:
    for _ in range(5):
        recorded(gong)
    read(runner, gong, "calls", "call_transcripts", "call_audio", "call_video")
    assert len(gong.requests.to("/v2/calls")) == 1


def test_a_stream_of_files_holds_one_place_while_it_downloads(runner: Runner, gong: Emulator) -> None:
    for number in range(150):
        recorded(gong, 20 - number / 20)
    output = read(runner, gong, "calls", "call_audio", max_requests_per_sync=60)
    assert output.raised is None
    assert output.report("calls")["windows"] > 1
    assert output.report("call_audio")["windows"] == 1
    assert len(output.records("call_audio")) == 150
    lists = [tuple(sorted(entry.query.items())) for entry in gong.requests.to("/v2/calls")]
    assert len(lists) == len(set(lists))


def test_a_name_that_does_not_resolve_is_a_dead_host(runner: Runner, requests_mock: Any, monkeypatch: Any) -> None:
    from unit_tests.harness import API, call, extensive

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
