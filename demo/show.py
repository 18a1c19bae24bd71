"""What the demo prints: steps, tables, and progress in lines where there is no terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from demo.gong import Gong


def step(text: str) -> None:
    """Begin a new part."""
    print(f"\n== {text}")


def table(lines: Sequence[Sequence[str]]) -> None:
    """Print a head and its rows in columns; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [all(_is_number(cell) for cell in column[1:]) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        cells = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        ]
        print("  " + "  ".join(cells).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).isdigit()


class Progress:
    """While the context is open, tells once a second what Gong was asked. On a terminal PyAirbyte shows more itself."""

    def __init__(self, gong: Gong) -> None:
        self._gong = gong
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        if not sys.stdout.isatty():
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _tell(self) -> None:
        begun, told = time.monotonic(), 0
        while not self._done.wait(1):
            count, last = self._gong.asked()
            if count > told:
                told = count
                print(f"  {time.monotonic() - begun:3.0f} s  {count:4} requests, the last one {last}")
