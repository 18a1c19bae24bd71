"""Windows of time: what is asked for in one chain of pages, and up to where the state may say that all was read.

Why not the CDK's own cursor: its windows end inclusively, where Gong's `to…` is exclusive; its state is the latest
record's time, where a call is found by its *scheduled* time and can have started later (so the state could pass calls
that were not read); and its step is fixed, where a quiet company needs one window and a busy one many.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record, StreamSlice

from source_gong.arrivals import Arrivals
from source_gong.faults import ConfigError
from source_gong.instants import EPOCH, format_instant, parse_instant
from source_gong.sync import Sync

LOGGER = logging.getLogger("airbyte.source_gong")

PAGE = 100
# Up to so many pages are read as one chain. A window this long is over in minutes at any pace, so its page cursors,
# which live for an hour, do not run out.
CHAIN_PAGES = 12
# Each window costs half a page on average; without a state there shall be no more than 150 of them for three streams.
MOST_WINDOWS = 48
# Gong finds a conference by its scheduled time, and it can have started earlier or later. So a look-back that is
# counted from a call's start reaches this much further back, and what is asked for this much past now: a conference
# that started before its time is there already.
OFF_SCHEDULE = timedelta(days=1)
LONGEST_CHAIN_PAGES = 300
# A stream that is further behind than its look-back and this is still reading its history.
BACKFILL = timedelta(days=30)
# A range that is cut is cut into about as many windows as requests can be in flight, but not below some pages each.
SHORTEST_CHAIN_PAGES = 3


@dataclass(frozen=True)
class RangeFacts:
    """What the first page of a range tells: Gong's `totalRecords`, and when its first call starts (None: no call)."""

    total: int
    first: datetime | None


class Planner(Protocol):
    """How a stream's time is cut. Bounds are comparable values of one kind, instants or days, end exclusive."""

    def parse(self, text: str) -> Any: ...

    def format(self, value: Any) -> str: ...

    def lower(self, before: Bookmark | None) -> Any:
        """Where this sync begins to read."""

    def looks_back_to(self, read_at: Any) -> Any:
        """What came or changed after `read_at` lies at or after this."""

    def end(self) -> Any:
        """Where this sync ends, exclusive."""

    def settle(self, value: Any) -> Any:
        """What the state may say when all before `value` was read: `value`, or less where it can still change."""

    def plan(self, partition: Mapping[str, Any], lower: Any, end: Any) -> list[tuple[Any, Any]]:
        """Windows that meet without gap or overlap and together are [lower, end)."""


