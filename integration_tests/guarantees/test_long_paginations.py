"""Page cursors that die: their window is begun again, at most twice, and nothing comes twice."""

from __future__ import annotations

from collections import Counter

import pytest

from gong_emulator import Fault
from source_gong.limits import Limits
from testing.harness import is_transient
from testing.world import Destination, company, doubles, world

ENDPOINTS = {
    "calls": "^/v2/calls$",
    "calls_extensive": "/calls/extensive$",
    "call_transcripts": "/calls/transcript$",
    "stats_activity_scorecards": "/scorecards$",
}


@pytest.mark.parametrize("kind", ["expired_cursor", "rejected_cursor"])
@pytest.mark.parametrize("stream", ENDPOINTS)
def test_a_lost_cursor_costs_its_window_only(stream: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), page_size=7) as gong:
        whole = gong.sync(stream)
        gong.gong.faults.add(Fault(kind, path=ENDPOINTS[stream], nth=3))
        output = gong.sync(stream)
        assert output.statuses == {stream: "COMPLETE"}
        assert output.report(stream)["restarted_windows"] == 1
        assert len(output.records(stream)) == len(whole.records(stream)) > 7
        assert doubles(output, stream) == []


def test_a_cursor_that_is_always_lost_is_an_error_after_two_new_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), page_size=7) as gong:
        gong.gong.faults.add(
            *(Fault("expired_cursor", path="^/v2/calls$", nth=nth) for nth in (2, 4, 6)),
        )
        output = gong.sync("calls")
        assert is_transient(output)
        assert output.statuses == {"calls": "INCOMPLETE"}
        assert "cursor has expired" in output.error.message
        destination = Destination()
        destination.take(output)
        destination.take(gong.sync("calls", state=destination.state))
        assert destination.of("calls").keys() == gong.truth("calls").keys()


def test_a_page_cursor_lives_for_an_hour_from_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of 14 minutes each, as Gong may ask for, outlast the cursor; the window is read again."""
    with world(company(60), page_size=7) as gong:
        wait = {"Retry-After": str(14 * 60)}
        gong.gong.faults.add(
            *(Fault("reply", path="^/v2/calls$", nth=nth, status=429, headers=wait) for nth in (2, 4, 6, 8, 10))
        )
        output = gong.sync("calls")
        assert output.statuses == {"calls": "COMPLETE"}
        assert output.report("calls")["restarted_windows"] == 1
        assert len(output.ids("calls")) == len(set(output.ids("calls"))) == 60


def test_nothing_beyond_the_window_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many windows one loses its cursor: only its own pages are asked for twice."""
    with world(company(500), limits=Limits(chain_pages=1), page_size=9) as reader:
        reader.gong.faults.add(Fault("expired_cursor", path="^/v2/calls$", nth=30))
        output = reader.sync("calls")
        assert output.statuses == {"calls": "COMPLETE"}
        assert doubles(output, "calls") == []
        begun = Counter(
            (entry.query["fromDateTime"], entry.query["toDateTime"])
            for entry in reader.gong.requests.to("/v2/calls")
            if "cursor" not in entry.query
        )
        assert len(begun) > 4
        assert sorted(begun.values())[-2:] == [1, 2]
        assert output.report("calls")["restarted_windows"] == 1


@pytest.mark.parametrize("stream", ENDPOINTS)
def test_a_window_is_begun_again_at_most_twice(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever page it is that loses its cursor, and however often: the sync ends, and the state stays behind."""
    with world(company(60), page_size=7) as reader:
        whole = reader.sync(stream)
        before = len(reader.gong.requests)
        reader.gong.options.page_size = 7
        # From the second page on every one is refused.
        reader.gong.faults.add(*(Fault("rejected_cursor", path=ENDPOINTS[stream], nth=nth) for nth in range(2, 40, 2)))
        output = reader.sync(stream)
        assert is_transient(output)
        assert output.statuses == {stream: "INCOMPLETE"}
        assert output.report(stream)["restarted_windows"] <= 2 * output.report(stream)["windows"]
        assert "begun again 2 times" in output.error.message
        assert len(reader.gong.requests) - before < 60
        assert doubles(output, stream) == []
        reader.gong.faults.clear()
        destination = Destination()
        destination.take(output)
        destination.take(reader.sync(stream, state=destination.state))
        assert len(destination.of(stream)) == len(whole.records(stream))


def test_a_cursor_that_repeats_is_an_error_and_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(60), page_size=7) as reader:
        reader.gong.faults.add(Fault("repeated_cursor", path="^/v2/calls$", nth=3, count=None))
        output = reader.sync("calls")
        assert output.statuses == {"calls": "INCOMPLETE"}
        assert "same page cursor twice" in output.error.message
        assert len(reader.gong.requests) < 12
