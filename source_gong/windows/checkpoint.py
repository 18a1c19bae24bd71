"""Up to where everything was read, over windows that finish in any order."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from typing import Any


class Checkpoint:
    """The windows of each partition, and how far each was read. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of each partition the windows in order: [start, end, read up to].
        self._windows: dict[Hashable, list[list[Any]]] = {}

    def plan(self, key: Hashable, windows: Iterable[tuple[Any, Any]]) -> None:
        """Say what is going to be read, before any of it is."""
        with self._lock:
            self._windows[key] = [[start, end, start] for start, end in windows]

    def advance(self, key: Hashable, start: Any, upto: Any) -> None:
        """The window that begins at `start` was read up to `upto`, exclusive."""
        with self._lock:
            for window in self._windows.get(key, ()):
                if window[0] == start:
                    window[2] = max(window[2], upto)

    @property
    def complete(self) -> bool:
        """Whether all that was planned was read, and something was."""
        with self._lock:
            return bool(self._windows) and all(
                window[2] >= window[1] for part in self._windows.values() for window in part
            )

    @property
    def value(self) -> Any | None:
        """Everything before this was read; None when nothing was planned."""
        with self._lock:
            return min((_reached(windows) for windows in self._windows.values() if windows), default=None)


def _reached(windows: list[list[Any]]) -> Any:
    reached = windows[0][0]
    for start, end, upto in windows:
        if start > reached:
            break
        reached = upto
        if upto < end:
            break
    return reached
