"""What the manifest names: endpoints, their signing, records and partitions, as the CDK builds them.

Each class takes what the manifest writes and makes what the rooms below work with; none of them reads anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any

from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString
from airbyte_cdk.sources.declarative.partition_routers.partition_router import PartitionRouter
from airbyte_cdk.sources.declarative.requesters.request_option import RequestOptionType
from airbyte_cdk.sources.declarative.requesters.request_options.interpolated_request_options_provider import (
    InterpolatedRequestOptionsProvider,
)
from airbyte_cdk.sources.types import Config, StreamSlice, StreamState

from source_gong.platform.config import sync_of
from source_gong.reading.asking import Place
from source_gong.reading.partitions import Chosen, Each, Named, Router
from source_gong.reading.records import Rows, Shape
from source_gong.report import StreamReport
from source_gong.wire.endpoint import Endpoint

# A router that nobody has introduced itself to is asked by whoever reads all streams at once.
NOBODY = ""
SHAPES: dict[str, type[list[Any]] | type[dict[str, Any]]] = {"list": list, "object": dict}


@dataclass
class Signed:
    """Signs requests in the way that `credentials.auth_type` says (`wire.signing`)."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.signer = sync_of(self.config).signer


@dataclass
class Request:
    """An `Endpoint`. `path` begins with `/v2/`; the host comes from the configuration. `answer_shape` is what `key`
    holds, a list or an object. `request_body` may refer to the configuration only."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    path: str
    key: str
    authenticator: Signed
    scope: str = ""
    http_method: str = "GET"
    paged: bool = False
    answer_shape: str = "list"
    request_parameters: Mapping[str, Any] | None = None
    request_body: Mapping[str, Any] | None = None
    empty_sentences: list[str] = field(default_factory=list)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        values = sync_of(self.config).settings.values
        path = InterpolatedString.create(self.path, parameters=parameters)
        options = InterpolatedRequestOptionsProvider(
            config=values,
            parameters=parameters,
            request_parameters=dict(self.request_parameters or {}),
            request_body_json=dict(self.request_body or {}),
        )

        def rendered(partition: Mapping[str, Any]) -> str:
            return str(path.eval(values, stream_slice=StreamSlice(partition=partition, cursor_slice={})))

        def query(partition: Mapping[str, Any]) -> Mapping[str, Any]:
            asked = StreamSlice(partition=partition, cursor_slice={})
            return options.get_request_params(stream_slice=asked) if self.request_parameters else {}

        self.endpoint = Endpoint(
            method={"GET": "GET", "POST": "POST"}[self.http_method],
            template=self.path,
            path=rendered,
            parameters=query,
            # Rendered once: for each page it would take half as long as parsing what comes back.
            body=dict(options.get_request_body_json() or {}),
            key=self.key,
            shape=SHAPES[self.answer_shape],
            paged=self.paged,
            empty_sentences=frozenset(self.empty_sentences),
            scope=self.scope,
            signer=self.authenticator.signer,
        )


@dataclass
class Records:
    """`Rows` and `Shape`, which say what each key means."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    key: str
    expand: str | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    map_key: str | None = None
    flatten: str | None = None
    top: list[str] = field(default_factory=list)
    from_slice: Mapping[str, str] = field(default_factory=dict)
    lift: Mapping[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    defaults: Mapping[str, str] = field(default_factory=dict)
    content_id: str | None = None
    private: str | None = None
    owner: str | None = None
    workspace: str | None = None

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.rows = Rows(self.key, self.expand, self.keep, self.map_key, self.flatten, self.top, self.from_slice)
        self.shape = Shape(
            sync_of(self.config).settings,
            lift=self.lift,
            ids=self.ids,
            numbers=self.numbers,
            nulls=self.nulls,
            days=self.days,
            defaults=self.defaults,
            content_id=self.content_id,
            private=self.private,
            owner=self.owner,
            workspace=self.workspace,
        )


class DeclaredRouter(PartitionRouter):
    """A router of the manifest: the CDK takes slices from it, readers the router itself.

    It adds nothing to requests: the manifest's `slice_options` say where its values go.
    """

    router: Router
    _asker: StreamReport | None = None

    def attach(self, asker: StreamReport) -> None:
        """This stream's slices it makes, so that what is asked for them is charged to it."""
        self._asker = asker

    def stream_slices(self) -> Iterable[StreamSlice]:
        for partition in self.router.partitions(self._asker or StreamReport(NOBODY)):
            yield StreamSlice(partition=partition, cursor_slice={})

    def get_request_params(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_request_headers(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_request_body_data(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_request_body_json(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_stream_state(self) -> Mapping[str, StreamState] | None:
        return None

    def set_initial_state(self, stream_state: StreamState) -> None:
        return None


@dataclass
class ChosenIds(DeclaredRouter):
    """The ids in the configuration's field `option`, a slice each under the name `field`; without a `field` one slice
    that names them all. Where none are chosen, one slice for the whole list."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    option: str
    field: str = ""

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        chosen = sync_of(self.config).settings.values.get(self.option) or []
        ids = list(dict.fromkeys(chosen))
        self.router = Chosen(self.field, ids) if self.field else Named(ids)


@dataclass
class Values(DeclaredRouter):
    """A slice for each of the `values`, under the name `field`."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    field: str
    values: list[str]

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.router = Chosen(self.field, self.values)


@dataclass
class ParentRecords(DeclaredRouter):
    """A slice for each record of the stream that `list` names; see `reading.partitions.Each`."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    list: str
    fields: Mapping[str, str]
    batch: int = 0
    times: Mapping[str, Any] = field(default_factory=dict)
    and_each: DeclaredRouter | None = None

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        read = sync_of(self.config).every_record
        other = self.and_each.router if self.and_each else None
        self.router = Each(self.list, self.fields, read, self.batch, self.times, other)


def place_of(option: Any, config: Config) -> Place | None:
    """Where a request option of the manifest puts its value: the CDK hands it over built, or as its model."""
    if option is None:
        return None
    steps = option.field_path or [option.field_name or ""]
    path = tuple(str(step.eval(config) if isinstance(step, InterpolatedString) else step) for step in steps)
    return Place(option.inject_into.value == RequestOptionType.body_json.value, path)
