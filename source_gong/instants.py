"""Points in time and company days: parsing what people and Gong write, and writing what Gong and the state take.

Instants are aware datetimes in UTC. Days are `datetime.date` and always the company's calendar days.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# The clocks of the earth lie between these: a day begins at UTC+14 and ends at UTC-12.
EARLIEST_OFFSET = timedelta(hours=14)
LATEST_OFFSET = timedelta(hours=-12)

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


def format_as(moment: datetime, form: str) -> str:
    """Write an aware datetime as a `strftime` form says, with two differences: `%z` gives `Z` or `+02:00`, and where
    the moment has a fraction of a second, it follows the seconds."""
    if moment.microsecond:
        fraction = f"{moment.microsecond:06d}"
        form = form.replace("%S", "%S." + (fraction[:3] if fraction.endswith("000") else fraction))
    offset = moment.strftime("%z")
    offset = "Z" if offset in ("", "+0000") else f"{offset[:3]}:{offset[3:5]}"
    return moment.strftime(form.replace("%z", offset))


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days or hours: `P7D`, `PT12H`. Raises ValueError for anything else."""
    match = re.fullmatch(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(\d{1,5})H)?", text)
    if not match or not any(match.groups()):
        raise ValueError("not a duration of weeks, days or hours")
    weeks, days, hours = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours)


def today_everywhere(now: datetime, zone: ZoneInfo | None) -> date:
    """Today at the company; without its zone the earliest date that it can be today: all before it is over."""
    return now.astimezone(zone).date() if zone else (now + LATEST_OFFSET).date()


def today_anywhere(now: datetime, zone: ZoneInfo | None) -> date:
    """Today at the company; without its zone the latest date that it can be today."""
    return now.astimezone(zone).date() if zone else (now + EARLIEST_OFFSET).date()


def company_day(value: Any, answer_zone: Any, zone: ZoneInfo | None) -> Any:
    """The company day that Gong means by a date or by the date-time of that day's midnight, as `YYYY-MM-DD`.

    A date-time with an offset is in the company's own time, so its date is the day. One in UTC is put into the zone
    that the answer or the configuration names, or else read as a midnight between UTC-10 and UTC+13.
    """
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return value
    # Gong's own documentation has a midnight `T000:00:00`, so what follows the date is not trusted to parse.
    if len(value) == 10 or not re.search(r"(Z|[+-]00:?00)$", value):
        return value[:10]
    try:
        moment = parse_instant(value)
    except ValueError:
        return value[:10]
    if isinstance(answer_zone, str):
        with suppress(KeyError, ValueError, OSError):
            zone = ZoneInfo(answer_zone)
    return (moment.astimezone(zone) if zone else moment + timedelta(hours=13)).date().isoformat()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stretch_of(moment: datetime, width: int) -> int:
    """The number of the stretch of `width` seconds, counted from EPOCH, that a moment lies in."""
    return int((moment - EPOCH).total_seconds()) // width
