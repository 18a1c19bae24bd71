"""Replies on the wire: headers, compression, and the ways a fault spoils them."""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any

import orjson
from aiohttp import web

from gong_emulator.errors import CURSOR_EXPIRED, CURSOR_REJECTED
from gong_emulator.faults import Fault

JSON_TYPE = "application/json;charset=UTF-8"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Checking your browser</body></html>"
_SMALLEST_COMPRESSED = 256


def request_id(seed: int, count: int) -> str:
    """Return 18 or 19 lower-case base-36 characters (recorded), the same for the same count."""
    value = int.from_bytes(blake2b(f"{seed}/{count}".encode(), digest_size=16).digest(), "big")
    text = ""
    for _ in range(18 + value % 2):
        value, digit = divmod(value, 36)
        text += _DIGITS[digit]
    return text


@dataclass
class Reply:
    """A reply before compression. A body that is not bytes is written as JSON."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        """Return the uncompressed body."""
        if isinstance(self.body, bytes):
            return self.body
        try:
            return orjson.dumps(self.body)
        except TypeError:  # an integer beyond 64 bits, which a test may have put in
            return json.dumps(self.body).encode()


def refusal(status: int, sentences: list[str], identifier: str, headers: dict[str, str] | None = None) -> Reply:
    """Return Gong's error body: `requestId` and `errors`, a list of sentences (recorded)."""
    return Reply(status, {"requestId": identifier, "errors": sentences}, dict(headers or {}))


def instead_of_answer(fault: Fault, identifier: str, now: datetime) -> Reply | None:
    """Return the reply of a fault that needs no real answer, or None."""
    match fault.kind:
        case "reply":
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            if body is None:
                return refusal(fault.status or 500, ["Injected fault"], identifier, fault.headers)
            return Reply(fault.status or 500, body, fault.headers)
        case "html":
            return Reply(fault.status or 200, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
        case "empty":
            return Reply(fault.status or 200, b"")
        case "json":
            return Reply(fault.status or 200, fault.body)
        case "expired_cursor":
            return refusal(fault.status or 400, [CURSOR_EXPIRED], identifier)
        case "rejected_cursor":
            return refusal(fault.status or 400, [CURSOR_REJECTED], identifier)
        case "redirect":
            return Reply(fault.status or 302, b"", {"Location": fault.url})
        case "retry_after_date":
            moment = format_datetime(now + timedelta(seconds=fault.seconds), usegmt=True)
            return refusal(fault.status or 429, ["Injected fault"], identifier, {"Retry-After": moment})
    return None


def spoil_answer(fault: Fault, reply: Reply, came_with: object) -> Reply:
    """Return the real answer as the fault leaves it."""
    if fault.kind == "half_json":
        whole = reply.raw()
        return Reply(reply.status, whole[: len(whole) // 2], reply.headers)
    if fault.kind == "repeated_cursor" and came_with and reply.status == 200:
        records = {**reply.body["records"], "cursor": came_with}
        return Reply(reply.status, {**reply.body, "records": records}, reply.headers)
    return reply


def encode(reply: Reply, accepted: str, fault: Fault | None) -> tuple[bytes, dict[str, str]]:
    """Return the bytes to send, compressed when the client accepts gzip, and the headers."""
    body = reply.raw()
    headers = {"Content-Type": JSON_TYPE, "Vary": "accept-encoding", **reply.headers}
    if fault and fault.kind == "broken_gzip":
        packed = _gzip(body)
        middle = len(packed) // 2
        return packed[:middle] + b"\xff\x00\xff\x00" + packed[middle + 4 :], {**headers, "Content-Encoding": "gzip"}
    if "gzip" in accepted and len(body) >= _SMALLEST_COMPRESSED:
        return _gzip(body), {**headers, "Content-Encoding": "gzip"}
    return body, headers


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


async def send(
    request: web.Request, status: int, body: bytes, headers: dict[str, str], fault: Fault | None
) -> web.StreamResponse:
    """Send a reply, or as much of it as the fault lets through."""
    if fault and fault.kind == "stall":
        await asyncio.sleep(fault.seconds)
    if fault and fault.kind == "cut":
        return _cut(request)
    if fault and fault.kind in ("cut_body", "stall_body"):
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: fault.bytes])
        if fault.kind == "cut_body":
            if request.transport:
                request.transport.close()
            return response
        await asyncio.sleep(fault.seconds)
        await response.write(body[fault.bytes :])
        await response.write_eof()
        return response
    return web.Response(status=status, body=body, headers=headers)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()
