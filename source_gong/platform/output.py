"""What is printed, and when: messages on stdout, one JSON document a line."""

from __future__ import annotations

import sys

# As much as a pipe holds.
BATCH_BYTES = 64 * 1024


class Output:
    """Writes messages to stdout: records in batches, everything else at once, so that a state is out when it holds.

    A write is of whole lines, since the CDK's logger writes between them. The CDK's own print buffer would hold a state
    back until something follows it, and it keeps texts of four bytes for each character, which it copies three times.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def write(self, message: str) -> None:
        line = message.encode()
        self._lines += (line, b"\n")
        self._size += len(line)
        if self._size >= BATCH_BYTES or not message.startswith('{"type":"RECORD"'):
            self.flush()

    def flush(self) -> None:
        assert sys.__stdout__
        sys.__stdout__.flush()
        sys.__stdout__.buffer.write(b"".join(self._lines))
        sys.__stdout__.buffer.flush()
        self._lines, self._size = [], 0
