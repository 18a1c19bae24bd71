"""The files of `gong_emulator`: none imports another in a circle, and none is long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
FILES = {
    ".".join(file.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted((CHECKOUT / "gong_emulator").rglob("*.py"))
}
MOST_LINES = 300


def imported(file: Path) -> Iterator[str]:
    """What a file imports, wherever in it: in functions and for types too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & FILES.keys()
            yield from inner or {str(node.module)}


def test_no_files_import_each_other_in_a_circle() -> None:
    knows = {module: set(imported(file)) & FILES.keys() for module, file in FILES.items()}
    assert knows["gong_emulator.server"] > {"gong_emulator.control", "gong_emulator.exchange"}
    TopologicalSorter(knows).prepare()


@pytest.mark.parametrize("module", FILES)
def test_no_file_is_long(module: str) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES
