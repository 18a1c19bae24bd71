"""A key that may not read everything: what it can't read fails alone, and `check` tells what that is."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest

from gong_emulator import Emulator, Fault
from source_gong.reading.reader import Reader as ListReader
from source_gong.windows.window import Window
from testing.harness import Output, manifest
from testing.reading import LONG_AFTER, Reader, company, every_stream, serving

SCOPES = {stream["name"]: stream["$parameters"]["scope"] for stream in manifest()["streams"]}
# Gong's OpenAPI names no scope for it, so there is none that a key can lack.
WITHOUT_SCOPE = ("permission_profiles",)
# Streams that are read by what another one lists need that one's scope too.
ALSO_NEEDS = {
    "api:users:read": {"flows", "flow_folders", "flow_steps", "tasks", "coaching"},
    "api:workspaces:read": {"library_folders", "library_folder_content", "permission_profiles", "coaching"},
    "api:calls:read:basic": {"call_transcripts", "call_user_access"},
    "api:crm:integrations:read": {"crm_entity_schemas"},
}
FAMILIES = sorted({SCOPES[stream] for stream in every_stream() if stream not in WITHOUT_SCOPE})
ALL_SCOPES = set(SCOPES.values())
ENGAGE = ("flows", "flow_folders", "flow_steps", "tasks")


def _sentence(scope: str) -> str:
    return f"You don't have permission to use '{scope}' in your app."


def _needing(scope: str) -> set[str]:
    also = ALSO_NEEDS.get(scope, set())
    if scope == "api:users:read":
        also = also | {"permission_profile_users"}
    if scope == "api:workspaces:read":
        also = also | {"permission_profile_users"}
    return {stream for stream in every_stream() if SCOPES[stream] == scope} | also


def _failed(output: Output) -> dict[str, str]:
    return {error.stream_descriptor.name: error.message for error in output.errors}


@pytest.mark.parametrize("scope", FAMILIES)
def test_what_needs_a_missing_scope_fails_alone(scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(20), LONG_AFTER, scopes=ALL_SCOPES - {scope}) as gong:
        output = Reader(gong).sync()
    failed = _failed(output)
    assert set(failed) == _needing(scope)
    assert {name for name, status in output.statuses.items() if status == "COMPLETE"} == set(every_stream()) - set(
        failed
    )
    for stream, message in failed.items():
        assert output.statuses[stream] == "INCOMPLETE"
        assert stream in message
        assert _sentence(scope) in message
        assert f"needs {scope}" in message
    assert output.raised is not None
    assert output.raised.failure_type is not None
    assert output.raised.failure_type.value == "config_error"


def test_without_engage_its_streams_fail_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(20), LONG_AFTER, engage_licence=False) as gong:
        output = Reader(gong).sync()
        failed = _failed(output)
        assert set(failed) == set(ENGAGE)
        assert all(output.statuses[stream] == "COMPLETE" for stream in every_stream() if stream not in ENGAGE)
        for stream in ENGAGE:
            assert stream in failed[stream]
            assert SCOPES[stream] in failed[stream]
        assert all(
            "403 to GET /v2/flows" in failed[stream] and '"Forbidden"' in failed[stream] for stream in ENGAGE[:1]
        )
        assert "Internal server error occurred" in failed["tasks"]


def _check(gong: Emulator, **fields: object) -> tuple[str, str]:
    return Reader(gong).check(start_date=None, api_base_url=gong.url, **fields)


def _unreadable(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    lines = [message for message in caplog.messages if message.startswith("This key can't read the stream ")]
    found = {line.split()[6].rstrip(":"): line for line in lines}
    assert len(found) == len(lines)
    return found


def test_check_asks_once_for_each_scope(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with serving(company(20), LONG_AFTER) as gong:
        assert _check(gong) == ("SUCCEEDED", "")
        assert _unreadable(caplog) == {}
        assert len(gong.requests) <= len(set(SCOPES.values()))
        asked = [(entry.method, entry.path, entry.query, entry.json) for entry in gong.requests]
        assert all(asked.count(one) == 1 for one in asked)
        assert {entry.status for entry in gong.requests} <= {200, 404}


def test_check_asks_for_independent_rights_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` is waited for by a person. Two probes meet here before either is sent; asked one after the other, the
    first would wait in vain."""
    meeting, probe, asked = threading.Barrier(2), ListReader.probe, itertools.count()

    def together(self: ListReader, window: Window) -> Any:
        # What wrong credentials are found out with comes first, by itself.
        if self.stream != "users" and next(asked) < 2:
            meeting.wait(60)
        return probe(self, window)

    monkeypatch.setattr(ListReader, "probe", together)
    with serving(company(20), LONG_AFTER) as gong:
        assert _check(gong) == ("SUCCEEDED", "")
    assert not meeting.broken


