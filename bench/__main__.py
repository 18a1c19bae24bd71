"""`python -m bench [--quick] [--only ROW …] [--json FILE]`: measures, prints a table, writes JSON.

Ends with 1 when what was read is not what there is. A missed target is shown, and fails nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.measurements import QUICK, Bench, Row, Scale, Wrong
from bench.table import HEAD, line


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows that were asked for."""
    names = list(Bench(QUICK, Path(tempfile.gettempdir()) / "bench").rows())
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and once: shows that it works, measures nothing")
    parser.add_argument("--only", action="append", choices=names, help="measure this row; may be given several times")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    given = parser.parse_args(arguments)
    measured: list[Row] = []
    print(*HEAD, sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = Bench(QUICK if given.quick else Scale(), Path(folder)).rows()
        try:
            for name in given.only or names:
                print(f"# {name} …", file=sys.stderr, flush=True)
                for row in rows[name]():
                    measured.append(row)
                    print(line(asdict(row)), flush=True)
        except Wrong as wrong:
            print(f"Wrong: {wrong}", file=sys.stderr)
            return 1
        finally:
            if given.json:
                given.json.parent.mkdir(parents=True, exist_ok=True)
                given.json.write_text(json.dumps(report(measured, given.quick), indent=1) + "\n", encoding="utf-8")
    return 0


def report(rows: Sequence[Row], quick: bool) -> dict[str, object]:
    """What the JSON file holds."""
    machine = {
        "python": platform.python_version(),
        "airbyte-cdk": version("airbyte-cdk"),
        "processors": os.cpu_count(),
        "system": platform.system(),
    }
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine,
        "rows": [asdict(row) for row in rows],
    }


if __name__ == "__main__":
    sys.exit(main())
