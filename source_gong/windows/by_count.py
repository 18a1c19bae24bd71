"""Windows of instants, cut by how many records a range holds.

Why not the CDK's own cursor: its windows end inclusively, where Gong's `to…` is exclusive; its state is the latest
record's time, where a call is found by its *scheduled* time and can have started later (so the state could pass calls
that were not read); and its step is fixed, where a quiet company needs one window and a busy one many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from source_gong.instants import format_as, parse_instant
from source_gong.limits import Limits
from source_gong.windows.bookmark import Bookmark
from source_gong.windows.counts import Bounds, Counts
from source_gong.windows.window import Ask, RangeFacts, Window

# Each window costs half a page on average; without a state there shall be no more than 150 of them for three streams.
MOST_WINDOWS = 48
# Gong finds a conference by its scheduled time, and it can have started earlier or later. So a look-back that is
# counted from a call's start reaches this much further back, and what is asked for this much past now: a conference
# that started before its time is there already.
OFF_SCHEDULE = timedelta(days=1)
# A range that is cut is cut into about as many windows as requests can be in flight, but not below some pages each.
SHORTEST_CHAIN_PAGES = 3


@dataclass(frozen=True)
class Pages:
    """How many pages a chain has: `each` as it is planned, cut into `side_by_side` of them at a time. With `few`, this
    sync may make few requests, and what it has begun when they are used up is lost: then chains are short."""

    limits: Limits
    side_by_side: int
    max_requests: int | None

    @property
    def few(self) -> bool:
        return self.max_requests is not None

    @property
    def each(self) -> int:
        if self.max_requests is None:
            return self.limits.chain_pages
        return max(1, min(self.limits.chain_pages, self.max_requests // (4 * self.side_by_side)))

    @property
    def longest(self) -> int:
        """So many pages a window may turn out to have before it is cut again."""
        return 3 * self.each if self.few else 2 * self.limits.longest_chain_pages


@dataclass
class ByCount:
    """The first page of a range is read first. It is kept for the reading when the range is short enough for one chain
    of pages; else the range is cut evenly, for parallel reading and for checkpoints.

    `earliest` is where reading begins without a state, `until` where this sync ends; with `fixed_end` the configuration
    says so. `whose` says whose counts count for this stream too (the call lists count the same calls). `bounds` are
    those of the streams that share the list, None where it is not shared.
    """

    form: str
    earliest: datetime
    until: datetime
    fixed_end: bool
    lookback: timedelta
    whose: str
    counts: Counts
    pages: Pages
    off_schedule: timedelta = timedelta(0)
    bounds: Bounds | None = None
    by_call_ids: bool = False
    one_by_one: bool = False
    counted: bool = True

    def parse(self, text: str) -> datetime:
        return parse_instant(text)

    def format(self, value: datetime) -> str:
        return format_as(value, self.form)

    def window(self, partition: Mapping[str, Any], start: datetime, end: datetime) -> Window:
        return Window(partition, self.format(start), self.format(end))

    def lower(self, before: Bookmark | None) -> datetime:
        if before is None:
            return self.earliest
        upto: datetime = before.upto
        return max(self.earliest, upto if before.paused else min(upto, self.looks_back_to(before.read_at)))

    def looks_back_to(self, read_at: datetime) -> datetime:
        return read_at - self.lookback - self.off_schedule if self.lookback else read_at

    def end(self) -> datetime:
        return self.until if self.fixed_end else self.until + self.off_schedule

    def settle(self, value: datetime) -> datetime:
        return min(value, self.until)

    def plan(
        self, partition: Mapping[str, Any], lower: datetime, end: datetime, ask: Ask
    ) -> list[tuple[datetime, datetime]]:
        cuts = sorted({lower, end} | (self.bounds.within(lower, end) if self.bounds else set()))
        side_by_side = self.pages.side_by_side
        return [
            window
            for start, stop in pairwise(cuts)
            for window in self._cut(start, stop, self.facts(partition, start, stop, ask), MOST_WINDOWS, side_by_side)
        ]

    def facts(self, partition: Mapping[str, Any], start: datetime, end: datetime, ask: Ask) -> RangeFacts:
        """How many records a range holds and when the first of them starts."""
        return self.counts.of(self.whose, partition, start, end, lambda: ask(self.window(partition, start, end)))

    def parts(self, window: Window, ask: Ask) -> list[Window]:
        if window.start is None or window.end is None:
            return [window]
        start, end = self.parse(window.start), self.parse(window.end)
        most = self.pages.limits.page * self.pages.longest
        # The first page tells; where not even the range that the window was cut from holds so much, it need not.
        known = self.counts.at_most(self.whose, window.partition, start, end)
        if known is not None and known <= most:
            return [window]
        facts = self.facts(window.partition, start, end, ask)
        if facts.total <= most:
            return [window]
        # One after the other: the window is one thread's.
        parts = self._cut(start, end, facts, -(-facts.total // self.pages.limits.page), side_by_side=1)
        return [window] if len(parts) == 1 else [self.window(window.partition, *part) for part in parts]

    def cut_with(self, bounds: Bounds) -> None:
        self.bounds = bounds

    def sample(self) -> tuple[datetime, datetime]:
        return max(self.earliest, self.until - timedelta(hours=1)), self.until

    def _cut(
        self, start: datetime, end: datetime, facts: RangeFacts, most: int, side_by_side: int
    ) -> list[tuple[datetime, datetime]]:
        return cut_evenly(start, end, facts, self.pages, most, side_by_side)


def cut_evenly(
    start: datetime, end: datetime, facts: RangeFacts, pages: Pages, most: int, side_by_side: int
) -> list[tuple[datetime, datetime]]:
    """Cut [start, end) into windows of about `pages.each` pages, as if the calls came evenly from the first one on.

    `side_by_side` windows are read at a time. Not into more than `most`, unless they would become longer than a page
    cursor lives or a daily quota lasts.
    """
    there = -(-facts.total // pages.limits.page)
    if there <= pages.each or facts.first is None:
        return [(start, end)]
    longest = pages.limits.longest_chain_pages if pages.each == pages.limits.chain_pages else pages.each
    # Enough of them, and in full rounds, so that few are left alone at the end, waiting for one answer after the other.
    wanted = max(-(-there // pages.each), min(side_by_side, there // SHORTEST_CHAIN_PAGES))
    if wanted > side_by_side:
        wanted = min(round(wanted / side_by_side), max(1, most // side_by_side)) * side_by_side
    count = max(min(wanted, most), -(-there // longest))
    begin = max(start, min(facts.first, end)).replace(microsecond=0)
    step = (end - begin) / count
    inner = {(begin + step * n).replace(microsecond=0) for n in range(1, count)}
    return list(pairwise([start, *sorted(cut for cut in inner if start < cut < end), end]))
