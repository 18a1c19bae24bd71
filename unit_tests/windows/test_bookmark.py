"""What a stream's state says, in all the forms that it may have, and what is no state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from source_gong.faults import ConfigError
from source_gong.windows.bookmark import Bookmark, read_state
from testing.harness import NOW, Runner, state_of
from unit_tests.windows.planners import by_count, by_day

MAY = datetime(2026, 5, 20, tzinfo=UTC)


def read(state: dict[str, Any], field: str = "started") -> Bookmark | None:
    return read_state("calls", field, state, by_count(), NOW)


@pytest.mark.parametrize(
    "state", [{}, {"__ab_no_cursor_state_message": True}, {"__ab_full_refresh_sync_complete": True}]
)
def test_what_a_platform_keeps_for_a_stream_without_a_state_is_none(state: dict[str, Any]) -> None:
    assert read(state) is None


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ({"started": "2026-05-20T00:00:00Z"}, Bookmark(MAY, MAY)),
        ({"started": "2026-05-20"}, Bookmark(MAY, MAY)),
        ({"started": "2026-05-20T02:00:00+02:00", "paused": True}, Bookmark(MAY, MAY, paused=True)),
        ({"started": "2026-05-20", "paused": "yes"}, Bookmark(MAY, MAY)),
        ({"started": "2026-05-20", "read_at": "2026-06-01T12:00:00.250Z"}, Bookmark(MAY, NOW)),
        ({"use_global_cursor": True, "state": {"started": "2026-05-20"}, "lookback_window": 1}, Bookmark(MAY, MAY)),
    ],
)
def test_a_state_says_up_to_where_and_when_it_was_read(state: dict[str, Any], wanted: Bookmark) -> None:
    assert read(state) == wanted


def test_the_bounds_are_as_the_planner_has_them() -> None:
    state = {"fromDate": "2026-05-20"}
    found = read_state("stats_interaction", "fromDate", state, by_day(), NOW)
    assert found == Bookmark(MAY.date(), MAY.date())


@pytest.mark.parametrize("field", ["started", "read_at"])
def test_a_state_of_the_future_is_refused_since_nothing_would_ever_be_read(field: str) -> None:
    with pytest.raises(ConfigError, match="state of calls lies in the future"):
        read({"started": "2026-05-20", field: "2026-06-03T12:00:01Z"})
    assert read({"started": "2026-05-20", field: "2026-06-03T12:00:00Z"}) is not None


@pytest.mark.parametrize("read_at", ["never", None, 17, "2026-02-30"])
def test_a_broken_moment_of_reading_is_named(read_at: object) -> None:
    with pytest.raises(ConfigError, match="state of calls is broken: `read_at`"):
        read({"started": "2026-05-20", "read_at": read_at})


@pytest.mark.parametrize(
    "value",
    [
        {"started": "never"},
        {"started": 17},
        {"started": None},
        {"updated": "2026-01-01T00:00:00Z"},
        {"started": "2026-02-30T00:00:00Z"},
    ],
)
def test_a_broken_state_is_a_config_error_that_names_the_stream(
    runner: Runner, requests_mock: object, value: dict[str, object]
) -> None:
    output = runner.read("calls", state=state_of(calls=value))
    errors = [output.raised] if isinstance(output.raised, ConfigError) else output.errors
    assert "calls" in str(errors[0].message)
    assert "started" in str(errors[0].message)
    assert errors[0].failure_type.value == "config_error"
    assert requests_mock.call_count == 0  # type: ignore[attr-defined]
