"""What several threads may want and only one shall make."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values that are made once for each key: the first thread that asks makes it, the others wait. A failure is not
    kept, so the next one that asks tries again. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[K, threading.Lock] = {}
        self._made: dict[K, V] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key; raises what `make` raises."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                made = make()
                with self._lock:
                    self._made[key] = made
            return self._made[key]

    def known(self) -> list[tuple[K, V]]:
        """What was made so far."""
        with self._lock:
            return list(self._made.items())
