"""A file appears under its name only when all of it came, and all of it from one version, whatever its host says."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tests.guarantees.recordings_host import Answer, Asked, recordings_host
from testing.harness import Output
from testing.world import DAY, NOW, company, world

ONE, OTHER = b"a" * 300_000, b"b" * 300_000
CUT = 100_000


pytestmark = pytest.mark.usefixtures("staging")


def read(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Asked], Answer]) -> tuple[Output, list[int]]:
    """One call's recording from a host that answers like this, and at which bytes it was asked for."""
    made = company(0)
    made.add_call(NOW - DAY, media="Audio")
    with recordings_host(answer) as host, world(made, media=host) as reader:
        return reader.sync("call_audio"), [request.start for request in host.asked]


def part(content: bytes, start: int, **headers: str) -> Answer:
    """All bytes of a file from `start` on."""
    length = {"Content-Length": str(len(content) - start), **headers}
    if not start:
        return Answer([content], length)
    ranged = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
    return Answer([content[start:]], {**length, **ranged}, 206)


def cut(content: bytes, **headers: str) -> Answer:
    """A file that is announced whole and breaks off."""
    return Answer([content[:CUT]], {"Content-Length": str(len(content)), **headers})


def hashes(output: Output) -> set[str]:
    return {record["sha256"] for record in output.records("call_audio")}


WEAK = {"ETag": 'W/"same"'}
EARLY, LATE = ({"Last-Modified": f"Mon, 20 Apr 2026 12:00:0{second} GMT"} for second in (0, 1))


@pytest.mark.parametrize(
    ("before", "after"),
    [({**WEAK, **EARLY}, {**WEAK, **LATE}), (WEAK, WEAK), ({}, {}), (EARLY, LATE), ({"ETag": '"1"'}, {"ETag": '"2"'})],
    ids=["weak ETag and two dates", "weak ETag", "nothing", "two dates", "two ETags"],
)
def test_after_a_cut_no_file_is_made_of_two(
    before: dict[str, str], after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second request on the host has other content of the same length."""

    def answer(asked: Asked) -> Answer:
        return cut(ONE, **before) if asked.number == 1 else part(OTHER, asked.start, **after)

    output, _ = read(monkeypatch, answer)
    assert output.statuses == {"call_audio": "COMPLETE"}
    assert hashes(output) == {hashlib.sha256(OTHER).hexdigest()}


@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, EARLY, {**WEAK, **EARLY}], ids=["ETag", "date", "weak and date"])
def test_after_a_cut_the_same_file_is_gone_on_with(headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(asked: Asked) -> Answer:
        return cut(ONE, **headers) if asked.number == 1 else part(ONE, asked.start, **headers)

    output, asked = read(monkeypatch, answer)
    assert hashes(output) == {hashlib.sha256(ONE).hexdigest()}
    assert len(asked) == 2
    assert 0 < asked[1] <= CUT


def _is_left_out(output: Output, staging: Path) -> bool:
    """Whether there is neither a record nor a file, and the next sync tries again."""
    files = [path.name for path in staging.glob("call_audio/*")]
    return not output.records("call_audio") and not files and bool(output.states("call_audio")[-1]["pending"])


def test_a_rest_that_is_shorter_than_its_range_says_is_no_rest(monkeypatch: pytest.MonkeyPatch, staging: Path) -> None:
    """Its length fits what comes; the range it claims to be does not."""

    def answer(asked: Asked) -> Answer:
        if asked.number == 1:
            return cut(ONE, ETag='"1"')
        whole = f"bytes {asked.start}-{len(ONE) - 1}/{len(ONE)}"
        few = ONE[asked.start : asked.start + 10]
        return Answer([few], {"ETag": '"1"', "Content-Range": whole, "Content-Length": str(len(few))}, 206)

    output, _ = read(monkeypatch, answer)
    assert _is_left_out(output, staging)


def test_a_file_that_ends_before_its_length_is_no_file(monkeypatch: pytest.MonkeyPatch, staging: Path) -> None:
    output, asked = read(monkeypatch, lambda asked: cut(ONE))
    assert len(asked) > 1
    assert _is_left_out(output, staging)


def test_without_any_length_nothing_tells_that_a_file_is_whole(monkeypatch: pytest.MonkeyPatch, staging: Path) -> None:
    output, _ = read(monkeypatch, lambda asked: Answer([ONE]))
    assert _is_left_out(output, staging)


def test_a_compressed_body_is_not_taken_for_the_file(monkeypatch: pytest.MonkeyPatch, staging: Path) -> None:
    packed = gzip.compress(ONE)
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
    output, _ = read(monkeypatch, lambda asked: Answer([packed], headers))
    assert _is_left_out(output, staging)
