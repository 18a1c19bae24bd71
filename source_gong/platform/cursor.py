"""The slices of an incremental stream, and its state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record, StreamSlice

from source_gong.instants import EPOCH, parse_instant
from source_gong.platform.sync import Sync
from source_gong.reading.reader import Reader
from source_gong.windows.arrivals import Arrivals
from source_gong.windows.bookmark import Planner, read_state
from source_gong.windows.checkpoint import Checkpoint
from source_gong.windows.window import Window, key_of

# A stream that is further behind than its look-back and this is still reading its history.
BACKFILL = timedelta(days=30)


class WindowCursor(Cursor):
    """Windows as a planner cuts them, and a state that follows them.

    The state is `{cursor_field: upto}` of its `Bookmark`, with `read_at` where it differs and `paused` where it holds;
    beside it, where there is a look-back, how many records each stretch of that held (`seen`), by which the next sync
    knows what came late, and what a reader keeps there (`Reader.beside`).

    The CDK makes the cursor before the retriever, whose reader introduces itself with `attach`. `partitions` gives the
    partitions of the stream.
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
        self._reader: Reader | None = None
        self._before = read_state(stream, cursor_field, state, planner, sync.clock.now())
        self._checkpoint = Checkpoint()
        self._emitting = threading.Lock()
        # Days that are not over are not asked for, so what they hold does not come late.
        asked_upto = min(sync.until, parse_instant(planner.format(planner.end())))
        self._arrivals = Arrivals(planner.lookback, asked_upto, state.get("seen"))

    def attach(self, reader: Reader) -> None:
        """This is what reads the windows."""
        self._reader = reader
        if reader.shares_call_list:
            self.planner.cut_with(self._sync.bounds)
            if self._stream in self._sync.selected:
                self._sync.bounds.add(self._stream, self.lower)

    @property
    def is_first(self) -> bool:
        """Whether there was no state: the whole history is going to be read."""
        return self._before is None

    @property
    def lower(self) -> Any:
        """Where this sync begins to read, as the planner's bounds are. Without a state and a start date it may have to
        be asked for."""
        return self.planner.lower(self._before)

    @property
    def turn(self) -> int:
        """The order in which streams are read: first those that are far behind, of these the nearest to its end (it is
        soon done, and the others share what they list), then those whose look-back is read again."""
        upto = parse_instant(self.planner.format(self._before.upto)) if self._before else EPOCH
        behind = upto < self._sync.until - self.planner.lookback - BACKFILL
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
        return state | (self._reader.beside(self._checkpoint.complete) if self._reader else {})

    def stream_slices(self) -> Iterator[StreamSlice]:
        if self._sync.settings.call_ids and self.planner.by_call_ids:
            # Exactly the calls that the user names: no window, and no state is moved by them.
            yield StreamSlice(partition={"named": list(self._sync.settings.call_ids)}, cursor_slice={})
            return
        lower, end = self.lower, self.planner.end()
        if lower >= end:
            return
        assert self._reader is not None, "the reader attaches itself before anything is read"
        planned = []
        for part in self._partitions():
            windows = [(lower, end)]
            if not self.planner.one_by_one:
                windows = self.planner.plan(part.partition, lower, end, self._reader.ask)
            self._checkpoint.plan(key_of(part.partition), windows)
            planned += [(start, stop, part.partition) for start, stop in windows]
        self._sync.reports.of(self._stream).add(windows=len(planned))
        for start, stop, partition in sorted(planned, key=lambda window: window[0]):
            yield slice_of(self.planner.window(partition, start, stop))

    def observe(self, record: Record) -> None:
        """Only for the count of late records: the state follows the windows, not the records."""
        self._arrivals.saw(record.data.get(self._cursor_field.cursor_field_key))

    def close_partition(self, partition: Partition) -> None:
        window = window_of(partition.to_slice())
        if window.end is not None:
            self.advance(window, window.end)
        else:
            self._emit()

    def advance(self, window: Window, upto: str) -> None:
        """A part of a window was read and its records passed on: a checkpoint."""
        assert window.start is not None, "only windows of time are checkpoints"
        start = self.planner.parse(window.start)
        self._checkpoint.advance(key_of(window.partition), start, self.planner.parse(upto))
        self._emit()

    def ensure_at_least_one_state_emitted(self) -> None:
        late, by_seconds = self._arrivals.late(self._sync.clock.now())
        self._sync.reports.of(self._stream).note_late(late, by_seconds)
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


def slice_of(window: Window) -> StreamSlice:
    """A window as the CDK hands it around."""
    bounds = {} if window.start is None else {"start_time": window.start, "end_time": window.end}
    return StreamSlice(partition=window.partition, cursor_slice=bounds)


def window_of(slice_: Mapping[str, Any] | None) -> Window:
    """The window that a slice of the CDK stands for."""
    if not isinstance(slice_, StreamSlice):
        return Window()
    bounds = slice_.cursor_slice
    return Window(slice_.partition, bounds.get("start_time"), bounds.get("end_time"))
