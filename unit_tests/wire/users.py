"""`users` stands for all streams: they share the client. What its tests have in common."""

from __future__ import annotations

from typing import Any

from testing.harness import API, Output, page, user

USERS = f"{API}/v2/users"
GOOD: dict[str, Any] = {"json": page("users", [user("1"), user("2")])}
FULL = [user(str(number)) for number in range(100)]


def ids(output: Output) -> list[str]:
    """The users that came."""
    return output.ids("users")


def fails_with(output: Output, kind: str, *parts: str) -> None:
    """The stream ended with one error of this kind whose message has these parts; no record came out."""
    error = output.error
    assert error.failure_type.value == kind
    for part in parts:
        assert part in error.message
    assert output.raised is not None
    assert output.raised.failure_type is not None
    assert output.raised.failure_type.value == kind
    assert output.statuses == {"users": "INCOMPLETE"}
    assert output.records("users") == []
