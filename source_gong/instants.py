"""Points in time and company days: parsing what people and Gong write, and writing what Gong and the state take.

Instants are aware datetimes in UTC. Days are `datetime.date` and always the company's calendar days.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?"
)


def now() -> datetime:
    """The current instant, to the millisecond. The one place where the connector reads the wall clock for data."""
    current = datetime.now(UTC)
    return current.replace(microsecond=current.microsecond // 1000 * 1000)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or date-time with 0 to 9 fraction digits and any offset; without one it is UTC.

    A date alone is its midnight in UTC. Digits beyond the microsecond are cut. Raises ValueError for anything else,
    and for a date that does not exist.
    """
    text = text.strip()
    if _DATE.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    match = _INSTANT.fullmatch(text)
    if not match:
        raise ValueError("not an ISO 8601 date or date-time")
    day, hour, minute, second, fraction, offset = match.groups()
    moment = datetime.combine(
        date.fromisoformat(day),
        time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")[:6])),
        UTC,
    )
    if offset and offset not in "Zz":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 14 or int(digits[2:]) > 59:
            raise ValueError("no such offset from UTC")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        moment = moment - shift if offset[0] == "+" else moment + shift
    return moment


def format_instant(moment: datetime) -> str:
    """Write an aware datetime in UTC with a `Z`, its fraction only when it has one: `2026-01-31T23:59:59.999Z`."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        fraction = f"{moment.microsecond:06d}"
        text += "." + (fraction[:3] if fraction.endswith("000") else fraction)
    # `strftime` drops leading zeros of years before 1000, which never occur: nothing here is earlier than EPOCH.
    return text + "Z"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
