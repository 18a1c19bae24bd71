"""The retrievers that the manifest names, each around the reader of one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import Any

from airbyte_cdk.models import AirbyteRecordMessageFileReference
from airbyte_cdk.sources.declarative.requesters.request_option import RequestOption
from airbyte_cdk.sources.declarative.retrievers.retriever import Retriever
from airbyte_cdk.sources.types import Config, Record, StreamSlice

from source_gong.faults import GongError
from source_gong.files.downloads import staging_directory
from source_gong.files.recordings import Before, Recordings
from source_gong.instants import EPOCH
from source_gong.platform.config import sync_of
from source_gong.platform.cursor import WindowCursor, window_of
from source_gong.platform.declared import DeclaredRouter, Records, Request, place_of
from source_gong.platform.foreign import windows_of_slice
from source_gong.platform.planners import planner_of
from source_gong.reading.asking import Asking, Place
from source_gong.reading.calls import CallList, OfCalls
from source_gong.reading.reader import Reader, Source
from source_gong.windows.window import Window


@dataclass
class ListRetriever(Retriever):
    """Reads one endpoint. `page_token_option` says where the page cursor goes; without one the endpoint has no pages.
    `slice_options` put values of the slice's partition into the request, under their own name (`workspaceId`,
    `callIds`). A window's bounds go where the stream's `incremental_sync` says. `single_requester` reads one object.
    What the other keys mean stands at `reading.reader.Source`.
    """

    requester: Request
    extractor: Records
    config: Config
    parameters: InitVar[Mapping[str, Any]]
    name: str = ""
    primary_key: Any = None
    page_token_option: RequestOption | None = None
    slice_options: list[RequestOption] = field(default_factory=list)
    partition_router: Any = None
    incremental_sync: Any = None
    cursor: Any = None
    started: str = "started"
    keep: bool = False
    distinct: bool = False
    single_requester: Request | None = None
    privacy: Request | None = None
    call_id_field: str = "callId"

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.sync = sync_of(self.config)
        report = self.sync.reports.of(self.name)
        self._cursor = self.cursor if isinstance(self.cursor, WindowCursor) else None
        planner = self._cursor.planner if self._cursor else None
        if planner is None and self.incremental_sync is not None:
            planner = planner_of(self.sync, self.name, vars(self.incremental_sync))
        # Without one in the manifest, the CDK hands over one of its own, for a single slice.
        router = self.partition_router if isinstance(self.partition_router, DeclaredRouter) else None
        key = self.primary_key
        self.source = Source(
            stream=self.name,
            key=[key] if isinstance(key, str) else [name for name in key or [] if isinstance(name, str)],
            asking=self._asking(self.requester),
            rows=self.extractor.rows,
            shape=self.extractor.shape,
            planner=planner,
            router=router.router if router else None,
            report=report,
            started=self.started,
            keep=self.keep,
            distinct=self.distinct,
            single=Asking(self.single_requester.endpoint) if self.single_requester else None,
            privacy=self._asking_privacy(),
            call_id_field=self.call_id_field,
        )
        self.reader = self._made()
        self.sync.register(self.reader)
        if self._cursor:
            self._cursor.attach(self.reader)
        if router:
            router.attach(report)

    def _made(self) -> Reader:
        return Reader(self.source, self.sync.shared)

    def _asking(self, request: Request) -> Asking:
        declared = self.incremental_sync
        start, end = (
            (place_of(declared.start_time_option, self.config), place_of(declared.end_time_option, self.config))
            if declared
            else (None, None)
        )
        places = [place_of(option, self.config) for option in self.slice_options]
        cursor = place_of(self.page_token_option, self.config)
        return Asking(request.endpoint, cursor, tuple(place for place in places if place), start, end)

    def _asking_privacy(self) -> Asking | None:
        ids = Place(in_body=True, path=("filter", "callIds"))
        return Asking(self.privacy.endpoint, of_slice=(ids,)) if self.privacy else None

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[Record]:
        """All records of one slice, each once; raises a `GongError` when a page can't be had."""
        if failure := self.sync.failures.of(self.name):
            raise failure
        window = window_of(stream_slice)
        try:
            if self._cursor is None and self.reader.planner is not None:
                # The slice of a cursor that knows neither Gong's ends nor its days.
                windows: Iterable[Window] = windows_of_slice(self.reader, window)
            else:
                windows = [window]
            for one in windows:
                with self.sync.turn(self.reader, one.start is not None):
                    for data in self.reader.records(one, partial(self._reached, one)):
                        yield Record(data=data, stream_name=self.name, associated_slice=stream_slice)
        except GongError as failed:
            self.sync.failures.note(self.name, failed)
            raise

    def _reached(self, window: Window, upto: str) -> None:
        if self._cursor:
            self._cursor.advance(window, upto)


@dataclass
class CallListRetriever(ListRetriever):
    """Reads the list of calls. `users_made` names a stream and the field of its records that tells when a user was
    made: it helps a key that may not list calls to find where the company's calls begin."""

    users_made: Mapping[str, str] = field(default_factory=dict)

    def _made(self) -> Reader:
        users_made = partial(self.sync.moments, self.users_made["list"], self.users_made["field"])
        return CallList(self.source, self.sync.shared, self.sync.listing, users_made)


@dataclass
class OfCallsRetriever(ListRetriever):
    """Reads what belongs to calls, by window or by the ids that the stream `list` lists; see
    `reading.calls.OfCalls`."""

    list: str = ""
    by_ids: bool = False
    id_field: str = "callId"
    stamp_started: bool = False
    split_when: str = ""
    batch_size: int = 100

    def _made(self) -> Reader:
        return OfCalls(
            self.source,
            self.sync.shared,
            partial(self.sync.call_list, self.list),
            self.list,
            by_ids=self.by_ids,
            batch_size=self.batch_size,
            id_field=self.id_field,
            stamp_started=self.stamp_started,
            split_when=self.split_when,
        )


@dataclass
class RecordingsRetriever(ListRetriever):
    """Reads recordings: a record for each call that has the `medium`, and its file beside it.

    Why not the CDK's file uploader: it downloads one file after the other in the thread that reads, which an address
    that lives for eight hours may not survive, and one file that can't be had ends the stream.
    """

    list: str = ""
    batch_size: int = 20
    medium: str = "audio"

    def _made(self) -> Reader:
        selected = self._cursor is not None and self.name in self.sync.selected
        return Recordings(
            self.source,
            self.sync.shared,
            partial(self.sync.call_list, self.list),
            self.list,
            batch_size=self.batch_size,
            medium=self.medium,
            before=Before(
                state=self._cursor.given if self._cursor else {},
                lower=self._cursor.lower if self._cursor and selected else EPOCH,
            ),
            downloads=self.sync.downloads,
            failures=self.sync.failures,
            clock=self.sync.clock,
        )

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterator[Record]:
        for record in super().read_records(records_schema, stream_slice):
            record.file_reference = AirbyteRecordMessageFileReference(
                staging_file_url=str(staging_directory() / record.data["path"]),
                source_file_relative_path=record.data["path"],
                file_size_bytes=record.data["sizeBytes"],
            )
            yield record
