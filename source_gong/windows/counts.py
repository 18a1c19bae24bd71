"""What is known of ranges of time: how many records each holds, asked once a sync; and where streams begin that read
the same list."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any

from source_gong.once import Once
from source_gong.windows.window import RangeFacts, key_of


class Counts:
    """Facts of ranges by whose records they count: two streams of the same calls have the same. Safe from any
    thread."""

    def __init__(self) -> None:
        self._facts: Once[tuple[str, Hashable, datetime, datetime], RangeFacts] = Once()

    def of(
        self, whose: str, partition: Mapping[str, Any], start: datetime, end: datetime, ask: Callable[[], RangeFacts]
    ) -> RangeFacts:
        """The facts of [start, end), asked for when they are not known."""
        return self._facts.get((whose, key_of(partition), start, end), ask)

    def at_most(self, whose: str, partition: Mapping[str, Any], start: datetime, end: datetime) -> int | None:
        """What is known already of how many records a range holds at most: what a range around it was said to hold."""
        own = key_of(partition)
        found = [
            facts.total
            for (shared, part, begin, stop), facts in self._facts.known()
            if shared == whose and part == own and begin <= start and end <= stop
        ]
        return min(found, default=None)


class Bounds:
    """Where each reader of a shared list begins. Windows are cut there, so that what they share are the same windows.
    Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lower: dict[str, datetime] = {}

    def add(self, stream: str, lower: datetime) -> None:
        """A stream reads from here on."""
        with self._lock:
            self._lower[stream] = lower

    def within(self, lower: datetime, end: datetime) -> set[datetime]:
        """The bounds that lie inside of a range."""
        with self._lock:
            return {bound for bound in self._lower.values() if lower < bound < end}
