"""source-gong: reads everything readable in Gong, as an Airbyte source connector."""

__all__ = ["SourceGong"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Imported on demand: `airbyte_cdk` takes a second to import, which a bare version lookup should not pay.
    if name == "SourceGong":
        from source_gong.platform.source import SourceGong

        return SourceGong
    raise AttributeError(name)
