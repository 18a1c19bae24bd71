"""Faults that pass are survived by every stream; those that stay end in one clear error, and other streams go on."""

from __future__ import annotations

from typing import Any

import pytest

from gong_emulator import Fault
from integration_tests.guarantees.world import OF_CALLS, company, doubles, world
from integration_tests.streams.reading import every_stream
from unit_tests.harness import is_transient, manifest

PASSING: dict[str, dict[str, Any]] = {
    **{
        str(status): {"kind": "reply", "status": status, "body": "<html>oops</html>"} for status in (500, 502, 503, 504)
    },
    "a storm of 429": {"kind": "reply", "status": 429, "headers": {"Retry-After": "2"}, "body": {"errors": ["slow"]}},
    "429 until a date": {"kind": "retry_after_date", "seconds": 30},
    "cut": {"kind": "cut"},
    "cut in the body": {"kind": "cut_body", "bytes": 20},
    "HTML": {"kind": "html"},
    "half a document": {"kind": "half_json"},
    "nothing": {"kind": "empty"},
    "another shape": {"kind": "json", "body": {"requestId": "5f1is09lflj186eqvv8"}},
    "broken compression": {"kind": "broken_gzip"},
}


@pytest.mark.parametrize("name", PASSING)
def test_every_stream_survives_what_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch, company(20)) as gong:
        quiet = gong.sync(start_date="2026-04-10")
        paths = {entry.path for entry in gong.gong.requests}
        # The first two requests to each endpoint; 20 of a storm, which are no failures.
        count = 20 if "storm" in name else 2
        gong.gong.faults.add(*(Fault(path=f"^{path}$", count=count, **PASSING[name]) for path in paths))
        stormy = gong.sync(start_date="2026-04-10")
        assert stormy.raised is None, stormy.raised.message
        assert set(stormy.statuses.values()) == {"COMPLETE"}
        for stream in every_stream():
            assert len(stormy.records(stream)) == len(quiet.records(stream)), stream
            assert doubles(stormy, stream) == []
        assert all(fault.seen >= count for fault in gong.gong.faults._faults)


@pytest.mark.parametrize("stream", [*OF_CALLS, "users", "stats_activity_day_by_day", "audit_logs", "settings_trackers"])
def test_what_stays_ends_one_stream_with_one_error(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = next(one for one in manifest()["streams"] if one["name"] == stream)
    with world(monkeypatch, company(20)) as gong:
        gong.sync(stream, start_date="2026-04-10")
        path = next(entry.path for entry in reversed(list(gong.gong.requests)))
        before = gong.sync(stream, start_date="2026-04-10")
        gong.gong.faults.add(Fault("reply", path=f"^{path}$", status=503, count=None))
        output = gong.sync(stream, "call_outcomes", state=before.last_state, start_date="2026-04-10")
        assert is_transient(output)
        assert output.statuses == {stream: "INCOMPLETE", "call_outcomes": "COMPLETE"}
        assert output.error.message.startswith(f"{stream}: ")
        assert "503" in output.error.message
        gong.gong.faults.clear()
        if "incremental_sync" in declared:
            after = gong.sync(stream, state=output.last_state, start_date="2026-04-10")
            assert after.statuses == {stream: "COMPLETE"}
