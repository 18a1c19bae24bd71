"""`python -m bench.page_server CALLS KILOBYTES`: serves pages of calls as fast as bytes can be joined.

It checks nothing and limits nothing, so that what a client costs is not hidden behind a server. Prints its port.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from bench.pages import FIRST_ID, PAGE, Corpus, make_templates

_KEYS = {"/v2/calls": "calls", "/v2/calls/extensive": "calls", "/v2/calls/transcript": "callTranscripts"}


class Pages:
    """The answers to requests for a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        templates = make_templates(corpus.kilobytes)
        self._templates = {
            "/v2/calls": templates["calls"],
            "/v2/calls/extensive": templates["extensive"],
            "/v2/calls/transcript": templates["transcript"],
        }

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        """The body of an answer, always a good one."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        asked: dict[str, Any] = orjson.loads(body) if method == "POST" and body else {"filter": query, **query}
        if url.path not in _KEYS:
            return b'{"requestId":"x","records":{"totalRecords":0},"users":[],"workspaces":[]}'
        wanted = asked.get("filter") or {}
        if "callIds" in wanted:
            places = [int(call_id) - FIRST_ID for call_id in wanted["callIds"]]
            return self._page(url.path, places, 0, len(places), None)
        token = asked.get("cursor")
        if token:
            low, position, high = map(int, token.split("-"))
        else:
            low = position = self._bound(wanted.get("fromDateTime"), 0)
            high = max(low, self._bound(wanted.get("toDateTime"), self._corpus.calls))
        end = min(position + PAGE, high)
        following = f"{low}-{end}-{high}" if end < high else None
        return self._page(url.path, range(position, end), (position - low) // PAGE, high - low, following)

    def _bound(self, text: str | None, otherwise: int) -> int:
        return self._corpus.position(datetime.fromisoformat(text)) if text else otherwise

    def _page(self, path: str, places: Any, number: int, total: int, cursor: str | None) -> bytes:
        templates = self._templates[path]
        items = b",".join([templates.record(place, self._corpus.started(place)) for place in places])
        records: dict[str, Any] = {
            "totalRecords": total,
            "currentPageSize": len(places),
            "currentPageNumber": number,
        }
        if cursor:
            records["cursor"] = cursor
        head = b'{"requestId":"5f1is09lflj186eqvv8","records":' + orjson.dumps(records)
        return head + b',"' + _KEYS[path].encode() + b'":[' + items + b"]}"


class _Connection(asyncio.Protocol):
    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:head_end].decode("latin-1")
            length = 0
            for line in head.split("\r\n"):
                if line.lower().startswith("content-length:"):
                    length = int(line.partition(":")[2])
            whole = head_end + 4 + length
            if len(self._received) < whole:
                return
            body, self._received = self._received[head_end + 4 : whole], self._received[whole:]
            method, target, _ = head.split(" ", 2)
            answer = self._pages.answer(method, target, body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
                % len(answer)
            )
            self._transport.write(answer)


async def _serve(corpus: Corpus) -> None:
    pages = Pages(corpus)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(pages), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Corpus(int(sys.argv[1]), float(sys.argv[2]))))
