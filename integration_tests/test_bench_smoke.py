"""The benchmark runs, and notices when what was read is not what there is. It says nothing about time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import line, report
from bench.measurements import QUICK, Bench, Row, calls_of, gong
from bench.runs import Run, Wrong

TINY = replace(QUICK, history=120, few=50, slow=50, company=30)


@pytest.mark.parametrize("row", ["requests", "memory"])
def test_a_row_compares_what_was_read_and_gives_figures(row: str, tmp_path: Path) -> None:
    measured = list(Bench(TINY, tmp_path).rows()[row]())

    assert measured
    assert all(found.figure >= 0 and line(found) for found in measured)
    assert len(report(measured, quick=True)["rows"]) == len(measured)  # type: ignore[arg-type]


def test_records_that_are_missing_foreign_or_double_are_told() -> None:
    run = Run(ids={"calls": Counter([1, 1, 3])})

    with pytest.raises(Wrong, match="1 records missing, 1 that there are not, 1 doubles"):
        run.must_have({"calls": [1, 2]})


def test_the_truth_is_that_of_the_emulator() -> None:
    with gong(20) as (_, company):
        assert len(calls_of(company)["calls"]) == 20


def test_a_missed_target_is_shown() -> None:
    assert "MISSED" in line(Row("cpu", "seconds", 2.5, "x", 2.0, False))
