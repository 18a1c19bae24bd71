"""Generated parts of the docs: written by `python -m scripts.docs`, held against the files by `--check`.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; the prose around it is written by hand.
Every fact comes from `manifest.yaml` and `schemas/`, the list of modules from their docstrings, and measured figures
from the benchmark's own file. What a stream's structure can't tell may stand in its `$parameters`: `scope`, and instead
of what is derived here `requests` (how many requests the stream costs) and `parent` (the stream whose records it is
read by).
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.table import HEAD, contenders, line

ROOT = Path(__file__).resolve().parent.parent
FILES = ("README.md", "docs/architecture.md", "docs/configuration.md", "docs/performance.md", "docs/streams.md")
# What `make bench` measured, as it was kept: the figures of docs/performance.md.
MEASURED = "docs/performance.json"
PAGE = 100
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
# What the routers that aren't made of one other list go through.
_ROUTES = {
    "ManagersInWorkspaces": (("workspaces", "users"), "1 for each workspace, manager and month"),
    "UsersInWorkspaces": (("users",), "1 for each user"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the generated parts, or tell with `--check` where they are not what they should be (exit code 1)."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 and a diff on drift")
    checking: bool = parser.parse_args(arguments).check
    manifest = Manifest(yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8")))
    measured = json.loads((ROOT / MEASURED).read_bytes())
    parts = {
        "streams": "\n".join(_table_of_streams(manifest, short=True)),
        "streams-table": "\n".join(_table_of_streams(manifest, short=False)),
        "streams-columns": "\n".join(_columns_of_streams(manifest)),
        "configuration": "\n".join(_configuration(manifest)),
        "modules": "\n".join(_modules()),
        "measured": "\n".join(_measured(measured)),
        "contenders": "\n".join(contenders(measured["rows"])),
    }
    complaints = [f"schemas: {name} has no description" for name in _without_description(manifest)]
    for name in FILES:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = _PART.sub(lambda part: f"{part[1]}{parts[part[2]]}\n{part[3]}", before)
        if before == after:
            continue
        if checking:
            lines = before.splitlines(), after.splitlines()
            complaints += difflib.unified_diff(*lines, name, f"{name} as generated", lineterm="", n=1)
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{name}: written")
    for complaint in complaints:
        print(complaint)
    if complaints:
        print("docs: drifted from what they are made of; run make fix, and describe what has no description")
    return 1 if complaints else 0


class Manifest:
    """The manifest with its references resolved, and what its structure says about each stream."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.streams = {stream["name"]: Stream(self, stream) for stream in raw["streams"]}
        self.spec: dict[str, Any] = raw["spec"]["connection_specification"]
        # A list that a stream is made of, and that others read too: the stream's name by the list's reference.
        self.lists = {
            stream["retriever"]["$ref"]: stream["name"] for stream in raw["streams"] if "$ref" in stream["retriever"]
        }

    def resolve(self, node: Any) -> Any:
        """A node whose own reference is replaced by what it names; its other keys win, as in the CDK."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self._raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = self.resolve(target)[step]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node


class Stream:
    """One stream, as the docs tell it."""

    def __init__(self, manifest: Manifest, raw: Mapping[str, Any]) -> None:
        self._manifest = manifest
        self.name: str = raw["name"]
        self._told: Mapping[str, Any] = raw.get("$parameters", {})
        key = raw.get("primary_key", [])
        self.key: list[str] = [key] if isinstance(key, str) else list(key)
        self._retriever = manifest.resolve(raw["retriever"])
        self._router = manifest.resolve(self._retriever.get("partition_router") or {})
        self._windows = manifest.resolve(raw["incremental_sync"]) if "incremental_sync" in raw else None
        self.schema: dict[str, Any] = json.loads((ROOT / "schemas" / f"{self.name}.json").read_bytes())
        self.scope: str = self._told.get("scope", "")

    @property
    def description(self) -> str:
        """What one record is."""
        return str(self.schema.get("description", ""))

    @property
    def cursor(self) -> str:
        """The cursor field, empty when the stream is read whole."""
        return str(self._windows["cursor_field"]) if self._windows else ""

    @property
    def endpoints(self) -> list[str]:
        """Method and path of what the stream's own records are read from."""
        found = []
        for name in ("requester", "single_requester"):
            requester = self._manifest.resolve(self._retriever.get(name))
            if requester:
                path = re.sub(r"\{\{\s*stream_partition\['(\w+)'\]\s*\}\}", r"{\1}", requester["path"])
                found.append(f"{requester.get('http_method', 'GET')} {path}")
        return found

    @property
    def parents(self) -> list[str]:
        """The streams whose lists are read first."""
        if "parent" in self._told:
            return [self._told["parent"]]
        if self._router_class in _ROUTES:
            return list(_ROUTES[self._router_class][0])
        named = [self._retriever.get("lister") if self._retriever.get("by_ids") else None, self._router.get("parent")]
        return [
            self._manifest.lists[node["$ref"]] for node in named if node and node.get("$ref") in self._manifest.lists
        ]

    @property
    def requests(self) -> str:
        """What reading it costs: per thousand records where it has pages, else per record of what it is read by."""
        if "requests" in self._told:
            return str(self._told["requests"])
        requester = self._manifest.resolve(self._retriever.get("requester") or {})
        windows = (self._windows or {}).get("$parameters", {}).get("windows")
        if self._retriever.get("by_ids"):
            size = self._retriever.get("batch_size", PAGE)
            return f"{1000 // size}, and {1000 // PAGE} for the list of calls (read once for all streams)"
        if self._router_class in _ROUTES:
            return _ROUTES[self._router_class][1]
        if self._router.get("parent") and self.parents:
            values = 1
            for choices in self._router.get("times", {}).values():
                values *= len(choices)
            batch = self._router.get("batch", 0)
            parent = f"{batch} records of `{self.parents[0]}`" if batch else f"record of `{self.parents[0]}`"
            return f"{values} for {'every' if batch else 'each'} {parent}"
        if windows == "periods":
            return f"1 for each period and {PAGE} users"
        return str(1000 // PAGE) if requester.get("paged") else "1 in all"

    @property
    def _router_class(self) -> str:
        return str(self._router.get("class_name", "")).rpartition(".")[2]


def _table_of_streams(manifest: Manifest, *, short: bool) -> Iterator[str]:
    heads = ["Stream", "One record is", "Key", "Incremental on", "Scope in Gong"]
    if not short:
        heads = ["Stream", "Endpoint", "Scope", "Primary key", "Cursor", "Parent", "Requests per 1,000 records"]
    yield _row(heads)
    yield "|" + "---|" * len(heads)
    for stream in manifest.streams.values():
        link = f"[`{stream.name}`]({'docs/streams.md' if short else ''}#{stream.name})"
        key, cursor = ", ".join(map(_code, stream.key)), _code(stream.cursor)
        if short:
            yield _row([link, _before_semicolon(stream.description), key, cursor, _code(stream.scope)])
        else:
            endpoints = "<br>".join(map(_code, stream.endpoints))
            parents = ", ".join(map(_code, stream.parents))
            yield _row([link, endpoints, _code(stream.scope), key, cursor, parents, stream.requests])


def _before_semicolon(text: str) -> str:
    return re.split(r"[;:]", text)[0].removesuffix(".")


def _columns_of_streams(manifest: Manifest) -> Iterator[str]:
    for number, stream in enumerate(manifest.streams.values()):
        if number:
            yield ""
        yield f"### {stream.name}"
        yield ""
        if stream.description:
            yield stream.description
            yield ""
        yield _row(["Column", "Type", "What it is"])
        yield "|---|---|---|"
        for name, schema in _fields(stream.schema):
            yield _row([_code(name), _type(schema), schema.get("description", "")])


def _fields(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, part in schema.get("properties", {}).items():
        yield prefix + name, part
        inner, path = part, prefix + name
        while "items" in inner:
            inner, path = inner["items"], path + "[]"
        yield from _fields(inner, path + ".")


def _type(schema: Mapping[str, Any]) -> str:
    given = schema.get("type", "any")
    names = [name for name in ([given] if isinstance(given, str) else given) if name != "null"]
    if names == ["string"] and "format" in schema:
        return str(schema["format"])
    if names == ["array"] and "items" in schema:
        return f"array of {_type(schema['items'])}"
    return " or ".join(names)


def _without_description(manifest: Manifest) -> Iterator[str]:
    for stream in manifest.streams.values():
        if not stream.description:
            yield stream.name
        for name, schema in _fields(stream.schema):
            if not schema.get("description"):
                yield f"{stream.name}.{name}"


def _configuration(manifest: Manifest) -> Iterator[str]:
    yield _row(["Field", "Type", "Default", "Required", "What it does"])
    yield "|---|---|---|---|---|"
    yield from _options(manifest.spec, "")


def _options(schema: Mapping[str, Any], prefix: str, note: str = "") -> Iterator[str]:
    required = schema.get("required", [])
    options = schema.get("properties", {}).items()
    for name, part in sorted(options, key=lambda option: int(option[1].get("order", 0))):
        default = _code(json.dumps(part["default"])) if "default" in part else ""
        told = part.get("description", "") + (" Secret." if part.get("airbyte_secret") else "")
        if "const" in part:
            told, note_here = told or part.get("title", "") or note, f"{_code(part['const'])}"
        else:
            note_here = _kind(part)
        yield _row([_code(prefix + name), note_here, default, "yes" if name in required else "", told.strip()])
        if part.get("type") == "object":
            yield from _options(part, f"{prefix}{name}.")
        for way in part.get("oneOf", []):
            yield from _options(way, f"{prefix}{name}.", note=way.get("title", ""))


def _kind(part: Mapping[str, Any]) -> str:
    limits = []
    for name, words in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most")):
        if name in part:
            limits.append(f"{words} {part[name]}")
    choices = part.get("enum") or part.get("items", {}).get("enum")
    if choices:
        limits.append("of " + ", ".join(map(_code, choices)))
    return ", ".join([_type(part), *limits])


def _modules() -> Iterator[str]:
    yield _row(["Module", "What it is about"])
    yield "|---|---|"
    for path in sorted((ROOT / "source_gong").glob("[a-z]*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        yield _row([_code(path.stem), told.partition("\n")[0]])


def _measured(run: Mapping[str, Any]) -> Iterator[str]:
    machine = run["machine"]
    yield (
        f"One run of `make bench` on {run['measured'][:10]}: Python {machine['python']}, airbyte-cdk "
        f"{machine['airbyte-cdk']}, {machine['processors']} processors."
    )
    yield ""
    yield from HEAD
    yield from map(line, run["rows"])


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
