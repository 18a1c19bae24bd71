"""One window: what is asked for in one chain of pages, and what the first page of it tells."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from source_gong.instants import parse_instant


def key_of(partition: Mapping[str, Any]) -> Hashable:
    """A partition as a dictionary key."""
    return tuple(sorted((name, str(value)) for name, value in partition.items()))


@dataclass(frozen=True)
class Window:
    """What one chain of pages is asked for: the values of its partition, and its bounds as Gong takes them, `start`
    inclusive and `end` exclusive; both are None where the list has no time."""

    partition: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    end: str | None = None

    @property
    def key(self) -> Hashable:
        """Equal for equal windows."""
        return key_of(self.partition), self.start, self.end

    def value(self, name: str) -> Any:
        """A value of the partition, or a bound as `start_time` or `end_time`; None for what it has not."""
        return {"start_time": self.start, "end_time": self.end}.get(name) or self.partition.get(name)


EVERYTHING = Window()


@dataclass(frozen=True)
class RangeFacts:
    """What the first page of a range tells: Gong's `totalRecords`, and when its first call starts (None: no call)."""

    total: int
    first: datetime | None


# Asks for a range's first page.
Ask = Callable[[Window], RangeFacts]


def first_start(records: Iterable[Mapping[str, Any]], field: str) -> datetime | None:
    """The earliest start among the records of a range's first page, a day early: they are in no strict order."""
    starts = [parse_instant(record[field]) for record in records if isinstance(record.get(field), str)]
    return min(starts) - timedelta(days=1) if starts else None
