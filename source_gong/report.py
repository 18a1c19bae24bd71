"""What a stream did in this sync: counted while it reads, printed as one machine-readable line when it ends."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field


@dataclass
class StreamReport:
    """Counters of one stream. `totals` is the sum of Gong's `totalRecords` over the finished windows, `listed` the
    records that these windows' pages held before anything was left out; `late_by_seconds` is the most that a late
    record's start lies before the sync that could first have seen it."""

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
                setattr(self, name, getattr(self, name) + count)

    def line(self) -> str:
        """The report as one line of JSON behind the word `stream_report`."""
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return "stream_report " + json.dumps(shown)
