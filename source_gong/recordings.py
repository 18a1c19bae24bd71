"""The streams `call_audio` and `call_video`: a record for each call that has the medium, and its file beside it.

Why not the CDK's file uploader: it downloads one file after the other in the thread that reads, which an address that
lives for eight hours may not survive, and one file that can't be had ends the stream.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airbyte_cdk.models import AirbyteRecordMessageFileReference
from airbyte_cdk.sources.types import Record, StreamSlice

from source_gong.addresses import FileFailed
from source_gong.downloads import Downloads, TooLarge, staging_directory
from source_gong.faults import GongError, TransientError
from source_gong.instants import EPOCH, parse_instant
from source_gong.ledger import MOST_PENDING, Ledger, LedgerFull
from source_gong.listing import ListedCall
from source_gong.partial import Stored
from source_gong.retriever import CallRetriever
from source_gong.windows import PAGE, key_of

LOGGER = logging.getLogger("airbyte.source_gong")


@dataclass
class RecordingRetriever(CallRetriever):
    """Downloads the recordings of calls, `medium` being `audio` or `video`.

    The calls come from the call list, in the order of time; addresses are asked for in small batches, shortly before
    they are needed. A batch whose files are there or remembered as failed is a checkpoint.
    """

    medium: str = "audio"

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        super().__post_init__(parameters)
        self._stopped = threading.Event()
        self._once = threading.Lock()
        self._lists: dict[Hashable, list[ListedCall]] = {}
        self._skipped: set[str] | None = None
        self._unnamed: list[str] = []
        planner, sync = self.cursor.planner, self.sync
        self.ledger = Ledger(
            self.cursor.given,
            since=max(planner.looks_back_to(sync.end), sync.lower_bounds.get(self.name, EPOCH)),
            end=planner.end(),
            now=sync.now(),
            kind=f"{self.medium} {sync.settings.media.byte_range}",
        )
        self._left_over = self.ledger.left_over(sync.settings.media.max_bytes)
        self._tried = frozenset(self._left_over)
        self.cursor.beside = self.ledger.state

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[Record]:
        for record in super().read_records(records_schema, stream_slice):
            record.file_reference = AirbyteRecordMessageFileReference(
                staging_file_url=str(staging_directory() / record.data["path"]),
                source_file_relative_path=record.data["path"],
                file_size_bytes=record.data["sizeBytes"],
            )
            yield record

    def _turn(self, window: StreamSlice) -> AbstractContextManager[Any]:
        """No turn is taken: it would be kept while files are downloaded, and checkpoints are a few requests apart."""
        return nullcontext()

    def window_records(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        if "named" in window.partition:
            yield from self._recordings([call.id for call in self._chosen(self._listed(window))], {}, None)
            if self._unnamed:
                raise TransientError(
                    f"{self.name}: of the calls in `call_ids`, these could not be downloaded: "
                    f"{', '.join(self._unnamed)}. The log says why; everything else is delivered.",
                    stream=self.name,
                )
            return
        with self._once:
            left_over, self._left_over = self._left_over, []
            skipped = self._skipped = self._delivered_before() if self._skipped is None else self._skipped
        yield from self._recordings(left_over, {}, None)
        for part in self._parts(window):
            moments: dict[str, datetime] = {}
            for call in self._chosen(self._listed(part)):
                if call.id in self._tried:
                    self.ledger.settle(call.id, _moment(call))
                elif call.id not in skipped:
                    moments[call.id] = _moment(call)
            # Whether Gong finds a call by when it was scheduled or when it started: none that is left is found earlier.
            ids = sorted(moments, key=moments.__getitem__)
            yield from self._recordings(ids, moments, lambda upto: self.cursor.advance(window, upto))
            self.cursor.advance(window, part.cursor_slice["end_time"])

    def _parts(self, window: StreamSlice) -> list[StreamSlice]:
        """The windows that other streams read of the call list, one after the other."""
        planner = self.cursor.planner
        bounds = (planner.parse(window.cursor_slice[name]) for name in ("start_time", "end_time"))
        windows = planner.plan(window.partition, *bounds)
        return [part for one in windows for part in super(RecordingRetriever, self)._parts(self._slice(window, *one))]

    def _slice(self, window: StreamSlice, start: datetime, end: datetime) -> StreamSlice:
        found: StreamSlice = self.cursor.slice(window.partition, start, end)
        return found

    def _listed(self, window: StreamSlice) -> list[ListedCall]:
        kept = self._lists.pop(_key(window), None)
        return self.lister.listed_calls(window) if kept is None else kept

    def _delivered_before(self) -> set[str]:
        """The calls of the look-back that need no download: those whose file an earlier sync delivered, and those
        without a file. Costs a request for each 100 calls there."""
        since = self.ledger.covered_since
        if since is None:
            return set()
        planner, known, having = self.cursor.planner, dict[str, datetime](), dict[str, datetime]()
        for slice_ in self.partition_router.stream_slices():
            for part in self._parts(self._slice(slice_, self.sync.lower_bounds[self.name], planner.end())):
                if planner.parse(part.cursor_slice["end_time"]) > since:
                    calls = self._lists[_key(part)] = self._listed(part)
                    known.update({call.id: _moment(call) for call in self._chosen(calls, count=False)})
        covered = {call_id: moment for call_id, moment in known.items() if self.ledger.covers(moment)}
        ids = list(covered)
        for first in range(0, len(ids), PAGE):
            found = {facts["callId"] for facts, _ in self._addresses(ids[first : first + PAGE])}
            having.update({call_id: covered[call_id] for call_id in found})
        delivered = self.ledger.delivered(having)
        for call_id in delivered:
            self.ledger.settle(call_id, having[call_id])
        return delivered | (covered.keys() - having.keys())

    def _recordings(
        self, ids: Sequence[str], moments: Mapping[str, datetime], reached: Callable[[str], None] | None
    ) -> Iterator[dict[str, Any]]:
        """The records of these calls, each when its file is there. `reached` is told up to when all is done."""
        downloads = Downloads.of(self.sync)
        running: dict[Future[Stored], tuple[int, dict[str, Any]]] = {}
        told = 0
        try:
            for first in range(0, len(ids), self.batch_size):
                for facts, address in self._addresses(ids[first : first + self.batch_size]):
                    while len(running) >= downloads.ahead:
                        yield from self._finished(running, moments)
                    running[downloads.submit(self._obtain, downloads, facts["callId"], address)] = (first, facts)
                done = min((at for at, _ in running.values()), default=first + self.batch_size)
                if reached and told < done < len(ids):
                    told = done
                    reached(self.cursor.planner.format(moments[ids[done]]))
            while running:
                yield from self._finished(running, moments)
        except GongError as failure:
            # Before the others are stopped: theirs would not say what happened.
            self.sync.failures.setdefault(self.name, failure)
            raise
        finally:
            if running:
                self._stopped.set()
                for future in running:
                    future.cancel()
                wait(running)

    def _finished(
        self, running: dict[Future[Stored], tuple[int, dict[str, Any]]], moments: Mapping[str, datetime]
    ) -> Iterator[dict[str, Any]]:
        """The records of the downloads that ended, at least of one."""
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            _, facts = running.pop(future)
            call_id = facts["callId"]
            try:
                stored = future.result()
            except FileFailed as failed:
                self._leave(call_id, failed)
            else:
                yield {
                    **facts,
                    "medium": self.medium,
                    "sizeBytes": stored.size,
                    "mediaType": stored.media_type,
                    "sha256": stored.sha256,
                    "path": stored.path,
                    "downloadedAt": stored.downloaded_at,
                }
                self.ledger.done(call_id)
            if call_id in moments:
                self.ledger.settle(call_id, moments[call_id])

    def _leave(self, call_id: str, failed: FileFailed) -> None:
        """Report a file that can't be had, and remember it for the next sync."""
        if self.sync.settings.call_ids:
            self._unnamed.append(call_id)
            LOGGER.warning("%s: the file of call %s could not be downloaded: %s.", self.name, call_id, failed)
            return
        try:
            again = self.ledger.failed(call_id, failed.size if isinstance(failed, TooLarge) else None)
        except LedgerFull:
            raise TransientError(
                f"{self.name}: the files of more than {MOST_PENDING} calls could not be downloaded, the last one "
                f"that of call {call_id}: {failed}. Nothing is lost: the next sync goes on from the last state.",
                stream=self.name,
            ) from None
        LOGGER.warning(
            "%s: the file of call %s could not be downloaded: %s. %s",
            self.name,
            call_id,
            failed,
            "The next sync tries it again." if again else "It is not tried again; `call_ids` reads it by itself.",
        )

    def _obtain(self, downloads: Downloads, call_id: str, address: str) -> Stored:
        """Download one file; when its address has run out meanwhile, with a new one."""

        def renew() -> str | None:
            return next((fresh for _, fresh in self._addresses([call_id])), None)

        return downloads.fetch(address, renew, self.name, call_id, self._stopped)

    def _addresses(self, ids: Sequence[str]) -> Iterator[tuple[dict[str, Any], str]]:
        """Of those calls that have the medium, the facts for a record and the address of the file."""
        if not ids:
            return
        gone, settings = set(ids), self.sync.settings
        batch = StreamSlice(partition={"callIds": list(ids)}, cursor_slice={})
        for record in list(self.extractor.shaped(self._batch(batch))):
            facts, media = record.get("metaData") or {}, record.get("media") or {}
            call_id, address = str(facts.get("id")), media.get(f"{self.medium}Url")
            if call_id not in gone or not isinstance(address, str) or not address:
                continue
            if settings.exclude_private and facts.get("isPrivate") is True:
                continue
            if settings.primary_user_ids and facts.get("primaryUserId") not in settings.primary_user_ids:
                continue
            gone.discard(call_id)
            yield {"callId": call_id, **{name: facts.get(name) for name in ("title", "started", "duration")}}, address
        for call_id in gone:
            self.ledger.done(call_id)


def _moment(call: ListedCall) -> datetime:
    """The earlier of when a call was scheduled and when it started."""
    found = []
    for text in (call.scheduled, call.started):
        try:
            found += [parse_instant(text)] if text else []
        except ValueError:
            continue
    return min(found, default=EPOCH)


def _key(window: StreamSlice) -> Hashable:
    return key_of(window.partition), key_of(window.cursor_slice)
