"""Runs the connector inside the test process, as a platform would, without waiting and at a fixed moment.

`Runner` replaces the clock and the waiting of a sync; what the connector sends goes to `requests-mock` or to an
emulator on the loopback. Every record that comes out is held against its schema.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    TraceType,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from jsonschema import Draft7Validator

from source_gong.settings import Settings, read_settings
from source_gong.source import SourceGong, read_manifest
from source_gong.sync import Sync

NOW = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
API = "https://api.gong.io"
KEY = "KEYKEYKEYKEY"
SECRET = "SECRETSECRETSECRET"
SCHEMAS = Path(__file__).parent.parent / "schemas"
NO_CALLS = "No calls found corresponding to the provided filters"


class FakeClock:
    """Monotonic seconds that pass only by sleeping. `slept` has each wait in order. Safe from any thread."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self.seconds += seconds
            self.slept.append(seconds)


def config(**fields: Any) -> dict[str, Any]:
    """A configuration with a key, a start date and no pace to speak of; a field given as None is left out."""
    values: dict[str, Any] = {
        "credentials": {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET},
        "start_date": "2026-05-01T00:00:00Z",
        "requests_per_second": 1000,
        **fields,
    }
    return {name: value for name, value in values.items() if value is not None}


def spec() -> dict[str, Any]:
    """The specification of the configuration, as the manifest has it."""
    found: dict[str, Any] = manifest()["spec"]["connection_specification"]
    return found


@functools.cache
def manifest() -> dict[str, Any]:
    """The manifest as it stands in the file, read once."""
    return read_manifest()


def source_of(*streams: str) -> SourceGong:
    """The connector with no more streams than a test needs: building all of them takes most of a short test's time."""
    source = SourceGong()
    needed = {*streams, "users", "calls", "workspaces"}
    if needed <= {stream["name"] for stream in source._manifest["streams"]}:
        kept = [stream for stream in source._manifest["streams"] if stream["name"] in needed]
        source._manifest = {**source._manifest, "streams": kept}
    return source


def settings(now: datetime = NOW, **fields: Any) -> Settings:
    """The checked settings of `config(**fields)`."""
    return read_settings(config(**fields), spec(), now)


def catalog(*streams: str, mode: str = "incremental") -> dict[str, Any]:
    """A configured catalog, as a platform writes it; streams that can't be read incrementally are read in full."""
    declared = {stream["name"]: stream for stream in manifest()["streams"]}
    chosen = []
    for name in streams:
        incremental = mode == "incremental" and "incremental_sync" in declared.get(name, {})
        chosen.append(
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": "incremental" if incremental else "full_refresh",
                "destination_sync_mode": "append_dedup" if incremental else "overwrite",
            }
        )
    return {"streams": chosen}


