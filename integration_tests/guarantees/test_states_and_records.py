"""A state never says that something was read before it is out, whichever way a window is read and however it is cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gong_emulator import Company, Fault
from source_gong.instants import parse_instant
from testing.harness import Output, state_of
from testing.world import DAY, HOUR, NOW, company, world

# So few requests for so many workers that a chain may have one page, and a window of more than three is cut again.
SHORT_CHAINS = {"max_requests_per_sync": 79, "num_workers": 10}


def _lopsided() -> Company:
    """Few calls in a long range and very many in its last days: cut evenly, the last window holds far too much."""
    made = company(40, first_call=datetime(2021, 1, 5, tzinfo=UTC), last_call=datetime(2021, 3, 5, tzinfo=UTC))
    for number in range(1300):
        made.add_call(NOW - 9.95 * DAY + number * timedelta(minutes=11), duration=30)
    return made


def _assert_records_before_states(output: Output, stream: str, key: str, times: dict[str, datetime]) -> None:
    printed: set[str] = set()
    moved = set()
    for message in output.messages:
        if message.record:
            printed.add(message.record.data[key])
        elif message.state and message.state.stream:
            upto = parse_instant(vars(message.state.stream.stream_state)["started"])
            assert {call_id for call_id, moment in times.items() if moment < upto} <= printed, upto
            moved.add(upto)
    assert len(moved) > 4


@pytest.mark.parametrize(
    ("stream", "key"), [("calls", "id"), ("calls_extensive", "id"), ("call_user_access", "callId")]
)
def test_a_window_that_turns_out_too_large_is_cut_again_and_read_whole(
    stream: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _lopsided()
    times = {call.id: call.filter_time for call in made.calls}
    with world(made) as reader:
        output = reader.complete(stream, call_content=[], crm_context="none", **SHORT_CHAINS)
        assert output.ids(stream, key) == sorted(times)
        path = "/v2/calls/extensive" if stream == "calls_extensive" else "/v2/calls"
        asked = [entry.json or entry.query for entry in reader.gong.requests.to(path)]
        begun = [one for one in asked if "cursor" not in one]
        assert len(begun) > output.report(stream)["windows"] + 4, "nothing was cut again"
        # No chain is longer than what it was cut for allows.
        assert len(asked) < 2 * len(begun)
        _assert_records_before_states(output, stream, key, times)


@pytest.mark.parametrize("date", ["2036-01-01", "2026-05-20", "2026-04-23"])
@pytest.mark.parametrize(
    ("stream", "field"),
    [
        ("calls", "started"),
        ("stats_activity_aggregate", "fromDate"),
        ("stats_activity_scorecards", "reviewTime"),
        ("audit_logs", "eventTime"),
    ],
)
def test_a_state_of_any_stream_in_the_future_is_an_error(
    stream: str, field: str, date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(company(5)) as reader:
        output = reader.sync(stream, state=state_of(**{stream: {field: date}}))
        assert output.raised is not None
        assert "lies in the future" in str(output.raised.message)
        assert len(reader.gong.requests) == 0


def test_an_end_date_in_the_future_does_not_carry_the_state_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(20)) as reader:
        output = reader.complete("calls", end_date="2027-01-01")
        assert parse_instant(output.upto("calls") or "") <= NOW
        reader.complete("calls", state=output.last_state, end_date="2027-01-01")


def test_a_sync_that_failed_leaves_no_counts_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what it had not read would be told as late."""
    made = company(900, first_call=NOW - 8 * DAY, last_call=NOW - HOUR)
    with world(made) as reader:
        first = reader.complete("calls", **SHORT_CHAINS)
        reader.wait(HOUR)
        reader.gong.faults.add(Fault("reply", path="^/v2/calls$", nth=4, status=403, count=None))
        second = reader.sync("calls", state=first.last_state, **SHORT_CHAINS)
        assert second.statuses == {"calls": "INCOMPLETE"}
        assert len(second.records("calls")) > 100
        reader.gong.faults.clear()
        reader.wait(HOUR)
        assert reader.sync("calls", state=second.last_state).report("calls")["late"] == 0
