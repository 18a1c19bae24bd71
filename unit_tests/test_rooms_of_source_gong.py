"""The rooms of `source_gong`: what each may know of the others, and how its files look."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
PACKAGE = CHECKOUT / "source_gong"
# From the ground up; the package's own `__init__` and `__main__` are its façade.
FLOORS = {"": 0, "wire": 1, "windows": 1, "reading": 2, "files": 3, "platform": 4}
FILES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py", PACKAGE / "__main__.py"})
TREES = {
    ".".join(file.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(file.read_bytes())
    for file in FILES
}
MOST_LINES = 300


def room(module: str) -> str:
    """The room that a module stands in or is; empty for the ground."""
    second = module.split(".")[1]
    return second if second in FLOORS else ""


def imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports, wherever in it: in functions and for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from (inner & TREES.keys()) or {node.module}


def test_every_file_stands_in_a_room_that_is_known() -> None:
    assert {file.parent.name for file in FILES if file.parent != PACKAGE} == FLOORS.keys() - {""}


@pytest.mark.parametrize("module", TREES)
def test_a_room_knows_only_those_below_it(module: str) -> None:
    own = room(module)
    for other in imported(TREES[module]):
        if other.split(".")[0] == "source_gong":
            assert other != "source_gong", "the façade"
            assert room(other) == own or FLOORS[room(other)] < FLOORS[own], other
        elif own == "windows":
            assert other.split(".")[0] not in {"airbyte_cdk", "requests", "urllib3"}, other


def test_no_files_import_each_other_in_a_circle() -> None:
    TopologicalSorter({module: set(imported(tree)) & TREES.keys() for module, tree in TREES.items()}).prepare()


@pytest.mark.parametrize("module", TREES)
def test_what_a_thing_has_is_known_and_what_it_needs_is_given_to_it(module: str) -> None:
    names = {node.id for node in ast.walk(TREES[module]) if isinstance(node, ast.Name)}
    assert names & {"getattr", "hasattr"} == set()
    assert "contextvars" not in imported(TREES[module])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_file_is_long(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
