"""The plan that a first sync prints: how many requests it needs, how long they take, and on how many days.

It is made from Gong's own count (`totalRecords`) of the calls, which costs at most one request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from source_gong.days import DayPlanner
from source_gong.faults import GongError
from source_gong.sync import Sync
from source_gong.windows import PAGE, AdaptivePlanner, WindowCursor

DAILY_QUOTA = 10_000


def plan_lines(sync: Sync, streams: Iterable[Any]) -> Iterator[str]:
    """One line for a person and one of JSON, or nothing when no selected stream is read for the first time."""
    first = [
        (stream.name, stream.cursor)
        for stream in streams
        if stream.name in sync.selected and isinstance(stream.cursor, WindowCursor) and stream.cursor.is_first
    ]
    if not first or sync.settings.call_ids:
        return
    try:
        needs = {name: _requests(sync, name, cursor.planner) for name, cursor in first}
    except GongError:
        # The streams that need what failed here will fail by themselves, each with its own message.
        return
    total = sum(needs.values())
    share = sync.settings.max_requests or DAILY_QUOTA
    seconds, days = round(total / sync.settings.requests_per_second), max(1, -(-total // share))
    yield (
        f"Plan of this first sync: about {total} requests for {len(needs)} incremental streams, {seconds} s at "
        f"{sync.settings.requests_per_second:g} a second, on {days} day(s) at {share} a day. Short lists come on top."
    )
    yield "sync_plan " + json.dumps({"requests": total, "seconds": seconds, "days": days, "streams": needs})


def _requests(sync: Sync, name: str, planner: Any) -> int:
    if isinstance(planner, DayPlanner):
        return len(planner.plan({}, planner.lower(None), planner.end()))
    assert isinstance(planner, AdaptivePlanner)
    if planner.shared != "calls":
        return 1
    calls = sync.readers["calls"]
    count = windows = 0
    for part in calls.partition_router.stream_slices():
        windows_of_part = calls.cursor.planner.plan(part.partition, sync.settings.earliest, calls.cursor.planner.end())
        windows += len(windows_of_part)
        count += calls.cursor.planner.facts(part.partition, sync.settings.earliest, calls.cursor.planner.end()).total
    return -(-count // getattr(sync.readers[name], "batch_size", PAGE)) + windows
