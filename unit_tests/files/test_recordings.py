"""The streams of files: what the user leaves out, and what is delivered from sync to sync."""

from __future__ import annotations

import json
import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Emulator, Fault, MediaFile
from testing.harness import (
    NOW,
    Runner,
    config,
    state_of,
)
from unit_tests.files.media import SMALL, asked, left, read, recorded

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
    found = runner.source("call_audio", "call_video").discover(logging.getLogger("airbyte"), config())
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
