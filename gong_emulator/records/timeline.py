"""The index of calls: sorted as Gong lists them, found by id, narrowed by date."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from gong_emulator.records.call import Call, call_key, edits


class Timeline:
    """A sorted view of a list of calls that notices when the list or one of its calls has changed."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int, int] | None = None
        self._sorted: list[Call] = []
        self._by_id: dict[str, Call] = {}
        self._slack = timedelta()

    def stamp(self, calls: list[Call]) -> tuple[int, int, int]:
        """Return a value that changes whenever the calls do."""
        return id(calls), len(calls), edits()

    def sorted(self, calls: list[Call]) -> list[Call]:
        """Return the calls in Gong's order."""
        stamp = self.stamp(calls)
        if stamp != self._stamp:
            self._sorted = sorted(calls, key=call_key)
            self._by_id = {call.id: call for call in calls}
            self._slack = max((abs(call.filter_time - call.scheduled) for call in calls), default=timedelta())
            self._stamp = stamp
        return self._sorted

    def by_id(self, calls: list[Call]) -> dict[str, Call]:
        """Return the calls by their id."""
        self.sorted(calls)
        return self._by_id

    def between(self, calls: list[Call], start: datetime | None, end: datetime | None) -> Sequence[Call]:
        """Return, in order, at least every call whose filter time is in [start, end)."""
        ordered = self.sorted(calls)
        low = bisect_left(ordered, start - self._slack, key=_scheduled) if start else 0
        high = bisect_right(ordered, end + self._slack, key=_scheduled) if end else len(ordered)
        return ordered if (low, high) == (0, len(ordered)) else ordered[low:high]


def _scheduled(call: Call) -> datetime:
    return call.scheduled
