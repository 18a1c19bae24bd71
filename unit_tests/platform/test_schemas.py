"""The schemas: valid, described to the last property, and held against every record of every test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft7Validator

from testing.harness import API, SCHEMAS, Runner, assert_conforms, call, page, undeclared, user

FILES = sorted(SCHEMAS.glob("*.json"))


def properties(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from properties(part, f"{path}.{name}")
    if isinstance(schema.get("items"), Mapping):
        yield from properties(schema["items"], f"{path}[]")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_schema_is_valid_draft_7_and_described(file: Any) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["type"] == "object"
    assert schema["description"].strip()
    found = list(properties(schema))
    assert found
    for path, part in found:
        assert part.get("description", "").strip(), f"{path} has no description"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_unknown_new_fields_are_allowed_at_every_level(file: Any) -> None:
    schema = json.loads(file.read_text(encoding="utf-8"))
    for path, part in [("", schema), *properties(schema)]:
        assert part.get("additionalProperties", True) is True, path


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_type_is_said_and_ids_are_never_numbers(file: Any) -> None:
    for path, part in properties(json.loads(file.read_text(encoding="utf-8"))):
        kinds = part.get("type")
        assert kinds or part.get("description"), path
        name = path.rpartition(".")[2]
        if name == "id" or name.endswith(("Id", "Ids")):
            kinds = kinds if isinstance(kinds, list) else [kinds]
            assert "integer" not in kinds, path
            assert "number" not in kinds, path


def test_a_record_that_breaks_its_schema_is_told_with_the_place() -> None:
    assert_conforms("calls", call("1"))
    with pytest.raises(AssertionError, match="calls: id"):
        assert_conforms("calls", call(1))
    with pytest.raises(AssertionError, match=r"users: settings\.emailsImported"):
        assert_conforms("users", user("1", settings={"emailsImported": "yes"}))


def test_a_record_of_any_test_that_breaks_its_schema_fails_that_test(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(f"{API}/v2/users", json=page("users", [user("1", active="perhaps")]))
    with pytest.raises(AssertionError, match="users: active"):
        runner.read("users")


def test_what_a_schema_does_not_declare_is_found_at_any_depth() -> None:
    schema = {
        "properties": {
            "a": {"items": {"properties": {"b": {}}}},
            "c": {"properties": {"d": {}}},
            "free": {"type": "object"},
        }
    }
    value = {"a": [{"b": 1, "x": 2}], "c": {"d": 1, "y": 2}, "z": 3, "free": {"anything": 1}}
    assert undeclared(schema, value) == ["a[].x", "c.y", "z"]
