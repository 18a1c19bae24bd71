"""`python -m demo`: emulator -> source-gong -> PyAirbyte -> DuckDB, twice. Exits with 1 when anything is amiss."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence

from demo import show
from demo.gong import Gong, open_gong
from demo.questions import QUESTIONS
from demo.truth import difference
from demo.warehouse import DATABASE, LOGS, Moved, SyncFailed, Warehouse

# Gong allows 3. The demo's Gong allows as many as the connector is told to send, so that nobody has to wait.
PACE = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo. Returns 0 when both syncs succeeded and the tables hold exactly what the emulator has."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "--requests-per-second", type=int, default=PACE, metavar="N", help="%(default)s; the real Gong allows 3"
    )
    pace: int = parser.parse_args(arguments).requests_per_second
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Google's libraries, which PyAirbyte brings along, say at each start which Pythons they will drop.
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    begun = time.monotonic()
    with open_gong(pace) as gong:
        try:
            problems = _run(gong, pace)
        except SyncFailed as failed:
            problems = [f"{failed} The log is in {LOGS}."]
    print(f"\nThe demo took {time.monotonic() - begun:.0f} s.")
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def _run(gong: Gong, pace: int) -> list[str]:
    show.step(
        f"An emulated Gong with {gong.listed_calls()} calls of two months, {pace} requests a second: {gong.url()}"
    )
    show.step("PyAirbyte is loaded, and starts source-gong: check, then discover")
    with show.Progress(gong):
        warehouse = Warehouse(gong.url(), pace)
        streams = warehouse.select()
    print(f"  {len(streams)} streams selected")
    if warehouse.file_streams:
        print(f"  left out, since they download files: {', '.join(warehouse.file_streams)}")

    show.step(f"First sync: everything, into {DATABASE}")
    first, problems = _sync(gong, warehouse, "first sync")
    show.step("Meanwhile in Gong")
    stories, promises = gong.let_happen()
    for story in stories:
        print(f"  {story}")
    show.step("Second sync: what is new, and the look-back of 7 days once more")
    second, more = _sync(gong, warehouse, "second sync")
    problems += more
    for promise in promises:
        if (answer := warehouse.ask(promise.sql)[1][0]) != promise.answer:
            problems.append(f"second sync: `{promise.sql}` gives {answer}, not {promise.answer}")

    print()
    show.table(_movements(streams, first, second))
    late = {name: moved for name, moved in second.streams.items() if moved.late}
    print(
        f"\nLate, as source-gong counts: {', '.join(f'{name} {moved.late}' for name, moved in late.items()) or 'none'}"
    )
    if late:
        print(f"The latest by {max(moved.late_by_seconds for moved in late.values()) / 86_400:.1f} days")
    print(f"Requests refused because of the rate limit: {first.refused + second.refused}")
    print(f"At the real Gong's 3 requests a second the first sync takes {-(-first.total_requests // 3)} s.")
    if not problems:
        _what_next(warehouse)
    return problems


def _sync(gong: Gong, warehouse: Warehouse, name: str) -> tuple[Moved, list[str]]:
    gong.forget()
    with show.Progress(gong):
        moved = warehouse.sync(gong)
    print(f"  {moved.total_read} records read with {moved.total_requests} requests in {moved.seconds:.1f} s")
    problems = []
    if moved.reported != moved.total_requests:
        problems.append(f"{name}: the streams report {moved.reported} requests, Gong got {moved.total_requests}")
    compared = 0
    for stream in moved.streams:
        expected = gong.keys(stream, warehouse.key_columns(stream))
        if expected is not None:
            compared += 1
            if problem := difference(stream, warehouse.keys(stream), expected):
                problems.append(f"{name}: {problem}")
    if not problems:
        print(f"  {compared} of {len(moved.streams)} tables compared with Gong key by key: no difference")
    return moved, problems


def _movements(streams: list[str], first: Moved, second: Moved) -> list[list[str]]:
    heads = ["stream", "rows", "requests", "seconds", "| then: read again", "new rows", "requests"]
    lines = [heads]
    for stream in streams:
        before, after = first.streams[stream], second.streams[stream]
        lines.append(
            [
                stream,
                str(before.rows),
                str(before.requests),
                "" if before.seconds is None else f"{before.seconds:.1f}",
                str(after.read - (after.rows - before.rows)),
                str(after.rows - before.rows),
                str(after.requests),
            ]
        )
    new = second.total_rows - first.total_rows
    sums = [first.total_rows, first.total_requests, f"{first.seconds:.1f}", second.total_read - new, new]
    lines.append(["together", *map(str, sums), str(second.total_requests)])
    return lines


def _what_next(warehouse: Warehouse) -> None:
    show.step(f"What to do next: open {DATABASE} with DuckDB (tables in the schema gong) and ask")
    for question in QUESTIONS:
        print(f"\n-- {question.text}\n{question.sql};\n")
        show.table(warehouse.ask(question.sql))


if __name__ == "__main__":
    sys.exit(main())
