"""Points in time as people and Gong write them, and as Gong and the state take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.instants import format_instant, parse_instant


@pytest.mark.parametrize("digits", range(10))
def test_any_number_of_fraction_digits_is_read_to_the_microsecond(digits: int) -> None:
    fraction = "." + "123456789"[:digits] if digits else ""
    expected = int("123456789"[:digits].ljust(6, "0")[:6])
    assert parse_instant(f"2026-03-29T23:59:59{fraction}Z") == datetime(2026, 3, 29, 23, 59, 59, expected, UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (" 2026-01-31 ", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T10:20", datetime(2026, 1, 31, 10, 20, tzinfo=UTC)),
        ("2026-01-31 10:20:30", datetime(2026, 1, 31, 10, 20, 30, tzinfo=UTC)),
        ("2026-01-31T10:20:30z", datetime(2026, 1, 31, 10, 20, 30, tzinfo=UTC)),
        ("2026-01-31T00:20:30+05:30", datetime(2026, 1, 30, 18, 50, 30, tzinfo=UTC)),
        ("2026-01-31T00:20:30+0530", datetime(2026, 1, 30, 18, 50, 30, tzinfo=UTC)),
        ("2026-01-31T00:20:30-08", datetime(2026, 1, 31, 8, 20, 30, tzinfo=UTC)),
        ("2026-01-31T23:59:59.999-03:30", datetime(2026, 2, 1, 3, 29, 59, 999_000, UTC)),
        ("2026-01-31T00:00:00+14:00", datetime(2026, 1, 30, 10, tzinfo=UTC)),
        ("2026-01-31T00:00:00,5Z", datetime(2026, 1, 31, 0, 0, 0, 500_000, UTC)),
        ("2024-02-29T00:00:00-00:00", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_offsets_and_short_forms(text: str, moment: datetime) -> None:
    assert parse_instant(text) == moment
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-29",
        "2026-02-30T00:00:00Z",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "2026-1-1",
        "20260131",
        "2026-01-31T",
        "2026-01-31T24:00:00Z",
        "2026-01-31T10:60:00Z",
        "2026-01-31T10:20:60Z",
        "2026-01-31T10:20:30.Z",
        "2026-01-31T10:20:30.1234567890Z",
        "2026-01-31T10:20:30+15:00",
        "2026-01-31T10:20:30+05:75",
        "2026-01-31T10:20:30 UTC",
        "2026-01-31Z",
        "2026-01-31T10:20:30Z; DROP",
        "1767225600",
    ],
)
def test_what_is_no_date_that_exists_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [
        (0, "2026-01-31T23:59:59Z"),
        (999_000, "2026-01-31T23:59:59.999Z"),
        (100_000, "2026-01-31T23:59:59.100Z"),
        (999_999, "2026-01-31T23:59:59.999999Z"),
        (1, "2026-01-31T23:59:59.000001Z"),
    ],
)
def test_writing_keeps_the_whole_fraction(microsecond: int, text: str) -> None:
    assert format_instant(datetime(2026, 1, 31, 23, 59, 59, microsecond, UTC)) == text


def test_writing_converts_to_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert format_instant(datetime(2026, 1, 1, 3, tzinfo=tokyo)) == "2025-12-31T18:00:00Z"


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes next
    st.integers(-14 * 60, 14 * 60),
)
def test_what_is_written_is_read_back(naive: datetime, offset: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_instant(format_instant(moment)) == moment
    assert parse_instant(moment.isoformat()) == moment
