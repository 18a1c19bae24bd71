"""Reading a stream: its windows, one by one, with what the configuration leaves out left out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from source_gong.faults import GongError, NotFound
from source_gong.limits import Limits
from source_gong.once import Once
from source_gong.reading.asking import Asking
from source_gong.reading.chains import Chains, total_of
from source_gong.reading.kept import Kept, KeptLists
from source_gong.reading.partitions import Router
from source_gong.reading.privacy import Privacy
from source_gong.reading.records import Rows, Shape
from source_gong.report import StreamReport
from source_gong.settings import Settings
from source_gong.windows.bookmark import Planner
from source_gong.windows.window import EVERYTHING, RangeFacts, Window, first_start

LOGGER = logging.getLogger("airbyte.source_gong")

# Told up to where, exclusive and as the state says it, a window was read and its records passed on.
Reached = Callable[[str], None]
# Objects with an id that the configuration names, as Gong sent them: read once a sync.
NamedObjects = Once[tuple[str, ...], list[dict[str, Any]]]


@dataclass(frozen=True)
class Shared:
    """What the readers of a sync have in common."""

    settings: Settings
    limits: Limits
    chains: Chains
    kept: KeptLists
    named: NamedObjects
    privacy: Privacy


@dataclass
class Source:
    """Where a stream is read, and what becomes of what is found there.

    `key` are the fields that tell two records apart. `started` is the field that tells when a record's call started.
    `keep` reads each slice once a sync, for short lists that other streams need too. `distinct` gives a record once
    though several slices hold it. `single` reads, one by one, the objects that a slice names. `privacy` finds out which
    of the calls that the records name in `call_id_field` are private, where they don't say so themselves.
    """

    stream: str
    key: Sequence[str]
    asking: Asking
    rows: Rows
    shape: Shape
    planner: Planner | None
    router: Router | None
    report: StreamReport
    started: str = "started"
    keep: bool = False
    distinct: bool = False
    single: Asking | None = None
    privacy: Asking | None = None
    call_id_field: str = "callId"


class Reader:
    """Reads one list of Gong: one reader for each stream, whoever else needs its list. Who asks is an argument, the
    report of the stream on whose behalf it is read; only what the reader's own stream asks counts as its records."""

    # Whether a window of it is read only when it has its turn, where requests are few.
    takes_turns = True

    def __init__(self, source: Source, shared: Shared) -> None:
        self.stream, self.asking, self.report = source.stream, source.asking, source.report
        self.planner, self.router, self.keep, self.single = source.planner, source.router, source.keep, source.single
        self._source, self._shared = source, shared
        self._seen: set[Hashable] = set()
        self._seen_lock = threading.Lock()

    # What others ask of a reader.

    @property
    def lists(self) -> tuple[str, ...]:
        """The streams by whose lists this one is read."""
        return self.router.lists if self.router else ()

    @property
    def reads_call_list(self) -> bool:
        """Whether it reads each window's calls from the call list that streams share."""
        return False

    @property
    def shares_call_list(self) -> bool:
        """Whether its windows are cut where the other readers of the call list begin."""
        return False

    @property
    def counted_by(self) -> Asking:
        """The list whose first pages tell how many records a window holds."""
        return self.asking

    @property
    def asks_privacy(self) -> Asking | None:
        """What is asked for calls' privacy, None where it is not asked for."""
        return self._source.privacy if self._shared.settings.exclude_private else None

    def records(self, window: Window, reached: Reached) -> Iterator[dict[str, Any]]:
        """All records of one window, each once; raises a `GongError` when a page can't be had. `reached` is told of
        checkpoints within the window."""
        return self._wanted(self.window_records(window, self.report, reached), self.report, self._first_sight)

    def every_record(self, asker: StreamReport) -> Iterator[dict[str, Any]]:
        """The records of all slices, for streams that are read by what this one lists."""
        seen: set[Hashable] = set()

        def first_sight(identity: Hashable) -> bool:
            new = identity not in seen
            seen.add(identity)
            return new

        for partition in self.router.partitions(asker) if self.router else [{}]:
            yield from self._wanted(self.window_records(Window(partition), asker, _nothing), asker, first_sight)

    def first_page(self, window: Window, asker: StreamReport) -> RangeFacts:
        """Read a range's first page ahead, keep it for the reading of the same range, and tell what it tells."""
        source = self._source
        body = self._shared.chains.first_page(self.asking, window, asker)
        total = total_of(body)
        rows = (dict(row) for row in source.rows.items(body, EVERYTHING))
        size = source.rows.size(body) if total is None else total
        return RangeFacts(size, first_start(source.shape.records(rows), source.started))

    def ask(self, window: Window) -> RangeFacts:
        """`first_page` on the stream's own behalf, as planners call it."""
        return self.first_page(window, self.report)

    def first_slice(self) -> Window | None:
        """What `check` asks for: the first slice, with a time of which little is expected. None when there is nothing
        to ask with."""
        partition: Mapping[str, Any] = {}
        if self.router is not None:
            try:
                partition = next(iter(self.router.partitions(self.report)))
            except (GongError, StopIteration):
                return None
            if "named" in partition:
                partition = {}
        if self.planner is None:
            return Window(partition)
        return self.planner.window(partition, *self.planner.sample())

    def probe(self, window: Window) -> list[dict[str, Any]]:
        """Send one request, and give what its page holds."""
        body = self._shared.chains.ask(self.asking, window, self.report).body
        rows = list(self._source.rows.items(body, window))
        if self.keep and not window.partition:
            # What other endpoints must be asked with: the first page of these lists is enough for that.
            self._shared.kept.get(self.asking.key(window), lambda: Kept(rows, len(rows), len(rows)))
        return rows

    def planned_requests(self) -> int:
        """How many requests a first sync of this stream needs, for the plan; 0 for a list without time."""
        planner = self.planner
        if planner is None:
            return 0
        return 1 if planner.counted else len(planner.plan({}, planner.lower(None), planner.end(), self.ask))

    def beside(self, complete: bool) -> dict[str, Any]:
        """What is kept in the state beside the bookmark; `complete` tells whether all was read."""
        return {}

    # How it reads.

    def window_records(self, window: Window, asker: StreamReport, reached: Reached) -> Iterator[dict[str, Any]]:
        """The shaped records of a window, some perhaps twice when it had to be restarted."""
        for part in self.parts(window, asker):
            yield from self._source.shape.records(self.raw(part, asker))
            if part is not window and part.end:
                reached(part.end)

    def parts(self, window: Window, asker: StreamReport) -> list[Window]:
        """The window itself, or what it must be cut into because it turned out to hold far too much for one chain."""
        if window.start is None or self.planner is None:
            return [window]
        found = self.planner.parts(window, lambda asked: self.first_page(asked, asker))
        if len(found) > 1:
            self._shared.chains.first_pages.take(self.counted_by.key(window))
        return found

    def raw(self, window: Window, asker: StreamReport) -> Iterator[dict[str, Any]]:
        """The window's rows as Gong sent them, page after page."""
        if "named" in window.partition:
            found = self.named(window.partition["named"], asker)
            self._count(asker, len(found), len(found))
            yield from (deepcopy(row) for row in found)
        elif self.keep:
            # Shaping changes rows in place, so each reader gets its own.
            kept = self._shared.kept.get(self.asking.key(window), lambda: self._read(window, asker))
            self._count(asker, kept.listed, kept.total)
            yield from (deepcopy(row) for row in kept.rows)
        else:
            yield from self.pages(window, asker)

    def pages(self, window: Window, asker: StreamReport) -> Iterator[dict[str, Any]]:
        """The rows of one chain of pages, counted for the stream."""
        return self._shared.chains.rows(
            self.asking, self._source.rows, window, asker, lambda listed, total: self._count(asker, listed, total)
        )

    def named(self, names: Sequence[str], asker: StreamReport) -> list[dict[str, Any]]:
        """The objects with these ids as Gong sent them, read once a sync whichever streams need them."""
        key = self.single.endpoint.key if self.single else ""
        return self._shared.named.get((key, *names), lambda: list(self._one_by_one(names, asker)))

    def one(self, name: str, asker: StreamReport) -> dict[str, Any]:
        """The object with this id; raises `NotFound`."""
        assert self.single is not None, "the manifest names the endpoint of a single object"
        found: dict[str, Any] = self._shared.chains.ask(self.single, Window({"id": name}), asker).body[
            self.single.endpoint.key
        ]
        return found

    def _one_by_one(self, names: Sequence[str], asker: StreamReport) -> Iterator[dict[str, Any]]:
        for name in names:
            try:
                yield self.one(name, asker)
            except NotFound as unknown:
                LOGGER.warning("%s: %s is not known to Gong and is skipped. %s", asker.stream, name, unknown.message)

    def _read(self, window: Window, asker: StreamReport) -> Kept:
        counted: list[int] = []
        rows = list(
            self._shared.chains.rows(
                self.asking, self._source.rows, window, asker, lambda *counts: counted.extend(counts)
            )
        )
        return Kept(rows, counted[0], counted[1])

    def _count(self, asker: StreamReport, listed: int, total: int) -> None:
        if asker is self.report:
            asker.add(listed=listed, total_records=total)

    def _first_sight(self, identity: Hashable) -> bool:
        with self._seen_lock:
            new = identity not in self._seen
            self._seen.add(identity)
            return new

    def _wanted(
        self, records: Iterable[dict[str, Any]], asker: StreamReport, first_sight: Callable[[Hashable], bool]
    ) -> Iterator[dict[str, Any]]:
        source, key, seen = self._source, self._source.key, set[Hashable]()
        if privacy := self.asks_privacy:
            records = self._open_only(records, privacy, asker)
        for data in records:
            if key:
                identity = tuple(data.get(name) for name in key) if len(key) > 1 else data.get(key[0])
                if identity in seen or (source.distinct and not first_sight(identity)):
                    continue
                seen.add(identity)
            if source.shape.is_private(data):
                asker.add(skipped_private=1)
            elif not source.shape.is_foreign(data):
                yield data

    def _open_only(
        self, records: Iterable[dict[str, Any]], privacy: Asking, asker: StreamReport
    ) -> Iterator[dict[str, Any]]:
        rest, field = iter(records), self._source.call_id_field
        while batch := list(islice(rest, self._shared.limits.page)):
            calls = {str(record.get(field)) for record in batch}
            private = self._shared.privacy.private_among(calls, privacy, asker)
            for record in batch:
                if str(record.get(field)) in private:
                    asker.add(skipped_private=1)
                else:
                    yield record


def _nothing(upto: str) -> None:
    """What is read for others is no checkpoint of the stream itself."""
