"""Windows for other hosts of the CDK, which build the streams with the CDK's own cursor.

The Connector Builder, `source-declarative-manifest` and PyAirbyte's `source_manifest` get one slice from the state, or
the start, up to now. The windows in it are cut here, so that a period of statistics is a period, whoever runs the
manifest. The state is the CDK's: it follows the records, which `source-gong` itself has reasons not to do
(`windows.by_count`).
"""

from __future__ import annotations

from collections.abc import Iterator

from source_gong.reading.reader import Reader
from source_gong.windows.bookmark import Bookmark
from source_gong.windows.window import Window


def windows_of_slice(reader: Reader, slice_: Window) -> Iterator[Window]:
    """The windows that a slice of the CDK's cursor stands for."""
    planner = reader.planner
    assert planner is not None, "only a stream with time has a slice of time"
    if slice_.start is None:
        yield slice_
        return
    begin = planner.parse(slice_.start)
    whole = begin <= planner.parse("1970-01-01")
    # The CDK has looked back already.
    lower, end = planner.lower(None if whole else Bookmark(begin, begin, paused=True)), planner.end()
    if lower >= end:
        return
    if planner.one_by_one:
        yield planner.window(slice_.partition, lower, end)
        return
    for start, stop in planner.plan(slice_.partition, lower, end, reader.ask):
        yield planner.window(slice_.partition, start, stop)
