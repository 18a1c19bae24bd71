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
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests
from airbyte_cdk.sources.utils import files_directory

from source_gong import hosts
from source_gong.clock import Clock
from source_gong.faults import ConfigError, TransientError
from source_gong.files.addresses import FileFailed, Guard
from source_gong.files.fetching import (
    BEYOND,
    EXTENSIONS,
    AddressRefused,
    Again,
    Fetcher,
    Restart,
    chunks,
    media_type,
)
from source_gong.files.partial import Partial, Stored, read_stored
from source_gong.hosts import Origin
from source_gong.instants import format_instant
from source_gong.limits import Limits
from source_gong.settings import MediaSettings
from source_gong.wire.waiting import LONGEST_WAIT_SECONDS, back_off

LOGGER = logging.getLogger("airbyte.source_gong")

# A large file over a bad line is cut many times; each attempt that got on by so much counts as the first one.
PROGRESS = 64 * 1024
# So many files in a row that a host answered for with nothing but 5xx: it is the host, not the files.
SICK_HOST = 3
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

T = TypeVar("T")


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


def staging_directory() -> Path:
    """Where files go: AIRBYTE_STAGING_DIRECTORY when it exists, else the CDK's temporary folder."""
    chosen = os.environ.get("AIRBYTE_STAGING_DIRECTORY", files_directory.AIRBYTE_STAGING_DIRECTORY)
    return Path(chosen if os.path.exists(chosen) else files_directory.DEFAULT_LOCAL_DIRECTORY)


class Downloads:
    """All downloads of a sync: at most `media.parallel_downloads` at a time, beside the requests to Gong's API and
    without their pace. Safe from any thread."""

    def __init__(self, media: MediaSettings, origin: Origin, clock: Clock, limits: Limits) -> None:
        self._media, self._clock, self._limits = media, clock, limits
        self._fetcher = Fetcher(Guard(hosts.is_loopback(origin.url)), media.parallel, clock, limits)
        self._pool = ThreadPoolExecutor(self._media.parallel, "download")
        self._sick = 0
        self._counting = threading.Lock()
        # So many are handed over ahead, so that no place is empty while the next address is asked for.
        self.ahead = 2 * self._media.parallel

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
            except Restart:
                known = None
                partial.empty()
            except AddressRefused:
                fresh = None if renewed else renew()
                if fresh is None:
                    raise
                address, renewed = fresh, True
            except Again as trouble:
                if not partial.can_be_gone_on_with:
                    # The same length does not make it the same file.
                    partial.empty()
                attempts = 1 if partial.size >= best + PROGRESS else attempts + 1
                best = max(best, partial.size)
                wait = back_off(attempts)
                if attempts >= self._limits.attempts:
                    raise self._giving_up(trouble, stream, attempts) from None
                LOGGER.info("%s: the file of call %s: %s; it is tried again.", stream, partial.call_id, trouble)
                self._clock.sleep(max(wait, min(trouble.wait or 0.0, LONGEST_WAIT_SECONDS)))

    def _giving_up(self, trouble: Again, stream: str, attempts: int) -> Exception:
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
        with self._fetcher.answer(address, headers) as response:
            version, start, length = self._fetcher.announced(response, begin, bool(known or partial.size))
            name = version.name(self._media.byte_range)
            if known:
                if version.total is not None and known.version == name:
                    return known
                raise Restart
            if partial.size and (partial.version != name or start != begin):
                # Another version, or the whole file from a host that knows no ranges.
                partial.empty()
                if start != 0:
                    raise Restart
            wanted = _wanted_length(version.total, first, last)
            if wanted == 0 and first:
                raise FileFailed(BEYOND)
            if wanted is not None and wanted > self._media.max_bytes:
                raise TooLarge(wanted, self._media.max_bytes)
            if not partial.size:
                partial.begin(name)
            self._take(response, partial, first + partial.size - start, length, wanted, stopped)
            kind = media_type(response.headers)
        ending = EXTENSIONS.get(kind, "bin")
        return partial.finish(ending, kind, format_instant(self._clock.now()))

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
        for chunk in chunks(response):
            if stopped.is_set():
                raise Stopped("The download was given up because its stream failed.")
            came += len(chunk)
            if length is not None and came > length:
                partial.empty()
                raise Again("it came longer than announced")
            chunk, skip = chunk[skip:], max(0, skip - len(chunk))
            if limit is not None and more:
                chunk = chunk[: limit - partial.size]
            if partial.size + len(chunk) > self._media.max_bytes:
                raise TooLarge(partial.size + len(chunk), self._media.max_bytes)
            partial.write(chunk)
            if more and partial.size == limit:
                return
        if (length is not None and came < length) or (wanted is not None and partial.size != wanted):
            raise Again("it came shorter than announced")

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


def _wanted_length(total: int | None, first: int, last: int | None) -> int | None:
    """How many bytes are wanted of a file of `total` bytes."""
    if total is None:
        return None
    return max(0, (total if last is None else min(last + 1, total)) - first)
