"""The streams `call_audio` and `call_video`: a record for each call that has the medium, and its file beside it.

Why not the CDK's file uploader: it downloads one file after the other in the thread that reads, which an address that
lives for eight hours may not survive, and one file that can't be had ends the stream.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from source_gong.clock import Clock
from source_gong.faults import Failures, GongError, TransientError
from source_gong.files.addresses import FileFailed
from source_gong.files.downloads import Downloads, TooLarge
from source_gong.files.ledger import MOST_PENDING, Ledger, LedgerFull
from source_gong.files.partial import Stored
from source_gong.instants import EPOCH, parse_instant
from source_gong.reading.calls import CallList, OfCalls
from source_gong.reading.listing import ListedCall
from source_gong.reading.reader import Reached, Shared, Source
from source_gong.report import StreamReport
from source_gong.windows.by_count import ByCount
from source_gong.windows.window import Window

LOGGER = logging.getLogger("airbyte.source_gong")


@dataclass(frozen=True)
class Before:
    """What a stream of files begins with: its state as it was given, and where it begins to read."""

    state: Mapping[str, Any]
    lower: datetime


class Recordings(OfCalls):
    """Downloads the recordings of calls, `medium` being `audio` or `video`.

    The calls come from the call list, in the order of time; addresses are asked for in small batches, shortly before
    they are needed. A batch whose files are there or remembered as failed is a checkpoint.
    """

    # A turn would be kept while files are downloaded, and checkpoints are a few requests apart.
    takes_turns = False

    def __init__(
        self,
        source: Source,
        shared: Shared,
        call_list: Callable[[], CallList],
        list_name: str,
        *,
        batch_size: int,
        medium: str,
        before: Before,
        downloads: Callable[[], Downloads],
        failures: Failures,
        clock: Clock,
    ) -> None:
        super().__init__(source, shared, call_list, list_name, by_ids=True, batch_size=batch_size)
        self.medium = medium
        self._downloads, self._failures = downloads, failures
        self._stopped = threading.Event()
        self._once = threading.Lock()
        self._lists: dict[Hashable, list[ListedCall]] = {}
        self._skipped: set[str] | None = None
        self._unnamed: list[str] = []
        self._lower = before.lower
        media, planner = shared.settings.media, self._planner
        self.ledger = Ledger(
            before.state,
            since=max(planner.looks_back_to(planner.until), before.lower),
            end=planner.end(),
            now=clock.now(),
            kind=f"{medium} {media.byte_range}",
        )
        self._left_over = self.ledger.left_over(media.max_bytes)
        self._tried = frozenset(self._left_over)

    @property
    def _planner(self) -> ByCount:
        assert isinstance(self.planner, ByCount), "the manifest cuts recordings as it cuts the call list"
        return self.planner

    def beside(self, complete: bool) -> dict[str, Any]:
        return self.ledger.state(complete)

    def window_records(self, window: Window, asker: StreamReport, reached: Reached) -> Iterator[dict[str, Any]]:
        if "named" in window.partition:
            yield from self._recordings([call.id for call in self.chosen(self._listed(window))], {}, None)
            if self._unnamed:
                raise TransientError(
                    f"{self.stream}: of the calls in `call_ids`, these could not be downloaded: "
                    f"{', '.join(self._unnamed)}. The log says why; everything else is delivered.",
                    stream=self.stream,
                )
            return
        with self._once:
            left_over, self._left_over = self._left_over, []
            skipped = self._skipped = self._delivered_before() if self._skipped is None else self._skipped
        yield from self._recordings(left_over, {}, None)
        for part in self.parts(window, asker):
            moments: dict[str, datetime] = {}
            for call in self.chosen(self._listed(part)):
                if call.id in self._tried:
                    self.ledger.settle(call.id, _moment(call))
                elif call.id not in skipped:
                    moments[call.id] = _moment(call)
            # Whether Gong finds a call by when it was scheduled or when it started: none that is left is found earlier.
            ids = sorted(moments, key=moments.__getitem__)
            yield from self._recordings(ids, moments, reached)
            if part.end:
                reached(part.end)

    def parts(self, window: Window, asker: StreamReport) -> list[Window]:
        """The windows that other streams read of the call list, one after the other."""
        if window.start is None or window.end is None:
            return [window]
        planner = self._planner
        start, end = planner.parse(window.start), planner.parse(window.end)
        found = []
        for one in planner.plan(window.partition, start, end, self.ask):
            found += super().parts(planner.window(window.partition, *one), asker)
        return found

    def _listed(self, window: Window) -> list[ListedCall]:
        kept = self._lists.pop(window.key, None)
        return self.lister.listed_calls(window, self.report) if kept is None else kept

    def _delivered_before(self) -> set[str]:
        """The calls of the look-back that need no download: those whose file an earlier sync delivered, and those
        without a file. Costs a request for each 100 calls there."""
        since = self.ledger.covered_since
        if since is None:
            return set()
        planner, known, having = self._planner, dict[str, datetime](), dict[str, datetime]()
        for partition in self.router.partitions(self.report) if self.router else [{}]:
            for part in self.parts(planner.window(partition, self._lower, planner.end()), self.report):
                if part.end and planner.parse(part.end) > since:
                    calls = self._lists[part.key] = self._listed(part)
                    known.update({call.id: _moment(call) for call in self.chosen(calls, count=False)})
        covered = {call_id: moment for call_id, moment in known.items() if self.ledger.covers(moment)}
        ids, page = list(covered), self._shared.limits.page
        for first in range(0, len(ids), page):
            found = {facts["callId"] for facts, _ in self._addresses(ids[first : first + page])}
            having.update({call_id: covered[call_id] for call_id in found})
        delivered = self.ledger.delivered(having)
        for call_id in delivered:
            self.ledger.settle(call_id, having[call_id])
        return delivered | (covered.keys() - having.keys())

    def _recordings(
        self, ids: Sequence[str], moments: Mapping[str, datetime], reached: Callable[[str], None] | None
    ) -> Iterator[dict[str, Any]]:
        """The records of these calls, each when its file is there. `reached` is told up to when all is done."""
        downloads = self._downloads()
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
                    reached(self._planner.format(moments[ids[done]]))
            while running:
                yield from self._finished(running, moments)
        except GongError as failure:
            # Before the others are stopped: theirs would not say what happened.
            self._failures.note(self.stream, failure)
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
        if self._shared.settings.call_ids:
            self._unnamed.append(call_id)
            LOGGER.warning("%s: the file of call %s could not be downloaded: %s.", self.stream, call_id, failed)
            return
        try:
            again = self.ledger.failed(call_id, failed.size if isinstance(failed, TooLarge) else None)
        except LedgerFull:
            raise TransientError(
                f"{self.stream}: the files of more than {MOST_PENDING} calls could not be downloaded, the last one "
                f"that of call {call_id}: {failed}. Nothing is lost: the next sync goes on from the last state.",
                stream=self.stream,
            ) from None
        LOGGER.warning(
            "%s: the file of call %s could not be downloaded: %s. %s",
            self.stream,
            call_id,
            failed,
            "The next sync tries it again." if again else "It is not tried again; `call_ids` reads it by itself.",
        )

    def _obtain(self, downloads: Downloads, call_id: str, address: str) -> Stored:
        """Download one file; when its address has run out meanwhile, with a new one."""

        def renew() -> str | None:
            return next((fresh for _, fresh in self._addresses([call_id])), None)

        return downloads.fetch(address, renew, self.stream, call_id, self._stopped)

    def _addresses(self, ids: Sequence[str]) -> Iterator[tuple[dict[str, Any], str]]:
        """Of those calls that have the medium, the facts for a record and the address of the file."""
        if not ids:
            return
        gone, settings = set(ids), self._shared.settings
        for record in list(self._source.shape.records(self.batch(ids))):
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
