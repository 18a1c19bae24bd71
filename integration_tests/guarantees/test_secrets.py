"""Promise 11: no secret in what a sync prints, keeps or raises, and none sent to anyone but the configured Gong.

Here the connector is read within the test, so that exceptions and states are looked at too. What a process prints is
read in `integration_tests/test_secrets.py`.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import requests

from gong_emulator import Company, Emulator, EmulatorOptions, Fault
from gong_emulator.faults import Kind
from source_gong.limits import Limits
from testing.harness import KEY, SECRET, Output
from testing.reading import every_stream
from testing.world import OF_CALLS, World, company, world

BASIC = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
CURSOR = "eyJ"
STREAMS = (*OF_CALLS, "users", "audit_logs", "stats_activity_scorecards")
# Gong's own addresses of recordings carry a signature.
SIGNED = ("X-Amz-Signature", "signature=", "Signature=")
NEEDS: dict[str, dict[str, Any]] = {
    "reply": {"status": 401},
    "stall": {"seconds": 0.3},
    "stall_body": {"seconds": 0.3, "bytes": 50},
    "cut_body": {"bytes": 50},
    "json": {"body": {"answer": 42}},
    "redirect": {"url": "https://example.com/steal"},
    "retry_after_date": {"seconds": 3},
}


@pytest.fixture(autouse=True)
def _lowest_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # as `run.run` does


def _made() -> Company:
    return company(30)


def _chain(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield "".join(traceback.format_exception(error))
        yield repr(vars(error))
        error = error.__cause__ or error.__context__


def _said(output: Output, caplog: pytest.LogCaptureFixture) -> str:
    """All that a sync said beside its records."""
    messages = [message for message in output.messages if not message.record]
    logged = [record.getMessage() + str(record.exc_text or "") for record in caplog.records]
    raised = list(_chain(output.raised))
    return "\n".join([Output(messages).text, *logged, *raised])


def _assert_silent(said: str, *secrets: str) -> None:
    for secret in (KEY, SECRET, BASIC, CURSOR, *SIGNED, *secrets):
        place = said.find(secret)
        assert place < 0, said[max(0, place - 300) : place] + "<here>"


def _read(reader: World, *streams: str, **fields: Any) -> Output:
    return reader.sync(*streams, call_content=["parties", "media"], **fields)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_under_every_fault_that_stays(
    kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with world(_made(), limits=Limits(read_seconds=0.1), page_size=9) as reader:
        reader.gong.faults.add(Fault(kind=kind, path="^/v2/", nth=4, count=60, **NEEDS.get(kind, {})))
        output = _read(reader, *STREAMS, num_workers=3)
        _assert_silent(_said(output, caplog))
        assert caplog.records, "the canary proves little without logs"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_when_gong_quotes_what_it_was_sent(
    status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with world(_made(), limits=Limits(read_seconds=0.1), page_size=9) as reader:
        quoted = [f"failed to verify cursor {CURSOR}hbGciOiJIUzI1NiJ9.eyJjYWxsSWQiOjF9.c2lnbmF0dXJl"]
        quoted.append(f"Validate credentials failed: Basic {BASIC} of {KEY} and {SECRET}")
        reader.gong.faults.add(Fault("reply", path="^/v2/", nth=3, count=None, status=status, body={"errors": quoted}))
        output = _read(reader, *STREAMS, num_workers=2)
        assert output.raised is not None
        _assert_silent(_said(output, caplog), "c2lnbmF0dXJl")


def test_no_state_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(_made(), limits=Limits(read_seconds=0.1), page_size=9) as reader:
        output = _read(reader, *every_stream(), max_requests_per_sync=60)
        state = json.dumps(output.last_state)
        assert len(output.last_state) > 5
        _assert_silent(state, "http")


def test_credentials_go_to_the_configured_gong_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to where a redirect points, nor to the host of the recordings."""
    sent: list[tuple[str, bool]] = []
    plain = requests.Session.send

    def noted(self: requests.Session, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        text = f"{request.url} {dict(request.headers)} {request.body!r}"
        sent.append((str(request.url), any(secret in text for secret in (KEY, SECRET, BASIC))))
        return plain(self, request, **settings)

    monkeypatch.setattr(requests.Session, "send", noted)
    with (
        world(_made(), limits=Limits(read_seconds=0.1), page_size=9) as reader,
        Emulator(_made(), EmulatorOptions(access_key=KEY, access_key_secret=SECRET)) as thief,
    ):
        whole = _read(reader, *every_stream())
        assert whole.raised is None
        for status, nth in ((301, 1), (302, 3), (307, 1), (308, 3)):
            reader.gong.faults.clear()
            target = thief.url + "/v2/users"
            reader.gong.faults.add(Fault("redirect", path="^/v2/", nth=nth, status=status, url=target, count=3))
            output = _read(reader, "users", "calls_extensive")
            assert output.raised is not None
            assert output.raised.failure_type.value == "config_error"
        assert len(thief.requests) == 0
        assert {url.partition("/v2/")[0] for url, secret in sent if secret} == {reader.gong.url}


def test_a_recording_is_asked_for_without_credentials(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    made = company(6)
    with world(made, limits=Limits(read_seconds=0.1)) as reader:
        kinds: tuple[dict[str, Any], ...] = (
            {"kind": "reply", "status": 403},
            {"kind": "reply", "status": 500},
            {"kind": "cut"},
            {"kind": "cut_body", "bytes": 10},
            {"kind": "redirect", "url": "https://example.com/steal?signature=1"},
        )
        for fields in ({}, *kinds):
            reader.gong.faults.clear()
            if fields:
                reader.gong.faults.add(Fault(host="media", count=None, **fields))
            output = reader.sync("call_audio")
            _assert_silent(_said(output, caplog), reader.gong.media_url.partition("//")[2] + "/")
        assert len(reader.gong.media.requests) > 5
        assert {entry.authorization for entry in reader.gong.media.requests} == {None}
