"""Holds metadata.yaml against Airbyte's model of it, and its version against the package's: `make check` runs this."""

import sys
from pathlib import Path

import yaml
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import ConnectorMetadataDefinitionV0
from pydantic import ValidationError

import source_gong

METADATA = Path(__file__).parent.parent / "metadata.yaml"


def problems() -> list[str]:
    """Return what is wrong with metadata.yaml, a sentence each; empty when nothing is."""
    try:
        metadata = ConnectorMetadataDefinitionV0.model_validate(yaml.safe_load(METADATA.read_text()))
    except ValidationError as error:
        return [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
    found = []
    if metadata.data.docker_image_tag != source_gong.__version__:
        found.append(f"dockerImageTag is {metadata.data.docker_image_tag}, the package is {source_gong.__version__}")
    if metadata.data.icon and not METADATA.with_name(metadata.data.icon).is_file():
        found.append(f"there is no {metadata.data.icon}")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(f"metadata.yaml: {problem}" for problem in problems()) or 0)
