"""What a stream did in this sync: counted while it reads, printed as one machine-readable line when it ends."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field


@dataclass
class StreamReport:
    """Counters of one stream; who asks Gong for something hands over the one of the stream that it asks for, which is
    then named in errors and charged for the request. `total_records` is the sum of Gong's `totalRecords` over the
    finished windows, `listed` the records that these windows' pages held before anything was left out;
    `late_by_seconds` is the most that a late record's start lies before the sync that could first have seen it."""

    stream: str
    status: str = ""
    windows: int = 0
    requests: int = 0
    records: int = 0
    retried: int = 0
    rate_limited: int = 0
    late: int = 0
    late_by_seconds: int = 0
    skipped_private: int = 0
    restarted_windows: int = 0
    total_records: int = 0
    listed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **counts: int) -> None:
        """Add to counters from any thread."""
        with self._lock:
            for name, count in counts.items():
                vars(self)[name] += count

    def note_late(self, count: int, by_seconds: int) -> None:
        """So many records came late, the latest by so much."""
        self.late, self.late_by_seconds = count, by_seconds

    def end(self, status: str, records: int) -> None:
        """The stream has ended, with so many records passed on."""
        self.status, self.records = status, records

    def line(self) -> str:
        """The report as one line of JSON behind the word `stream_report`."""
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return "stream_report " + json.dumps(shown)


class Reports:
    """The report of each stream of a sync, made when it is first asked for. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reports: dict[str, StreamReport] = {}

    def of(self, stream: str) -> StreamReport:
        """The counters of a stream."""
        with self._lock:
            return self._reports.setdefault(stream, StreamReport(stream))
