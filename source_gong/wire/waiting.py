"""How long to wait before a request is sent again."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0


def back_off(attempts: int) -> float:
    """Seconds to wait after so many attempts that failed."""
    return min(FIRST_WAIT_SECONDS * 2.0 ** (attempts - 1), LONGEST_WAIT_SECONDS)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds from now, at least 0: given as seconds or as an HTTP date. None when it is neither."""
    if value is None:
        return None
    with suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    return None
