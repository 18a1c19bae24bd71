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
from airbyte_cdk.sources.declarative.parsers import model_to_component_factory
from airbyte_cdk.sources.declarative.parsers.model_to_component_factory import ModelToComponentFactory
from airbyte_cdk.sources.streams.http.requests_native_auth import SingleUseRefreshTokenOauth2Authenticator

from source_gong import instants
from source_gong.declarative import QUEUE_RECORDS, DeclarativeGong
from source_gong.source import SourceGong
from source_gong.telling import CONCURRENT_FAILURE
from source_gong.windows import WindowCursor
from unit_tests.harness import NOW, catalog, config, manifest


@pytest.fixture(scope="module")
def inner() -> DeclarativeGong:
    """The whole connector, opened with every stream selected."""
    names = [stream["name"] for stream in manifest()["streams"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instants, "now", lambda: NOW)
        chosen = ConfiguredAirbyteCatalogSerializer.load(catalog(*names))
        made = SourceGong()._open(config(num_workers=7), chosen, None)
        made.built = made.streams(made._config)
        return made


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
    assert {stream.name for stream in inner.built if isinstance(stream.cursor, WindowCursor)} == incremental


def test_the_cursor_is_the_one_that_the_retriever_has(inner: DeclarativeGong) -> None:
    readers = inner._sync.readers
    for stream in inner.built:
        if isinstance(stream.cursor, WindowCursor):
            assert readers[stream.name].cursor is stream.cursor


def test_the_queue_between_reading_and_printing_is_short(inner: DeclarativeGong) -> None:
    assert isinstance(inner._concurrent_source._queue, queue.Queue)
    assert inner._concurrent_source._queue.maxsize == QUEUE_RECORDS


def test_the_number_of_workers_is_the_configurations(inner: DeclarativeGong) -> None:
    pool: Any = inner._concurrent_source._threadpool._threadpool
    assert pool._max_workers == 7


def test_calls_are_read_first(inner: DeclarativeGong) -> None:
    chosen = ConfiguredAirbyteCatalogSerializer.load(catalog("users", "call_transcripts", "calls"))
    assert inner._select_streams(inner.built, chosen)[0].name == "calls"


def test_every_stream_registers_its_reader(inner: DeclarativeGong) -> None:
    assert {stream.name for stream in inner.built} <= set(inner._sync.readers)


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
    source = SourceGong()
    before = repr(source._manifest)
    inner = source._open(config(), None, None)
    inner.streams(inner._config)
    assert repr(source._manifest) == before


def test_the_bundled_manifest_is_valid_which_is_not_asked_again_at_every_start(inner: DeclarativeGong) -> None:
    assert "_validate_source" in vars(ConcurrentDeclarativeSource)
    validate_manifest(inner.resolved_manifest, get_declarative_component_schema())


def test_hints_of_a_class_are_read_once() -> None:
    assert "get_type_hints" in inspect.getsource(ModelToComponentFactory.create_custom_component)
    assert model_to_component_factory.get_type_hints.cache_info().hits > 0  # type: ignore[attr-defined]
