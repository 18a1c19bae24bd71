"""The manifest, run by the CDK: the one module that reaches into the CDK's internals.

`DeclarativeGong` swaps the cursor that the factory would build, sets the queue's size, reads the manifest's own
parameters of a cursor, and says which streams come with files. `unit_tests/test_cdk_seams.py` pins each.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, get_type_hints

from airbyte_cdk.models import AirbyteStateMessage, ConfiguredAirbyteCatalog
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.declarative.parsers import model_to_component_factory
from airbyte_cdk.sources.types import StreamSlice

from source_gong import instants
from source_gong.days import DayPlanner
from source_gong.faults import ConfigError
from source_gong.sync import Sync
from source_gong.windows import OFF_SCHEDULE, AdaptivePlanner, Planner, WindowCursor

# Streams that read the call list; their windows are cut at each other's bounds, so that a list is read once.
CALL_LIST_READERS = frozenset({"calls", "call_transcripts", "call_user_access", "call_audio", "call_video"})
# The factory asks for the hints of the same few classes hundreds of times, and evaluates them each time.
model_to_component_factory.get_type_hints = cache(get_type_hints)  # type: ignore
# A slow destination makes the queue fill up, and a call can have megabytes; the CDK's 10,000 would be gigabytes.
QUEUE_RECORDS = 100


class DeclarativeGong(ConcurrentDeclarativeSource):
    """The manifest, run by the CDK, with windows as Gong needs them."""

    def __init__(
        self,
        sync: Sync,
        manifest: Mapping[str, Any],
        schemas: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog | None,
        state: list[AirbyteStateMessage] | None,
    ) -> None:
        self._sync = sync
        self.built: list[Any] = []
        self._file_based = {
            stream["name"] for stream in manifest["streams"] if stream.get("$parameters", {}).get("file_based")
        }
        super().__init__(catalog, sync.settings.values, state, source_config=dict(manifest))
        # Only now: the CDK walks and copies the manifest several times, and schemas are most of what there would be.
        for stream in self.resolved_manifest["streams"]:
            stream["schema_loader"] = {"type": "InlineSchemaLoader", "schema": schemas[stream["name"]]}
        self._constructor.create_concurrent_cursor_from_datetime_based_cursor = self._cursor  # type: ignore
        self._constructor.create_concurrent_cursor_from_perpartition_cursor = self._cursor  # type: ignore
        self._concurrent_source._queue.maxsize = QUEUE_RECORDS

    def _validate_source(self) -> None:
        # The bundled manifest is validated by a test, not once more at every start, where it takes as long as half of
        # the streams' building.
        return None

    def streams(self, config: Mapping[str, Any]) -> list[Any]:
        """The streams, built once: what was planned with them is read with them."""
        if self.built:
            return self.built
        with self._sync.building():
            streams: list[Any] = super().streams(config)
        for stream in streams:
            stream._supports_file_transfer = stream.name in self._file_based
        return streams

    def _select_streams(self, streams: list[Any], configured_catalog: ConfiguredAirbyteCatalog) -> list[Any]:
        return sorted(super()._select_streams(streams, configured_catalog), key=self._turn_of)

    def _turn_of(self, stream: Any) -> tuple[int, int]:
        """`calls` first, since the other readers of the call list take over what it lists; then lists of a page or two;
        then what goes on where it stopped; last what takes a request for each user or folder and starts anew each
        time: where requests run out, these give way. Of what goes on where it stopped, the look-backs of those that
        are done come last, so that they do not use up what a backfill needs."""
        if stream.name == "calls":
            return 0, 0
        if isinstance(stream.cursor, WindowCursor):
            return 2, stream.cursor.turn
        return 3 if getattr(self._sync.readers[stream.name].partition_router, "lists", ()) else 1, 0

    def _cursor(
        self,
        *,
        component_definition: Mapping[str, Any],
        stream_name: str,
        stream_state: Mapping[str, Any],
        partition_router: Any = None,
        **_: Any,
    ) -> WindowCursor:
        return WindowCursor(
            stream=stream_name,
            cursor_field=component_definition["cursor_field"],
            state=stream_state,
            planner=self._planner(stream_name, component_definition.get("parameters") or {}),
            partitions=partition_router.stream_slices
            if partition_router
            else lambda: [StreamSlice(partition={}, cursor_slice={})],
            message_repository=self._message_repository,
            state_manager=self._connector_state_manager,
            sync=self._sync,
        )

    def _planner(self, stream: str, parameters: Mapping[str, Any]) -> Planner:
        """How the manifest says, in `windows`, that the stream's time is cut."""
        sync, kind = self._sync, parameters["windows"]
        if kind == "calls":
            readers = CALL_LIST_READERS if stream in CALL_LIST_READERS else frozenset[str]()
            least = timedelta(days=int(parameters.get("least_lookback_days", 0)))
            return AdaptivePlanner(
                stream,
                sync,
                shared="calls",
                least_lookback=least,
                off_schedule=OFF_SCHEDULE,
                cuts_with=readers,
                by_call_ids=True,
                one_by_one=bool(parameters.get("one_by_one")),
            )
        if kind == "instants":
            return AdaptivePlanner(stream, sync, shared=stream)
        period = {"months": "month", "days": "day"}.get(kind, sync.settings.statistics_period)
        return DayPlanner(
            sync,
            period,
            each=kind in ("months", "periods"),
            beyond=bool(parameters.get("beyond_today")),
            first_day=partial(first_call_day, sync),
            stretch=int(parameters.get("stretch_days", 92)),
            instants=kind == "months",
        )


def first_call_day(sync: Sync) -> date | None:
    """The day on which the company's calls begin, None when there are none. Costs a request, which serves the stream
    `calls` too. A key that may not list calls is helped by when the users were made."""
    with sync.lock("first call day"):
        if "first call day" not in sync.shared:
            planner = sync.readers["calls"].cursor.planner
            try:
                first = planner.facts({}, sync.settings.earliest, planner.end()).first
            except ConfigError:
                made = [user["created"] for user in sync.readers["users"].every_record() if user.get("created")]
                first = min(map(instants.parse_instant, made), default=None)
            sync.shared["first call day"] = first.date() if first else None
    day: date | None = sync.shared["first call day"]
    return day
