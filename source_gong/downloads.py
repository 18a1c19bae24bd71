"""Fetching one file: from a signed address to a whole file under its name, with a known hash, in flat memory.

Why not the CDK's file uploader: it holds a whole file in memory, writes it under its final name from the first byte on,
checks neither size nor length, doesn't resume, and sends Gong's credentials along when it is given Gong's requester.

Nothing here ever tells an address: it is as good as a password for as long as it lives.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
import urllib3
from airbyte_cdk.sources.utils import files_directory

from source_gong import hosts
from source_gong.addresses import NO_ADDRESS, FileFailed, Guard, Unresolved
from source_gong.faults import ConfigError, TransientError
from source_gong.instants import format_instant
from source_gong.partial import Partial, Stored, Version, read_stored
from source_gong.sync import Sync
from source_gong.transport import (
    CONNECT_SECONDS,
    FIRST_WAIT_SECONDS,
    LONGEST_WAIT_SECONDS,
    READ_SECONDS,
    retry_after_seconds,
)

LOGGER = logging.getLogger("airbyte.source_gong")

CHUNK = 256 * 1024
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A large file over a bad line is cut many times; each attempt that got on by so much counts as the first one.
PROGRESS = 64 * 1024
# So many files in a row that a host answered for with nothing but 5xx: it is the host, not the files.
SICK_HOST = 3
BEYOND = "it is shorter than where `media.byte_range` begins"
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

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

T = TypeVar("T")


class AddressRefused(FileFailed):
    """The host does not accept the address, or not any more."""


class TooLarge(FileFailed):
    """The file is larger than `media.max_file_size_mb`; `size` is in bytes, as announced or as far as it was read."""

    def __init__(self, size: int, most: int) -> None:
        self.size = size
        super().__init__(
            f"it has {size:,} bytes or more, and `media.max_file_size_mb` allows {most // 2**20:,} MB; raise that, and "
            "the next sync downloads it"
        )


class Stopped(TransientError):
    """The stream has failed meanwhile."""


class _Again(Exception):
    """A reason to try again. `host` says that no answer came at all, `wait` for how many seconds the host asks."""

    def __init__(self, reason: str, *, host: bool = False, wait: float | None = None) -> None:
        self.host, self.wait = host, wait
        super().__init__(reason)


class _Restart(Exception):
    """What is there is not of the file as it is now: begin at its first byte, at once."""


def staging_directory() -> Path:
    """Where files go: AIRBYTE_STAGING_DIRECTORY when it exists, else the CDK's temporary folder."""
    chosen = os.environ.get("AIRBYTE_STAGING_DIRECTORY", files_directory.AIRBYTE_STAGING_DIRECTORY)
    return Path(chosen if os.path.exists(chosen) else files_directory.DEFAULT_LOCAL_DIRECTORY)


