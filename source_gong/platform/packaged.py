"""The files that come with the package: manifest and schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from airbyte_cdk.sources.declarative.schema.schema_loader import SchemaLoader
from airbyte_cdk.sources.types import Config

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


def _folder() -> Path:
    """Where manifest and schemas are: inside the package when installed, at the project's top when developed."""
    inside = Path(__file__).resolve().parent.parent
    return inside if (inside / "manifest.yaml").is_file() else inside.parent


def read_manifest() -> dict[str, Any]:
    """The manifest as it stands in the file."""
    text = (_folder() / "manifest.yaml").read_text(encoding="utf-8")
    manifest: dict[str, Any] = yaml.load(text, Loader=Loader)
    return manifest


def read_schema(record_type: str) -> dict[str, Any]:
    """The JSON schema of a kind of record."""
    schema: dict[str, Any] = orjson.loads((_folder() / "schemas" / f"{record_type}.json").read_bytes())
    return schema


@dataclass
class PackagedSchema(SchemaLoader):
    """The schema of the records of the type that `records` names.

    Why not the CDK's `JsonFileSchemaLoader`: it looks in the package that was imported first whose name begins with
    `source_`, and finds no folder beside one. Why not inline: the CDK walks and copies the manifest several times, and
    schemas would be most of it.
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    records: str

    def get_json_schema(self) -> Mapping[str, Any]:
        return read_schema(self.records)
