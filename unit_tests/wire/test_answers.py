"""What Gong's answers mean: a real empty list, a refusal in Gong's words, a document with all digits of its numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_gong.wire.answers import Answer, parsed
from testing.harness import Runner, refusal
from unit_tests.wire.users import USERS, fails_with


@pytest.mark.parametrize("end", ["", "."])
def test_gongs_404_for_nothing_found_is_an_empty_list(runner: Runner, requests_mock: Any, end: str) -> None:
    sentence = "No users found corresponding to the provided filters" + end
    requests_mock.get(USERS, status_code=404, json=refusal(sentence))
    output = runner.read("users")
    assert output.raised is None
    assert output.statuses == {"users": "COMPLETE"}
    assert output.records("users") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"json": refusal("User not found")},
        {"json": refusal("Not Found")},
        {"json": refusal("No users found corresponding to the provided filters", "and the index is broken")},
        {"json": refusal("Error: No users found corresponding to the provided filters")},
        {"json": {"message": "No users found corresponding to the provided filters"}},
        {"text": "No users found corresponding to the provided filters"},
        {"text": "<html>404</html>"},
        {"json": refusal()},
        {"json": [], "headers": {"x-traceid": "abc"}},
    ],
)
def test_any_other_404_fails(runner: Runner, requests_mock: Any, answer: dict[str, Any]) -> None:
    requests_mock.get(USERS, status_code=404, **answer)
    fails_with(runner.read("users"), "config_error", "Gong answered 404 to GET /v2/users")
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("status", "sentence", "hint"),
    [
        (401, "You don't have permission to use 'api:users:read' in your app.", "api:users:read"),
        (401, "Validate credentials failed", "Check the credentials and `api_base_url`"),
        (401, "Company is inactive", "Check the credentials"),
        (402, "Payment required", "402"),
        (403, "Access denied", "trusted IPs"),
    ],
)
def test_a_refusal_keeps_gongs_sentence_and_request_id(
    runner: Runner, requests_mock: Any, status: int, sentence: str, hint: str
) -> None:
    requests_mock.get(USERS, status_code=status, json=refusal(sentence))
    fails_with(runner.read("users"), "config_error", sentence, "requestId 4al018gzaztcr8nbukw", hint)
    assert requests_mock.call_count == 1


def test_a_refusal_without_a_body_of_gong_has_the_trace_id(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=403, text="<html>blocked</html>", headers={"x-traceid": "5f1is09lflj186eqvv8"})
    fails_with(runner.read("users"), "config_error", "without a reason", "requestId 5f1is09lflj186eqvv8")


@pytest.mark.parametrize("status", [400, 405, 409, 415, 418])
def test_an_unexpected_refusal_is_an_error_with_gongs_sentence(runner: Runner, requests_mock: Any, status: int) -> None:
    requests_mock.get(USERS, status_code=status, json=refusal("filter.fromDateTime: must be before toDateTime"))
    fails_with(runner.read("users"), "system_error", "must be before toDateTime", "requestId 4al018gzaztcr8nbukw")
    assert requests_mock.call_count == 1


def test_a_request_id_of_strange_form_is_not_repeated(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=403, json={"requestId": "a\nb" + "x" * 100, "errors": ["Access denied"]})
    output = runner.read("users")
    assert "requestId" not in output.error.message


def test_a_refusal_that_quotes_a_cursor_is_not_repeated_whole(runner: Runner, requests_mock: Any) -> None:
    cursor = "eyJhbGciOiJIUzI1NiJ9.eyJjYWxsSWQiM1M30.6qKwpOcvnuweTZmFRzYdtjs_YwJphJU4QIwWFM"
    requests_mock.get(USERS, status_code=400, json=refusal(f"cursor: {cursor} is malformed"))
    output = runner.read("users")
    assert "cursor: [token] is malformed" in output.error.message
    assert cursor[:10] not in output.text


WHOLE = st.integers(-(10**25), 10**25) | st.sampled_from([2**63 - 1, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64])
DOCUMENTS = st.recursive(
    WHOLE | st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(DOCUMENTS, st.sampled_from([None, 0, 2, "\t"]), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_whole_numbers_of_any_length_keep_every_digit(
    document: object, indent: int | str | None, separators: tuple[str, str]
) -> None:
    """Wherever they stand and however the document is laid out; `orjson` alone makes a float of a longer one."""
    found = parsed(json.dumps({"answer": document}, indent=indent, separators=separators).encode())
    assert found == {"answer": document}
    assert json.dumps(found) == json.dumps({"answer": document})


def test_a_folded_answer_holds_bytes_only_and_gives_the_same_document_again() -> None:
    document = {"users": [{"id": "1"}]}
    answer = Answer(document, json.dumps(document).encode())
    assert answer.body is document
    assert not answer.is_folded
    assert answer.fold() is answer
    assert answer.is_folded
    assert answer.body == document
    assert answer.body is not document
    assert answer.is_folded


def test_the_empty_list_that_a_404_means_is_kept() -> None:
    answer = Answer({"users": []}).fold()
    assert not answer.is_folded
    assert answer.body == {"users": []}
