"""Records of a wanted size with the nesting of Gong's own, as bytes in which only the id and the start change.

The fields come from the emulator. What it gives is filled up where real records are large: calls with CRM fields,
transcripts with sentences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import orjson

from gong_emulator import Call, Company, CompanyOptions

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SPAN_SECONDS = 2 * 365 * 86_400
PAGE = 100
FIRST_ID = 700_000_000_000_000_000
VARIANTS = 20

_ID = "799999999999999999"
_STARTED = "2099-12-31T23:59:58Z"
SELECTOR = {
    "context": "Extended",
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(
            ("structure", "topics", "trackers", "trackerOccurrences", "brief", "outline", "highlights", "keyPoints"),
            True,
        ),
        "interaction": dict.fromkeys(("speakers", "video", "personInteractionStats", "questions"), True),
        "collaboration": {"publicComments": True},
    },
}


@dataclass(frozen=True)
class Corpus:
    """`calls` calls spread evenly over two years from `FIRST` on, each `kilobytes` long in the extensive list."""

    calls: int
    kilobytes: float

    @property
    def step(self) -> float:
        """Seconds between two calls."""
        return SPAN_SECONDS / self.calls

    def position(self, moment: datetime) -> int:
        """How many calls start before a moment."""
        return min(self.calls, max(0, math.ceil((moment - FIRST).total_seconds() / self.step)))

    def started(self, position: int) -> str:
        """When a call starts: whole seconds, UTC. Never before its place in the list says."""
        moment = FIRST + timedelta(seconds=math.ceil(position * self.step))
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Templates:
    """Some records of one kind, cut where a call's id and start go."""

    def __init__(self, records: list[Any]) -> None:
        self._cut = [
            [part.split(_STARTED.encode()) for part in orjson.dumps(record).split(_ID.encode())] for record in records
        ]

    def record(self, position: int, started: str) -> bytes:
        """The record of a call."""
        start = started.encode()
        return str(FIRST_ID + position).encode().join([start.join(part) for part in self._cut[position % VARIANTS]])


def make_templates(kilobytes: float) -> dict[str, Templates]:
    """Templates of the basic calls (as they are), the extensive calls, and the transcripts (12 KB)."""
    company = Company(CompanyOptions(calls=400, monologues_per_minute=10))
    content = [call for call in company.calls if call.has_content and call.scope != "Internal"]
    calls = sorted(content, key=lambda call: len(orjson.dumps(company.extensive(call, SELECTOR))))[:VARIANTS]
    spoken = sorted(content, key=lambda call: call.duration)[-VARIANTS:]
    basic = [_anyones(company.meta_data(call), call) for call in calls]
    extensive = [_anyones(company.extensive(call, SELECTOR), call) for call in calls]
    return {
        "calls": Templates([_filled(record, 1024, _longer_text) for record in basic]),
        "extensive": Templates([_filled(record, kilobytes * 1024, _more_crm_fields()) for record in extensive]),
        "transcript": Templates([_shortened(_anyones(company.transcript(call), call)) for call in spoken]),
    }


def _anyones(record: Any, call: Call) -> Any:
    """A record of a call with the id and the start that are cut out later."""
    found: Any = orjson.loads(orjson.dumps(record).replace(call.id.encode(), _ID.encode()))
    basic = found.get("metaData", found)
    if "started" in basic:
        basic["started"] = _STARTED
    return found


def _filled(record: dict[str, Any], size: float, grow: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    while len(orjson.dumps(record)) < size:
        grow(record)
    return record


def _longer_text(record: dict[str, Any]) -> None:
    record["customData"] = f"{record['customData'] or ''} account=4711;stage=discovery"


def _more_crm_fields() -> Callable[[dict[str, Any]], None]:
    """Adds one CRM field, every seventh time a tracker with its occurrences: companies have hundreds of each."""
    turns = cycle(range(7))
    numbers = iter(range(10**6))

    def grow(record: dict[str, Any]) -> None:
        number = next(numbers)
        if next(turns) == 6:
            occurrences = [{"startTime": 12.5 + number + n, "speakerId": str(10**17 + number)} for n in range(3)]
            record["content"].setdefault("trackers", []).append(
                {"id": str(10**18 + number), "name": f"Tracker {number}", "count": 3, "occurrences": occurrences}
            )
            return
        if not record.get("context"):
            record["context"] = [{"system": "Salesforce", "objects": [{"objectType": "Account", "objectId": "001"}]}]
        value = (f"Some text of field {number}", number / 4, None, True)[number % 4]
        record["context"][0]["objects"][0].setdefault("fields", []).append(
            {"name": f"Custom_Field_{number}__c", "value": value}
        )

    return grow


def _shortened(transcript: dict[str, Any]) -> dict[str, Any]:
    """What is said in the first 12 KB."""
    spoken = transcript["transcript"]
    while len(orjson.dumps(transcript)) > 12 * 1024:
        spoken.pop()
    return transcript
