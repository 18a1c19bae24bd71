"""Signing requests: keys as they are, tokens that something else keeps fresh."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from source_gong.clock import Clock
from source_gong.hosts import Origin
from source_gong.wire.signing import Fixed, Rotating, signer_of
from testing.harness import API, NOW, FakeClock, Output, Runner, config, page, refusal, settings, user

USERS = f"{API}/v2/users"
GOOD = {"json": page("users", [user("1")])}


def fails(output: Output, kind: str, part: str) -> None:
    assert output.raised is not None
    assert output.error.failure_type.value == kind
    assert part in output.error.message
    assert output.records("users") == []


# Access keys.


@pytest.mark.parametrize(
    ("key", "secret"),
    [("12E34", "0017"), ("1e5", "1_000"), ("true", "null"), ("007", "[1]"), ("{{ now }}", "{% x %}"), ("ü", "a:b")],
)
def test_keys_that_look_like_something_else_are_sent_as_they_are(
    runner: Runner, requests_mock: Any, key: str, secret: str
) -> None:
    requests_mock.get(USERS, **GOOD)
    runner.read("users", credentials={"auth_type": "APIKey", "access_key": key, "access_key_secret": secret})
    sent = requests_mock.last_request.headers["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == f"{key}:{secret}"


def test_the_older_top_level_keys_sign_requests(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, **GOOD)
    runner.read("users", configuration={"access_key": "12E34", "access_key_secret": "0017"})
    sent = requests_mock.last_request.headers["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "12E34:0017"


def test_a_refused_key_is_not_tried_again(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, status_code=401, json=refusal("Validate credentials failed"))
    fails(runner.read("users"), "config_error", "Validate credentials failed")
    assert requests_mock.call_count == 1


# A token that something else keeps fresh.


def test_an_access_token_is_sent_as_it_is_and_never_refreshed(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, [GOOD, {"status_code": 401, "json": refusal("The access token has expired")}])
    credentials = {"auth_type": "AccessToken", "access_token": "12E34"}
    assert runner.read("users", credentials=credentials).raised is None
    assert requests_mock.last_request.headers["Authorization"] == "Bearer 12E34"
    fails(runner.read("users", credentials=credentials), "config_error", "The access token has expired")
    assert requests_mock.call_count == 2


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        ({"auth_type": "APIKey", "access_key": "a", "access_key_secret": "b"}, Fixed),
        ({"auth_type": "AccessToken", "access_token": "a"}, Fixed),
        ({"auth_type": "OAuth2.0", "client_id": "a", "client_secret": "b", "refresh_token": "c"}, Rotating),
    ],
)
def test_the_configuration_says_how_requests_are_signed(credentials: dict[str, Any], kind: type) -> None:
    clock = FakeClock()
    made = signer_of(
        settings(credentials=credentials),
        config(credentials=credentials),
        Origin(API, True),
        Clock(lambda: NOW, clock, clock.sleep),
    )
    assert type(made) is kind


def test_what_is_fixed_is_not_renewed() -> None:
    signer = Fixed("Bearer x")
    assert not signer.renew(signer.header())
    assert signer.header() == {"Authorization": "Bearer x"}
