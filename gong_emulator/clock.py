"""The emulator's clock: real, or frozen and moved by hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time (UTC) that decides visibility, cursor and token expiry, the day quota and "today".

    A real clock follows the computer plus whatever was advanced. A frozen one moves only by `advance` and `set`.
    Safe to use from any thread.
    """

    def __init__(self, frozen_at: datetime | None = None) -> None:
        if frozen_at is not None and frozen_at.tzinfo is None:
            raise ValueError("a frozen clock needs an aware datetime")
        self._start = frozen_at.astimezone(UTC) if frozen_at else None
        self._shift = timedelta()
        self._lock = threading.Lock()

    @classmethod
    def real(cls) -> Clock:
        """Return a clock that follows the computer's."""
        return cls()

    @classmethod
    def frozen(cls, moment: datetime) -> Clock:
        """Return a clock that stands at `moment` (aware) until it is advanced."""
        return cls(moment)

    @property
    def is_frozen(self) -> bool:
        """Tell whether only `advance` and `set` move this clock."""
        return self._start is not None

    def now(self) -> datetime:
        """Return the current moment in UTC."""
        with self._lock:
            return (self._start or datetime.now(UTC)) + self._shift

    def advance(self, by: timedelta) -> datetime:
        """Move the clock and return the new moment."""
        with self._lock:
            self._shift += by
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Move the clock to an aware moment and return it in UTC."""
        return self.advance(moment.astimezone(UTC) - self.now())

    def reset(self) -> None:
        """Undo every `advance` and `set`."""
        with self._lock:
            self._shift = timedelta()
