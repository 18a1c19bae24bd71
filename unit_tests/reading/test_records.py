"""From Gong's objects to records: rows of all shapes, lifted fields, ids digit for digit, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from source_gong.reading.records import Rows, Shape, as_id, as_null, as_number, change, dig
from source_gong.windows.window import EVERYTHING, Window
from testing.harness import call, settings


def shape(configuration: Mapping[str, Any] | None = None, **fields: Any) -> Shape:
    """A shape that changes nothing but what `fields` say."""
    plain: dict[str, Any] = {
        "lift": {}, "ids": [], "numbers": [], "nulls": [], "days": [], "defaults": {},
        "content_id": None, "private": None, "owner": None, "workspace": None,
    }  # fmt: skip
    return Shape(settings(**(configuration or {})), **{**plain, **fields})


def rows(made: Rows, body: Mapping[str, Any], window: Window = EVERYTHING) -> list[dict[str, Any]]:
    return list(made.items(body, window))


# Rows.


def test_without_anything_to_make_rows_are_the_very_objects_of_the_answer() -> None:
    found = [{"id": 1}, {"id": 2}]
    assert Rows("calls").items({"calls": found}, EVERYTHING) is found
    assert Rows("calls").size({"calls": found}) == 2


def test_an_object_with_a_list_gives_a_row_for_each_item_with_what_is_kept_of_the_object() -> None:
    made = Rows("flows", expand="steps", keep={"flowId": "id"})
    body = {"flows": [{"id": 1, "steps": [{"id": 10}, {"id": 11, "flowId": 9}]}, {"id": 2, "steps": None}, {"id": 3}]}
    assert rows(made, body) == [{"flowId": 1, "id": 10}, {"flowId": 9, "id": 11}]
    # Gong counts the objects.
    assert made.size(body) == 3


def test_a_map_of_lists_gives_rows_that_know_their_key() -> None:
    made = Rows("fields", map_key="objectType", from_slice={"integrationId": "integrationId"})
    body = {"fields": {"DEAL": [{"name": "a"}, {"name": "b"}], "LEAD": []}}
    assert rows(made, body, Window({"integrationId": "7"})) == [
        {"integrationId": "7", "objectType": "DEAL", "name": "a"},
        {"integrationId": "7", "objectType": "DEAL", "name": "b"},
    ]


@pytest.mark.parametrize(
    ("nested", "wanted"), [({"calls": 5, "userId": 8}, {"userId": 8, "calls": 5}), (None, {"userId": 7})]
)
def test_a_nested_object_is_moved_to_the_top(nested: object, wanted: dict[str, Any]) -> None:
    assert rows(Rows("users", flatten="stats"), {"users": [{"userId": 7, "stats": nested}]}) == [wanted]


def test_fields_of_the_whole_answer_are_copied_where_the_row_has_none() -> None:
    body = {"timeZone": "UTC", "users": [{"id": 1}, {"id": 2, "timeZone": "Asia/Tokyo"}]}
    assert rows(Rows("users", top=["timeZone", "missing"]), body) == [
        {"id": 1, "timeZone": "UTC"},
        {"id": 2, "timeZone": "Asia/Tokyo"},
    ]


def test_what_the_slice_says_counts_and_what_it_does_not_say_is_null_where_gong_says_nothing() -> None:
    made = Rows("users", from_slice={"workspaceId": "workspaceId", "fromDate": "start_time"})
    body = {"users": [{"id": 1, "workspaceId": 9}, {"id": 2}]}
    assert rows(made, body, Window({"workspaceId": "3"}, "2026-05-01", "2026-05-02")) == [
        {"id": 1, "workspaceId": "3", "fromDate": "2026-05-01"},
        {"id": 2, "workspaceId": "3", "fromDate": "2026-05-01"},
    ]
    assert rows(made, body) == [
        {"id": 1, "workspaceId": 9, "fromDate": None},
        {"id": 2, "workspaceId": None, "fromDate": None},
    ]


# Values.


@pytest.mark.parametrize("number", [0, 17, 2**53 + 1, 2271307570613352001, 9223372036854775807, 98765432109876543210])
def test_an_id_that_came_as_a_number_keeps_every_digit(number: int) -> None:
    assert as_id(number) == str(number)


@pytest.mark.parametrize("other", ["0017", "-1", None, True, 1.5])
def test_what_is_no_whole_number_stays_as_it_is(other: object) -> None:
    assert as_id(other) is other


def test_paths_reach_through_objects_and_lists() -> None:
    record = {"a": 1, "b": {"c": 2}, "d": [{"e": 3}, {"e": None}, {}, None, "x"], "f": [4, "5", None]}
    for path in ("a", "b.c", "d[].e", "f[]", "missing", "b.missing", "missing.c", "missing[].e", "a.c"):
        change(path, as_id)(record)
    assert record == {"a": "1", "b": {"c": "2"}, "d": [{"e": "3"}, {"e": None}, {}, None, "x"], "f": ["4", "5", None]}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("1", 1), ("-1", -1), (5, 5), (None, None), ("", ""), ("1.5", "1.5"), ("1e3", "1e3"), ("٣", "٣"), (True, True)],
)
def test_numbers_written_as_strings(given: object, wanted: object) -> None:
    assert as_number(given) == wanted


def test_dig_stops_where_a_step_is_missing() -> None:
    assert dig({"a": {"b": 1}}, ["a", "b"]) == 1
    assert dig({"a": None}, ["a", "b"]) is None
    assert dig({"a": [1]}, ["a", "b"]) is None


def test_the_word_null_is_nothing() -> None:
    assert as_null("null") is None
    assert [as_null(value) for value in ("Null", "", 0, None)] == ["Null", "", 0, None]


# Shapes.


def test_lifted_fields_stand_first_and_become_strings() -> None:
    made = shape(lift={"id": "metaData.id", "started": "metaData.started"}, ids=["id", "metaData.id"])
    (record,) = made.records([{"metaData": {"id": 98765432109876543210, "started": "2026-01-01T00:00:00Z"}, "new": 1}])
    assert list(record) == ["id", "started", "metaData", "new"]
    assert record["id"] == record["metaData"]["id"] == "98765432109876543210"


def test_days_numbers_nulls_and_defaults() -> None:
    made = shape(
        {"company_time_zone": "America/New_York"},
        days=["fromDate"], numbers=["score"], nulls=["parent"], defaults={"uniqueName": "name"},
    )  # fmt: skip
    given = [{"fromDate": "2026-05-01T04:00:00Z", "score": "5", "parent": "null", "name": "a", "uniqueName": None}, {}]
    assert list(made.records(given)) == [
        {"fromDate": "2026-05-01", "score": 5, "parent": None, "name": "a", "uniqueName": "a"},
        {"uniqueName": None},
    ]


def test_an_id_made_of_the_content_is_the_same_for_the_same_content_in_any_order() -> None:
    made = shape(content_id="id", ids=["userId"])
    one, same, other = made.records([{"a": 1, "userId": 2}, {"userId": "2", "a": 1}, {"a": 2, "userId": 2}])
    assert list(one) == ["id", "a", "userId"]
    assert one["id"] == same["id"] != other["id"]


def test_private_and_foreign_records_are_told_only_when_the_configuration_asks() -> None:
    plain = shape(private="isPrivate", owner="primaryUserId")
    secret = call("1", isPrivate=True, primaryUserId="17")
    assert not plain.is_private(secret)
    assert not plain.is_foreign(secret)
    strict = shape({"private_calls": "exclude", "primary_user_ids": ["18"]}, private="isPrivate", owner="primaryUserId")
    assert strict.is_private(secret)
    assert strict.is_foreign(secret)
    assert not strict.is_private(call("2", isPrivate=None))
    assert not strict.is_foreign(call("2", primaryUserId="18"))
    assert not strict.is_foreign(call("2", primaryUserId=18))


def test_records_of_other_workspaces_are_foreign() -> None:
    made = shape({"workspace_ids": ["3", "4"]}, workspace="workspaceId")
    assert [made.is_foreign({"workspaceId": one}) for one in ("3", 4, "5", None)] == [False, False, True, True]
