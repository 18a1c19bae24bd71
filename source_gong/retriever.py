"""Reading a stream: chains of pages, windows that are restarted when their cursor dies, batches of call ids.

Why not the CDK's `SimpleRetriever`: it follows a repeated cursor for ever, gives up the whole window when a cursor
expires, and knows neither a list that streams share nor `totalRecords`.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from copy import copy, deepcopy
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Self

import requests
from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString
from airbyte_cdk.sources.declarative.requesters.request_option import RequestOption, RequestOptionType
from airbyte_cdk.sources.declarative.retrievers.retriever import Retriever
from airbyte_cdk.sources.types import Config, Record, StreamSlice

from source_gong.faults import AnswerError, CursorLost, GongError, NotFound, TransientError
from source_gong.instants import parse_instant
from source_gong.listing import ListedCall, listed
from source_gong.partitions import PlainRouter
from source_gong.records import GongExtractor
from source_gong.sync import Sync
from source_gong.transport import GongRequester, body_of, fold
from source_gong.windows import (
    LONGEST_CHAIN_PAGES,
    PAGE,
    AdaptivePlanner,
    RangeFacts,
    chain_pages,
    cut_evenly,
    first_start,
    key_of,
)

LOGGER = logging.getLogger("airbyte.source_gong")

MOST_RESTARTS = 2
EVERYTHING = StreamSlice(partition={}, cursor_slice={})


@dataclass
class PrivacyOfCalls:
    """Finds out which calls are private, for records that name a call and don't say. A call that Gong does not show
    counts as private: nothing tells that it is not."""

    requester: GongRequester
    config: Config
    parameters: InitVar[Mapping[str, Any]]

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._sync = Sync.active()
        self._known: dict[str, bool] = self._sync.shared.setdefault("privacy of calls", {})

    def private_among(self, call_ids: set[str]) -> set[str]:
        """Those of the calls that are private or not shown. Costs a request for each 100 calls not asked for yet."""
        with self._sync.lock("privacy of calls"):
            unknown = sorted(call_ids - self._known.keys())
            for first in range(0, len(unknown), PAGE):
                batch = unknown[first : first + PAGE]
                self._known.update(dict.fromkeys(batch, True))
                body = {"filter": {"callIds": batch}}
                answer = body_of(self.requester.send_request(request_body_json=body))
                for call in answer[self.requester.key]:
                    facts = call.get("metaData") or {}
                    self._known[str(facts.get("id"))] = facts.get("isPrivate") is True
        return {call_id for call_id in call_ids if self._known[call_id]}


@dataclass
class PageRetriever(Retriever):
    """Reads one endpoint. `page_token_option` says where the page cursor goes, as the manifest declares it; without
    one the endpoint has no pages. `slice_options` put values of the slice's partition into the request, under their
    own name (`workspaceId`, `callIds`). A window's bounds go where the stream's `incremental_sync` says, or where
    `start_option` and `end_option` say, for a list that other streams read too.

    `started` is the field that tells when a record's call started. `keep` reads each slice once a sync, for short
    lists that other streams need too. `distinct` gives a record once though several slices hold it. `single_requester`
    reads, one by one, the objects that a slice names. `privacy` finds out which
    of the calls that the records name in `call_id_field` are private, where they don't say so themselves.
    """

    requester: GongRequester
    extractor: GongExtractor
    config: Config
    parameters: InitVar[Mapping[str, Any]]
    name: str = ""
    primary_key: Any = None
    page_token_option: RequestOption | None = None
    slice_options: list[RequestOption] = field(default_factory=list)
    start_option: RequestOption | None = None
    end_option: RequestOption | None = None
    partition_router: Any = None
    request_options_provider: Any = None
    cursor: Any = None
    started: str = "started"
    keep: bool = False
    distinct: bool = False
    single_requester: GongRequester | None = None
    privacy: PrivacyOfCalls | None = None
    call_id_field: str = "callId"

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.sync = Sync.active()
        self.serve(self.name)
        key = self.primary_key
        self._key = [key] if isinstance(key, str) else [name for name in key or [] if isinstance(name, str)]
        planner = getattr(self.cursor, "planner", None)
        if isinstance(planner, AdaptivePlanner):
            planner.first_page = self.first_page

    def serve(self, stream: str, helps: bool = False) -> None:
        """Read on behalf of this stream: it is the one that errors name and that requests are counted for. With
        `helps` it is another stream's list that is read for its ends, and does not count as that stream's records."""
        self.helps = helps
        self.name = self.requester.name = stream
        for helper in (self.single_requester, self.privacy and self.privacy.requester):
            if helper:
                helper.name = stream
        if isinstance(self.partition_router, PlainRouter):
            # The CDK asks this very router for the stream's own slices; a view of the list has one of its own.
            if helps:
                self.partition_router = copy(self.partition_router)
            self.partition_router.stream = stream
        self.report = self.sync.report(stream)
        # A list inside another component has no name until that one says for whom it reads.
        if stream and not helps:
            self.sync.readers[stream] = self

    def on_behalf_of(self, stream: str) -> Self:
        """This list, read for the ends of another stream."""
        view = copy(self)
        view.requester = copy(self.requester)
        view.single_requester = copy(self.single_requester)
        view.serve(stream, helps=True)
        return view

    @property
    def paths(self) -> set[str]:
        """The endpoints that hold this stream's own records."""
        return {helper.path for helper in (self.requester, self.single_requester) if helper}

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[Record]:
        """All records of one slice, each once; raises a `GongError` when a page can't be had."""
        window = stream_slice or StreamSlice(partition={}, cursor_slice={})
        if self.name in self.sync.failures:
            raise self.sync.failures[self.name]
        try:
            with self._turn(window):
                for data in self._wanted(self.window_records(window)):
                    yield Record(data=data, stream_name=self.name, associated_slice=window)
        except GongError as failure:
            self.sync.failures.setdefault(self.name, failure)
            raise

    def _turn(self, window: StreamSlice) -> AbstractContextManager[Any]:
        return self.sync.window_turn() if window.cursor_slice else nullcontext()

    def every_record(self) -> Iterator[dict[str, Any]]:
        """The records of all slices, for streams that are read by what this one lists."""
        for window in self.partition_router.stream_slices() if self.partition_router else [EVERYTHING]:
            yield from self._wanted(self.window_records(window))

    def _wanted(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        seen: set[Hashable] = set()
        if self.privacy and self.sync.settings.exclude_private:
            records = self._open_only(records)
        for data in records:
            if self._key:
                identity = tuple(data.get(name) for name in self._key) if len(self._key) > 1 else data.get(self._key[0])
                if identity in seen or (self.distinct and not self.sync.first_sight(self.name, identity)):
                    continue
                seen.add(identity)
            if self.extractor.is_private(data):
                self.report.add(skipped_private=1)
            elif not self.extractor.is_foreign(data):
                yield data

    def _open_only(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        assert self.privacy is not None
        source = iter(records)
        while batch := list(islice(source, PAGE)):
            private = self.privacy.private_among({str(record.get(self.call_id_field)) for record in batch})
            for record in batch:
                if str(record.get(self.call_id_field)) in private:
                    self.report.add(skipped_private=1)
                else:
                    yield record

    def window_records(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        """The shaped records of a window, some perhaps twice when it had to be restarted."""
        for part in self._parts(window):
            yield from self.extractor.shaped(self.raw(part))
            if part is not window:
                self.cursor.advance(window, part.cursor_slice["end_time"])

    def raw(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        """The window's records as Gong sent them, page after page."""
        if "named" in window.partition:
            found = self._named(window.partition["named"])
            self._count(len(found), len(found))
            yield from (deepcopy(record) for record in found)
        elif self.keep:
            # Shaping changes records in place, so each reader gets its own.
            kept = self.sync.once(("kept", self.seed_key(window)), lambda: list(self._pages(window)))
            self._count(*self.sync.shared[("counted", self.seed_key(window))])
            yield from (deepcopy(record) for record in kept)
        else:
            yield from self._pages(window)

    def _pages(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        for restart in range(MOST_RESTARTS + 1):
            try:
                yield from self._chain(window)
                return
            except CursorLost as lost:
                if restart == MOST_RESTARTS:
                    raise TransientError(
                        f"{lost.message} The window was begun again {MOST_RESTARTS} times. The next sync goes on from "
                        "the last state.",
                        stream=self.name,
                    ) from None
                LOGGER.info("%s: the page cursor was lost, the window is read again from its first page.", self.name)
                self.report.add(restarted_windows=1)

    def _named(self, names: list[str]) -> list[dict[str, Any]]:
        """The objects with these ids as Gong sent them, read once a sync whichever streams need them."""
        return self.sync.once(
            ("named", self.single_requester and self.single_requester.key, *names),
            lambda: list(self._one_by_one(names)),
        )

    def _one_by_one(self, names: list[str]) -> Iterator[dict[str, Any]]:
        assert self.single_requester is not None, "the manifest names the endpoint of a single object"
        for name in names:
            window = StreamSlice(partition={"id": name}, cursor_slice={})
            try:
                found = body_of(self.single_requester.send_request(stream_slice=window))[self.single_requester.key]
            except NotFound as unknown:
                LOGGER.warning("%s: %s is not known to Gong and is skipped. %s", self.name, name, unknown.message)
                continue
            yield found

    def first_page(self, window: StreamSlice) -> RangeFacts:
        """Read a range's first page ahead, and keep it for the reading of the same range."""
        for restart in range(MOST_RESTARTS + 1):
            try:
                response = self._send(window, None)
                break
            except CursorLost:
                if restart == MOST_RESTARTS:
                    raise
        facts = self._facts(body_of(response))
        self.sync.shared[self.seed_key(window)] = fold(response)
        return facts

    def _facts(self, body: Mapping[str, Any]) -> RangeFacts:
        total = _total(body)
        records = self.extractor.shaped(dict(record) for record in self.extractor.items(body, EVERYTHING))
        return RangeFacts(self.extractor.size(body) if total is None else total, first_start(records, self.started))

    def _parts(self, window: StreamSlice) -> list[StreamSlice]:
        """The window itself, or what it must be cut into because it turned out to hold far too much for one chain.
        All streams that read the same window come to the same parts."""
        planner = getattr(self.cursor, "planner", None)
        if not window.cursor_slice or not isinstance(planner, AdaptivePlanner):
            return [window]
        start, end = (parse_instant(window.cursor_slice[name]) for name in ("start_time", "end_time"))
        short = chain_pages(self.sync)
        longest = PAGE * (2 * LONGEST_CHAIN_PAGES if self.sync.settings.max_requests is None else 3 * short)
        # The first page tells; where not even the range that the window was cut from holds so much, it need not.
        known = planner.known_total(window.partition, start, end)
        if known is not None and known <= longest:
            return [window]
        facts = planner.facts(window.partition, start, end)
        if facts.total <= longest:
            return [window]
        # One after the other: the window is one thread's.
        parts = cut_evenly(start, end, facts, short, -(-facts.total // PAGE), side_by_side=1)
        if len(parts) == 1:
            return [window]
        self.sync.shared.pop(self.seed_key(window), None)
        return [self.cursor.slice(window.partition, *part) for part in parts]

    def _chain(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        first: requests.Response | None = self.sync.shared.pop(self.seed_key(window), None)
        token: str | None = None
        tokens: set[str] = set()
        total, count = None, 0
        with self.sync.room.needed():
            while True:
                if first is not None:
                    self.sync.room.enter()
                    body, first = body_of(first), None
                else:
                    body = self._ask(window, token)
                total = _total(body) if total is None else total
                count += self.extractor.size(body)
                yield from self.extractor.items(body, window)
                token = _page_token(body) if self.page_token_option else None
                del body
                self.sync.room.leave()
                if token is None:
                    break
                if token in tokens:
                    raise AnswerError(
                        f"{self.name}: Gong gave the same page cursor twice, so the rest of the list can't be read.",
                        stream=self.name,
                    )
                tokens.add(token)
        counted = (count, count if total is None else total)
        if self.keep:
            self.sync.shared[("counted", self.seed_key(window))] = counted
        else:
            self._count(*counted)

    def _count(self, listed: int, total: int) -> None:
        if not self.helps:
            self.report.add(listed=listed, total_records=total)

    def _ask(self, window: StreamSlice, token: str | None) -> Mapping[str, Any]:
        return body_of(self._send(window, token))

    def _send(self, window: StreamSlice, token: str | None) -> requests.Response:
        params: MutableMapping[str, Any] = {}
        body: MutableMapping[str, Any] = {}
        targets = {RequestOptionType.request_parameter: params, RequestOptionType.body_json: body}
        if self.start_option and self.end_option and window.cursor_slice:
            for option, bound in ((self.start_option, "start_time"), (self.end_option, "end_time")):
                option.inject_into_request(targets[option.inject_into], window.cursor_slice[bound], self.config)
        elif self.request_options_provider and window.cursor_slice:
            params.update(self.request_options_provider.get_request_params(stream_slice=window))
            body.update(self.request_options_provider.get_request_body_json(stream_slice=window))
        for option in self.slice_options:
            value = window.partition.get(self._last_name(option))
            if value is not None:
                option.inject_into_request(targets[option.inject_into], value, self.config)
        if token is not None and self.page_token_option:
            self.page_token_option.inject_into_request(targets[self.page_token_option.inject_into], token, self.config)
        return self.requester.send_request(stream_slice=window, request_params=params, request_body_json=body)

    def _last_name(self, option: RequestOption) -> str:
        """The name that an option writes to: the last step of its path, which is also the name in the slice."""
        name = option.field_path[-1] if option.field_path else option.field_name
        return str(name.eval(self.config) if isinstance(name, InterpolatedString) else name)

    def seed_key(self, window: StreamSlice) -> Hashable:
        """What stands for this endpoint asked with this slice, in what the streams of a sync share."""
        return ("first page", self.requester.path, key_of(window.partition), key_of(window.cursor_slice))


@dataclass
class CallListRetriever(PageRetriever):
    """Reads `GET /v2/calls`, each window once a sync, whichever stream asks first."""

    def raw(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        if "named" in window.partition:
            yield from super().raw(window)
        else:
            yield from self.sync.listing.records(self._listing_key(window), lambda: self._pages(window))

    def listed_calls(self, window: StreamSlice) -> list[ListedCall]:
        """The facts of the calls in a window, or of those that the slice names, without duplicates."""
        if "named" in window.partition:
            calls = [listed(call) for call in self._named(window.partition["named"])]
        else:
            calls = self.sync.listing.calls(self._listing_key(window), lambda: self._pages(window))
        return list({call.id: call for call in calls}.values())

    @staticmethod
    def _listing_key(window: StreamSlice) -> Hashable:
        return key_of(window.partition), key_of(window.cursor_slice)


@dataclass
class CallRetriever(PageRetriever):
    """Reads what belongs to calls. By window, as it stands, or by batches of ids from the call list: always where
    `by_ids`, else when `private_calls` leaves calls out (what a private call holds is then not even asked for) or
    `call_ids` names them. `stamp_started` copies a call's `started` into its records, which lack it, found by their
    `id_field`. `split_when` is the sentence of a 400 by which Gong refuses a whole batch for one unknown call.
    """

    list: str = ""
    by_ids: bool = False
    id_field: str = "callId"
    stamp_started: bool = False
    split_when: str = ""
    batch_size: int = 100

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        super().__post_init__(parameters)
        self.reads_by_ids = self.by_ids or self.sync.settings.exclude_private
        planner = getattr(self.cursor, "planner", None)
        if self.reads_by_ids and isinstance(planner, AdaptivePlanner):
            planner.first_page = lambda window: self.lister.first_page(window)

    @cached_property
    def lister(self) -> CallListRetriever:
        """The call list, read for this stream's ends."""
        lister: CallListRetriever = self.sync.readers[self.list].on_behalf_of(self.name)
        lister.cursor = self.cursor
        return lister

    def _parts(self, window: StreamSlice) -> list[StreamSlice]:
        return self.lister._parts(window) if self.reads_by_ids else super()._parts(window)

    def window_records(self, window: StreamSlice) -> Iterator[dict[str, Any]]:
        if not self.reads_by_ids and "named" not in window.partition:
            yield from super().window_records(window)
            return
        for part in self._parts(window):
            yield from self._of_listed(self.lister.listed_calls(part))
            if part is not window:
                self.cursor.advance(window, part.cursor_slice["end_time"])

    def _of_listed(self, calls: list[ListedCall]) -> Iterator[dict[str, Any]]:
        wanted = {call.id: call.started for call in self._chosen(calls)}
        ids = list(wanted)
        for first in range(0, len(ids), self.batch_size):
            batch = StreamSlice(partition={"callIds": ids[first : first + self.batch_size]}, cursor_slice={})
            for record in self.extractor.shaped(self._batch(batch)):
                if self.stamp_started:
                    call_id = record.get(self.id_field)
                    record = {self.id_field: call_id, "started": wanted.get(str(call_id)), **record}
                yield record

    def _chosen(self, calls: Iterable[ListedCall], count: bool = True) -> Iterator[ListedCall]:
        """The calls that the configuration does not leave out; private ones that it does are counted."""
        settings = self.sync.settings
        for call in calls:
            if settings.exclude_private and call.is_private is True:
                self.report.add(skipped_private=int(count))
            elif not settings.primary_user_ids or call.primary_user_id in settings.primary_user_ids:
                yield call

    def _batch(self, batch: StreamSlice) -> Iterator[dict[str, Any]]:
        """The records of a batch of calls; where Gong refuses a batch for one unknown call, those of all others."""
        try:
            yield from self.raw(batch)
        except AnswerError as refused:
            if not self.split_when or refused.sentence != self.split_when:
                raise
            ids = batch.partition["callIds"]
            if len(ids) == 1:
                LOGGER.warning("%s: the call %s is not known to Gong here and is skipped.", self.name, ids[0])
                return
            for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                yield from self._batch(StreamSlice(partition={"callIds": half}, cursor_slice={}))


def _total(body: Mapping[str, Any]) -> int | None:
    records = body.get("records")
    total = records.get("totalRecords") if isinstance(records, dict) else None
    return total if isinstance(total, int) else None


def _page_token(body: Mapping[str, Any]) -> str | None:
    records = body.get("records")
    token = records.get("cursor") if isinstance(records, dict) else None
    return str(token) if token else None
