"""What a stream's requests are multiplied by: workspaces, users, folders, and what else another list holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from itertools import islice, product
from typing import Any

from airbyte_cdk.sources.declarative.partition_routers.partition_router import PartitionRouter
from airbyte_cdk.sources.types import Config, StreamSlice, StreamState

from source_gong.sync import Sync


class PlainRouter(PartitionRouter):
    """A router that adds nothing to requests by itself: the manifest's `slice_options` say where its values go. `lists`
    are the streams whose records its slices are made of."""

    lists: tuple[str, ...] = ()
    # On whose behalf these are read.
    stream = ""

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


def _slice(**partition: Any) -> StreamSlice:
    return StreamSlice(partition=partition, cursor_slice={})


@dataclass
class ChosenWorkspaces(PlainRouter):
    """A slice for each of the configuration's `workspace_ids`, or one for all workspaces where it has none."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._ids = Sync.active().settings.workspace_ids

    def stream_slices(self) -> Iterable[StreamSlice]:
        for workspace_id in self._ids:
            yield _slice(workspaceId=workspace_id)
        if not self._ids:
            yield _slice()


@dataclass
class ChosenIds(PlainRouter):
    """A slice that names the ids in a field of the configuration, or one for the whole list where it has none."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    option: str

    def stream_slices(self) -> Iterable[StreamSlice]:
        chosen = self.config.get(self.option)
        yield _slice(named=list(chosen)) if chosen else _slice()


@dataclass
class ParentRecords(PlainRouter):
    """A slice for each record of another list: `fields` maps a name in the slice to a field of the record. Records
    without the first of these fields are left out, and what comes twice is taken once. With `batch`, a slice holds a
    list of so many values of the one field; with `times`, each slice comes once with each of the values given there.
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    list: str
    fields: Mapping[str, str] = field(default_factory=dict)
    batch: int = 0
    times: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._sync = Sync.active()

    @property
    def lists(self) -> tuple[str, ...]:
        return (self.list,)

    def stream_slices(self) -> Iterable[StreamSlice]:
        found = self._found()
        if not self.batch:
            for values in found:
                for combination in product(*self.times.values()):
                    yield _slice(**values, **dict(zip(self.times, combination, strict=True)))
            return
        (name,) = self.fields
        while some := list(islice(found, self.batch)):
            yield _slice(**{name: [values[name] for values in some]})

    def _found(self) -> Iterator[dict[str, Any]]:
        first, seen = next(iter(self.fields)), set()
        for record in self._sync.readers[self.list].on_behalf_of(self.stream).every_record():
            values = {name: record.get(source) for name, source in self.fields.items()}
            if values[first] not in (None, "") and values[first] not in seen:
                seen.add(values[first])
                yield values


@dataclass
class ManagersInWorkspaces(PlainRouter):
    """A slice for each workspace and each user that is somebody's manager. Gong answers for one pair at a time."""

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    lists = ("workspaces", "users")

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._sync = Sync.active()

    def stream_slices(self) -> Iterable[StreamSlice]:
        managers = sorted(
            {
                str(user["managerId"])
                for user in self._sync.readers["users"].on_behalf_of(self.stream).every_record()
                if user.get("managerId")
            }
        )
        for workspace in self._sync.readers["workspaces"].on_behalf_of(self.stream).every_record():
            for manager in managers:
                yield _slice(workspaceId=str(workspace["id"]), managerId=manager)
