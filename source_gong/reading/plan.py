"""The plan that a first sync prints: how many requests it needs, how long they take, and on how many days.

It is made from Gong's own count (`totalRecords`) of the calls, which costs at most one request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from source_gong.faults import GongError
from source_gong.reading.reader import Reader
from source_gong.settings import Settings

DAILY_QUOTA = 10_000


def plan_lines(settings: Settings, readers: Sequence[Reader]) -> Iterator[str]:
    """One line for a person and one of JSON for the incremental streams that are read for the first time; nothing where
    there is none."""
    if not readers or settings.call_ids:
        return
    try:
        needs = {reader.stream: reader.planned_requests() for reader in readers}
    except GongError:
        # The streams that need what failed here will fail by themselves, each with its own message.
        return
    total = sum(needs.values())
    share = settings.max_requests or DAILY_QUOTA
    seconds, days = round(total / settings.requests_per_second), max(1, -(-total // share))
    yield (
        f"Plan of this first sync: about {total} requests for {len(needs)} incremental streams, {seconds} s at "
        f"{settings.requests_per_second:g} a second, on {days} day(s) at {share} a day. Short lists come on top."
    )
    yield "sync_plan " + json.dumps({"requests": total, "seconds": seconds, "days": days, "streams": needs})
