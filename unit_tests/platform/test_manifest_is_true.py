"""The manifest says nothing that is not so: whatever scalar of it changes, something that is built or asked changes."""

from __future__ import annotations

import copy
import functools
import json
import logging
import pkgutil
import re
import types
from collections.abc import Iterator, Mapping
from datetime import date, timedelta, tzinfo
from typing import Any

import pytest
from requests_mock import ANY, Mocker

from source_gong.files.downloads import Downloads
from source_gong.platform.cursor import WindowCursor
from source_gong.platform.source import SourceGong
from source_gong.platform.sync import Sync
from source_gong.reading.listing import CallListing
from source_gong.reading.reader import Reader, Shared
from source_gong.report import StreamReport
from source_gong.settings import Settings
from source_gong.windows.counts import Bounds, Counts
from source_gong.windows.window import Window
from source_gong.wire.endpoint import Endpoint
from testing.harness import API, Runner, config, manifest, refusal, user

Path = tuple[str | int, ...]
# What chooses, so that whatever the manifest says of choices counts.
CHOICES: dict[str, Any] = {
    "private_calls": "exclude",
    "workspace_ids": ["3"],
    "primary_user_ids": ["17"],
    "user_ids": ["17"],
    "scorecard_ids": ["9"],
    "crm_context": "extended",
    "crm_context_timing": ["Now"],
    "statistics_period": "week",
}
# A value for each name that a partition of a stream has.
PARTITION: dict[str, Any] = {
    **dict.fromkeys(["id", "userId", "workspaceId", "managerId", "folderId", "folderName", "profileId"], "5"),
    **dict.fromkeys(["logType", "flowOwnerEmail", "flowFolderOwnerEmail", "integrationId", "objectType"], "x"),
    **{name: ["5", "6"] for name in ("callIds", "flowIds")},
}
INCREMENTAL = tuple(one["name"] for one in manifest()["streams"] if "incremental_sync" in one)
# What all streams of a sync share is made by no stream.
SHARED = (Bounds, CallListing, Counts, Downloads, Settings, Shared, StreamReport, Sync)