class Checkpoint:
    """Up to where everything was read, over windows that finish in any order. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of each partition the windows in order: [start, end, read up to].
        self._windows: dict[Hashable, list[list[Any]]] = {}

    def plan(self, key: Hashable, windows: Iterable[tuple[Any, Any]]) -> None:
        """Say what is going to be read, before any of it is."""
        with self._lock:
            self._windows[key] = [[start, end, start] for start, end in windows]

    def advance(self, key: Hashable, start: Any, upto: Any) -> None:
        """The window that begins at `start` was read up to `upto`, exclusive."""
        with self._lock:
            for window in self._windows.get(key, ()):
                if window[0] == start:
                    window[2] = max(window[2], upto)

    @property
    def complete(self) -> bool:
        """Whether all that was planned was read, and something was."""
        with self._lock:
            return bool(self._windows) and all(
                window[2] >= window[1] for part in self._windows.values() for window in part
            )

    @property
    def value(self) -> Any | None:
        """Everything before this was read; None when nothing was planned."""
        with self._lock:
            return min((_reached(windows) for windows in self._windows.values() if windows), default=None)


def _reached(windows: list[list[Any]]) -> Any:
    reached = windows[0][0]
    for start, end, upto in windows:
        if start > reached:
            break
        reached = upto
        if upto < end:
            break
    return reached


def key_of(partition: Mapping[str, Any]) -> Hashable:
    """A partition as a dictionary key."""
    return tuple(sorted((name, str(value)) for name, value in partition.items()))


@dataclass(frozen=True)
class Bookmark:
    """What a stream's state says: everything before `upto` was read, and none of it longer ago than at `read_at`.

    What Gong published or changed since `read_at` may lie before `upto`, as far back as the look-back. `paused` says
    that the sync stopped because its requests were used up: then the next one goes on at `upto` and looks back when it
    has come to the end, so that many small syncs get there.
    """

    upto: Any
    read_at: Any
    paused: bool = False


class WindowCursor(Cursor):
    """The slices of an incremental stream, and its state.

    The state is `{cursor_field: upto}` of its `Bookmark`, with `read_at` where it differs and `paused` where it holds;
    beside it, where there is a look-back, how many records each stretch of that held (`seen`), by which the next sync
    knows what came late, and what a retriever keeps there (`beside`, which is told whether all was read).
    """

    def __init__(
        self,
        stream: str,
        cursor_field: str,
        state: Mapping[str, Any],
        planner: Planner,
        partitions: Callable[[], Iterable[StreamSlice]],
        message_repository: MessageRepository,
        state_manager: ConnectorStateManager,
        sync: Sync,
    ) -> None:
        self._stream = stream
        self._cursor_field = CursorField(cursor_field)
        self.planner = planner
        self._partitions = partitions
        self._messages = message_repository
        self._state_manager = state_manager
        self._sync = sync
        self.given = dict(state)
        self.beside: Callable[[bool], dict[str, Any]] = lambda complete: {}
        self._before = read_state(stream, cursor_field, state, planner, sync)
        self._checkpoint = Checkpoint()
        self._emitting = threading.Lock()
        # Days that are not over are not asked for, so what they hold does not come late.
        asked_upto = min(sync.end, parse_instant(planner.format(planner.end())))
        self._arrivals = Arrivals(sync.settings.lookback, asked_upto, state.get("seen"))
        if stream in sync.selected and isinstance(planner, AdaptivePlanner):
            sync.lower_bounds[stream] = planner.lower(self._before)

    @property
    def is_first(self) -> bool:
        """Whether there was no state: the whole history is going to be read."""
        return self._before is None

    @property
    def turn(self) -> int:
        """The order in which streams are read: first those that are far behind, of these the nearest to its end (it is
        soon done, and the others share what they list), then those whose look-back is read again."""
        upto = parse_instant(self.planner.format(self._before.upto)) if self._before else EPOCH
        behind = upto < self._sync.end - self._sync.settings.lookback - BACKFILL
        return -upto.toordinal() if behind else 0

    @property
    def cursor_field(self) -> CursorField:
        return self._cursor_field

    @property
    def state(self) -> MutableMapping[str, Any]:
        reached = self._checkpoint.value
        if reached is None:
            return self.given
        planner = self.planner
        upto, read_at = planner.settle(reached), planner.settle(planner.end())
        paused = self._sync.gate.stopped and not self._checkpoint.complete
        before = self._before
        if before and before.paused and planner.looks_back_to(before.read_at) < before.upto:
            # What was read before the pause was not read again by this sync.
            read_at = before.read_at
        state: dict[str, Any] = {self._cursor_field.cursor_field_key: planner.format(upto)}
        if read_at != upto:
            state["read_at"] = planner.format(read_at)
        seen = self._arrivals.state(self._checkpoint.complete, whole=not (before and before.paused))
        state |= {**({"paused": True} if paused else {}), **({"seen": seen} if seen else {})}
        return state | self.beside(self._checkpoint.complete)

    def stream_slices(self) -> Iterable[StreamSlice]:
        if self._sync.settings.call_ids and getattr(self.planner, "by_call_ids", False):
            # Exactly the calls that the user names: no window, and no state is moved by them.
            yield StreamSlice(partition={"named": list(self._sync.settings.call_ids)}, cursor_slice={})
            return
        lower, end = self.planner.lower(self._before), self.planner.end()
        if lower >= end:
            return
        planned = []
        for part in self._partitions():
            one_by_one = getattr(self.planner, "one_by_one", False)
            windows = [(lower, end)] if one_by_one else self.planner.plan(part.partition, lower, end)
            self._checkpoint.plan(key_of(part.partition), windows)
            planned += [(start, stop, part.partition) for start, stop in windows]
        self._sync.report(self._stream).add(windows=len(planned))
        for start, stop, partition in sorted(planned, key=lambda window: window[0]):
            yield self.slice(partition, start, stop)

    def slice(self, partition: Mapping[str, Any], start: Any, end: Any) -> StreamSlice:
        """The slice of one window, its bounds as Gong takes them."""
        bounds = {"start_time": self.planner.format(start), "end_time": self.planner.format(end)}
        return StreamSlice(partition=partition, cursor_slice=bounds)

    def observe(self, record: Record) -> None:
        """Only for the count of late records: the state follows the windows, not the records."""
        self._arrivals.saw(record.data.get(self._cursor_field.cursor_field_key))

    def close_partition(self, partition: Partition) -> None:
        window = partition.to_slice()
        assert isinstance(window, StreamSlice)
        if window.cursor_slice:
            self.advance(window, window.cursor_slice["end_time"])
        else:
            self._emit()

    def advance(self, window: StreamSlice, upto: str) -> None:
        """A part of a window was read and its records passed on: a checkpoint."""
        start = self.planner.parse(window.cursor_slice["start_time"])
        self._checkpoint.advance(key_of(window.partition), start, self.planner.parse(upto))
        self._emit()

    def ensure_at_least_one_state_emitted(self) -> None:
        late, by_seconds = self._arrivals.late(self._sync.now())
        report = self._sync.report(self._stream)
        report.late, report.late_by_seconds = late, by_seconds
        self._emit()

    def should_be_synced(self, record: Record) -> bool:
        return True

    def get_cursor_datetime_from_state(self, stream_state: Mapping[str, Any]) -> datetime | None:
        return None

    def _emit(self) -> None:
        # One at a time, so that no older state comes out after a newer one.
        with self._emitting:
            self._state_manager.update_state_for_stream(self._stream, None, self.state)
            self._messages.emit_message(self._state_manager.create_state_message(self._stream, None))


def read_state(
    stream: str, cursor_field: str, state: Mapping[str, Any], planner: Planner, sync: Sync
) -> Bookmark | None:
    """The state's bookmark, also where Airbyte's own Gong connector left it; None without a state.

    Raises `ConfigError` for a state that is broken, of another version, or in the future.
    """
    flat = state
    if isinstance(state.get("state"), Mapping):
        flat = state["state"]
    if not flat or (len(flat) == 1 and next(iter(flat)).startswith("__ab_")):
        return None
    remedy = f"Reset the stream {stream}, or give it the last state that this connector wrote."
    if not isinstance(flat.get(cursor_field), str):
        raise ConfigError(
            f"The state of {stream} has no `{cursor_field}`: it is of another version or broken. {remedy}"
        )
    found = {}
    for name in (cursor_field, "read_at"):
        try:
            text = flat.get(name, flat[cursor_field])
            moment, found[name] = parse_instant(text), planner.parse(text)
        except (ValueError, TypeError, AttributeError):
            raise ConfigError(f"The state of {stream} is broken: `{name}` is no date. {remedy}") from None
        if moment > sync.now() + timedelta(days=2):
            raise ConfigError(f"The state of {stream} lies in the future, so nothing would ever be read. {remedy}")
    return Bookmark(found[cursor_field], found["read_at"], flat.get("paused") is True)


@dataclass
class AdaptivePlanner:
    """Instants, cut by how many records a range holds.

    The first page of a range is read first. It is kept for the reading when the range is short enough for one chain of
    pages; else the range is cut evenly, for parallel reading and for checkpoints. `first_page` gives the facts of a
    range's first page; `shared` says whose facts count for this stream too (the call lists count the same calls).
    `one_by_one` makes one slice of the whole range, for a retriever that reads the windows in it one after the other.
    """

    stream: str
    sync: Sync
    shared: str
    least_lookback: timedelta = timedelta(0)
    off_schedule: timedelta = timedelta(0)
    cuts_with: frozenset[str] = frozenset()
    by_call_ids: bool = False
    one_by_one: bool = False
    first_page: Callable[[StreamSlice], RangeFacts] | None = None

    def parse(self, text: str) -> datetime:
        return parse_instant(text)

    def format(self, value: datetime) -> str:
        return format_instant(value)

    def lower(self, before: Bookmark | None) -> datetime:
        earliest = self.sync.settings.earliest
        if before is None:
            return earliest
        upto: datetime = before.upto
        return max(earliest, upto if before.paused else min(upto, self.looks_back_to(before.read_at)))

    def looks_back_to(self, read_at: datetime) -> datetime:
        lookback = max(self.sync.settings.lookback, self.least_lookback)
        return read_at - lookback - self.off_schedule if lookback else read_at

    def end(self) -> datetime:
        return self.sync.end if self.sync.settings.end else self.sync.end + self.off_schedule

    def settle(self, value: datetime) -> datetime:
        return min(value, self.sync.end)

    def plan(self, partition: Mapping[str, Any], lower: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        # Cut where the other readers of the call list begin, so that what they share are the same windows.
        others = {bound for name, bound in self.sync.lower_bounds.items() if name in self.cuts_with}
        cuts = sorted({lower, end} | {bound for bound in others if lower < bound < end})
        return [
            window
            for start, stop in pairwise(cuts)
            for window in self._cut(start, stop, self.facts(partition, start, stop))
        ]

    def facts(self, partition: Mapping[str, Any], start: datetime, end: datetime) -> RangeFacts:
        key = (self.shared, key_of(partition), start, end)
        with self.sync.lock(("facts", key)):
            if key not in self.sync.facts:
                assert self.first_page is not None, "the retriever attaches itself before anything is read"
                bounds = {"start_time": format_instant(start), "end_time": format_instant(end)}
                found = self.first_page(StreamSlice(partition=partition, cursor_slice=bounds))
                with self.sync.lock("facts"):
                    self.sync.facts[key] = found
            return self.sync.facts[key]

    def known_total(self, partition: Mapping[str, Any], start: datetime, end: datetime) -> int | None:
        """What is known already of how many records a range holds at most: what a range around it was said to hold."""
        with self.sync.lock("facts"):
            found = [
                facts.total
                for (shared, part, begin, stop), facts in self.sync.facts.items()
                if shared == self.shared and part == key_of(partition) and begin <= start and end <= stop
            ]
        return min(found, default=None)

    def _cut(self, start: datetime, end: datetime, facts: RangeFacts) -> list[tuple[datetime, datetime]]:
        return cut_evenly(start, end, facts, chain_pages(self.sync), MOST_WINDOWS, self.sync.settings.num_workers)


def chain_pages(sync: Sync) -> int:
    """How many pages one chain may have, fewer when this sync may make few requests: what it has begun when they are
    used up is lost, so it must be a small part of them."""
    if sync.settings.max_requests is None:
        return CHAIN_PAGES
    return max(1, min(CHAIN_PAGES, sync.settings.max_requests // (4 * sync.settings.num_workers)))


def cut_evenly(
    start: datetime, end: datetime, facts: RangeFacts, pages_each: int, most: int, side_by_side: int
) -> list[tuple[datetime, datetime]]:
    """Cut [start, end) into windows of about `pages_each` pages, as if the calls came evenly from the first one on.

    `side_by_side` windows are read at a time. Not into more than `most`, unless they would become longer than a page
    cursor lives or a daily quota lasts.
    """
    pages = -(-facts.total // PAGE)
    if pages <= pages_each or facts.first is None:
        return [(start, end)]
    longest = LONGEST_CHAIN_PAGES if pages_each == CHAIN_PAGES else pages_each
    # Enough of them, and in full rounds, so that few are left alone at the end, waiting for one answer after the other.
    wanted = max(-(-pages // pages_each), min(side_by_side, pages // SHORTEST_CHAIN_PAGES))
    if wanted > side_by_side:
        wanted = min(round(wanted / side_by_side), max(1, most // side_by_side)) * side_by_side
    count = max(min(wanted, most), -(-pages // longest))
    begin = max(start, min(facts.first, end)).replace(microsecond=0)
    step = (end - begin) / count
    inner = {(begin + step * n).replace(microsecond=0) for n in range(1, count)}
    return list(pairwise([start, *sorted(cut for cut in inner if start < cut < end), end]))


def first_start(records: Iterable[Mapping[str, Any]], field: str) -> datetime | None:
    """The earliest start among the records of a range's first page, a day early: they are in no strict order."""
    starts = [parse_instant(record[field]) for record in records if isinstance(record.get(field), str)]
    return min(starts) - timedelta(days=1) if starts else None
