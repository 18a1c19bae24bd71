"""Values that are derived from the calls once and kept until the calls change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Derived(Generic[T]):
    """Holds a value for as long as its stamp stays the same."""

    def __init__(self, derive: Callable[[], T]) -> None:
        self._derive = derive
        self._held: tuple[Hashable, T] | None = None

    def at(self, stamp: Hashable) -> T:
        """Return the value for this stamp, derived anew when the stamp has changed."""
        if self._held is None or self._held[0] != stamp:
            self._held = stamp, self._derive()
        return self._held[1]
