"""The small index entry kept for each call; heavy content is derived from it on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MASK = 2**64 - 1
_ODD = 0x9E3779B97F4A7C15
_edits = [0]


def edits() -> int:
    """Return how often any Call was made or changed; sorted views compare it to know when they are stale."""
    return _edits[0]


@dataclass(slots=True, eq=False)
class Call:
    """One call. Every attribute may be changed at any time; moments are aware UTC datetimes.

    `visible_from`: when `/v2/calls` and `/v2/calls/{id}` start to know the call.
    `extensive_visible_from`: the same for `/v2/calls/extensive` (None: with `visible_from`).
    `transcript_visible_from`: None when there never is a transcript.
    `content_visible_from`: when brief, outline, highlights, keyPoints and callOutcome come; None for never.
    `deleted_from`: when the call disappears from everything.
    `has_content`: False leaves out the whole `content` block even when asked (recorded: 2 of 67 calls).
    `revision`: raise it to change what is derived (content, transcript, trackers), as Gong does after the fact.
    `overrides`: metaData keys that replace the derived ones or come on top of them.
    """

    id: str
    scheduled: datetime
    started: datetime
    duration: int
    primary_user_id: str
    workspace_id: str
    visible_from: datetime
    transcript_visible_from: datetime | None
    content_visible_from: datetime | None
    direction: str = "Conference"
    system: str = "Zoom"
    scope: str = "External"
    media: str = "Video"
    language: str = "eng"
    is_private: bool = False
    has_content: bool = True
    title: str | None = None
    extensive_visible_from: datetime | None = None
    deleted_from: datetime | None = None
    revision: int = 0
    overrides: dict[str, Any] | None = None

    def __setattr__(self, name: str, value: object) -> None:
        _SETTERS[name](self, value)
        _edits[0] += 1

    @property
    def filter_time(self) -> datetime:
        """The moment that date filters look at: scheduled for a web conference, else started (documented)."""
        return self.scheduled if self.direction == "Conference" else self.started

    def listed(self, now: datetime) -> bool:
        """Tell whether `/v2/calls` knows the call."""
        return self.visible_from <= now and not self.deleted(now)

    def extensive_listed(self, now: datetime) -> bool:
        """Tell whether `/v2/calls/extensive` knows the call; it can lag behind the transcript (reported)."""
        return (self.extensive_visible_from or self.visible_from) <= now and not self.deleted(now)

    def transcript_listed(self, now: datetime) -> bool:
        """Tell whether `/v2/calls/transcript` has the call."""
        ready = self.transcript_visible_from
        return ready is not None and ready <= now and not self.deleted(now)

    def deleted(self, now: datetime) -> bool:
        """Tell whether the call is gone."""
        return self.deleted_from is not None and self.deleted_from <= now


_SETTERS = {name: getattr(Call, name).__set__ for name in Call.__slots__}


def tie_order(call_id: str | int) -> int:
    """Return a call's place among calls of the same `scheduled`.

    Recorded ties follow neither the id nor `started`: here it is a mix of the id's bits.
    """
    mixed = (int(call_id) * _ODD) & _MASK
    return ((mixed ^ (mixed >> 29)) * _ODD) & _MASK


def call_key(call: Call) -> tuple[datetime, int]:
    """Return the sort key of Gong's call lists: ascending `scheduled` (recorded), then the tie order."""
    return call.scheduled, tie_order(call.id)
