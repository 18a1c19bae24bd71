"""One file: the part of it that is wanted, cuts, sizes, versions, and the addresses that it is asked from."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Emulator, Fault, MediaFile
from source_gong.faults import ConfigError
from source_gong.files.downloads import staging_directory
from testing.harness import (
    NOW,
    Runner,
    settings,
)
from unit_tests.files.media import DIGEST, SMALL, asked, left, read, recorded

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
    shutil.rmtree(staging_directory() / "call_audio")
    assert read(runner, gong).records("call_audio") == []
