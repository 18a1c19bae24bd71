"""How the manifest says that a stream's time is cut, as the planner that cuts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString

from source_gong.instants import format_instant, parse_duration, parse_instant
from source_gong.platform.sync import Sync
from source_gong.windows.bookmark import Planner
from source_gong.windows.by_count import OFF_SCHEDULE, ByCount
from source_gong.windows.by_day import ByDay


def planner_of(sync: Sync, stream: str, declared: Mapping[str, Any]) -> Planner:
    """The planner of an `incremental_sync`: its `start_datetime`, `lookback_window` and `datetime_format`, and of its
    parameters `windows`, which is

    - `calls`: instants, cut by how many calls a range holds; `one_by_one` leaves the cutting to the reader;
    - `instants`: the same for a list that is no list of calls;
    - `periods`: one request for each calendar period of the configuration's `statistics_period`, `months`: for each
      month, `stretches` and `days`: for up to `stretch_days` days of whole periods or of days. `beyond_today` reaches
      past today.
    """
    parameters = declared.get("parameters") or {}
    kind, settings = parameters["windows"], sync.settings
    values = dict(settings.values)
    lookback = parse_duration(_rendered(declared.get("lookback_window") or "P0D", values))
    if kind in ("calls", "instants"):
        # A template that formats a date takes fewer forms of it than `start_date` does.
        values["start_date"] = format_instant(settings.start) if settings.start else None
        calls = kind == "calls"
        return ByCount(
            form=declared["datetime_format"],
            earliest=parse_instant(_rendered(declared["start_datetime"], values)),
            until=sync.until,
            fixed_end=settings.end is not None,
            lookback=lookback,
            whose=kind if calls else stream,
            counts=sync.counts,
            pages=sync.pages,
            off_schedule=OFF_SCHEDULE if calls else OFF_SCHEDULE * 0,
            by_call_ids=calls,
            one_by_one=bool(parameters.get("one_by_one")),
        )
    whole = settings.statistics_period
    periods = {"months": "month", "days": "day", "periods": whole, "stretches": whole}
    # The company's day, also where the date was written with another offset.
    start = settings.company_date("start_date")
    values["start_date"] = start.isoformat() if start else None
    return ByDay(
        form=declared["datetime_format"],
        start=_day(_rendered(declared["start_datetime"], values)),
        stop=settings.company_date("end_date") if settings.end else None,
        zone=settings.time_zone,
        now=sync.clock.now,
        lookback=lookback,
        period=periods[kind],
        each=kind in ("months", "periods"),
        beyond=bool(parameters.get("beyond_today")),
        first_day=sync.first_call_day,
        stretch=int(parameters.get("stretch_days", 92)),
    )


def _rendered(template: Any, values: Mapping[str, Any]) -> str:
    return str(InterpolatedString.create(template, parameters={}).eval(values))


def _day(text: str) -> Any:
    """The company's day that a start means; None for EPOCH, before which no call was recorded."""
    day = parse_instant(text[:10])
    return day.date() if day.timestamp() > 0 else None
