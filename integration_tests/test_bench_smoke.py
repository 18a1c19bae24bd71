"""The benchmark runs, and notices when what was read is not what there is. It says nothing about time."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.__main__ import report
from bench.measurements import QUICK, Bench, Row, calls_of, gong
from bench.runs import Run, Wrong
from bench.table import contenders, line

TINY = replace(QUICK, history=120, few=50, slow=50, company=30)


@pytest.mark.parametrize("row", ["requests", "memory"])
def test_a_row_compares_what_was_read_and_gives_figures(row: str, tmp_path: Path) -> None:
    measured = list(Bench(TINY, tmp_path).rows()[row]())

    assert measured
    assert all(found.figure >= 0 and line(asdict(found)) for found in measured)
    assert len(report(measured, quick=True)["rows"]) == len(measured)  # type: ignore[arg-type]


def test_records_that_are_missing_foreign_or_double_are_told() -> None:
    run = Run(ids={"calls": Counter([1, 1, 3])})

    with pytest.raises(Wrong, match="1 records missing, 1 that there are not, 1 doubles"):
        run.must_have({"calls": [1, 2]})


def test_the_truth_is_that_of_the_emulator() -> None:
    with gong(20) as (_, company):
        assert len(calls_of(company)["calls"]) == 20


def test_a_missed_target_is_shown() -> None:
    assert line(asdict(Row("cpu", "seconds", 2.5, "x", 2.0, False))) == "| Seconds | 2.50 x | ≤ 2 x | **missed** |"
    assert line(asdict(Row("cpu", "`spec`", 12, "", 11, True, at_least=True))) == "| `spec` | 12 | ≥ 11 | holds |"
    assert line(asdict(Row("pace", "seconds", 0.5, "s"))) == "| Seconds | 0.500 s |  |  |"


def test_what_read_the_same_pages_stands_side_by_side_the_cheapest_first() -> None:
    spent = [
        {"kilobytes": 6.0, "microseconds per record": {"slow": 300.4, "quick": 20.0}},
        {"kilobytes": 55.0, "microseconds per record": {"slow": 1200.6}},
    ]
    rows = [asdict(Row("cpu", "seconds", 1.0, "x", details=details)) for details in [*spent, {}]]
    assert list(contenders(rows)) == [
        "| | calls of 6 KB | calls of 55 KB |",
        "|---|---|---|",
        "| quick | 20 µs |  |",
        "| slow | 300 µs | 1,201 µs |",
    ]
