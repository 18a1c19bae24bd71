"""What came late: records that lie in the look-back and were not there when it was read before.

Gong gives no time of publication. But each sync reads the look-back again, so it is enough to remember how many records
each stretch of it held: what is more now came since. So the look-back can be set from evidence.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from source_gong.instants import format_instant, parse_instant, stretch_of

# A look-back of 7 days is remembered by the hour; the state stays under a kilobyte whatever its length.
STRETCHES = 168


class Arrivals:
    """Counts the records of a stream by stretches of its look-back, which ends at `end` (UTC).

    `before` is what the last complete sync left in the state: `{"from", "to", "width", "counts"}`, the bounds as
    instants and the width of a stretch in seconds.
    """

    def __init__(self, lookback: timedelta, end: datetime, before: object) -> None:
        self._lookback = lookback
        self._end = end
        self._lock = threading.Lock()
        self._before = _whole(before)
        self._old: Counter[int] = Counter()
        self._earliest: dict[int, datetime] = {}
        self._new: Counter[int] = Counter()
        self._width = max(1, int(lookback.total_seconds()) // STRETCHES)
        self._since = end - lookback
        earliest = self._since
        if self._before is not None:
            self._old_from = parse_instant(self._before["from"])
            self._old_to = parse_instant(self._before["to"])
            earliest = min(earliest, self._old_from)
        # Most records of a first sync are older; their text tells, without parsing each.
        self._not_before = (earliest - timedelta(days=1)).strftime("%Y-%m-%d")

    def saw(self, text: object) -> None:
        """A record whose cursor field says this was read."""
        if not self._lookback or not isinstance(text, str) or text[:10] < self._not_before:
            return
        try:
            moment = parse_instant(text)
        except ValueError:
            return
        with self._lock:
            if self._since <= moment < self._end:
                self._new[stretch_of(moment, self._width)] += 1
            if self._before is not None and self._old_from <= moment < self._old_to:
                stretch = stretch_of(moment, self._before["width"])
                self._old[stretch] += 1
                self._earliest[stretch] = min(moment, self._earliest.get(stretch, moment))

    def late(self, now: datetime) -> tuple[int, int]:
        """How many records came since the last sync had read their time, and by how many seconds at most."""
        if self._before is None:
            return 0, 0
        first = stretch_of(self._old_from, self._before["width"])
        more = {
            stretch: count - _at(self._before["counts"], stretch - first)
            for stretch, count in self._old.items()
            if count > _at(self._before["counts"], stretch - first)
        }
        by = max((now - self._earliest[stretch] for stretch in more), default=timedelta(0))
        return sum(more.values()), int(by.total_seconds())

    def state(self, complete: bool, whole: bool) -> Mapping[str, Any] | None:
        """What the next sync compares with: this sync's counts when it came to its end, else those from before. Nothing
        where it did not read the `whole` look-back."""
        if not complete or not self._lookback:
            return self._before
        if not whole:
            return None
        with self._lock:
            first, last = stretch_of(self._since, self._width), stretch_of(self._end, self._width)
            counts = [self._new[stretch] for stretch in range(first, last + 1)]
        while counts and counts[-1] == 0:
            counts.pop()
        bounds = {"from": format_instant(self._since), "to": format_instant(self._end)}
        return {**bounds, "width": self._width, "counts": counts}


def _at(counts: list[int], index: int) -> int:
    return counts[index] if 0 <= index < len(counts) else 0


def _whole(before: object) -> Mapping[str, Any] | None:
    """The state's memory when it can be used; a broken one only costs the count of this sync's late records."""
    if not isinstance(before, Mapping) or not isinstance(before.get("counts"), list):
        return None
    try:
        parse_instant(before["from"]), parse_instant(before["to"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    good = type(before.get("width")) is int and before["width"] > 0 and all(type(n) is int for n in before["counts"])
    return before if good else None
