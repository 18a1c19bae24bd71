"""What source_gong reaches into the CDK for: each of these may move with a release of the CDK, and then fails here."""

from __future__ import annotations

import inspect
import queue
from typing import Any

import pytest
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.concurrent_source import concurrent_read_processor, concurrent_source
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
    get_declarative_component_schema,
    validate_manifest,
)
from airbyte_cdk.sources.declarative.models.declarative_component_schema import DatetimeBasedCursor
from airbyte_cdk.sources.declarative.parsers.model_to_component_factory import ModelToComponentFactory
from airbyte_cdk.sources.streams.http.requests_native_auth import SingleUseRefreshTokenOauth2Authenticator

from source_gong.platform.config import Config
from source_gong.platform.cursor import WindowCursor
from source_gong.platform.declarative import QUEUE_RECORDS, DeclarativeGong
from source_gong.platform.messages import CONCURRENT_FAILURE
from source_gong.platform.retrievers import ListRetriever
from source_gong.platform.source import SourceGong
from testing.harness import Runner, catalog, config, manifest


@pytest.fixture(scope="module")
def inner() -> DeclarativeGong:
    """The whole connector, built with every stream selected."""
    names = [stream["name"] for stream in manifest()["streams"]]
    chosen = ConfiguredAirbyteCatalogSerializer.load(catalog(*names))
    made = Runner().source().open(config(num_workers=7), chosen)
    made.streams()
    return made


def retriever_of(stream: Any) -> ListRetriever:
    """What the CDK keeps as a stream's retriever, out of reach of its public interface."""
    found = stream._stream_partition_generator._partition_factory._retriever
    assert isinstance(found, ListRetriever)
    return found


def test_the_constructor_takes_the_manifest_as_a_source_config() -> None:
    names = list(inspect.signature(ConcurrentDeclarativeSource.__init__).parameters)
    assert names[:4] == ["self", "catalog", "config", "state"]
    assert "source_config" in names


@pytest.mark.parametrize(
    "name", ["_constructor", "_concurrent_source", "_message_repository", "_connector_state_manager", "_config"]
)
def test_the_inner_parts_have_their_names(inner: DeclarativeGong, name: str) -> None:
    assert getattr(inner, name) is not None


@pytest.mark.parametrize(
    "name",
    ["create_concurrent_cursor_from_datetime_based_cursor", "create_concurrent_cursor_from_perpartition_cursor"],
)
def test_the_factory_builds_cursors_by_methods_that_can_be_replaced(name: str) -> None:
    parameters = inspect.signature(getattr(ModelToComponentFactory, name)).parameters
    assert {"component_definition", "stream_name", "stream_state"} <= set(parameters)


def test_every_incremental_stream_has_our_cursor_and_no_other_stream_has(inner: DeclarativeGong) -> None:
    incremental = {stream["name"] for stream in manifest()["streams"] if "incremental_sync" in stream}
    assert {stream.name for stream in inner.streams() if isinstance(stream.cursor, WindowCursor)} == incremental


def test_the_cursor_is_the_one_that_the_retriever_has(inner: DeclarativeGong) -> None:
    for stream in inner.streams():
        retriever = retriever_of(stream)
        if isinstance(stream.cursor, WindowCursor):
            assert retriever.cursor is stream.cursor
            assert retriever.reader.planner is stream.cursor.planner
        else:
            assert retriever.reader.planner is None


def test_components_get_the_very_configuration_that_carries_the_sync(inner: DeclarativeGong) -> None:
    """A copy would be a plain dict: each component would then make, or share, a sync of its own."""
    assert isinstance(inner._config, Config)
    assert inner._config.sync is inner.sync
    for stream in inner.streams():
        retriever = retriever_of(stream)
        for component in (retriever, retriever.requester, retriever.requester.authenticator, retriever.extractor):
            assert component.config is inner._config, f"{stream.name}: {type(component).__name__}"
        assert retriever.sync is inner.sync


def test_a_retriever_of_our_own_gets_the_model_of_its_incremental_sync(inner: DeclarativeGong) -> None:
    """Where a window's bounds go stands there; the CDK uses it for its own cursor only."""
    for stream in inner.streams():
        retriever, own = retriever_of(stream), isinstance(stream.cursor, WindowCursor)
        assert isinstance(retriever.incremental_sync, DatetimeBasedCursor) == own
        assert (retriever.reader.asking.start is not None) == own
        assert (retriever.reader.asking.end is not None) == own


def test_a_stream_without_a_router_gets_none_of_ours(inner: DeclarativeGong) -> None:
    declared = {
        stream["name"]: "partition_router" in stream["retriever"] for stream in inner.resolved_manifest["streams"]
    }
    assert {stream.name: retriever_of(stream).reader.router is not None for stream in inner.streams()} == declared


def test_the_queue_between_reading_and_printing_is_short(inner: DeclarativeGong) -> None:
    assert isinstance(inner._concurrent_source._queue, queue.Queue)
    assert inner._concurrent_source._queue.maxsize == QUEUE_RECORDS


def test_the_number_of_workers_is_the_configurations(inner: DeclarativeGong) -> None:
    pool: Any = inner._concurrent_source._threadpool._threadpool
    assert pool._max_workers == 7


def test_calls_are_read_first(inner: DeclarativeGong) -> None:
    chosen = ConfiguredAirbyteCatalogSerializer.load(catalog("users", "call_transcripts", "calls"))
    assert inner._select_streams(inner.streams(), chosen)[0].name == "calls"


def test_every_stream_registers_its_reader_and_is_built_once(inner: DeclarativeGong) -> None:
    assert {stream.name for stream in inner.streams()} == set(inner.sync.readers)
    assert inner.streams() is inner.streams(inner._config)
    for stream in inner.streams():
        assert inner.sync.readers[stream.name] is retriever_of(stream).reader


def test_files_come_with_the_streams_that_say_so(inner: DeclarativeGong) -> None:
    with_files = {stream.name for stream in inner.streams() if stream.as_airbyte_stream().is_file_based}
    assert with_files == {"call_audio", "call_video"}


def test_the_end_of_a_failed_read_has_its_name() -> None:
    sources = inspect.getsource(concurrent_read_processor) + inspect.getsource(concurrent_source)
    assert f'"{CONCURRENT_FAILURE}"' in sources


@pytest.mark.parametrize(
    "name",
    [
        "_make_handled_request",
        "build_refresh_request_query_params",
        "build_refresh_request_headers",
        "get_token_refresh_endpoint",
        "refresh_and_set_access_token",
        "get_token_expiry_date",
        "access_token",
    ],
)
def test_the_rotating_authenticator_has_the_methods_that_are_replaced_or_called(name: str) -> None:
    assert hasattr(SingleUseRefreshTokenOauth2Authenticator, name)


def test_building_the_streams_does_not_change_the_manifest() -> None:
    given = manifest()
    before = repr(given)
    SourceGong(manifest=given).open(config()).streams()
    assert repr(given) == before


def test_the_bundled_manifest_is_valid_which_is_not_asked_again_at_every_start(inner: DeclarativeGong) -> None:
    assert "_validate_source" in vars(ConcurrentDeclarativeSource)
    validate_manifest(inner.resolved_manifest, get_declarative_component_schema())
