"""What an invented company is made of: its seed, its zone, and how much of each thing it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class CompanyOptions:
    """What a company is made of.

    `first_call` and `last_call` are aware moments between which the calls are spread. `late_share`,
    `private_share` and `without_transcript_share` are fractions of the calls. `monologues_per_minute` sets how
    long transcripts are; real ones have about ten.
    """

    seed: int = 7
    time_zone: str = "America/Los_Angeles"
    users: int = 12
    managers: int = 2
    avatars: int = 1
    workspaces: int = 2
    calls: int = 250
    first_call: datetime = datetime(2026, 1, 5, 8, tzinfo=UTC)
    last_call: datetime = datetime(2026, 4, 3, 18, tzinfo=UTC)
    late_share: float = 0.05
    private_share: float = 0.03
    without_transcript_share: float = 0.04
    accounts: int = 40
    monologues_per_minute: float = 1.0
