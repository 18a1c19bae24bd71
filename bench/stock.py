"""`python -m bench.stock read …`: the stock manifest, run through the CDK's own entry point."""

from __future__ import annotations

import sys
from pathlib import Path

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

MANIFEST = Path(__file__).with_name("stock_manifest.yaml")


def main(arguments: list[str]) -> None:
    """Run one command."""
    config, catalog, state = (
        getattr(AirbyteEntrypoint, f"extract_{what}")(arguments) for what in ("config", "catalog", "state")
    )
    source = YamlDeclarativeSource(
        path_to_yaml=str(MANIFEST),
        config=YamlDeclarativeSource.read_config(config),
        catalog=YamlDeclarativeSource.read_catalog(catalog),
        state=YamlDeclarativeSource.read_state(state) if state else [],
    )
    launch(source, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