@pytest.fixture(autouse=True)
def _no_schema_of_the_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CDK reads its own schema for each source, which takes longer than all the rest; a source that does not
    validate the manifest has no use for it."""
    read = pkgutil.get_data

    def get_data(package: str, resource: str) -> bytes | None:
        return b"{}" if resource.endswith("/declarative_component_schema.yaml") else read(package, resource)

    monkeypatch.setattr(pkgutil, "get_data", get_data)


# What is built.


def told(thing: Any, within: tuple[int, ...] = ()) -> Any:
    """What a thing that was built is made of, down to plain values; of what is not ours, what it is called."""
    if thing is None or isinstance(thing, str | int | float):
        return thing
    if isinstance(thing, date | timedelta | tzinfo):
        return str(thing)
    if isinstance(thing, type):
        return thing.__qualname__
    if id(thing) in within:
        return "itself"
    within = (*within, id(thing))
    if isinstance(thing, Mapping):
        return {str(name): told(value, within) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [told(value, within) for value in thing]
    if isinstance(thing, set | frozenset):
        return sorted(json.dumps(told(value, within)) for value in thing)
    if isinstance(thing, functools.partial):
        return [told(value, within) for value in (thing.func, thing.args, thing.keywords)]
    if isinstance(thing, types.FunctionType):
        return [thing.__qualname__, *(told(cell.cell_contents, within) for cell in thing.__closure__ or ())]
    if isinstance(thing, types.MethodType):
        return thing.__func__.__qualname__
    kind = type(thing)
    if isinstance(thing, SHARED) or not kind.__module__.startswith("source_gong."):
        return kind.__qualname__
    parts = dict(vars(thing))
    if isinstance(thing, Endpoint):
        parts |= {"path": thing.path(PARTITION), "parameters": thing.parameters(PARTITION)}
    return {"": kind.__qualname__, **{name: told(value, within) for name, value in parts.items()}}


def asked_by(reader: Reader) -> list[Any]:
    """The requests for a window with all that a stream can have, for a page of it, and for one object."""
    window = Window(PARTITION, "2026-05-01", "2026-05-02")
    return [
        [asked.path, asked.parameters, asked.body]
        for asking in (reader.asking, reader.single, reader.asks_privacy)
        if asking
        for asked in (asking.asked(window), asking.asked(window, "a cursor"))
    ]


def reduced(source_of: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """A manifest with these streams and what they refer to; without any the whole."""
    chosen = [one for one in source_of["streams"] if not streams or one["name"] in streams]
    needed, new = set[str](), referred_to(chosen) | {"known_ids"}
    while new := (new & source_of["definitions"].keys()) - needed:
        needed |= new
        new = referred_to([source_of["definitions"][name] for name in new])
    definitions = {name: value for name, value in source_of["definitions"].items() if name in needed}
    return copy.deepcopy({**source_of, "streams": chosen, "definitions": definitions})


def built(source_of: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """What the streams of a manifest are, by name, and how many threads there are; an error in place of all."""
    try:
        made = SourceGong(manifest=reduced(source_of, *streams), surroundings=Runner().surroundings)
        inner = made.open(config(**CHOICES))
        pool: Any = inner._concurrent_source._threadpool._threadpool
        found: dict[str, Any] = {"threads": pool._max_workers}
        for stream in inner.streams():
            reader, cursor = inner.sync.readers[stream.name], stream.cursor
            found[stream.name] = {
                "discovered": told(vars(stream.as_airbyte_stream())),
                "reader": told(reader),
                "requests": told(asked_by(reader)),
                "cursor": [cursor.cursor_field.cursor_field_key, told(cursor.planner)]
                if isinstance(cursor, WindowCursor)
                else None,
            }
        return found
    except Exception as wrong:
        return {"error": type(wrong).__name__}


# What is asked.


def asked_in_check(source_of: Mapping[str, Any], by_cdk: bool) -> list[Any]:
    """What `check` of the users, calls and workspaces asks for, in order, and how it ends; `by_cdk` is the check that
    other hosts of the CDK make of the manifest."""
    made = reduced(source_of, "users", "calls", "workspaces")
    values = config(**CHOICES | {"num_workers": 1})
    source = SourceGong(manifest=made, surroundings=Runner().surroundings)
    with Mocker() as gong:
        gong.register_uri(ANY, ANY, status_code=404, json=refusal("No users found for the specified period"))
        gong.get(f"{API}/v2/users/17", json={"requestId": "x", "user": user("17")})
        gong.get(f"{API}/v2/workspaces", json={"requestId": "x", "workspaces": [{"id": "3"}]})
        try:
            checking = source.open(values) if by_cdk else source
            end = checking.check(logging.getLogger("airbyte"), values).status.value
        except Exception as wrong:
            end = type(wrong).__name__
    return [*(request.path for request in gong.request_history), end]


# What changes.


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar, and where it stands."""
    if isinstance(node, Mapping | list):
        for name, value in node.items() if isinstance(node, Mapping) else enumerate(node):
            yield from leaves(value, (*path, name))
    else:
        yield path, node