def state_of(**streams: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Stream states as a platform hands them back."""
    return [
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": dict(value)}}
        for name, value in streams.items()
    ]


@dataclass
class Output:
    """What one `read` printed, and the exception it ended with (None after a success)."""

    messages: list[AirbyteMessage] = field(default_factory=list)
    raised: AirbyteTracedException | None = None

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream in the order of their coming."""
        return [
            dict(message.record.data)
            for message in self.messages
            if message.type is Type.RECORD and message.record and message.record.stream == stream
        ]

    def ids(self, stream: str, key: str = "id") -> list[str]:
        """The keys of a stream's records, sorted, doubles kept."""
        return sorted(record[key] for record in self.records(stream))

    def states(self, stream: str) -> list[dict[str, Any]]:
        """The states of a stream in the order of their coming."""
        return [
            json.loads(written(message))["state"]["stream"]["stream_state"]
            for message in self.messages
            if message.state and message.state.stream and message.state.stream.stream_descriptor.name == stream
        ]

    def upto(self, stream: str) -> str | None:
        """Up to where the last state of a stream says that everything was read."""
        state = self.states(stream)[-1]
        found = [value for name, value in state.items() if name not in ("seen", "read_at", "paused")]
        return found[0] if found else None

    @property
    def last_state(self) -> list[dict[str, Any]]:
        """The last state of each stream, as a platform hands it to the next sync."""
        last: dict[str, dict[str, Any]] = {}
        for message in self.messages:
            if message.type is Type.STATE and message.state and message.state.stream:
                name = message.state.stream.stream_descriptor.name
                last[name] = json.loads(written(message))["state"]["stream"]["stream_state"]
        return state_of(**last)

    @property
    def statuses(self) -> dict[str, str]:
        """The last status of each stream."""
        return {
            message.trace.stream_status.stream_descriptor.name: message.trace.stream_status.status.value
            for message in self.messages
            if message.type is Type.TRACE and message.trace and message.trace.stream_status
        }

    @property
    def errors(self) -> list[Any]:
        """The error traces, besides the exception at the end."""
        return [
            message.trace.error
            for message in self.messages
            if message.type is Type.TRACE and message.trace and message.trace.type is TraceType.ERROR
        ]

    @property
    def error(self) -> Any:
        """The one error of a sync in which one stream failed."""
        assert len(self.errors) == 1, [error.message for error in self.errors]
        return self.errors[0]

    @property
    def logs(self) -> list[str]:
        """What the connector logged as messages of the protocol."""
        return [message.log.message for message in self.messages if message.type is Type.LOG and message.log]

    def report(self, stream: str) -> dict[str, Any]:
        """The machine-readable line of a stream's end."""
        for text in self.logs:
            if text.startswith("stream_report "):
                found: dict[str, Any] = json.loads(text.removeprefix("stream_report "))
                if found["stream"] == stream:
                    return found
        raise AssertionError(f"no report of {stream}")

    @property
    def text(self) -> str:
        """Everything as it stands on stdout."""
        return "\n".join(written(message) for message in self.messages)


def written(message: AirbyteMessage) -> str:
    """A message as it stands on stdout."""
    return orjson.dumps(AirbyteMessageSerializer.dump(message)).decode()


class Runner:
    """`check` and `read` of a fresh `SourceGong` at the moment `now`, with a clock that only sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.clock = FakeClock()
        self.syncs: list[Sync] = []
        monkeypatch.setattr("source_gong.instants.now", lambda: self.now)
        monkeypatch.setattr("source_gong.source.Sync", self._sync)
        monkeypatch.setattr("source_gong.source.read_manifest", manifest)

    def _sync(self, *arguments: Any, **named: Any) -> Sync:
        sync = functools.partial(Sync, monotonic=self.clock, sleep=self.clock.sleep)(*arguments, **named)
        self.syncs.append(sync)
        return sync

    def read(
        self,
        *streams: str,
        state: Sequence[Mapping[str, Any]] = (),
        configuration: Mapping[str, Any] | None = None,
        mode: str = "incremental",
        **fields: Any,
    ) -> Output:
        """Read streams with `config(**fields)`, or with `configuration` as it stands."""
        output = Output()
        values = dict(configuration) if configuration is not None else config(**fields)
        try:
            for message in source_of(*streams).read(
                logging.getLogger("airbyte"),
                values,
                ConfiguredAirbyteCatalogSerializer.load(catalog(*streams, mode=mode)),
                [AirbyteStateMessageSerializer.load(json.loads(json.dumps(one))) for one in state],
            ):
                output.messages.append(message)
                if message.type is Type.RECORD and message.record:
                    assert_conforms(message.record.stream, message.record.data)
        except AirbyteTracedException as error:
            output.raised = error
        return output

    def source(self, *streams: str) -> SourceGong:
        """The connector with these streams, and those that they are read by; see `source_of`."""
        return source_of(*streams)

    def check(self, **fields: Any) -> tuple[str, str]:
        """Status and message of `check`."""
        result = source_of().check(logging.getLogger("airbyte"), config(**fields))
        return result.status.value, result.message or ""


@functools.cache
def validator(stream: str) -> Draft7Validator:
    """The validator of a stream's schema."""
    return Draft7Validator(json.loads((SCHEMAS / f"{stream}.json").read_text(encoding="utf-8")))


def assert_conforms(stream: str, record: Mapping[str, Any]) -> None:
    """Fail with the first place where a record differs from its stream's schema."""
    for error in validator(stream).iter_errors(record):
        raise AssertionError(f"{stream}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def undeclared(schema: Mapping[str, Any], value: Any, path: str = "") -> list[str]:
    """The dotted paths of what a record holds and its schema does not declare."""
    if isinstance(value, Mapping):
        declared = schema.get("properties")
        if declared is None:
            return []
        return [
            found
            for name, item in value.items()
            for found in (
                undeclared(declared[name], item, f"{path}.{name}") if name in declared else [f"{path}.{name}"[1:]]
            )
        ]
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [found for item in value for found in undeclared(schema["items"], item, f"{path}[]")]
    return []


def is_transient(output: Output) -> bool:
    """Whether a sync ended with an error that a later sync may not have."""
    return output.raised is not None and output.raised.failure_type is FailureType.transient_error


# Answers in the shapes of Gong's recorded ones.


def page(
    key: str, items: Sequence[Any], *, total: int | None = None, number: int = 0, cursor: str | None = None
) -> dict[str, Any]:
    """One page of a paged list. The cursor is absent on the last one, as recorded."""
    records: dict[str, Any] = {
        "totalRecords": len(items) if total is None else total,
        "currentPageSize": len(items),
        "currentPageNumber": number,
    }
    if cursor is not None:
        records["cursor"] = cursor
    return {"requestId": "5f1is09lflj186eqvv8", "records": records, key: list(items)}


def refusal(*sentences: str) -> dict[str, Any]:
    """The body of an error."""
    return {"requestId": "4al018gzaztcr8nbukw", "errors": list(sentences)}


def call(identifier: Any, started: str = "2026-05-04T09:00:12.345-07:00", **fields: Any) -> dict[str, Any]:
    """An object of `GET /v2/calls`: every key is there, what is missing is null, as recorded."""
    return {
        "id": identifier,
        "url": f"https://us-12345.app.gong.io/call?id={identifier}",
        "title": "Weekly sync",
        "scheduled": "2026-05-04T09:00:00-07:00",
        "started": started,
        "duration": 1800,
        "primaryUserId": "234599484848423",
        "direction": "Conference",
        "system": "Zoom",
        "scope": "External",
        "media": "Video",
        "language": "eng",
        "workspaceId": "623457276584334",
        "sdrDisposition": None,
        "clientUniqueId": None,
        "customData": None,
        "purpose": None,
        "meetingUrl": None,
        "isPrivate": False,
        "calendarEventId": None,
        **fields,
    }


def extensive(identifier: Any, started: str = "2026-05-04T09:00:12.345-07:00", **fields: Any) -> dict[str, Any]:
    """An object of `POST /v2/calls/extensive` with nothing but its metadata; `fields` are those of the metadata."""
    return {"metaData": call(identifier, started, **fields)}


def transcript(identifier: Any, speaker: Any = "6432345678555530067", topic: str | None = None) -> dict[str, Any]:
    """An object of `POST /v2/calls/transcript`."""
    sentences = [{"start": 460230, "end": 462343, "text": "No wait, I think we should check that out first."}]
    return {"callId": identifier, "transcript": [{"speakerId": speaker, "topic": topic, "sentences": sentences}]}


def user(identifier: Any, **fields: Any) -> dict[str, Any]:
    """An object of `GET /v2/users`."""
    return {
        "id": identifier,
        "emailAddress": f"user{identifier}@example.com",
        "created": "2021-04-06T11:33:57.156-07:00",
        "active": True,
        "emailAliases": [],
        "trustedEmailAddress": None,
        "firstName": "Jon",
        "lastName": "Snow",
        "title": None,
        "phoneNumber": None,
        "extension": None,
        "personalMeetingUrls": [],
        "settings": {
            "webConferencesRecorded": True,
            "preventWebConferenceRecording": False,
            "telephonyCallsImported": False,
            "emailsImported": True,
            "preventEmailImport": False,
            "nonRecordedMeetingsImported": True,
            "gongConnectEnabled": False,
        },
        "managerId": None,
        "meetingConsentPageUrl": None,
        "conferencingProviders": None,
        "spokenLanguages": [],
        **fields,
    }


def known_ids(requests_mock: Any, users: Sequence[str] = (), workspaces: Sequence[str] = ()) -> None:
    """Let Gong know these users and workspaces, which a first sync makes sure of."""
    for identifier in users:
        requests_mock.get(f"{API}/v2/users/{identifier}", json={"requestId": "x", "user": user(identifier)})
    found = [{"id": identifier, "name": "Sales", "description": None} for identifier in workspaces]
    requests_mock.get(f"{API}/v2/workspaces", json={"requestId": "x", "workspaces": found})


def to_path(requests_mock: Any, path: str) -> list[Any]:
    """The requests to one path, in order."""
    return [request for request in requests_mock.request_history if request.path == path]
