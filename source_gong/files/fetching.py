"""One request for a file: to an address that was looked at, with an answer that says what it is of.

Nothing here ever tells an address: it is as good as a password for as long as it lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3

from source_gong.clock import Clock
from source_gong.files.addresses import NO_ADDRESS, FileFailed, Guard, Unresolved
from source_gong.files.partial import Version
from source_gong.limits import Limits
from source_gong.wire.waiting import retry_after_seconds

CHUNK = 256 * 1024
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BEYOND = "it is shorter than where `media.byte_range` begins"

EXTENSIONS = {
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/m4a": "m4a",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/vnd.wave": "wav",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "audio/x-m4a": "m4a",
    "audio/x-wav": "wav",
    "video/mp4": "mp4",
    "video/mpeg": "mpg",
    "video/ogg": "ogv",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-m4v": "m4v",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}


class AddressRefused(FileFailed):
    """The host does not accept the address, or not any more."""


class Again(Exception):
    """A reason to try again. `host` says that no answer came at all, `wait` for how many seconds the host asks."""

    def __init__(self, reason: str, *, host: bool = False, wait: float | None = None) -> None:
        self.host, self.wait = host, wait
        super().__init__(reason)


class Restart(Exception):
    """What is there is not of the file as it is now: begin at its first byte, at once."""


class Fetcher:
    """Asks for files, without credentials, from addresses that the guard lets pass."""

    def __init__(self, guard: Guard, connections: int, clock: Clock, limits: Limits) -> None:
        self._guard, self._clock = guard, clock
        self._session = guard.session(connections)
        self._timeouts = (limits.connect_seconds, limits.read_seconds)

    @contextmanager
    def answer(self, address: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """The answer to a request, its body not yet read; redirects are followed by hand, each target looked at."""
        for _ in range(MOST_REDIRECTS + 1):
            try:
                self._guard.look_at(address)
            except Unresolved:
                raise Again("its name could not be resolved", host=True) from None
            try:
                prepared = self._session.prepare_request(requests.Request("GET", address, headers=dict(headers)))
                assert prepared.url
            except (requests.RequestException, ValueError):
                raise FileFailed(NO_ADDRESS) from None
            settings: Any = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
            try:
                # Not `Session.send`: that reads the whole body of a redirect, also when it is not to follow it.
                response = self._session.get_adapter(prepared.url).send(prepared, timeout=self._timeouts, **settings)
            except requests.exceptions.SSLError:
                raise Again("no secure connection to it could be made", host=True) from None
            except requests.Timeout:
                raise Again("it did not answer in time", host=True) from None
            except requests.exceptions.InvalidURL:
                raise FileFailed(NO_ADDRESS) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                raise Again("the connection failed or was cut", host=True) from None
            with response:
                if response.status_code not in REDIRECTS:
                    yield response
                    return
                target = response.headers.get("Location")
            if not target:
                raise FileFailed("the host sent it elsewhere without saying where")
            try:
                address = urljoin(address, target)
            except ValueError:
                raise FileFailed(NO_ADDRESS) from None
        raise FileFailed(f"the host sent it elsewhere more than {MOST_REDIRECTS} times")

    def announced(self, response: requests.Response, begin: int, has_some: bool) -> tuple[Version, int, int | None]:
        """What an answer is of, at which byte of the file it starts, and how many bytes it says it has."""
        status, headers = response.status_code, response.headers
        self._refuse(response, has_some)
        if headers.get("Content-Encoding", "identity").lower() in ("gzip", "deflate", "br", "zstd"):
            raise FileFailed("it came compressed, which was not asked for")
        length = _number(headers.get("Content-Length"))
        if status == 200:
            if length is None and "chunked" not in headers.get("Transfer-Encoding", "").lower():
                raise FileFailed("its length was not announced, so nothing tells whether it is whole")
            return Version(length, _validator(headers)), 0, length
        ranged = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", headers.get("Content-Range", ""))
        if not ranged or int(ranged[1]) != begin or int(ranged[2]) < begin:
            if has_some:
                raise Restart
            raise Again("the host sent another part than it was asked for")
        total = None if ranged[3] == "*" else int(ranged[3])
        return Version(total, _validator(headers)), begin, int(ranged[2]) - begin + 1

    def _refuse(self, response: requests.Response, has_some: bool) -> None:
        """Raise for every status but 200 and 206."""
        status = response.status_code
        if status in (200, 206):
            return
        if status == 416:
            if has_some:
                raise Restart
            raise FileFailed(BEYOND)
        if status >= 500 or status in (408, 429):
            wait = retry_after_seconds(response.headers.get("Retry-After"), self._clock.now())
            raise Again(f"the host answered {status}", wait=wait)
        if status in (400, 401, 403, 410):
            # What hosts of signed addresses say when one has run out differs; a new one helps or it doesn't.
            raise AddressRefused(f"the host refused its address ({status})")
        raise FileFailed(f"the host answered {status}")


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, never more of it in memory than a chunk."""
    try:
        yield from response.raw.stream(CHUNK, decode_content=False)
    except urllib3.exceptions.TimeoutError:
        raise Again("nothing came any more") from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise Again("it was cut off") from None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,18}", text) else None


def _validator(headers: Mapping[str, str]) -> str:
    """What tells two versions of a file apart; empty when the host gives nothing."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def media_type(headers: Mapping[str, str]) -> str:
    given = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return given if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", given) else "application/octet-stream"
