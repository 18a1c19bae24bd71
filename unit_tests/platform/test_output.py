"""What is written to stdout, and when."""

from __future__ import annotations

import io
import sys

import pytest

from source_gong.platform.output import BATCH_BYTES, Output

RECORD = '{"type":"RECORD","record":{"data":{"title":"Grüße, 电话"}}}'
STATE = '{"type":"STATE","state":{}}'


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    found = io.BytesIO()
    monkeypatch.setattr(sys, "__stdout__", io.TextIOWrapper(found, encoding="ascii"))
    return found


def test_a_state_is_out_at_once_and_the_records_before_it_too(written: io.BytesIO) -> None:
    output = Output()
    output.write(RECORD)
    assert written.getvalue() == b""
    output.write(STATE)
    assert written.getvalue().decode().split("\n") == [RECORD, STATE, ""]


def test_records_come_in_batches_of_whole_lines(written: io.BytesIO) -> None:
    output = Output()
    count = 3 * BATCH_BYTES // len(RECORD)
    for _ in range(count):
        output.write(RECORD)
        assert written.getvalue() == b"" or written.getvalue().endswith(b"}\n")
    assert written.getvalue()
    output.flush()
    assert written.getvalue().decode() == f"{RECORD}\n" * count


def test_what_the_logger_wrote_before_stays_before(written: io.BytesIO) -> None:
    output = Output()
    sys.__stdout__.write("log\n")  # type: ignore[union-attr]
    output.write(STATE)
    assert written.getvalue().decode() == f"log\n{STATE}\n"
