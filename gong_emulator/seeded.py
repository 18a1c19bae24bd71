"""Seeded draws: the same (seed, parts) always give the same values, in every process."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

_LARGEST_ID = 2**63 - 1
_SMALLEST_ID = 10**16


def number(seed: int, *parts: object) -> int:
    """Return 64 bits that depend only on the seed and the parts."""
    text = "\x1f".join(map(str, (seed, *parts)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def stream(seed: int, *parts: object) -> Random:
    """Return a generator that depends only on the seed and the parts."""
    return Random(number(seed, *parts))


def gong_id(rng: Random) -> str:
    """Return a decimal id of 17 to 19 digits that fits int64, as every recorded Gong id does."""
    return str(rng.randrange(_SMALLEST_ID, _LARGEST_ID))
