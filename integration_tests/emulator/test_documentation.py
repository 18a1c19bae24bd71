"""`docs/gong-api.md` names tests that exist and verdicts that it defines."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "gong-api.md"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "Behaviour"]


def test_every_row_has_a_verdict_and_an_existing_test() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)", written))
    assert len(rows()) > 80
    for behaviour, source, verdict, test in rows():
        assert behaviour
        assert source
        assert verdict in {"VERIFIED", "DOCUMENTED", "REPORTED", "ASSUMED"}, behaviour
        assert test.strip("`") in known, test
