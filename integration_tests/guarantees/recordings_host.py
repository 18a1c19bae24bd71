"""A host of recordings that behaves as the test says, beside the emulator's own, which behaves as it should."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gong_emulator import Call


@dataclass(frozen=True)
class Answer:
    """What is sent: the headers as they stand, then `body`, and the connection is closed. A length is announced only
    where `headers` has one."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass
class RecordingsHost:
    """Gives out addresses of itself, as `EmulatorOptions.media`. `asked` has the first byte of each request's range, 0
    without one."""

    url: str
    asked: list[int] = field(default_factory=list)

    def urls(self, call: Call, now: object) -> dict[str, Any]:
        """The `media` block of a call."""
        return {"audioUrl": f"{self.url}/{call.id}.mp3"}


@contextmanager
def recordings_host(answer: Callable[[int, int], Answer]) -> Iterator[RecordingsHost]:
    """Serve what `answer` gives for the number of a request, from 1, and the byte at which its range begins."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            host.asked.append(start)
            given = answer(len(host.asked), start)
            self.send_response(given.status)
            for name, value in {"Content-Type": "audio/mpeg", **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, *_: object) -> None:
            """What is asked is in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = RecordingsHost(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
