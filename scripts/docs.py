"""Generated parts of the docs: written by `python -m scripts.docs`, held against the files by `--check`.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; the prose around it is written by hand.
Every fact comes from `manifest.yaml` and `schemas/`, the list of modules from their docstrings, and measured figures
from the benchmark's own file.
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
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import ManifestComponentTransformer
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver

from bench.table import HEAD, contenders, line

ROOT = Path(__file__).resolve().parent.parent
FILES = ("README.md", "docs/architecture.md", "docs/configuration.md", "docs/performance.md", "docs/streams.md")
# What `make bench` measured, as it was kept: the figures of docs/performance.md.
MEASURED = "docs/performance.json"
PAGE = 100
# From the top down: each may import what stands below it.
ROOMS = ("platform", "files", "reading", "windows", "wire")
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


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
    """The manifest as the CDK reads it, references and parameters resolved, and what it says about each stream."""

    def __init__(self, raw: dict[str, Any]) -> None:
        resolved = ManifestReferenceResolver().preprocess_manifest(raw)
        told = ManifestComponentTransformer().propagate_types_and_parameters("", resolved, {})
        self.streams = {stream["name"]: Stream(stream) for stream in told["streams"]}
        self.spec: dict[str, Any] = raw["spec"]["connection_specification"]


class Stream:
    """One stream, as the docs tell it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.name: str = told["name"]
        self._told: Mapping[str, Any] = told["$parameters"]
        key = told["primary_key"]
        self.key: list[str] = [key] if isinstance(key, str) else list(key)
        self._retriever = told["retriever"]
        self._router: Mapping[str, Any] = self._retriever.get("partition_router") or {}
        self._windows = told.get("incremental_sync")
        self.schema: dict[str, Any] = json.loads((ROOT / "schemas" / f"{self.name}.json").read_bytes())
        self.scope: str = self._told["scope"]

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
            requester = self._retriever.get(name)
            if requester:
                path = re.sub(r"\{\{\s*stream_partition\['(\w+)'\]\s*\}\}", r"{\1}", requester["path"])
                found.append(f"{requester.get('http_method', 'GET')} {path}")
        return found

    @property
    def parents(self) -> list[str]:
        """The streams whose lists are read first."""
        found = [self._retriever["list"]] if self._by_ids else []
        router = self._router
        while router:
            found += [router["list"]] if "list" in router else []
            router = router.get("and_each") or {}
        return found

    @property
    def _by_ids(self) -> bool:
        """Whether it is read by the ids that the list of calls holds; recordings always are."""
        return bool(self._retriever.get("by_ids")) or "medium" in self._retriever

    @property
    def requests(self) -> str:
        """What reading it costs: per thousand records where it has pages, else per record of what it is read by."""
        windows = self._windows["$parameters"]["windows"] if self._windows else ""
        if self._by_ids:
            size = self._retriever.get("batch_size", PAGE)
            return f"{1000 // size}, and {1000 // PAGE} for the list of calls (read once for all streams)"
        if "and_each" in self._router:
            return "1 for each workspace, manager and month"
        if self.parents:
            values = 1
            for choices in self._router.get("times", {}).values():
                values *= len(choices)
            batch = self._router.get("batch", 0)
            parent = f"{batch} records of `{self.parents[0]}`" if batch else f"record of `{self.parents[0]}`"
            return f"{values} for {'every' if batch else 'each'} {parent}"
        if windows == "periods":
            return f"1 for each period and {PAGE} users"
        return str(1000 // PAGE) if self._retriever.get("page_token_option") else "1 in all"


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
            yield _row(
                [
                    link,
                    _before_semicolon(stream.description),
                    key,
                    cursor,
                    _code(stream.scope) if stream.scope else "none that Gong names",
                ]
            )
        else:
            endpoints = "<br>".join(map(_code, stream.endpoints))
            parents = ", ".join(map(_code, stream.parents))
            yield _row(
                [
                    link,
                    endpoints,
                    _code(stream.scope) if stream.scope else "none that Gong names",
                    key,
                    cursor,
                    parents,
                    stream.requests,
                ]
            )


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
    package = ROOT / "source_gong"
    rooms = [package / room for room in ROOMS]
    for folder in (*rooms, package):
        if folder != package:
            yield _row([f"**{_code(folder.name + '/')}**", f"**{_first_line(folder / '__init__.py')}**"])
        else:
            yield _row(["**on the ground**", "**What everything stands on.**"])
        for path in sorted(folder.glob("[a-z]*.py")):
            yield _row([_code(path.stem), _first_line(path)])


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


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