class Downloads:
    """All downloads of a sync: at most `media.parallel_downloads` at a time, beside the requests to Gong's API and
    without their pace. Safe from any thread."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync
        self._media = sync.settings.media
        self._guard = Guard(hosts.is_loopback(sync.api_base_url))
        self._session = self._guard.session(self._media.parallel)
        self._pool = ThreadPoolExecutor(self._media.parallel, "download")
        self._sick = 0
        self._counting = threading.Lock()
        # So many are handed over ahead, so that no place is empty while the next address is asked for.
        self.ahead = 2 * self._media.parallel

    @staticmethod
    def of(sync: Sync) -> Downloads:
        """The one that all streams of a sync share."""
        with sync.lock("downloads"):
            found = sync.shared.get("downloads")
            if found is None:
                found = sync.shared["downloads"] = Downloads(sync)
        assert isinstance(found, Downloads)
        return found

    def submit(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have something done when there is a place for it."""
        return self._pool.submit(work, *arguments)

    def fetch(
        self, address: str, renew: Callable[[], str | None], stream: str, call_id: str, stopped: threading.Event
    ) -> Stored:
        """Download a file to `<staging directory>/<stream>/<call_id>.<ending>`, or what `media.byte_range` names of it.

        `renew` gives a new address, once, when the host refuses the first one. A whole file of an interrupted run is
        kept, the bytes of a half one too, if the host still announces the same; without a strong ETag or a date nothing
        tells that, so the file is begun again after each cut.
        Raises `FileFailed` when this file can't be had, and a `GongError` when none can: `ConfigError` for a disk that
        is full or can't be written, `TransientError` for a host that is not there. Neither leaves a half file behind.
        """
        if not re.fullmatch(r"[0-9]{1,20}", call_id):
            raise FileFailed("its call has an id that is no number, so it gets no name")
        folder = staging_directory() / stream
        with self._on_disk(stream, folder), Partial(folder, call_id) as partial:
            stored = self._persist(address, renew, stream, partial, stopped)
        with self._counting:
            self._sick = 0
        return stored

    def _persist(
        self,
        address: str,
        renew: Callable[[], str | None],
        stream: str,
        partial: Partial,
        stopped: threading.Event,
    ) -> Stored:
        """Attempt after attempt, until the file is whole."""
        known = read_stored(partial.folder, partial.call_id)
        attempts, best, renewed = 0, partial.size, False
        while True:
            try:
                return self._attempt(address, partial, known, stopped)
            except _Restart:
                known = None
                partial.empty()
            except AddressRefused:
                fresh = None if renewed else renew()
                if fresh is None:
                    raise
                address, renewed = fresh, True
            except _Again as trouble:
                if not partial.can_be_gone_on_with:
                    # The same length does not make it the same file.
                    partial.empty()
                attempts = 1 if partial.size >= best + PROGRESS else attempts + 1
                best = max(best, partial.size)
                wait = min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS)
                if attempts >= self._sync.attempts:
                    raise self._giving_up(trouble, stream, attempts) from None
                LOGGER.info("%s: the file of call %s: %s; it is tried again.", stream, partial.call_id, trouble)
                self._sync.sleep(max(wait, min(trouble.wait or 0.0, LONGEST_WAIT_SECONDS)))

    def _giving_up(self, trouble: _Again, stream: str, attempts: int) -> Exception:
        with self._counting:
            self._sick += 1
            if not trouble.host and self._sick < SICK_HOST:
                return FileFailed(f"it was tried {attempts} times, and the last time {trouble}")
        return TransientError(
            f"{stream}: the host of the recordings can't be reached: {trouble}. It is not Gong's API, but where "
            "Gong stores files: a firewall may have to let this machine there. The next sync goes on from the last "
            "state.",
            stream=stream,
        )

    def _attempt(self, address: str, partial: Partial, known: Stored | None, stopped: threading.Event) -> Stored:
        if stopped.is_set():
            raise Stopped("The download was given up because its stream failed.")
        first, last = self._media.byte_range or (0, None)
        begin = first + (0 if known else partial.size)
        headers = {}
        if known:
            # One byte tells what the host has now.
            headers["Range"] = f"bytes={first}-{first}"
        elif begin or last is not None:
            headers["Range"] = f"bytes={begin}-{'' if last is None else last}"
        with self._answer(address, headers) as response:
            version, start, length = self._announced(response, begin, bool(known or partial.size))
            name = version.name(self._media.byte_range)
            if known:
                if version.total is not None and known.version == name:
                    return known
                raise _Restart
            if partial.size and (partial.version != name or start != begin):
                # Another version, or the whole file from a host that knows no ranges.
                partial.empty()
                if start != 0:
                    raise _Restart
            wanted = _wanted_length(version.total, first, last)
            if wanted == 0 and first:
                raise FileFailed(BEYOND)
            if wanted is not None and wanted > self._media.max_bytes:
                raise TooLarge(wanted, self._media.max_bytes)
            if not partial.size:
                partial.begin(name)
            self._take(response, partial, first + partial.size - start, length, wanted, stopped)
            media_type = _media_type(response.headers)
        ending = EXTENSIONS.get(media_type, "bin")
        return partial.finish(ending, media_type, format_instant(self._sync.now()))

    def _announced(self, response: requests.Response, begin: int, has_some: bool) -> tuple[Version, int, int | None]:
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
                raise _Restart
            raise _Again("the host sent another part than it was asked for")
        total = None if ranged[3] == "*" else int(ranged[3])
        return Version(total, _validator(headers)), begin, int(ranged[2]) - begin + 1

    def _refuse(self, response: requests.Response, has_some: bool) -> None:
        """Raise for every status but 200 and 206."""
        status = response.status_code
        if status in (200, 206):
            return
        if status == 416:
            if has_some:
                raise _Restart
            raise FileFailed(BEYOND)
        if status >= 500 or status in (408, 429):
            wait = retry_after_seconds(response.headers.get("Retry-After"), self._sync.now())
            raise _Again(f"the host answered {status}", wait=wait)
        if status in (400, 401, 403, 410):
            # What hosts of signed addresses say when one has run out differs; a new one helps or it doesn't.
            raise AddressRefused(f"the host refused its address ({status})")
        raise FileFailed(f"the host answered {status}")

    def _take(
        self,
        response: requests.Response,
        partial: Partial,
        skip: int,
        length: int | None,
        wanted: int | None,
        stopped: threading.Event,
    ) -> None:
        """Write what comes, without the first `skip` bytes; `wanted` is how many bytes there shall be in the end. The
        answer itself is held against the `length` it announced."""
        came, limit = 0, wanted
        if limit is None and self._media.byte_range and self._media.byte_range[1] is not None:
            limit = self._media.byte_range[1] - self._media.byte_range[0] + 1
        # A host that knows no ranges sends more than is wanted; it is left off at.
        more = limit is not None and length != skip + limit - partial.size
        for chunk in _chunks(response):
            if stopped.is_set():
                raise Stopped("The download was given up because its stream failed.")
            came += len(chunk)
            if length is not None and came > length:
                partial.empty()
                raise _Again("it came longer than announced")
            chunk, skip = chunk[skip:], max(0, skip - len(chunk))
            if limit is not None and more:
                chunk = chunk[: limit - partial.size]
            if partial.size + len(chunk) > self._media.max_bytes:
                raise TooLarge(partial.size + len(chunk), self._media.max_bytes)
            partial.write(chunk)
            if more and partial.size == limit:
                return
        if (length is not None and came < length) or (wanted is not None and partial.size != wanted):
            raise _Again("it came shorter than announced")

    @contextmanager
    def _answer(self, address: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """The answer to a request, its body not yet read; redirects are followed by hand, each target looked at."""
        for _ in range(MOST_REDIRECTS + 1):
            try:
                self._guard.look_at(address)
            except Unresolved:
                raise _Again("its name could not be resolved", host=True) from None
            try:
                prepared = self._session.prepare_request(requests.Request("GET", address, headers=dict(headers)))
                assert prepared.url
            except (requests.RequestException, ValueError):
                raise FileFailed(NO_ADDRESS) from None
            settings: Any = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
            try:
                # Not `Session.send`: that reads the whole body of a redirect, also when it is not to follow it.
                response = self._session.get_adapter(prepared.url).send(
                    prepared, timeout=(CONNECT_SECONDS, READ_SECONDS), **settings
                )
            except requests.exceptions.SSLError:
                raise _Again("no secure connection to it could be made", host=True) from None
            except requests.Timeout:
                raise _Again("it did not answer in time", host=True) from None
            except requests.exceptions.InvalidURL:
                raise FileFailed(NO_ADDRESS) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                raise _Again("the connection failed or was cut", host=True) from None
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

    @contextmanager
    def _on_disk(self, stream: str, folder: Path) -> Iterator[None]:
        """Errors of the disk as what they mean for the stream. Those of the network never come here."""
        try:
            yield
        except OSError as error:
            if error.errno in DISK_FULL:
                what, remedy = "is full", "Make room"
            else:
                what, remedy = f"can't be written ({error.strerror})", "Give the connector the right to"
            raise ConfigError(
                f"{stream}: the directory {folder} {what}. {remedy}, or set AIRBYTE_STAGING_DIRECTORY to a directory "
                "where there is room; the next sync goes on from the last state.",
                stream=stream,
            ) from None


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, never more of it in memory than a chunk."""
    try:
        yield from response.raw.stream(CHUNK, decode_content=False)
    except urllib3.exceptions.TimeoutError:
        raise _Again("nothing came any more") from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise _Again("it was cut off") from None


def _wanted_length(total: int | None, first: int, last: int | None) -> int | None:
    """How many bytes are wanted of a file of `total` bytes."""
    if total is None:
        return None
    return max(0, (total if last is None else min(last + 1, total)) - first)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,18}", text) else None


def _validator(headers: Mapping[str, str]) -> str:
    """What tells two versions of a file apart; empty when the host gives nothing."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _media_type(headers: Mapping[str, str]) -> str:
    given = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return given if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", given) else "application/octet-stream"
