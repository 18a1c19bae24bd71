"""`private_calls: exclude` on every stream that carries a call's content or title."""

from __future__ import annotations

import pytest

from integration_tests.guarantees.world import OF_CALLS, company, world

CARRIERS = {**dict.fromkeys(OF_CALLS, "callId"), "calls": "id", "calls_extensive": "id"}
BY_CALL = {**CARRIERS, "library_folder_content": "id", "stats_activity_scorecards": "callId"}


def test_no_stream_has_a_private_call_and_none_asks_for_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(80, private_share=0.4)) as gong:
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
