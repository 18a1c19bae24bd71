"""Measured rows as Markdown: what `python -m bench` prints, and what docs/performance.md shows of a kept run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HEAD = ("| What | Measured | Target | |", "|---|---|---|---|")


def line(row: Mapping[str, Any]) -> str:
    """A row of the table."""
    what = row["what"][0].upper() + row["what"][1:]
    sign = "" if row["target"] is None else f"{'≥' if row['at_least'] else '≤'} {row['target']:g} {row['unit']}"
    verdict = {None: "", True: "holds", False: "**missed**"}[row["holds"]]
    return f"| {what} | {_figure(row['figure'], row['unit'])} | {sign.rstrip()} | {verdict} |"


def contenders(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """CPU per record of everything that read the same pages, the cheapest first."""
    measured = [row["details"] for row in rows if "microseconds per record" in row["details"]]
    names = {name for details in measured for name in details["microseconds per record"]}
    yield "| | " + " | ".join(f"calls of {details['kilobytes']:g} KB" for details in measured) + " |"
    yield "|---|" + "---|" * len(measured)
    for name in sorted(names, key=lambda name: float(measured[0]["microseconds per record"].get(name, 0))):
        spent = [details["microseconds per record"].get(name) for details in measured]
        yield f"| {name} | " + " | ".join("" if each is None else f"{each:,.0f} µs" for each in spent) + " |"


def _figure(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or value >= 100 else 3 if value < 2 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
