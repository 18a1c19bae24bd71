"""How much a sync takes at a time. One object, made once and handed down, so that a test can read with small pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """`page` is how many records Gong puts on a page (docs/gong-api.md, "Pages"), and how many call ids a request
    takes.

    Up to `chain_pages` pages are read as one chain: a window this long is over in minutes at any pace, so its page
    cursors, which live for an hour, do not run out. `longest_chain_pages` is where a window must be cut whatever it
    costs. Eight `attempts`, with 0.5, 1, 2, 4, 8, 16 and 32 seconds between them, survive faults of about a minute;
    `check` is waited for by a person and makes do with `check_attempts`.
    """

    page: int = 100
    chain_pages: int = 12
    longest_chain_pages: int = 300
    attempts: int = 8
    check_attempts: int = 3
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    # Parsing holds the interpreter's lock, so more pages at a time would only be more memory.
    pages_in_memory: int = 2
