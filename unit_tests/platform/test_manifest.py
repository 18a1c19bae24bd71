"""The manifest against the CDK's own schema: the CDK accepts misspelled keys in silence."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import ManifestComponentTransformer
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver

from testing.harness import SCHEMAS, manifest

CDK = yaml.safe_load(
    files("airbyte_cdk").joinpath("sources/declarative/declarative_component_schema.yaml").read_text(encoding="utf-8")
)
COMPONENTS: dict[str, Any] = CDK["definitions"]
PACKAGE = Path(__file__).parent.parent.parent / "source_gong"
EVERYWHERE = {"type", "$parameters"}
# What the CDK hands to every custom component, besides the keys of the manifest.
FREE_FORM = {"connection_specification", "$parameters", "request_body", "request_parameters", "lift", "schema"}


def resolved() -> dict[str, Any]:
    found: dict[str, Any] = ManifestReferenceResolver().preprocess_manifest(copy.deepcopy(manifest()))
    return found


def names_a_component(schema: Any) -> bool:
    return "#/definitions/" in json.dumps(schema)


def faults(node: Any, path: str = "") -> Iterator[str]:
    """Every place in a manifest that the CDK, or a component of ours, would not understand."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from faults(item, f"{path}[{index}]")
        return
    if not isinstance(node, Mapping):
        return
    kind = node.get("type")
    known: Mapping[str, Any] | None = None
    if isinstance(kind, str) and kind.startswith("Custom"):
        known = custom_keys(node, path)
    elif isinstance(kind, str) and kind in COMPONENTS:
        known = COMPONENTS[kind]["properties"]
        for name in COMPONENTS[kind].get("required", []):
            if name not in node:
                yield f"{path}: {kind} lacks `{name}`"
    elif path == "":
        known = CDK["properties"]
    if known is not None:
        for name, value in node.items():
            if name not in known and name not in EVERYWHERE:
                yield f"{path}: {kind or 'the manifest'} has no `{name}`"
            elif isinstance(value, Mapping) and "type" not in value and names_a_component(known.get(name)):
                yield f"{path}.{name}: a component without `type`"
    elif isinstance(kind, str) and path.count(".") and not any(part in path for part in FREE_FORM):
        yield f"{path}: `{kind}` is no component of the CDK"
    for name, value in node.items():
        if name not in FREE_FORM:
            yield from faults(value, f"{path}.{name}")


def custom_keys(node: Mapping[str, Any], path: str) -> dict[str, Any]:
    module, _, name = str(node.get("class_name")).rpartition(".")
    taken = inspect.signature(getattr(importlib.import_module(module), name)).parameters
    return {**{key: None for key in taken if key not in ("config", "parameters")}, "class_name": None}


def test_every_key_is_known_to_the_component_that_it_stands_in() -> None:
    assert list(faults(resolved())) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("streams", 1), "incremental_sinc"),
        (("streams", 1, "incremental_sync"), "lookback_windows"),
        (("streams", 1, "retriever"), "page_token_opton"),
        (("streams", 1, "retriever", "requester"), "http_metod"),
        (("streams", 1, "retriever", "extractor"), "owners"),
        (("concurrency_level",), "maximum_concurrency"),
        ((), "stream"),
        (("definitions", "request", "authenticator"), "lock"),
    ],
)
def test_a_misspelled_key_is_found(where: tuple[Any, ...], wrong: str) -> None:
    broken = resolved()
    node = broken
    for step in where:
        node = node[step]
    node[wrong] = "x"
    assert any(f"`{wrong}`" in fault for fault in faults(broken))


def test_every_parameter_is_read_somewhere() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    for node in walk(resolved()):
        for name in node.get("$parameters", {}):
            assert f'"{name}"' in source or f"    {name}: " in source, f"nothing reads the parameter {name}"


def walk(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def streams() -> list[Any]:
    found: list[Any] = resolved()["streams"]
    return found


@pytest.mark.parametrize("stream", streams(), ids=lambda stream: stream["name"])
def test_every_stream_has_schema_key_and_scope(stream: Mapping[str, Any]) -> None:
    schema = json.loads((SCHEMAS / f"{stream['name']}.json").read_text(encoding="utf-8"))
    assert schema["description"].strip()
    key = stream["primary_key"]
    for name in [key] if isinstance(key, str) else key:
        assert name in schema["properties"], f"the key {name} is not in the schema"
    assert "scope" in stream["$parameters"]
    cursor = stream.get("incremental_sync", {}).get("cursor_field")
    assert cursor is None or cursor in schema["properties"]


def test_stream_names_are_unique() -> None:
    names = [stream["name"] for stream in streams()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("stream", streams(), ids=lambda stream: stream["name"])
def test_a_cursor_goes_where_gong_reads_it(stream: Mapping[str, Any]) -> None:
    for retriever in [node for node in walk(stream) if "requester" in node]:
        option = retriever.get("page_token_option")
        assert bool(option) == bool(retriever["requester"].get("paged")), stream["name"]
        if option:
            is_post = retriever["requester"].get("http_method") == "POST"
            assert option["inject_into"] == ("body_json" if is_post else "request_parameter")


def test_every_request_is_signed_and_stays_within_the_api() -> None:
    with_parameters = ManifestComponentTransformer().propagate_types_and_parameters("", resolved(), {})["streams"]
    requests = [node for node in walk(with_parameters) if node.get("type") == "CustomRequester"]
    assert len(requests) >= len(streams())
    for request in requests:
        assert request["class_name"] == "source_gong.platform.declared.Request"
        assert request["authenticator"]["class_name"] == "source_gong.platform.declared.Signed"
        assert request["path"].startswith("/v2/")


def test_a_declared_body_depends_on_nothing_but_the_configuration() -> None:
    """It is rendered once; what varies with the slice is put in by `slice_options` and windows."""
    bodies = [node["request_body"] for node in walk(streams()) if "request_body" in node]
    assert len(bodies) > 5
    for body in bodies:
        assert not re.search(r"stream_|next_page_token", json.dumps(body))


# The form that a person fills in.


def fields(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in node.get("properties", {}).items():
        yield f"{path}{name}", part
        yield from fields(part, f"{path}{name}.")
        for way in part.get("oneOf", []):
            yield from fields(way, f"{path}{name}.")


def test_every_field_of_the_form_is_explained_and_in_order() -> None:
    specification = manifest()["spec"]["connection_specification"]
    groups = {group["id"] for group in specification["groups"]}
    for name, part in fields(specification):
        if "const" in part:
            continue
        assert part.get("title"), name
        assert part.get("description", "").endswith("."), name
        assert "order" in part, name
        if "." not in name:
            assert part["group"] in groups, name
    orders = [part["order"] for part in specification["properties"].values()]
    assert len(orders) == len(set(orders))


def test_every_secret_is_marked() -> None:
    specification = manifest()["spec"]["connection_specification"]
    marked = {name for name, part in fields(specification) if part.get("airbyte_secret")}
    assert marked == {
        "credentials.access_key",
        "credentials.access_key_secret",
        "credentials.client_secret",
        "credentials.refresh_token",
        "credentials.access_token",
    }
