"""What lacks a right or a connection says so, what needs neither does without, and the worst failure is the sync's."""

from __future__ import annotations

import logging
import socket

import pytest

from gong_emulator import Fault
from testing.harness import Runner, config, is_transient
from testing.reading import LONG_AFTER, Reader, serving
from testing.reading import company as three_weeks
from testing.world import DAY, NOW, company, world


def test_statistics_begin_with_the_users_where_calls_may_not_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = "stats_activity_aggregate_by_period"
    scopes = {"api:users:read", "api:stats:user-actions", "api:workspaces:read"}
    with serving(three_weeks(60), LONG_AFTER, scopes=scopes) as gong:
        output = Reader(gong).sync(stream)
        assert output.statuses == {stream: "COMPLETE"}
        assert output.records(stream)


def test_a_missing_right_beside_a_passing_fault_is_what_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform repeats a sync that failed in passing, which would never help here."""
    with world(company(5)) as reader:
        reader.gong.faults.add(
            Fault("reply", path="^/v2/users$", status=403, count=None),
            Fault("reply", path="^/v2/calls$", status=503, count=None),
        )
        output = reader.sync("users", "calls")
        assert {error.failure_type.value for error in output.errors} == {"config_error", "transient_error"}
        assert output.raised is not None
        assert output.raised.failure_type is not None
        assert output.raised.failure_type.value == "config_error"


def test_check_fails_where_nothing_answers(runner: Runner) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        status, message = runner.check(api_base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert status == "FAILED"
    assert message


def test_check_fails_where_every_answer_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(5)) as reader:
        reader.gong.faults.add(Fault("reply", status=503, count=None))
        assert reader.check(api_base_url=reader.gong.url)[0] == "FAILED"


def test_discover_asks_nothing_also_with_ids_in_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(three_weeks(5), LONG_AFTER) as gong:
        fields = {"workspace_ids": ["1"], "primary_user_ids": ["2"], "start_date": None}
        found = Reader(gong).source().discover(logging.getLogger("airbyte"), config(api_base_url=gong.url, **fields))
        assert found.streams
        assert len(gong.requests) == 0


def test_a_call_that_gong_does_not_show_counts_as_private(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = "library_folder_content"
    with world(company(60, private_share=0)) as reader:
        held = {record["id"] for record in reader.complete(stream).records(stream)}
        hidden = min(held)
        call = reader.gong.company.call(hidden)
        assert call is not None
        call.extensive_visible_from = NOW + DAY
        output = reader.complete(stream, private_calls="exclude")
        assert {record["id"] for record in output.records(stream)} == held - {hidden}


def test_requests_that_stall_are_given_up_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered after a minute, with a fault: eight attempts would be more than eight minutes."""
    with world(company(5)) as reader:
        waited = reader.clock()
        reader.gong.faults.add(Fault("reply", path="^/v2/users$", status=503, count=None))
        answered = reader.gong.options.monotonic

        def after_a_minute() -> float:
            reader.clock.seconds += 60
            return answered()

        reader.gong.options.monotonic = after_a_minute
        assert is_transient(reader.sync("users"))
        assert reader.clock() - waited <= 6 * 60
