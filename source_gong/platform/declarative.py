"""The manifest, run by the CDK: the one module that reaches into the internals of how the CDK builds and runs streams.

`DeclarativeGong` swaps the cursor that the factory would build, hands every component a configuration that carries the
sync, sets the queue's size, and says which streams come with files. `unit_tests/platform/test_cdk_seams.py` pins each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import AirbyteStateMessage, ConfiguredAirbyteCatalog
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.types import StreamSlice

from source_gong.platform.config import Config
from source_gong.platform.cursor import WindowCursor
from source_gong.platform.planners import planner_of
from source_gong.platform.sync import Sync
from source_gong.reading.calls import CallList

# A slow destination makes the queue fill up, and a call can have megabytes; the CDK's 10,000 would be gigabytes.
QUEUE_RECORDS = 100


class DeclarativeGong(ConcurrentDeclarativeSource):
    """The manifest, run by the CDK, with windows as Gong needs them."""

    def __init__(
        self,
        sync: Sync,
        manifest: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog | None,
        state: list[AirbyteStateMessage] | None,
    ) -> None:
        self.sync = sync
        self._built: list[Any] | None = None
        self._file_based = {
            stream["name"] for stream in manifest["streams"] if stream.get("$parameters", {}).get("file_based")
        }
        super().__init__(catalog, sync.settings.values, state, source_config=dict(manifest))
        self._config = Config(sync)
        self._constructor.create_concurrent_cursor_from_datetime_based_cursor = self._cursor  # type: ignore
        self._constructor.create_concurrent_cursor_from_perpartition_cursor = self._cursor  # type: ignore
        self._concurrent_source._queue.maxsize = QUEUE_RECORDS

    def _validate_source(self) -> None:
        # The bundled manifest is validated by a test, not once more at every start, where it takes as long as half of
        # the streams' building.
        return None

    def streams(self, config: Mapping[str, Any] | None = None) -> list[Any]:
        """The streams, built once: what was planned with them is read with them."""
        if self._built is None:
            built: list[Any] = super().streams(self._config)
            for stream in built:
                stream._supports_file_transfer = stream.name in self._file_based
            self._built = built
        return self._built

    def _select_streams(self, streams: list[Any], configured_catalog: ConfiguredAirbyteCatalog) -> list[Any]:
        return sorted(super()._select_streams(streams, configured_catalog), key=self._turn_of)

    def _turn_of(self, stream: Any) -> tuple[int, int]:
        """The call list first, since its other readers take over what it lists; then lists of a page or two; then what
        goes on where it stopped; last what takes a request for each user or folder and starts anew each time: where
        requests run out, these give way. Of what goes on where it stopped, the look-backs of those that are done come
        last, so that they do not use up what a backfill needs."""
        reader = self.sync.readers[stream.name]
        if isinstance(reader, CallList):
            return 0, 0
        if isinstance(stream.cursor, WindowCursor):
            return 2, stream.cursor.turn
        return (3 if reader.lists else 1), 0

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
            planner=planner_of(self.sync, stream_name, component_definition),
            partitions=partition_router.stream_slices
            if partition_router
            else lambda: [StreamSlice(partition={}, cursor_slice={})],
            message_repository=self._message_repository,
            state_manager=self._connector_state_manager,
            sync=self.sync,
        )