def others(value: Any) -> list[Any]:
    """Values that a scalar could have had instead."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, 1] if value != 1 else [2]
    # Some are cut off, such as the time of a date.
    return [f"{value}x", f"x{value}"]


def changed(path: Path, value: Any) -> dict[str, Any]:
    """The manifest with another value at a place. Only what leads there is copied."""
    made: dict[str, Any] = dict(manifest())
    node: Any = made
    for step in path[:-1]:
        node[step] = copy.copy(node[step])
        node = node[step]
    node[path[-1]] = value
    return made


@functools.cache
def as_it_is(*streams: str) -> dict[str, Any]:
    """What is built of the manifest as it stands."""
    return built(manifest(), *streams)


def differs(path: Path, value: Any, *streams: str) -> bool:
    return any(built(changed(path, other), *streams) != as_it_is(*streams) for other in others(value))


def referred_to(node: Any) -> set[str]:
    """The definitions that are named in a part of the manifest."""
    return set(re.findall(r'"#/definitions/(\w+)', json.dumps(node)))


@functools.cache
def users_of(definition: str) -> tuple[str, ...]:
    """The streams that refer to a definition, also by way of others."""
    found = tuple(one["name"] for one in manifest()["streams"] if definition in referred_to(one))
    for name, other in manifest()["definitions"].items():
        if name != definition and definition in referred_to(other):
            found += users_of(name)
    return tuple(dict.fromkeys(found))


def test_what_is_built_is_told_the_same_each_time() -> None:
    everything = as_it_is()
    assert "error" not in everything
    assert everything.keys() - {"threads"} == {stream["name"] for stream in manifest()["streams"]}
    assert json.dumps(built(manifest())) == json.dumps(everything)


@pytest.mark.parametrize("stream", [one["name"] for one in manifest()["streams"]])
def test_all_that_stands_in_a_stream_counts(stream: str) -> None:
    number = next(number for number, one in enumerate(manifest()["streams"]) if one["name"] == stream)
    dead = [
        path
        for path, value in leaves(manifest()["streams"][number], ("streams", number))
        if not differs(path, value, stream)
    ]
    assert dead == []


@pytest.mark.parametrize("definition", [name for name in manifest()["definitions"] if name != "known_ids"])
def test_all_that_stands_in_a_definition_counts_for_a_stream(definition: str) -> None:
    users = users_of(definition)
    assert users, "no stream refers to it"
    dead = [
        path
        for path, value in leaves(manifest()["definitions"][definition], ("definitions", definition))
        if not differs(path, value, users[0]) and not differs(path, value, *users)
    ]
    assert dead == []


def test_the_number_of_workers_counts() -> None:
    dead = [
        path
        for path, value in leaves(manifest()["concurrency_level"], ("concurrency_level",))
        if not differs(path, value, "users")
    ]
    assert dead == []


@pytest.mark.parametrize(
    ("where", "by_cdk"),
    [
        (("check", "stream_names"), False),
        (("definitions", "known_ids"), False),
        # Which kind of check it is counts for other hosts: `source-gong` has its own.
        (("check",), True),
    ],
)
def test_what_check_asks_first_and_which_ids_it_verifies_counts(where: tuple[str, ...], by_cdk: bool) -> None:
    before = asked_in_check(manifest(), by_cdk)
    assert before[0].startswith("/v2/users")
    assert before[-1] == "SUCCEEDED"
    dead = [
        path
        for path, value in leaves(functools.reduce(lambda found, step: found[step], where, manifest()), where)
        if all(asked_in_check(changed(path, other), by_cdk) == before for other in others(value))
    ]
    assert dead == []


def flat(node: Any, path: Path = ()) -> dict[Path, Any]:
    return dict(leaves(node, path))


@pytest.mark.parametrize("stream", INCREMENTAL)
def test_the_look_back_of_one_stream_is_that_streams_and_nothing_else(stream: str) -> None:
    number = next(number for number, one in enumerate(manifest()["streams"]) if one["name"] == stream)
    before = flat(as_it_is(*INCREMENTAL))
    after = flat(built(changed(("streams", number, "incremental_sync", "lookback_window"), "P11D"), *INCREMENTAL))
    moved = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path[0] for path in moved} == {stream}
    assert after[stream, "reader", "planner", "lookback"] == "11 days, 0:00:00"
    # What a stream of files remembers is the look-back's.
    assert {path[-1] for path in moved} <= {"lookback", "_since", "_width"}
