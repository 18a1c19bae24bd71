"""SourceGong: the connector as Airbyte's platform, PyAirbyte and a shell see it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import orjson
import yaml
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

from source_gong import instants
from source_gong.check import probe, verify_ids
from source_gong.declarative import CALL_LIST_READERS, DeclarativeGong
from source_gong.faults import ConfigError, GongError
from source_gong.plan import plan_lines
from source_gong.settings import read_settings
from source_gong.sync import Sync
from source_gong.telling import log, told

LOGGER = logging.getLogger("airbyte.source_gong")


def _data_folder() -> Path:
    """Where manifest and schemas are: inside the package when installed, at the project's top when developed."""
    inside = Path(__file__).resolve().parent
    return inside if (inside / "manifest.yaml").is_file() else inside.parent


def read_manifest() -> dict[str, Any]:
    """The manifest as it stands in the file."""
    text = (_data_folder() / "manifest.yaml").read_text(encoding="utf-8")
    manifest: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return manifest


def read_schema(stream: str) -> dict[str, Any]:
    """The JSON schema of a stream's records."""
    schema: dict[str, Any] = orjson.loads((_data_folder() / "schemas" / f"{stream}.json").read_bytes())
    return schema


def scopes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The right in Gong that each stream needs, from the manifest."""
    return {stream["name"]: stream.get("$parameters", {}).get("scope", "") for stream in manifest["streams"]}


class SourceGong(Source):
    """Reads Gong. Made without arguments; configuration, catalog and state come with each call."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._inner: DeclarativeGong | None = None
        self._manifest = read_manifest()

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
            inner = self._open(config, None, None)
            inner.streams(inner._config)
            probe(inner._sync)
        except GongError as wrong:
            return AirbyteConnectionStatus(status=Status.FAILED, message=wrong.message)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """All streams with their schemas. Makes no request."""
        inner = self._open(config, None, None)
        return AirbyteCatalog(streams=[stream.as_airbyte_stream() for stream in inner.streams(inner._config)])

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
        inner = self._open(config, catalog, state)
        self._check_catalog(catalog)
        inner.built = inner.streams(inner._config)
        if any(
            getattr(stream.cursor, "is_first", False) for stream in inner.built if stream.name in inner._sync.selected
        ):
            verify_ids(inner._sync)
        yield from (log(Level.INFO, line) for line in plan_lines(inner._sync, inner.built))
        yield from told(inner._sync, inner.read(LOGGER, inner._config, catalog, state))

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

    def _open(
        self,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog | None,
        state: list[AirbyteStateMessage] | None,
    ) -> DeclarativeGong:
        settings = read_settings(config, self._manifest["spec"]["connection_specification"], instants.now())
        selected = frozenset(stream.stream.name for stream in catalog.streams) if catalog else frozenset[str]()
        sync = Sync(settings, dict(config), selected, scopes(self._manifest))
        # Where private calls are left out, what they hold is not asked for either.
        readers = CALL_LIST_READERS | ({"calls_extensive"} if settings.exclude_private else set())
        sync.listing.consumers = max(1, len(selected & readers))
        sync.listing.wants_raw = "calls" in selected
        # The CDK's own file loader finds no top-level folder.
        schemas = {stream["name"]: read_schema(stream["name"]) for stream in self._manifest["streams"]}
        self._inner = DeclarativeGong(sync, self._manifest, schemas, catalog, state)
        return self._inner


def _read_json(path: str, what: str) -> Any:
    try:
        return orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"The {what} can't be read: {error.strerror}. Give the path of a readable file.") from None
    except orjson.JSONDecodeError:
        raise ConfigError(f"The {what} is not a JSON document. Mend the file.") from None
