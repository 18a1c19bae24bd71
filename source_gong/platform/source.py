"""SourceGong: the connector as Airbyte's platform, PyAirbyte and a shell see it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Level,
    Status,
    SyncMode,
)
from airbyte_cdk.sources.source import Source

from source_gong.faults import ConfigError, GongError
from source_gong.platform.cursor import WindowCursor
from source_gong.platform.declarative import DeclarativeGong
from source_gong.platform.messages import log, told
from source_gong.platform.packaged import read_manifest
from source_gong.platform.sync import Surroundings, Sync
from source_gong.reading.plan import plan_lines
from source_gong.reading.preflight import probe, verify_ids
from source_gong.settings import read_settings

LOGGER = logging.getLogger("airbyte.source_gong")


class SourceGong(Source):
    """Reads Gong. Made without arguments; configuration, catalog and state come with each call."""

    def __init__(
        self, *_: Any, manifest: dict[str, Any] | None = None, surroundings: Surroundings | None = None, **__: Any
    ) -> None:
        self._inner: DeclarativeGong | None = None
        self._manifest = manifest or read_manifest()
        self._surroundings = surroundings or Surroundings()

    @property
    def message_repository(self) -> Any:
        return self._inner._message_repository if self._inner else None

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """The form that a person fills in."""
        declared = self._manifest["spec"]
        return ConnectorSpecification(
            connectionSpecification=declared["connection_specification"],
            documentationUrl=declared["documentation_url"],
            supportsIncremental=True,
        )

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether the credentials are good, with what to do when they are not."""
        try:
            inner = self.open(config, surroundings=self._surroundings.for_check)
            inner.streams()
            first = self._manifest["check"]["stream_names"]
            probe(inner.sync.readers, first, inner.sync.settings.num_workers, lambda: self._verify_ids(inner.sync))
        except GongError as wrong:
            return AirbyteConnectionStatus(status=Status.FAILED, message=wrong.message)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """All streams with their schemas. Makes no request."""
        inner = self.open(config)
        return AirbyteCatalog(streams=[stream.as_airbyte_stream() for stream in inner.streams()])

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """The records, states, statuses and logs of one sync, as the Airbyte protocol orders them.

        Raises an `AirbyteTracedException` at the end when a stream failed: transient when all that failed may succeed
        next time.
        """
        inner = self.open(config, catalog, state)
        self._check_catalog(catalog)
        sync, streams = inner.sync, inner.streams()
        first = [
            sync.readers[stream.name]
            for stream in streams
            if stream.name in sync.selected and isinstance(stream.cursor, WindowCursor) and stream.cursor.is_first
        ]
        if first:
            self._verify_ids(sync)
        yield from (log(Level.INFO, line) for line in plan_lines(sync.settings, first))
        yield from told(sync.reports, inner.read(LOGGER, config, catalog, state))

    @classmethod
    def read_config(cls, config_path: str) -> MutableMapping[str, Any]:
        config = _read_json(config_path, "configuration")
        if not isinstance(config, dict):
            raise ConfigError("The configuration is not a JSON object.")
        return config

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        _read_json(catalog_path, "configured catalog")
        try:
            return super().read_catalog(catalog_path)
        except Exception as broken:
            raise ConfigError(
                "The configured catalog does not have the form of the Airbyte protocol. Make it from what `discover` "
                f"prints ({type(broken).__name__})."
            ) from None

    @classmethod
    def read_state(cls, state_path: str | None) -> list[AirbyteStateMessage]:
        if not state_path:
            return []
        if not _read_json(state_path, "state"):
            return []
        try:
            return super().read_state(state_path)
        except Exception as broken:
            raise ConfigError(
                "The state does not have the form of the Airbyte protocol. Pass a list of STREAM states as this "
                f"connector printed them, or none ({type(broken).__name__})."
            ) from None

    def _check_catalog(self, catalog: ConfiguredAirbyteCatalog) -> None:
        declared = {stream["name"]: stream for stream in self._manifest["streams"]}
        for chosen in catalog.streams:
            name = chosen.stream.name
            if name not in declared:
                raise ConfigError(
                    f"The catalog selects the stream `{name}`, which does not exist. Refresh the source's schema; the "
                    f"streams are {', '.join(sorted(declared))}."
                )
            # PyAirbyte asks for every stream incrementally, so that is no fault where a stream is read whole.
            if chosen.sync_mode not in SyncMode:
                raise ConfigError(
                    f"The catalog reads the stream `{name}` in the sync mode {chosen.sync_mode}, which does not exist. "
                    "Choose full_refresh or incremental."
                )

    def _verify_ids(self, sync: Sync) -> None:
        lists = self._manifest["definitions"]["known_ids"]
        if set(lists.values()) <= sync.readers.keys():
            verify_ids(sync.settings, sync.readers[lists["workspace_ids"]], sync.readers[lists["primary_user_ids"]])

    def open(
        self,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog | None = None,
        state: list[AirbyteStateMessage] | None = None,
        surroundings: Surroundings | None = None,
    ) -> DeclarativeGong:
        """The manifest with this configuration, its streams not built yet. Raises `ConfigError` for one that is not
        right."""
        surroundings = surroundings or self._surroundings
        spec = self._manifest["spec"]["connection_specification"]
        settings = read_settings(config, spec, surroundings.clock.now())
        selected = frozenset(stream.stream.name for stream in catalog.streams) if catalog else frozenset[str]()
        sync = Sync(settings, dict(config), selected, surroundings)
        self._inner = DeclarativeGong(sync, self._manifest, catalog, state)
        return self._inner


def _read_json(path: str, what: str) -> Any:
    try:
        return orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"The {what} can't be read: {error.strerror}. Give the path of a readable file.") from None
    except orjson.JSONDecodeError:
        raise ConfigError(f"The {what} is not a JSON document. Mend the file.") from None
