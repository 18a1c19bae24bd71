"""`private_calls: exclude` on every stream that carries a call's content or title."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testing.world import DAY, HOUR, NOW, OF_CALLS, World, company, world

CARRIERS = {**dict.fromkeys(OF_CALLS, "callId"), "calls": "id", "calls_extensive": "id"}
BY_CALL = {**CARRIERS, "library_folder_content": "id", "stats_activity_scorecards": "callId"}


def test_no_stream_has_a_private_call_and_none_asks_for_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(80, private_share=0.4)) as gong:
        private = {call.id for call in gong.gong.company.calls if call.is_private}
        everything = gong.sync(*BY_CALL)
        for stream, key in BY_CALL.items():
            assert private & {record[key] for record in everything.records(stream)}, f"{stream} has none to leave out"
        gong.gong.reset()
        output = gong.sync(*BY_CALL, private_calls="exclude")
        assert set(output.statuses.values()) == {"COMPLETE"}
        for stream, key in BY_CALL.items():
            kept = {record[key] for record in output.records(stream)}
            assert kept == {record[key] for record in everything.records(stream)} - private, stream
            assert output.report(stream)["skipped_private"] > 0
        asked = {
            call_id
            for entry in gong.gong.requests
            if (entry.json or {}).get("contentSelector") or entry.path.endswith(("transcript", "users-access"))
            for call_id in entry.json["filter"].get("callIds", ["a whole window"])
        }
        assert asked
        assert not asked & {*private, "a whole window"}


def _content_asked_for(gong: World) -> set[str]:
    """The calls whose content was asked for; "a whole window" where it was not asked for by ids."""
    return {
        call_id
        for entry in gong.gong.requests
        if (entry.json or {}).get("contentSelector") or entry.path.endswith(("transcript", "users-access"))
        for call_id in entry.json["filter"].get("callIds", ["a whole window"])
    }


def test_a_private_call_stays_out_though_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(10, private_share=0)
    hidden, shown = made.add_call(is_private=True), made.add_call()
    with world(made) as gong:
        output = gong.sync(*OF_CALLS, private_calls="exclude", call_ids=[hidden.id, shown.id])
        assert set(output.statuses.values()) == {"COMPLETE"}
        for stream in OF_CALLS:
            assert {record[CARRIERS[stream]] for record in output.records(stream)} == {shown.id}, stream
        assert _content_asked_for(gong) == {shown.id}


def test_a_call_that_becomes_private_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = company(10, private_share=0)
    call = made.add_call(started=NOW - DAY)
    with world(made) as gong:
        first = gong.sync(*OF_CALLS, private_calls="exclude")
        call.is_private = True
        call.revision += 1
        gong.gong.requests.clear()
        gong.wait(HOUR)
        second = gong.sync(*OF_CALLS, private_calls="exclude", state=first.last_state)
        assert set(second.statuses.values()) == {"COMPLETE"}
        assert call.id not in _content_asked_for(gong)
        assert call.id not in second.text.replace(json.dumps(first.last_state), "")
        # And one that is no longer private comes.
        call.is_private = False
        third = gong.sync(*OF_CALLS, private_calls="exclude", state=second.last_state)
        assert all(call.id in {record[CARRIERS[stream]] for record in third.records(stream)} for stream in OF_CALLS)


def test_recordings_of_private_calls_are_not_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    made = company(12, private_share=0.5)
    private = {call.id for call in made.calls if call.is_private}
    assert 0 < len(private) < 12
    with world(made) as gong:
        output = gong.sync("call_audio", private_calls="exclude")
        assert output.statuses == {"call_audio": "COMPLETE"}
        assert {record["callId"] for record in output.records("call_audio")} == {
            call.id for call in made.calls
        } - private
        assert not [entry for entry in gong.gong.media.requests if any(one in entry.path for one in private)]
        assert not _content_asked_for(gong) & {*private, "a whole window"}
        assert not [path for path in tmp_path.rglob("*") if any(one in path.name for one in private)]


def test_no_title_of_a_private_call_is_in_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over every stream, whatever field a title or a brief could stand in."""
    made = company(40, private_share=0.5)
    for call in made.calls:
        call.title = f"PRIVATE{call.id}" if call.is_private else f"open {call.id}"
    with world(made) as gong:
        everything = gong.sync()
        assert "PRIVATE" in everything.text
        output = gong.sync(private_calls="exclude")
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert "PRIVATE" not in output.text
