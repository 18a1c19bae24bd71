"""The host of the recordings: a port of its own, signed addresses that run out, ranges, and faults on demand.

It behaves as an S3 bucket does for presigned addresses, which Gong's are reported to be: a request that carries
credentials besides the signature is refused with 400, an expired one with 403.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

from aiohttp import web

from gong_emulator.clock import Clock
from gong_emulator.faults import Fault, Faults
from gong_emulator.media import VALID_FOR
from gong_emulator.media_files import MediaFile, audio_of, video_of
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.request_log import RecordedRequest, RequestLog

_STAMP = "%Y%m%dT%H%M%S.%fZ"
_ENDINGS = {"audio": "wav", "video": "avi"}


class MediaServer:
    """Serves the recordings of an emulator's calls at `url`.

    `requests` is what was asked of it. `put` replaces a call's file, `remove` takes it away; every other call has a
    small file that plays. `valid_for` is how long a signed address lives, by `clock`.

    Of `faults` those strike here that are meant for this host. `monotonic` gives the seconds of the log. Addresses are
    signed with a key made of `seed`.
    """

    def __init__(self, clock: Clock, faults: Faults, monotonic: Callable[[], float], seed: int) -> None:
        self._clock, self._faults, self._monotonic = clock, faults, monotonic
        self._key = f"media/{seed}".encode()
        self._files: dict[tuple[str, str], MediaFile | None] = {}
        self._addressless: set[tuple[str, str]] = set()
        self.requests = RequestLog()
        self.valid_for = VALID_FOR
        self.url = ""

    def put(self, call_id: str, medium: str, file: MediaFile) -> MediaFile:
        """Let a call have this file for `audio` or `video`, and return it."""
        self._files[call_id, medium] = file
        return file

    def remove(self, call_id: str, medium: str, *, address: bool = True) -> None:
        """Let a call's file be gone: 404 at its address, or not even an address."""
        self._files[call_id, medium] = None
        if not address:
            self._addressless.add((call_id, medium))

    def restore(self, call_id: str, medium: str) -> None:
        """Undo `put` and `remove`."""
        self._files.pop((call_id, medium), None)
        self._addressless.discard((call_id, medium))

    def file(self, call_id: str, medium: str) -> MediaFile | None:
        """Return what a call's address leads to."""
        if (call_id, medium) not in self._files:
            self._files[call_id, medium] = {"audio": audio_of, "video": video_of}[medium](call_id)
        return self._files[call_id, medium]

    def urls(self, call: Call, now: datetime) -> Record:
        """Return `audioUrl` and, for video, `videoUrl`: see `MediaUrls`."""
        media = ("audio", "video") if call.media == "Video" else ("audio",)
        return {
            f"{medium}Url": self._sign(f"/{medium}/{call.id}.{_ENDINGS[medium]}", now)
            for medium in media
            if (call.id, medium) not in self._addressless
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        scheme = request.headers["Authorization"].partition(" ")[0] if "Authorization" in request.headers else None
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"}
        entry = RecordedRequest(
            request.method, request.path, {}, None, headers, scheme, self._monotonic(), self._clock.now()
        )
        self.requests.add(entry)
        fault = self._faults.striking(request.method, request.path, "media")
        entry.fault = fault.kind if fault else None
        if fault and fault.kind == "cut":
            if request.transport:
                request.transport.abort()
            return web.Response()
        if fault and fault.kind == "redirect":
            entry.status = fault.status or 302
            return web.Response(status=entry.status, headers={"Location": fault.url})
        if fault and fault.kind == "reply":
            entry.status = fault.status or 500
            return web.Response(status=entry.status, text=str(fault.body or ""), headers=fault.headers)
        if fault and fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        refusal = self._refusal(request, scheme)
        found = re.fullmatch(r"/(audio|video)/(\d+)\.\w+", request.path)
        if refusal is None and request.method not in ("GET", "HEAD"):
            refusal = (405, "MethodNotAllowed")
        file = self.file(found[2], found[1]) if found and refusal is None else None
        if file is None:
            entry.status, code = refusal or (404, "NoSuchKey")
            return web.Response(status=entry.status, text=f"<Error><Code>{code}</Code></Error>")
        return await self._send(request, entry, file, fault)

    def _refusal(self, request: web.Request, scheme: str | None) -> tuple[int, str] | None:
        if scheme is not None:
            return 400, "InvalidArgument"
        stamp = request.query.get("X-Amz-Date", "")
        given = request.query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(given, self._signature(request.path, stamp)):
            return 403, "SignatureDoesNotMatch"
        signed = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        return (403, "AccessDenied") if self._clock.now() > signed + self.valid_for else None

    async def _send(
        self, request: web.Request, entry: RecordedRequest, file: MediaFile, fault: Fault | None
    ) -> web.StreamResponse:
        headers = {"Content-Type": file.media_type, "Accept-Ranges": "bytes"}
        if file.tag:
            headers["ETag"] = file.tag
        start, stop, entry.status = 0, file.size, 200
        ranged = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        fresh = request.headers.get("If-Range") in (None, file.tag)
        if ranged and fresh and not (fault and fault.kind == "ignore_range"):
            start, stop = int(ranged[1]), min(int(ranged[2]) + 1, file.size) if ranged[2] else file.size
            if start >= file.size or stop <= start:
                entry.status = 416
                return web.Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
            entry.status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
        response = web.StreamResponse(status=entry.status, headers=headers)
        extra = b"surplus" if fault and fault.kind == "long_body" else b""
        if fault and fault.kind == "no_length":
            response.enable_chunked_encoding()
        else:
            response.content_length = stop - start + len(extra)
        await response.prepare(request)
        pause = min(start + fault.bytes, stop) if fault and fault.kind in ("cut_body", "stall_body") else stop
        for chunk in file.chunks(start, pause):
            await response.write(chunk)
        if fault and fault.kind == "cut_body":
            if request.transport:
                request.transport.close()
            return response
        if fault and fault.kind == "stall_body":
            await asyncio.sleep(fault.seconds)
            for chunk in file.chunks(pause, stop):
                await response.write(chunk)
        await response.write(extra)
        await response.write_eof()
        return response

    def _sign(self, path: str, now: datetime) -> str:
        stamp = now.strftime(_STAMP)
        query = {
            "X-Amz-Date": stamp,
            "X-Amz-Expires": int(VALID_FOR.total_seconds()),
            "X-Amz-Signature": self._signature(path, stamp),
        }
        return f"{self.url}{path}?{urlencode(query)}"

    def _signature(self, path: str, stamp: str) -> str:
        return hmac.new(self._key, f"{path} {stamp}".encode(), sha256).hexdigest()
