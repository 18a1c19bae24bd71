"""Syncs whose requests are used up: what the plan says of them, who comes first, and where the next one goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testing.harness import Output, state_of
from testing.reading import LONG_AFTER, Reader, serving
from testing.reading import company as three_weeks
from testing.world import DAY, HOUR, NOW, Destination, company, state_of_one, world

BARE: dict[str, Any] = {"call_content": [], "crm_context": "none"}


def _plan(output: Output) -> dict[str, Any]:
    line = next(text for text in output.logs if text.startswith("sync_plan "))
    found: dict[str, Any] = json.loads(line.removeprefix("sync_plan "))
    return found


@pytest.mark.parametrize("share", [10, None])
def test_the_plan_says_how_long_it_takes_and_on_how_many_days(
    share: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(company(1300)) as reader:
        output = reader.sync("calls", "call_transcripts", max_requests_per_sync=share, requests_per_second=4)
        plan = _plan(output)
        assert plan["requests"] == sum(plan["streams"].values()) > 20
        assert plan["seconds"] == round(plan["requests"] / 4)
        # A day has Gong's 10,000 where no share of them is set.
        assert plan["days"] == (1 if share is None else -(-plan["requests"] // share))


def test_the_plan_knows_that_recordings_are_asked_for_in_small_batches(
    staging: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company(0)
    for number in range(100):
        made.add_call(NOW - 20 * DAY + number * HOUR, media="Audio")
    with world(made) as reader:
        output = reader.complete("call_audio")
        assert abs(_plan(output)["streams"]["call_audio"] - output.report("call_audio")["requests"]) <= 2


def test_what_changes_in_the_look_back_of_a_paused_backfill_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The syncs after a pause go on where it stopped; the one after them still looks back to before the pause."""
    made = company(1500, first_call=NOW - 7 * DAY + HOUR, last_call=NOW - 2 * HOUR, monologues_per_minute=0.001)
    early = min(made.calls, key=lambda call: call.started)
    destination = Destination()
    with world(made) as reader:
        destination.take(reader.sync("calls", max_requests_per_sync=12, num_workers=1, **BARE))
        assert (early.id,) in destination.of("calls")
        assert state_of_one(destination.state, "calls")["paused"] is True
        reader.wait(HOUR / 2)
        early.title = "Renamed within its look-back"
        reader.wait(4 * DAY)
        for _ in range(2):
            destination.take(reader.complete("calls", state=destination.state, **BARE))
        assert destination.of("calls")[(early.id,)]["title"] == "Renamed within its look-back"


def test_a_paused_stream_of_days_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"fromDate": "2026-04-10", "read_at": "2026-04-19"}
    with serving(three_weeks(60), LONG_AFTER) as gong:

        def first_day(**beside: Any) -> str:
            gong.requests.clear()
            Reader(gong).complete(
                "stats_activity_day_by_day", state=state_of(stats_activity_day_by_day={**state, **beside})
            )
            asked = gong.requests.to("/v2/stats/activity/day-by-day")
            return min(str(entry.json["filter"]["fromDate"]) for entry in asked)

        assert first_day(paused=True) == "2026-04-10"
        # Seven days before it was read, where that is earlier.
        assert first_day() == "2026-04-10"
        state["read_at"] = "2026-04-12"
        assert first_day() == "2026-04-05"
        assert first_day(paused=True) == "2026-04-10"


def test_of_streams_that_are_behind_the_nearest_to_its_end_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the others, and last those that only look back: where requests run out, these give way."""
    made = company(60, first_call=NOW - 300 * DAY)
    done, near, far = (
        {"started": (NOW - days * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")} for days in (1, 60, 200)
    )  # fmt: skip
    states = {"calls_extensive": done, "call_transcripts": far, "call_user_access": near}
    with world(made) as reader:
        output = reader.sync(*states, state=state_of(**states), num_workers=1, **BARE)
        order = [message.record.stream for message in output.messages if message.record]
        assert list(dict.fromkeys(order)) == ["call_user_access", "call_transcripts", "calls_extensive"]


def test_no_window_is_left_half_read_while_another_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few requests, one window is read at a time, in the order of time, however many workers there are."""
    made = company(700, first_call=NOW - 100 * DAY, last_call=NOW - DAY, monologues_per_minute=0.001)
    with world(made) as reader:
        reader.sync("calls", max_requests_per_sync=60, num_workers=12, **BARE)
        asked = [entry.query for entry in reader.gong.requests.to("/v2/calls")]
        windows = [(query["fromDateTime"], query["toDateTime"]) for query in asked]
        read = windows[1:] if windows[0] != windows[1] and windows[0][1] != windows[1][0] else windows
        assert len(set(read)) > 3
        assert read == sorted(read)
