"""The demo's warehouse: PyAirbyte runs the connector as a process and merges what it emits into a DuckDB file."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from demo.gong import Gong
from demo.truth import Key
from gong_emulator import EmulatorOptions

FOLDER = Path("build/demo")
DATABASE = FOLDER / "demo.duckdb"
LOGS = FOLDER / "logs"
SCHEMA = "gong"
_REPORT = "stream_report "


class SyncFailed(Exception):
    """PyAirbyte ended a check or a sync with an error, whose first line this is."""


@dataclass(frozen=True)
class StreamMoved:
    """What one sync did for one stream.

    `rows` are those in its table afterwards, `late` the records that Gong showed only after an earlier sync had read
    their time, `late_by_seconds` the most that one of them was late. `seconds` is None where nothing was read.
    """

    rows: int
    read: int
    requests: int
    late: int
    late_by_seconds: int
    seconds: float | None


@dataclass(frozen=True)
class Moved:
    """What one sync did. `total_requests` and `refused` were counted by Gong, all else by the connector."""

    streams: dict[str, StreamMoved]
    seconds: float
    total_requests: int
    refused: int

    @property
    def reported(self) -> int:
        """Requests as the streams report them."""
        return sum(stream.requests for stream in self.streams.values())

    @property
    def total_read(self) -> int:
        """Records of all streams."""
        return sum(stream.read for stream in self.streams.values())

    @property
    def total_rows(self) -> int:
        """Rows of all tables."""
        return sum(stream.rows for stream in self.streams.values())


class Warehouse:
    """A new, empty DuckDB file and the connector that fills it."""

    def __init__(self, api_base_url: str, requests_per_second: int) -> None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        # PyAirbyte reads these when it is imported: nothing is looked up or reported, nothing is written elsewhere.
        os.environ |= {
            "AIRBYTE_OFFLINE_MODE": "1",
            "DO_NOT_TRACK": "1",
            "AIRBYTE_PROJECT_DIR": str(FOLDER.absolute()),
            "AIRBYTE_LOGGING_ROOT": str(LOGS.absolute()),
        }
        if not sys.stdout.isatty():
            os.environ["NO_LIVE_PROGRESS"] = "1"
        import airbyte
        from airbyte.caches import DuckDBCache
        from airbyte.exceptions import PyAirbyteError

        self._failure = PyAirbyteError

        keys = EmulatorOptions()
        self._source = airbyte.get_source(
            "source-gong",
            local_executable=_executable(),
            config={
                "credentials": {
                    "auth_type": "APIKey",
                    "access_key": keys.access_key,
                    "access_key_secret": keys.access_key_secret,
                },
                "api_base_url": api_base_url,
                "requests_per_second": requests_per_second,
            },
        )
        self._cache = DuckDBCache(db_path=DATABASE, schema_name=SCHEMA, cache_dir=FOLDER / "cache")
        self._log_end = 0

    def select(self) -> list[str]:
        """Check the connection and select every stream that gives rows; their names. Raises `SyncFailed`."""
        try:
            self._source.check()
        except self._failure as failed:
            raise SyncFailed(f"check: {_first_line(failed)}") from failed
        self._source.select_streams([name for name in self._discovered if name not in self.file_streams])
        return self._source.get_selected_streams()

    @property
    def file_streams(self) -> list[str]:
        """The streams that download files beside their records."""
        return [name for name, stream in self._discovered.items() if getattr(stream, "is_file_based", False)]

    def key_columns(self, stream: str) -> list[str]:
        """The columns of a stream's primary key, in Gong's spelling."""
        return [path[0] for path in self._discovered[stream].source_defined_primary_key or []]

    def keys(self, stream: str) -> list[Key]:
        """The primary keys in a stream's table."""
        columns = ", ".join(f'"{name.lower()}"' for name in self.key_columns(stream))
        return [tuple(row) for row in self.ask(f"select {columns} from {SCHEMA}.{stream}")[1:]]

    @cached_property
    def _discovered(self) -> dict[str, Any]:
        return {stream.name: stream for stream in self._source.discovered_catalog.streams}

    def sync(self, gong: Gong) -> Moved:
        """Read everything selected, incrementally where the stream can. Raises `SyncFailed` when a stream failed."""
        begun = time.monotonic()
        try:
            self._source.read(cache=self._cache)
        except self._failure as failed:
            raise SyncFailed(f"read: {_first_line(failed)}") from failed
        seconds = time.monotonic() - begun
        reports, spans = self._new_reports(), _seconds_by_stream()
        streams = {
            name: StreamMoved(
                rows=int(self.ask(f"select count(*) from {SCHEMA}.{name}")[1][0]),
                read=reports[name]["records"],
                requests=reports[name]["requests"],
                late=reports[name]["late"],
                late_by_seconds=reports[name]["late_by_seconds"],
                seconds=spans.get(name),
            )
            for name in self._source.get_selected_streams()
        }
        counted = gong.stats()
        return Moved(streams, seconds, counted["requests"], counted["tooManyRequests"])

    def _new_reports(self) -> dict[str, Any]:
        """The connector's closing line of each stream, out of the log that PyAirbyte keeps of it."""
        [log] = (LOGS / "source-gong").glob("*.log")
        with log.open(encoding="utf-8") as lines:
            lines.seek(self._log_end)
            found = [json.loads(line.partition(_REPORT)[2]) for line in lines.read().splitlines() if _REPORT in line]
            self._log_end = lines.tell()
        return {report["stream"]: report for report in found}

    def ask(self, sql: str) -> list[list[str]]:
        """The names of the columns, then the rows, all as text."""
        # Through PyAirbyte's own connections: DuckDB lets one process open a file in one way only.
        with self._cache.get_sql_engine().connect() as connection:
            answer = connection.exec_driver_sql(sql)
            return [list(answer.keys()), *([str(value) for value in row] for row in answer)]


def _seconds_by_stream() -> dict[str, float]:
    """How long PyAirbyte received each stream in the last sync, from the last line of its statistics."""
    last = (LOGS / "airbyte-stats.log").read_text(encoding="utf-8").splitlines()[-1]
    streams = json.loads(last)["performance_metrics"]["stream_metrics"]
    return {name: times["read_end_time"] - times["read_start_time"] for name, times in streams.items()}


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _executable() -> Path:
    """The connector's own command beside this Python, as setup installs it."""
    path = Path(sys.executable).with_name("source-gong")
    if not path.exists():
        sys.exit("demo: source-gong is not installed beside this Python; run make demo, which installs it")
    return path
