"""Short lists that several streams need: read once a sync, by whoever comes first."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from source_gong.once import Once


@dataclass(frozen=True)
class Kept:
    """The rows of one slice of a list as Gong sent them, how many its pages held, and Gong's own count."""

    rows: list[dict[str, Any]]
    listed: int
    total: int


KeptLists = Once[Hashable, Kept]