def test_check_asks_first_for_what_it_asks_the_others_with(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(20), LONG_AFTER) as gong:
        _check(gong)
        paths = [entry.path for entry in gong.requests]
    assert paths[0] == "/v2/users"
    for parent, children in {
        "/v2/workspaces": ("/v2/library/folders", "/v2/all-permission-profiles", "/v2/coaching"),
        "/v2/calls": ("/v2/calls/transcript", "/v2/calls/users-access"),
        "/v2/crm/integrations": ("/v2/crm/entity-schema",),
    }.items():
        assert all(paths.index(parent) < paths.index(child) for child in children)


@pytest.mark.parametrize("scope", FAMILIES)
def test_check_names_each_stream_that_the_key_cannot_read(
    scope: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(company(20), LONG_AFTER, scopes=ALL_SCOPES - {scope}) as gong:
        assert _check(gong) == ("SUCCEEDED", "")
        assert len(gong.requests) <= len(set(SCOPES.values()))
    told = {stream: line for stream, line in _unreadable(caplog).items() if stream in every_stream()}
    assert set(told) == _needing(scope)
    assert all(_sentence(scope) in line for line in told.values())


def test_check_without_engage_succeeds(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with serving(company(20), LONG_AFTER, engage_licence=False) as gong:
        assert _check(gong)[0] == "SUCCEEDED"
    assert set(_unreadable(caplog)) == set(ENGAGE)


@pytest.mark.parametrize("sentence", ["Validate credentials failed", "Unauthorized for path"])
def test_check_fails_with_the_remedy_when_the_credentials_are_wrong(
    sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"requestId": "5f1is09lflj186eqvv8", "errors": [sentence]}
    with serving(company(5), LONG_AFTER) as gong:
        gong.faults.add(Fault(kind="reply", status=401, body=body, count=None))
        status, message = _check(gong)
        assert len(gong.requests) == 1
    assert status == "FAILED"
    assert sentence in message
    assert "Check the credentials and `api_base_url`" in message
    assert "Admin center > Settings > Ecosystem > API" in message


def test_check_fails_with_a_wrong_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(5), LONG_AFTER) as gong:
        credentials = {"auth_type": "APIKey", "access_key": "KEYKEYKEYKEY", "access_key_secret": "not the secret"}
        status, message = _check(gong, credentials=credentials)
    assert status == "FAILED"
    assert "Validate credentials failed" in message
    assert "not the secret" not in message


def test_check_fails_when_nothing_at_all_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(company(5), LONG_AFTER, scopes=set()) as gong:
        status, message = _check(gong)
    assert status == "FAILED"
    assert "You don't have permission to use" in message


@pytest.mark.parametrize(("calls", "visible"), [(20, False), (0, True)])
def test_check_warns_when_there_are_users_and_no_call_is_visible(
    calls: int, visible: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(company(calls), LONG_AFTER, call_visibility=visible) as gong:
        assert _check(gong)[0] == "SUCCEEDED"
    assert sum("There are users but no call is visible" in message for message in caplog.messages) == 1


def test_check_does_not_warn_when_calls_are_visible(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(company(20), LONG_AFTER) as gong:
        _check(gong)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []
