"""How long to wait before a request is sent again."""

from __future__ import annotations

import pytest

from source_gong.wire.waiting import LONGEST_WAIT_SECONDS, back_off, retry_after_seconds
from testing.harness import NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", 0.0),
        ("Mon, 01 Jun 2026 12:01:00 GMT", 59.75),
        ("Mon, 01 Jun 2026 14:01:00 +0200", 59.75),
        ("Sunday, 31-May-26 12:00:00 GMT", 0.0),
        ("nonsense", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [back_off(attempts) for attempts in range(1, 8)] == [0.5, 1, 2, 4, 8, 16, 32]
    assert back_off(8) == back_off(50) == LONGEST_WAIT_SECONDS
