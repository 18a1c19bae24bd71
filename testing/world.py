"""A Gong and a connector that share one time, which passes only by waiting and by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gong_emulator import Call, Clock, Company, CompanyOptions, Emulator, EmulatorOptions
from source_gong.limits import Limits
from testing.harness import KEY, SECRET, FakeClock, Output, manifest
from testing.reading import Reader, by_key, every_stream, key_of
from testing.truth import Truth

FIRST_CALL = datetime(2026, 3, 25, 8, tzinfo=UTC)
NOW = datetime(2026, 4, 20, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# The streams whose records are calls or belong to calls.
OF_CALLS = ("calls", "calls_extensive", "call_transcripts", "call_user_access")
Rows = dict[tuple[Any, ...], dict[str, Any]]


def incremental_streams() -> list[str]:
    """The streams that keep a state, without those of media."""
    kept = {stream["name"] for stream in manifest()["streams"] if "incremental_sync" in stream}
    return [name for name in every_stream() if name in kept]


def company(calls: int = 60, **options: Any) -> Company:
    """A company whose calls lie in 25 days of spring 2026, in short conversations, each listed soon after its end."""
    values: dict[str, Any] = {
        "users": 6,
        "first_call": FIRST_CALL,
        "last_call": datetime(2026, 4, 19, 10, tzinfo=UTC),
        "late_share": 0,
        "monologues_per_minute": 0.05,
    }
    return Company(CompanyOptions(calls=calls, **{**values, **options}))


def rows(stream: str, records: Sequence[Mapping[str, Any]]) -> Rows:
    """Records by their key. A log entry has none from Gong, so it is known by what it holds."""
    if stream == "audit_logs":
        plain = [{name: value for name, value in record.items() if name != "id"} for record in records]
        return {(json.dumps(record, sort_keys=True),): record for record in plain}
    return by_key(stream, records)


def shown(call: Call, since: datetime) -> Call:
    """Have a call and all that belongs to it come out at a moment."""
    call.visible_from = since
    call.transcript_visible_from = since if call.transcript_visible_from else None
    call.content_visible_from = since if call.content_visible_from else None
    return call


class PassingTime(FakeClock):
    """Monotonic seconds that only waiting moves, and with them the emulator's clock. Threads that begin to wait at the
    same moment wait at the same time."""

    def __init__(self, wall: Clock) -> None:
        super().__init__()
        self._wall = wall
        self._moving = threading.Lock()

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        until = self() + seconds
        with self._moving:
            gone = max(0.0, until - self.seconds)
            self.seconds += gone
            self.slept.append(seconds)
            self._wall.advance(timedelta(seconds=gone))


class World(Reader):
    """The connector beside an emulator. What waits moves the time of both, so that nothing here takes long."""

    def __init__(self, gong: Emulator, limits: Limits | None = None) -> None:
        super().__init__(gong, limits)
        self.clock = PassingTime(gong.clock)
        gong.options.monotonic = self.clock

    @property
    def moment(self) -> datetime:
        moment = self.gong.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def wait(self, by: timedelta) -> None:
        """Let time pass between syncs."""
        self.gong.clock.advance(by)
        self.clock.seconds += by.total_seconds()

    def truth(self, stream: str, first: datetime | None = None, zone: str | None = None) -> Rows:
        """What Gong holds for a stream now, by key. Statistics are those of the days since `first`."""
        today = (self.moment - timedelta(hours=12)).date()
        begin = first or min((call.started for call in self.gong.company.calls), default=self.moment) - DAY
        return rows(stream, Truth(self.gong, begin.date(), today, zone).of(stream))


@contextmanager
def world(
    made: Company | None = None, now: datetime = NOW, limits: Limits | None = None, **options: Any
) -> Iterator[World]:
    """A company behind an emulator that stands at `now`, without limits unless `options` set them."""
    settings = {"rate_limit": None, "daily_quota": None, **options}
    with Emulator(
        made or company(),
        EmulatorOptions(access_key=KEY, access_key_secret=SECRET, **settings),
        Clock.frozen(now),
    ) as gong:
        yield World(gong, limits)


@dataclass
class Destination:
    """A warehouse that merges by key and keeps the last state, as a platform does."""

    rows: dict[str, Rows] = field(default_factory=dict)
    state: list[dict[str, Any]] = field(default_factory=list)

    def take(self, output: Output) -> Output:
        """Load what a sync printed, whether it came to its end or not."""
        streams = {message.record.stream for message in output.messages if message.record}
        for stream in streams:
            self.rows.setdefault(stream, {}).update(rows(stream, output.records(stream)))
        last = {one["stream"]["stream_descriptor"]["name"]: one for one in [*self.state, *output.last_state]}
        self.state = list(last.values())
        return output

    def of(self, stream: str) -> Rows:
        """The rows of a stream."""
        return self.rows.get(stream, {})


def killed(output: Output, after: int) -> Output:
    """What had reached stdout when the process was killed after so many messages."""
    return Output(output.messages[:after])


def doubles(output: Output, stream: str) -> list[tuple[Any, ...]]:
    """The keys that a stream gave more than once in one sync."""
    fields, seen, twice = key_of(stream), set(), []
    for record in output.records(stream):
        key = tuple(record[name] for name in fields)
        if key in seen:
            twice.append(key)
        seen.add(key)
    return twice


def state_of_one(state: Sequence[Mapping[str, Any]], stream: str) -> dict[str, Any]:
    """The state of one stream in what a platform keeps."""
    return next(
        dict(one["stream"]["stream_state"]) for one in state if one["stream"]["stream_descriptor"]["name"] == stream
    )
