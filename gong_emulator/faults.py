"""Faults: what can go wrong between a client and Gong, chosen by request and by count."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal[
    "reply",
    "cut",
    "cut_body",
    "stall",
    "stall_body",
    "html",
    "half_json",
    "empty",
    "json",
    "broken_gzip",
    "expired_cursor",
    "rejected_cursor",
    "repeated_cursor",
    "redirect",
    "retry_after_date",
    "ignore_range",
    "long_body",
    "no_length",
]


@dataclass
class Fault:
    """One fault. It strikes the `nth` matching request (1-based) and the `count` - 1 after it (None: all).

    Faults strike Gong's API, or with `host` "media" the host of the recordings, which knows `reply`, `cut`, `cut_body`,
    `stall`, `stall_body`, `redirect` and the last three kinds.
    A request matches when `method` is equal (None: any) and `path`, a regular expression, is found in its path.
    Only requests that passed the credentials and the limits are counted.

    Kinds:
    - `reply`: answer `status`, `headers` and `body` (text as it is, anything else as JSON);
    - `cut`: close the connection before any byte; `cut_body`: announce the whole length, close after `bytes`
      (of the body as sent, compressed when the client accepts gzip);
    - `stall`: wait `seconds` before the headers; `stall_body`: wait `seconds` after `bytes` of the body;
    - `html`: 200 with a page; `half_json`: 200 with the first half of the JSON, whole for HTTP; `empty`: 200 with
      nothing; `json`: 200 with `body` as JSON; `broken_gzip`: 200 with damaged compression;
    - `expired_cursor`, `rejected_cursor`: Gong's 400 for a cursor; `repeated_cursor`: the real page with the cursor
      that the request came with (a first page stays as it is);
    - `redirect`: `status` (default 302) to `url`;
    - `retry_after_date`: `status` (default 429) with `Retry-After` as an HTTP date `seconds` from now;
    - `ignore_range`: the whole file, whatever was asked for; `long_body`: more bytes than `Content-Range` says;
      `no_length`: in chunks, without a length.
    """

    kind: Kind = "reply"
    path: str = ""
    method: str | None = None
    nth: int = 1
    count: int | None = 1
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    seconds: float = 0.0
    url: str = ""
    host: Literal["api", "media"] = "api"
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(get_args(Kind))}")
        if self.kind == "reply" and self.status is None:
            raise ValueError("a fault of kind 'reply' needs a status")

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Fault:
        """Read a fault from JSON with the names of the attributes; ValueError when a name is unknown."""
        unknown = set(given) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fields of a fault: {', '.join(sorted(unknown))}")
        return cls(**given)

    def strikes(self, method: str, path: str, host: str) -> bool:
        """Count a request when it matches, and tell whether the fault strikes it."""
        if host != self.host:
            return False
        if self.method not in (None, method) or not re.search(self.path, path):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.count is None or self.seen < self.nth + self.count)


class Faults:
    """The faults of an emulator; safe to use from any thread."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Add faults; of several that strike the same request the first one added wins."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def striking(self, method: str, path: str, host: str = "api") -> Fault | None:
        """Count a request against every fault and return the one that strikes it."""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(method, path, host)]
        return struck[0] if struck else None
