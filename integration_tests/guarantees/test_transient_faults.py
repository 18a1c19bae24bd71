"""Faults that pass are survived by every stream; those that stay end in one clear error, and other streams go on."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from gong_emulator import Fault
from source_gong.limits import Limits
from testing.harness import is_transient, manifest
from testing.reading import every_stream
from testing.world import OF_CALLS, Destination, World, company, doubles, world

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
    with world(company(20)) as gong:
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
    with world(company(20)) as gong:
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


def _refused(host: str) -> NoReturn:
    raise ConnectionRefusedError(errno.ECONNREFUSED, f"{host} refused")


def _reset(host: str) -> NoReturn:
    raise ConnectionResetError(errno.ECONNRESET, f"{host} reset")


def _unknown(host: str) -> NoReturn:
    raise socket.gaierror(socket.EAI_AGAIN, f"{host} is not known for the moment")


def _unreachable(host: str) -> NoReturn:
    raise OSError(errno.ENETUNREACH, f"{host} is out of reach")


def _break(monkeypatch: pytest.MonkeyPatch, reader: World, fail: Callable[[str], NoReturn], seconds: float) -> None:
    """Let no connection be made for so many seconds from now."""
    from urllib3.util import connection

    plain, until = connection.create_connection, reader.clock() + seconds

    def connect(address: tuple[str, int], *arguments: Any, **named: Any) -> socket.socket:
        return fail(address[0]) if reader.clock() < until else plain(address, *arguments, **named)

    monkeypatch.setattr(connection, "create_connection", connect)


@pytest.mark.parametrize("fail", [_refused, _reset, _unknown, _unreachable])
def test_no_connection_for_a_while(fail: Callable[[str], NoReturn], monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(20)) as reader:
        quiet = reader.complete(start_date="2026-04-10")
        _break(monkeypatch, reader, fail, 25)
        stormy = reader.complete(start_date="2026-04-10")
        for stream in every_stream():
            assert len(stormy.records(stream)) == len(quiet.records(stream)), stream


@pytest.mark.parametrize("fail", [_refused, _unknown])
def test_no_connection_at_all(fail: Callable[[str], NoReturn], monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(20)) as reader:
        before = reader.complete()
        _break(monkeypatch, reader, fail, 10**9)
        output = reader.sync(state=before.last_state)
        assert is_transient(output)
        assert set(output.statuses.values()) == {"INCOMPLETE"}
        assert len(output.errors) == len(every_stream())
        assert all("connection" in error.message for error in output.errors)
        assert output.records("calls") == []
        assert len(reader.clock.slept) < 8 * len(every_stream()) * 8


def test_every_stream_survives_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than the read timeout, before the headers and within the body."""
    with world(company(20)) as reader:
        quiet = reader.complete(start_date="2026-04-10")
        reader.limits = Limits(read_seconds=0.3)
        for path in {entry.path for entry in reader.gong.requests}:
            reader.gong.faults.add(Fault("stall", path=f"^{path}$", seconds=0.8))
            reader.gong.faults.add(Fault("stall_body", path=f"^{path}$", nth=2, bytes=10, seconds=0.8))
        stormy = reader.complete(start_date="2026-04-10", num_workers=30)
        for stream in every_stream():
            assert len(stormy.records(stream)) == len(quiet.records(stream)), stream


# Streams whose list others need are failed by themselves below.
PARENTS = ("users", "workspaces", "calls", "library_folders", "permission_profiles", "flows", "crm_integrations")
LEAVES = [stream for stream in every_stream() if stream not in PARENTS]


def _path_of(stream: str) -> str:
    declared = next(one for one in manifest()["streams"] if one["name"] == stream)
    return str(declared["$parameters"]["path"]).replace("{{ stream_partition['userId'] }}", "[0-9]+")


# A limit that stays stops the sync as a whole: `test_daily_quota.py`.
STAYING = [fields for name, fields in PASSING.items() if "429" not in name] + [{"kind": "stall", "seconds": 0.9}]


@pytest.mark.parametrize("shift", range(len(STAYING)))
def test_each_stream_under_each_fault_that_stays(shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fails with one clear error, the lists that others need come to their end, and all goes on afterwards.

    Every stream has another fault; with the shifts each has each.
    """
    with world(company(20)) as reader:
        reader.validated = 0
        destination = Destination()
        destination.take(reader.complete())
        reader.gong.company.add_call(reader.moment)
        reader.limits = Limits(read_seconds=0.4)
        for number, stream in enumerate(LEAVES):
            kind = STAYING[(number + shift) % len(STAYING)]
            reader.gong.faults.add(Fault(path=f"^{_path_of(stream)}$", count=None, **kind))
        output = destination.take(reader.sync(state=destination.state, num_workers=30))
        assert is_transient(output)
        assert {stream for stream, status in output.statuses.items() if status == "COMPLETE"} == set(PARENTS)
        assert sorted(error.message.partition(":")[0] for error in output.errors) == sorted(LEAVES)
        assert all("Nothing is lost" in error.message for error in output.errors)
        assert all(output.report(stream)["status"] == output.statuses[stream] for stream in every_stream())
        reader.limits = Limits()
        reader.gong.faults.clear()
        reader.gong.requests.clear()
        destination.take(reader.complete(state=destination.state))
        for stream in (*OF_CALLS, "users", "stats_activity_scorecards", "audit_logs"):
            assert reader.truth(stream).keys() <= destination.of(stream).keys(), stream


@pytest.mark.parametrize("parent", PARENTS)
def test_a_list_that_others_need(parent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs it fails too and says which endpoint failed; the others come to their end."""
    with world(company(20)) as reader:
        reader.gong.faults.add(Fault("html", path=f"^{_path_of(parent)}$", count=None))
        output = reader.sync(start_date="2026-04-10")
        failed = {stream for stream, status in output.statuses.items() if status == "INCOMPLETE"}
        assert parent in failed
        assert len(failed) < 10
        assert {error.message.partition(":")[0] for error in output.errors} == failed
        assert all(_path_of(parent) in error.message for error in output.errors)
