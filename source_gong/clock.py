"""The clocks of a sync, and the waiting: given to whatever needs them, so that tests can move time by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from source_gong import instants


@dataclass(frozen=True)
class Clock:
    """`now` is the wall clock in UTC, to the millisecond; `monotonic` and `sleep` are in seconds."""

    now: Callable[[], datetime] = instants.now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
