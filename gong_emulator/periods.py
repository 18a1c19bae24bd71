"""Ranges of company-local days: the stats filter and its calendar periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gong_emulator.dates import local_day, parse_day
from gong_emulator.errors import JSON_PARSE_ERROR, ApiError, invalid, required
from gong_emulator.exchange import Exchange, Filter

PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


@dataclass(frozen=True)
class Range:
    """The days from `first` (inclusive) to `end` (exclusive) in the company's time zone."""

    first: date
    end: date

    def split(self, period: str) -> list[Range]:
        """Return the calendar periods of the range; weeks start on Monday, the outer ones are clipped (documented)."""
        if period not in PERIODS:
            raise ApiError(400, JSON_PARSE_ERROR)
        parts: list[Range] = []
        start = self.first
        while start < self.end:
            end = min(_next_start(start, period), self.end)
            parts.append(Range(start, end))
            start = end
        return parts


def _next_start(day: date, period: str) -> date:
    if period == "DAY":
        return day + timedelta(days=1)
    if period == "WEEK":
        return day + timedelta(days=7 - day.weekday())
    step = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[period]
    months = (day.month - 1) // step * step + step
    return date(day.year + months // 12, months % 12 + 1, 1)


def stats_range(exchange: Exchange, wanted: Filter) -> Range:
    """Return `fromDate` and `toDate` of a stats filter.

    Raises 400 when one is missing or not `YYYY-MM-DD`, when they are not in order, or when `toDate` is after
    the current day of the company (documented rules, assumed sentences).
    """
    first, end = _needed(wanted, "fromDate"), _needed(wanted, "toDate")
    if first >= end:
        raise invalid("filter.fromDate", "must be before toDate")
    if end > local_day(exchange.now, exchange.company.zone):
        raise invalid("filter.toDate", "must not exceed the current day")
    return Range(first, end)


def optional_day(wanted: Filter, name: str) -> date | None:
    """Return a `YYYY-MM-DD` field or None; 400 when it can't be read."""
    text = wanted.text(name)
    if text is None:
        return None
    day = parse_day(text)
    if day is None:
        raise invalid(f"filter.{name}", "must be a date in the format YYYY-MM-DD")
    return day


def _needed(wanted: Filter, name: str) -> date:
    day = optional_day(wanted, name)
    if day is None:
        raise required(f"filter.{name}")
    return day
