"""What a stream of files remembers between syncs: which files failed, and that the look-back's files were delivered.

A record of the look-back can be read again in every sync; a file of a gigabyte can't. So the state holds a digest of
the calls whose file was delivered, for each stretch of the look-back. A stretch that holds the same calls as before is
left out, one that got a late call is downloaded again. The state stays under 10 KB however many calls there are.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from source_gong.instants import format_instant, parse_instant, stretch_of

# With the digests this is the most that stays under 10 KB.
MOST_PENDING = 50
# A file that could not be had for so long will not come any more.
LONGEST_PENDING = timedelta(days=30)
STRETCHES = 300
DIGEST_BYTES = 6


class LedgerFull(Exception):
    """More files failed than the state can hold."""


class Ledger:
    """`since` and `end` bound the times whose files the next sync will come to again; `since` may not be known yet.

    `state` is what the last sync left: `pending`, a list of `{"callId", "since"}` and `sizeBytes` for a file that was
    larger than the configuration allows, and `delivered`. `kind` is what makes files of the same calls other files.
    Safe from any thread.
    """

    def __init__(self, state: Mapping[str, Any], since: datetime, end: datetime, now: datetime, kind: str) -> None:
        self._since, self._end, self._now, self._kind = since, end, now, kind
        self._lock = threading.Lock()
        self._pending = _pending(state.get("pending"))
        self._width = max(60, int((end - since).total_seconds()) // STRETCHES)
        self._before = _Digests.read(state.get("delivered"))
        self._seen: dict[str, datetime] = {}

    def left_over(self, most_bytes: int) -> list[str]:
        """The calls whose file failed in an earlier sync, the oldest first, without those that are still too large."""
        with self._lock:
            return [one for one, entry in self._pending.items() if entry.get("sizeBytes", 0) <= most_bytes]

    def failed(self, call_id: str, size: int | None = None) -> bool:
        """A file could not be had, or is too large at `size` bytes. Whether the next sync tries it again: not after 30
        days, and not one that is too large when there are too many of these. Raises `LedgerFull` when there is no room
        for a failed one."""
        with self._lock:
            entry = self._pending.get(call_id)
            if entry is not None and self._now - parse_instant(entry["since"]) > LONGEST_PENDING:
                del self._pending[call_id]
                return False
            if entry is None and len(self._pending) >= MOST_PENDING:
                large = [one for one, other in self._pending.items() if "sizeBytes" in other]
                if size is not None:
                    return False
                if not large:
                    raise LedgerFull
                del self._pending[large[-1]]
            self._pending[call_id] = {"callId": call_id, "since": (entry or {}).get("since", format_instant(self._now))}
            if size is not None:
                self._pending[call_id]["sizeBytes"] = size
            return True

    def done(self, call_id: str) -> None:
        """The file of a call was delivered, or there is none any more."""
        with self._lock:
            self._pending.pop(call_id, None)

    def settle(self, call_id: str, moment: datetime) -> None:
        """A call of this time has a file, and it was delivered or is remembered as failed."""
        if self._since <= moment < self._end:
            with self._lock:
                self._seen[call_id] = moment

    def covers(self, moment: datetime) -> bool:
        """Whether an earlier sync said what it delivered of this time."""
        return self._before is not None and self._before.since <= moment < self._before.end

    @property
    def covered_since(self) -> datetime | None:
        """Where the time begins of which an earlier sync said what it delivered; None when none did."""
        return self._before.since if self._before else None

    def delivered(self, having: Mapping[str, datetime]) -> set[str]:
        """Those of the calls that an earlier sync delivered. `having` are all calls with a file that it covers."""
        if self._before is None:
            return set()
        now = _digests(having, self._before.width, self._kind)
        first = stretch_of(self._before.since, self._before.width)
        return {
            call_id
            for call_id, moment in having.items()
            if now[stretch := stretch_of(moment, self._before.width)] == self._before.at(stretch - first)
        }

    def state(self, complete: bool) -> dict[str, Any]:
        """What the next sync has to know; of what was delivered only when all was read."""
        with self._lock:
            found: dict[str, Any] = {"pending": list(self._pending.values())} if self._pending else {}
            digests = self._before
            if complete:
                digests = _Digests.of(
                    self._since, self._end, self._width, _digests(self._seen, self._width, self._kind)
                )
        return {**found, "delivered": digests.written()} if digests else found


class _Digests:
    """A digest for each stretch of `width` seconds from the one of `since` to the one of `end`, exclusive."""

    def __init__(self, since: datetime, end: datetime, width: int, content: bytes) -> None:
        self.since, self.end, self.width, self._content = since, end, width, content

    @classmethod
    def of(cls, since: datetime, end: datetime, width: int, found: Mapping[int, int]) -> _Digests:
        stretches = range(stretch_of(since, width), stretch_of(end, width) + 1)
        content = b"".join(found.get(stretch, 0).to_bytes(DIGEST_BYTES, "big") for stretch in stretches)
        return cls(since, end, width, content.rstrip(b"\0") + b"\0" * DIGEST_BYTES)

    @classmethod
    def read(cls, given: object) -> _Digests | None:
        """What a state holds; nothing when it is broken, which only costs downloads."""
        with suppress(KeyError, ValueError, TypeError, AttributeError):
            if isinstance(given, Mapping) and type(given["width"]) is int and given["width"] > 0:
                content = base64.b64decode(given["digests"], validate=True)
                return cls(parse_instant(given["from"]), parse_instant(given["to"]), given["width"], content)
        return None

    def at(self, index: int) -> int:
        return int.from_bytes(self._content[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES], "big")

    def written(self) -> dict[str, Any]:
        return {
            "from": format_instant(self.since),
            "to": format_instant(self.end),
            "width": self.width,
            "digests": base64.b64encode(self._content).decode(),
        }


def _digests(having: Mapping[str, datetime], width: int, kind: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for call_id, moment in having.items():
        mark = int.from_bytes(hashlib.sha256(f"{kind} {call_id}".encode()).digest()[:DIGEST_BYTES], "big")
        found[stretch_of(moment, width)] = found.get(stretch_of(moment, width), 0) ^ mark
    return found


def _pending(given: object) -> dict[str, dict[str, Any]]:
    """What a state holds of failed files, without what is no such entry."""
    found = {}
    for entry in given if isinstance(given, list) else []:
        with suppress(KeyError, ValueError, TypeError, AttributeError):
            parse_instant(entry["since"])
            if re.fullmatch(r"[0-9]{1,20}", entry["callId"]):
                size = entry.get("sizeBytes")
                kept = {"callId": entry["callId"], "since": entry["since"]}
                found[entry["callId"]] = {**kept, "sizeBytes": size} if type(size) is int else kept
    return found
