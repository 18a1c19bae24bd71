"""A host of recordings that behaves as the test says, beside the emulator's own, which behaves as it should."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gong_emulator import Call


@dataclass(frozen=True)
class Asked:
    """A request: the how manieth it is, from 1, for which call, and at which byte its range begins (0 without one)."""

    number: int
    call_id: str
    start: int


@dataclass(frozen=True)
class Answer:
    """What is sent: the headers as they stand, then the pieces of `body` as they come, and the connection is closed. A
    length is announced only where `headers` has one."""

    body: Iterable[bytes] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass
class RecordingsHost:
    """Gives out addresses of itself, as `EmulatorOptions.media`. `asked` has the requests in the order of their
    coming."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def urls(self, call: Call, now: object) -> dict[str, Any]:
        """The `media` block of a call."""
        return {"audioUrl": f"{self.url}/{call.id}.mp3"}


@contextmanager
def recordings_host(answer: Callable[[Asked], Answer]) -> Iterator[RecordingsHost]:
    """Serve what `answer` gives, each request on a thread of its own."""
    counting = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            with counting:
                asked = Asked(len(host.asked) + 1, self.path.strip("/").partition(".")[0], start)
                host.asked.append(asked)
            given = answer(asked)
            # A client that was killed takes nothing any more.
            with suppress(ConnectionError):
                self.send_response(given.status)
                for name, value in {"Content-Type": "audio/mpeg", **given.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                for piece in given.body:
                    self.wfile.write(piece)

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
