"""The call list, and what belongs to calls and is read by the ids that it lists."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from source_gong.faults import AnswerError, ConfigError
from source_gong.once import Once
from source_gong.reading.asking import Asking
from source_gong.reading.listing import CallListing, ListedCall, listed
from source_gong.reading.reader import Reached, Reader, Shared, Source
from source_gong.report import StreamReport
from source_gong.windows.by_count import ByCount
from source_gong.windows.window import RangeFacts, Window

LOGGER = logging.getLogger("airbyte.source_gong")


class CallList(Reader):
    """Reads `GET /v2/calls`, each window once a sync, whichever stream asks first.

    `users_made` gives when the company's users were made: it helps a key that may not list calls.
    """

    def __init__(
        self,
        source: Source,
        shared: Shared,
        listing: CallListing,
        users_made: Callable[[StreamReport], Iterable[datetime]],
    ) -> None:
        super().__init__(source, shared)
        self._listing, self._users_made = listing, users_made
        self._first_day: Once[str, date | None] = Once()
        # The calls that `check` saw, None before it has asked.
        self.probed: list[str] | None = None

    @property
    def reads_call_list(self) -> bool:
        return True

    @property
    def shares_call_list(self) -> bool:
        return True

    def raw(self, window: Window, asker: StreamReport) -> Iterator[dict[str, Any]]:
        if "named" in window.partition:
            yield from super().raw(window, asker)
        else:
            yield from self._listing.records(window.key, lambda: self.pages(window, asker))

    def listed_calls(self, window: Window, asker: StreamReport) -> list[ListedCall]:
        """The facts of the calls in a window, or of those that the slice names, without duplicates."""
        if "named" in window.partition:
            calls = [listed(call) for call in self.named(window.partition["named"], asker)]
        else:
            calls = self._listing.calls(window.key, lambda: self.pages(window, asker))
        return list({call.id: call for call in calls}.values())

    def first_slice(self) -> Window | None:
        """All of it: `check` wants to know whether calls are visible at all."""
        found, planner = super().first_slice(), self._whole
        return found and planner.window(found.partition, planner.earliest, planner.until)

    def probe(self, window: Window) -> list[dict[str, Any]]:
        found = super().probe(window)
        self.probed = [str(call.get("id")) for call in found]
        return found

    def first_day(self) -> date | None:
        """The day on which the company's calls begin, None when there are none. Costs a request, which serves the
        stream itself too."""
        return self._first_day.get("", self._find_first_day)

    def _find_first_day(self) -> date | None:
        planner = self._whole
        try:
            first = planner.facts({}, planner.earliest, planner.end(), self.ask).first
        except ConfigError:
            first = min(self._users_made(self.report), default=None)
        return first.date() if first else None

    def size(self) -> tuple[int, int]:
        """How many calls there are in all, as Gong counts them, and in how many windows they are read."""
        planner, count, windows = self._whole, 0, 0
        for partition in self.router.partitions(self.report) if self.router else [{}]:
            windows += len(planner.plan(partition, planner.earliest, planner.end(), self.ask))
            count += planner.facts(partition, planner.earliest, planner.end(), self.ask).total
        return count, windows

    def planned_requests(self) -> int:
        return self.requests_of_batches(self._shared.limits.page)

    def requests_of_batches(self, size: int) -> int:
        """How many requests it takes to read something of all calls, so many at a time, and their list."""
        count, windows = self.size()
        return -(-count // size) + windows

    @property
    def _whole(self) -> ByCount:
        assert isinstance(self.planner, ByCount), "the manifest cuts the call list by how many calls there are"
        return self.planner


class OfCalls(Reader):
    """Reads what belongs to calls. By window, as it stands, or by batches of ids from the call list: always where
    `by_ids`, else when `private_calls` leaves calls out (what a private call holds is then not even asked for) or
    `call_ids` names them. `stamp_started` copies a call's `started` into its records, which lack it, found by their
    `id_field`. `split_when` is the sentence of a 400 by which Gong refuses a whole batch for one unknown call.

    `call_list` gives the reader of the call list, which may be built later than this one.
    """

    def __init__(
        self,
        source: Source,
        shared: Shared,
        call_list: Callable[[], CallList],
        list_name: str,
        *,
        by_ids: bool,
        batch_size: int,
        id_field: str = "callId",
        stamp_started: bool = False,
        split_when: str = "",
    ) -> None:
        super().__init__(source, shared)
        self._call_list, self._list_name = call_list, list_name
        self.batch_size = batch_size
        self._id_field, self._stamp_started, self._split_when = id_field, stamp_started, split_when
        self.by_ids = by_ids
        self.reads_by_ids = by_ids or shared.settings.exclude_private

    @property
    def lists(self) -> tuple[str, ...]:
        return (*super().lists, self._list_name) if self.reads_by_ids else super().lists

    @property
    def reads_call_list(self) -> bool:
        return self.reads_by_ids

    @property
    def shares_call_list(self) -> bool:
        return self.by_ids

    @property
    def counted_by(self) -> Asking:
        return self.lister.asking if self.reads_by_ids else self.asking

    @property
    def lister(self) -> CallList:
        """The call list."""
        return self._call_list()

    def first_page(self, window: Window, asker: StreamReport) -> RangeFacts:
        if self.reads_by_ids:
            return self.lister.first_page(window, asker)
        return super().first_page(window, asker)

    def first_slice(self) -> Window | None:
        """A call that the call list has shown to `check`, where this is read by ids."""
        if not self.by_ids:
            return super().first_slice()
        known = self.lister.probed
        return Window({"callIds": [known[0]]}) if known else None

    def planned_requests(self) -> int:
        return self.lister.requests_of_batches(self.batch_size)

    def window_records(self, window: Window, asker: StreamReport, reached: Reached) -> Iterator[dict[str, Any]]:
        if not self.reads_by_ids and "named" not in window.partition:
            yield from super().window_records(window, asker, reached)
            return
        for part in self.parts(window, asker):
            yield from self._of_listed(self.lister.listed_calls(part, asker))
            if part is not window and part.end:
                reached(part.end)

    def _of_listed(self, calls: list[ListedCall]) -> Iterator[dict[str, Any]]:
        wanted = {call.id: call.started for call in self.chosen(calls)}
        ids = list(wanted)
        for first in range(0, len(ids), self.batch_size):
            for record in self._source.shape.records(self.batch(ids[first : first + self.batch_size])):
                if self._stamp_started:
                    call_id = record.get(self._id_field)
                    record = {self._id_field: call_id, "started": wanted.get(str(call_id)), **record}
                yield record

    def chosen(self, calls: Iterable[ListedCall], count: bool = True) -> Iterator[ListedCall]:
        """The calls that the configuration does not leave out; private ones that it does are counted."""
        settings = self._shared.settings
        for call in calls:
            if settings.exclude_private and call.is_private is True:
                self.report.add(skipped_private=int(count))
            elif not settings.primary_user_ids or call.primary_user_id in settings.primary_user_ids:
                yield call

    def batch(self, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The rows of a batch of calls; where Gong refuses a batch for one unknown call, those of all others."""
        try:
            yield from self.raw(Window({"callIds": list(ids)}), self.report)
        except AnswerError as refused:
            if not self._split_when or refused.sentence != self._split_when:
                raise
            if len(ids) == 1:
                LOGGER.warning("%s: the call %s is not known to Gong here and is skipped.", self.stream, ids[0])
                return
            for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                yield from self.batch(half)
