"""The demo's Gong: an emulator in a process of its own, so that neither side slows down the other."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.managers import BaseManager
from typing import Protocol, cast

from demo.happenings import Happenings, Promise, open_company
from demo.truth import Key, keys_in_gong
from gong_emulator import Clock, Emulator, EmulatorOptions


class Gong(Protocol):
    """What the demo asks of its Gong, from outside of that process."""

    def url(self) -> str:
        """Where it serves."""

    def listed_calls(self) -> int:
        """How many calls it lists now."""

    def asked(self) -> tuple[int, str]:
        """How many requests came since `forget`, and which was the last one."""

    def stats(self) -> dict[str, int]:
        """The same in numbers: `requests`, and `tooManyRequests`, those that were refused for the rate limit."""

    def forget(self) -> None:
        """Count requests from here on."""

    def keys(self, stream: str, key: list[str]) -> list[Key] | None:
        """The keys of what it holds for a stream; None where that depends on the days that are asked for."""

    def let_happen(self) -> tuple[list[str], list[Promise]]:
        """Change, and tell how and what must be in the tables afterwards."""

    def stop(self) -> None:
        """Stop to serve."""


class _Served:
    """The Gong of `open_gong`, inside its process. Its clock stands still but for `let_happen`."""

    def __init__(self, requests_per_second: int) -> None:
        clock = Clock.frozen(datetime.now(UTC).replace(microsecond=0))
        options = EmulatorOptions(rate_limit=requests_per_second)
        self._emulator = Emulator(open_company(clock.now()), options, clock)
        self._happenings = Happenings(self._emulator)
        self._emulator.start()

    def url(self) -> str:
        return self._emulator.url

    def listed_calls(self) -> int:
        return len(self._emulator.records("calls"))

    def asked(self) -> tuple[int, str]:
        requests = self._emulator.requests.snapshot()
        return len(requests), f"{requests[-1].method} {requests[-1].path}" if requests else ""

    def stats(self) -> dict[str, int]:
        return self._emulator.requests.stats()

    def forget(self) -> None:
        self._emulator.requests.clear()

    def keys(self, stream: str, key: list[str]) -> list[Key] | None:
        return keys_in_gong(self._emulator, stream, key)

    def let_happen(self) -> tuple[list[str], list[Promise]]:
        return self._happenings.let_happen()

    def stop(self) -> None:
        self._emulator.stop()


class _Process(BaseManager):
    pass


_Process.register("Gong", _Served)


@contextmanager
def open_gong(requests_per_second: int) -> Iterator[Gong]:
    """A Gong that lets so many requests a second through, until the context is left."""
    process = _Process()
    # Ctrl-C goes to the whole group; here it is the demo that ends this process.
    process.start(signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        gong = cast(Gong, process.Gong(requests_per_second))  # type: ignore[attr-defined]
        try:
            yield gong
        finally:
            gong.stop()
    finally:
        process.shutdown()
