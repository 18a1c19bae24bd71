"""How many pages a sync holds in memory at a time.

A page of large calls has tens of megabytes once it is parsed. Every request in flight may bring one, and where the
destination is slow they would all wait, parsed, to be passed on. So a page that arrived waits as bytes until there is
room for it; nothing else waits, so as many requests as before are in flight.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _OfThread(threading.local):
    """Whether the thread needs a place for its pages, and whether it has one."""

    needed = False
    held = False


class Room:
    """Places for parsed pages. A thread has at most one, and holds it from `enter` until `leave`.

    While it has one, a thread waits for nothing but the queue that the main thread empties; so places always come back.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)
        self._of_thread = _OfThread()

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Around a chain of pages whose records this thread passes on; other answers are small and need no place."""
        self._of_thread.needed = True
        try:
            yield
        finally:
            self._of_thread.needed = False
            self.leave()

    def enter(self) -> None:
        """Wait for a place where this thread needs one and has none."""
        if self._of_thread.needed and not self._of_thread.held:
            self._places.acquire()
            self._of_thread.held = True

    def leave(self) -> None:
        """Give back the place, if there is one: the page was passed on, or was no good."""
        if self._of_thread.held:
            self._of_thread.held = False
            self._places.release()
