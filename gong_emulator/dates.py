"""Gong's dates: how they are written in the company's time zone and how they are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

# After everything that a company holds has come.
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def wire_time(moment: datetime, zone: tzinfo) -> str:
    """Write an aware moment as Gong does.

    ISO-8601 with the zone's offset at that moment, 0 to 6 fraction digits with the trailing zeros cut
    (recorded: `19.72`, `31.816562`, none at all).
    """
    local = moment.astimezone(zone)
    text = local.isoformat(timespec="seconds")
    if local.microsecond:
        text = f"{text[:19]}.{local.microsecond:06d}".rstrip("0") + text[19:]
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def utc_time(moment: datetime) -> str:
    """Write a moment in UTC with three fraction digits and `Z`, as audit logs do (recorded)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_moment(text: object) -> datetime | None:
    """Read an ISO-8601 date-time that has an offset; None for anything else (date only, no offset, not text)."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def parse_day(text: object) -> date | None:
    """Read `YYYY-MM-DD`; None for anything else."""
    if not isinstance(text, str) or len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def local_day(moment: datetime, zone: tzinfo) -> date:
    """Return the calendar day of a moment in the zone."""
    return moment.astimezone(zone).date()


def day_start(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day in the zone."""
    return datetime.combine(day, time.min, zone)


def days(first: date, end: date) -> list[date]:
    """Return the days from `first` (inclusive) to `end` (exclusive)."""
    return [first + timedelta(days=n) for n in range((end - first).days)]
