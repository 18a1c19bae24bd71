"""From Gong's objects to records: lifted fields, ids digit for digit, numbers, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from source_gong.records import GongExtractor, as_id, as_number, change, dig
from source_gong.sync import Sync
from unit_tests.harness import call, config, settings


def extractor(configuration: dict[str, Any] | None = None, **fields: Any) -> GongExtractor:
    values = configuration or {}
    with Sync(settings(**values), {}).building():
        return GongExtractor(config=config(**values), parameters={}, key="calls", **fields)


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


def test_lifted_fields_stand_first_and_become_strings() -> None:
    made = extractor(lift={"id": "metaData.id", "started": "metaData.started"}, ids=["id", "metaData.id"])
    (record,) = made.shaped([{"metaData": {"id": 98765432109876543210, "started": "2026-01-01T00:00:00Z"}, "new": 1}])
    assert list(record) == ["id", "started", "metaData", "new"]
    assert record["id"] == record["metaData"]["id"] == "98765432109876543210"


def test_private_and_foreign_records_are_told_only_when_the_configuration_asks() -> None:
    plain = extractor(private="isPrivate", owner="primaryUserId")
    secret = call("1", isPrivate=True, primaryUserId="17")
    assert not plain.is_private(secret)
    assert not plain.is_foreign(secret)
    strict = extractor(
        {"private_calls": "exclude", "primary_user_ids": ["18"]}, private="isPrivate", owner="primaryUserId"
    )
    assert strict.is_private(secret)
    assert strict.is_foreign(secret)
    assert not strict.is_private(call("2", isPrivate=None))
    assert not strict.is_foreign(call("2", primaryUserId="18"))
    assert not strict.is_foreign(call("2", primaryUserId=18))
