"""One window, and what the first page of it tells."""

from __future__ import annotations

from datetime import UTC, datetime

from source_gong.windows.window import EVERYTHING, Window, first_start


def test_the_first_start_is_a_day_early_because_pages_are_in_no_strict_order() -> None:
    records = [{"started": "2026-01-05T10:00:00+02:00"}, {"started": None}, {}, {"started": "2026-01-04T23:00:00Z"}]
    assert first_start(records, "started") == datetime(2026, 1, 3, 23, tzinfo=UTC)
    assert first_start([], "started") is None


def test_equal_windows_have_equal_keys_in_whatever_order_their_partition_is() -> None:
    one = Window({"workspaceId": "1", "logType": "x"}, "2026-01-01", "2026-02-01")
    assert one.key == Window({"logType": "x", "workspaceId": "1"}, "2026-01-01", "2026-02-01").key
    others = [
        Window({"workspaceId": "2", "logType": "x"}, "2026-01-01", "2026-02-01"),
        Window({"workspaceId": "1", "logType": "x"}, "2026-01-02", "2026-02-01"),
        Window({"workspaceId": "1", "logType": "x"}, "2026-01-01", "2026-02-02"),
        EVERYTHING,
    ]
    assert len({one.key, *(other.key for other in others)}) == 5


def test_a_window_has_the_values_of_its_partition_and_its_bounds_by_name() -> None:
    window = Window({"userId": "17"}, "2026-01-01", "2026-02-01")
    assert [window.value(name) for name in ("userId", "start_time", "end_time", "other")] == [
        "17",
        "2026-01-01",
        "2026-02-01",
        None,
    ]
    assert EVERYTHING.value("start_time") is None
