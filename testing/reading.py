"""Reads any streams from an emulated company, as a platform calls the connector, at a moment that does not move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions
from source_gong.limits import Limits
from testing.harness import Output, Runner, config, manifest

MEDIA = ("call_audio", "call_video")
FIRST_CALL = datetime(2026, 3, 25, 8, tzinfo=UTC)
LAST_CALL = datetime(2026, 4, 12, 10, tzinfo=UTC)
LONG_AFTER = datetime(2026, 4, 20, 12, 30, tzinfo=UTC)


def every_stream() -> list[str]:
    """The names of all streams but those of media, which need somewhere to put files."""
    return [stream["name"] for stream in manifest()["streams"] if stream["name"] not in MEDIA]


def key_of(stream: str) -> list[str]:
    """The primary key of a stream, as a list of fields."""
    key = next(declared for declared in manifest()["streams"] if declared["name"] == stream)["primary_key"]
    return [key] if isinstance(key, str) else list(key)


def by_key(stream: str, records: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Records by their primary key; the last one of a key wins, as in a destination that replaces by key."""
    fields = key_of(stream)
    return {tuple(record[name] for name in fields): dict(record) for record in records}


def company(calls: int = 60, zone: str = "America/Los_Angeles", **options: Any) -> Company:
    """A company whose calls lie in three weeks of spring 2026, when many zones change their clocks."""
    spread = {"users": 8, "first_call": FIRST_CALL, "last_call": LAST_CALL}
    return Company(CompanyOptions(calls=calls, time_zone=zone, **{**spread, **options}))


@contextmanager
def serving(made: Company, now: datetime, **options: Any) -> Iterator[Emulator]:
    """An emulator without limits that stands at `now`."""
    credentials = config()["credentials"]
    settings = EmulatorOptions(
        access_key=credentials["access_key"],
        access_key_secret=credentials["access_key_secret"],
        rate_limit=None,
        daily_quota=None,
        **options,
    )
    with Emulator(made, settings, Clock.frozen(now)) as gong:
        yield gong


class Reader(Runner):
    """The connector beside an emulator: it always has the emulator's moment, and reads without a start date."""

    validated = 10

    def __init__(self, gong: Emulator, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self.gong = gong

    @property
    def moment(self) -> datetime:
        return self.gong.clock.now()

    def sync(self, *streams: str, **fields: Any) -> Output:
        """`read`, of all streams when none is named, and without a start date."""
        names = streams or tuple(every_stream())
        return self.read(*names, **{"start_date": None, "api_base_url": self.gong.url, **fields})

    def complete(self, *streams: str, **arguments: Any) -> Output:
        """`sync`, which must end well, without one request that Gong refuses."""
        output = self.sync(*streams, **arguments)
        assert output.raised is None, output.raised.message
        assert set(output.statuses.values()) == {"COMPLETE"}
        assert [
            (entry.status, entry.path, entry.json) for entry in self.gong.requests if entry.status not in (200, 404)
        ] == []
        return output
