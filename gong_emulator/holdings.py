"""What Gong holds for a company and other records are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gong_emulator.company_options import CompanyOptions
from gong_emulator.records import Record
from gong_emulator.records.call import Call


# Lists that change have no hash and no lasting equality, so a company stays itself alone.
@dataclass(eq=False, repr=False)
class Holdings:
    """The lists that `records` reads; each may be changed at any time.

    Lists of records have the shape of the wire (dictionaries with Gong's own keys). `calls` has Call objects.
    `zone` is the one of `options.time_zone`.
    """

    options: CompanyOptions
    zone: ZoneInfo
    workspaces: list[Record]
    users: list[Record]
    avatars: list[Record]
    calls: list[Call]
    scorecards: list[Record]
    trackers: list[Record]
    call_outcomes: list[Record]
