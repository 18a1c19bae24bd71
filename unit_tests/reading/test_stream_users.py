"""The stream `users`: `GET /v2/users`, all of them each time."""

from __future__ import annotations

from typing import Any

from gong_emulator import Emulator, Fault
from testing.harness import API, Runner, page, undeclared, user, validator

USERS = f"{API}/v2/users"


def test_pages_are_followed_with_the_cursor_in_the_query(runner: Runner, requests_mock: Any) -> None:
    first = [user(str(number)) for number in range(100)]
    requests_mock.get(
        USERS,
        [
            {"json": page("users", first, total=150, cursor="eyJhbGciOiJIUzI1NiJ9.AbC_-d.xyZ")},
            {"json": page("users", [user(str(number)) for number in range(100, 150)], total=150, number=1)},
        ],
    )
    output = runner.read("users")
    assert len(output.records("users")) == 150
    assert output.statuses == {"users": "COMPLETE"}
    one, two = requests_mock.request_history
    assert one.url == USERS
    assert two.url == f"{USERS}?cursor=eyJhbGciOiJIUzI1NiJ9.AbC_-d.xyZ"
    assert one.method == two.method == "GET"
    assert one.body is two.body is None


def test_ids_are_strings_digit_for_digit(runner: Runner, requests_mock: Any) -> None:
    users = [user(98765432109876543210, managerId=9223372036854775807), user("234599484848423", managerId=None)]
    requests_mock.get(USERS, json=page("users", users))
    found = {record["id"]: record["managerId"] for record in runner.read("users").records("users")}
    assert found == {"98765432109876543210": "9223372036854775807", "234599484848423": None}


def test_unknown_fields_pass_through(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, json=page("users", [user("1", brandNew={"a": [1]})]))
    assert runner.read("users").records("users")[0]["brandNew"] == {"a": [1]}


def test_nulls_and_absent_keys_stay_as_they_are(runner: Runner, requests_mock: Any) -> None:
    bare = {"id": "1", "emailAddress": None, "settings": None, "spokenLanguages": None}
    requests_mock.get(USERS, json=page("users", [bare]))
    assert runner.read("users").records("users") == [bare]


def test_a_user_on_two_pages_comes_once(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(
        USERS,
        [
            {"json": page("users", [user("1"), user("2")], total=3, cursor="c1")},
            {"json": page("users", [user("2"), user("3")], total=3, number=1)},
        ],
    )
    assert runner.read("users").ids("users") == ["1", "2", "3"]


def test_an_expired_cursor_begins_the_list_again_without_doubles(runner: Runner, emulator: Emulator) -> None:
    emulator.options.page_size = 5
    emulator.faults.add(Fault("expired_cursor", path="/v2/users", nth=3, count=1))
    output = runner.read("users", api_base_url=emulator.url)
    assert output.ids("users") == sorted(record["id"] for record in emulator.records("users"))
    assert output.report("users")["restarted_windows"] == 1


def test_what_comes_is_what_gong_has_and_all_of_it_is_declared(runner: Runner, emulator: Emulator) -> None:
    output = runner.read("users", api_base_url=emulator.url)
    assert sorted(output.records("users"), key=lambda one: one["id"]) == sorted(
        emulator.records("users"), key=lambda one: one["id"]
    )
    for record in output.records("users"):
        assert undeclared(validator("users").schema, record) == []
    assert [entry.path for entry in emulator.requests] == ["/v2/users"]
