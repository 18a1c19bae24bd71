"""OAuth tokens that are rotated, once for all threads, and handed back to the platform."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

import pytest
import requests

from gong_emulator import Emulator
from source_gong.clock import Clock
from source_gong.hosts import Origin
from source_gong.wire.signing import TOKEN_ATTEMPTS, Signer, signer_of
from testing.harness import API, NOW, FakeClock, Output, Runner, config, page, refusal, settings, user

TOKEN_URL = "https://app.gong.io/oauth2/generate-customer-token"
USERS = f"{API}/v2/users"
GOOD = {"json": page("users", [user("1")])}


def oauth(**fields: Any) -> dict[str, Any]:
    return {
        "auth_type": "OAuth2.0",
        "client_id": "the-client-id",
        "client_secret": "the-client-secret",
        "refresh_token": "refresh-0",
        **fields,
    }


def fresh(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Gong's answer to a refresh."""
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": 86400,
        "scope": "api:users:read",
        "token_type": "Bearer",
        **fields,
    }


def token_requests(requests_mock: Any) -> list[Any]:
    return [request for request in requests_mock.request_history if "/oauth2/" in request.path]


def api_requests(requests_mock: Any) -> list[Any]:
    return [request for request in requests_mock.request_history if "/oauth2/" not in request.path]


def signer_for(credentials: dict[str, Any], clock: FakeClock | None = None) -> Signer:
    """What signs the requests of a sync with these credentials."""
    clock = clock or FakeClock()
    origin = Origin(API, True)
    return signer_of(
        settings(credentials=credentials),
        config(credentials=credentials),
        origin,
        Clock(lambda: NOW, clock, clock.sleep),
    )


def query(request: Any) -> dict[str, str]:
    return dict(part.split("=", 1) for part in request.url.partition("?")[2].split("&"))


def fails(output: Output, kind: str, part: str) -> None:
    assert output.raised is not None
    assert output.error.failure_type.value == kind
    assert part in output.error.message
    assert output.records("users") == []


def test_a_refresh_is_asked_for_as_gong_documents_it(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, json=fresh())
    requests_mock.get(USERS, **GOOD)
    assert runner.read("users", credentials=oauth()).raised is None
    (request,) = token_requests(requests_mock)
    assert query(request) == {"grant_type": "refresh_token", "refresh_token": "refresh-0"}
    assert not request.body
    client = base64.b64encode(b"the-client-id:the-client-secret").decode()
    assert request.headers["Authorization"] == f"Basic {client}"
    assert [sent.headers["Authorization"] for sent in api_requests(requests_mock)] == ["Bearer access-1"]


def test_an_access_token_that_is_still_good_is_not_refreshed(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, **GOOD)
    credentials = oauth(access_token="access-0", token_expiry_date="2099-01-01T00:00:00Z")
    assert runner.read("users", credentials=credentials).raised is None
    assert requests_mock.last_request.headers["Authorization"] == "Bearer access-0"
    assert token_requests(requests_mock) == []


def test_a_rotated_token_goes_back_to_the_platform(
    runner: Runner, requests_mock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    requests_mock.post(TOKEN_URL, json=fresh())
    requests_mock.get(USERS, **GOOD)
    given = config(credentials=oauth(), start_date="2026-05-01")
    output = runner.read("users", configuration=given)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()] + [
        json.loads(line) for line in output.text.splitlines()
    ]
    (control,) = [message["control"] for message in printed if message["type"] == "CONTROL"]
    assert control["type"] == "CONNECTOR_CONFIG"
    returned = control["connectorConfig"]["config"]
    assert returned["credentials"]["refresh_token"] == "refresh-1"
    assert returned["credentials"]["access_token"] == "access-1"
    assert returned["credentials"]["token_expiry_date"]
    # Nothing else was changed or filled in: what comes back is the user's own configuration.
    rotated = {"refresh_token", "access_token", "token_expiry_date"}
    assert {**returned, "credentials": None} == {**given, "credentials": None}
    assert {name: value for name, value in returned["credentials"].items() if name not in rotated} == {
        name: value for name, value in oauth().items() if name not in rotated
    }


def test_the_next_sync_goes_on_with_the_rotated_token(
    runner: Runner, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    credentials = oauth(
        client_id="emulator-client",
        client_secret="emulator-client-secret",
        refresh_token="emulator-refresh-token",
        token_url=f"{emulator.url}/oauth2/generate-customer-token",
    )
    given = config(credentials=credentials, api_base_url=emulator.url)
    assert runner.read("users", configuration=given).raised is None
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    returned = next(line for line in lines if line["type"] == "CONTROL")["control"]["connectorConfig"]["config"]
    emulator.revoke_access_token()
    assert runner.read("users", configuration=returned).raised is None
    assert emulator.refresh_token == "emulator-refresh-token-2"


def test_many_threads_cause_one_refresh(requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, [{"json": fresh(number)} for number in range(1, 20)])
    signer = signer_for(oauth())
    together = threading.Barrier(16)
    found: list[str] = []

    def work() -> None:
        together.wait()
        found.append(signer.header()["Authorization"])

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Bearer access-1"] * 16
    assert len(token_requests(requests_mock)) == 1


def test_many_refused_threads_cause_one_refresh(requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, [{"json": fresh(number)} for number in range(1, 20)])
    signer = signer_for(oauth(access_token="access-0", token_expiry_date="2099-01-01T00:00:00Z"))
    together = threading.Barrier(16)
    renewed: list[bool] = []

    def work() -> None:
        sent = signer.header()
        together.wait()
        renewed.append(signer.renew(sent))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renewed == [True] * 16
    assert signer.header() == {"Authorization": "Bearer access-1"}
    assert len(token_requests(requests_mock)) == 1


def test_a_token_revoked_during_a_sync_is_refreshed_once_and_the_request_repeated(
    runner: Runner, requests_mock: Any
) -> None:
    revoked = {"status_code": 401, "json": refusal("The access token has been revoked")}
    first = {"json": page("users", [user("1")], total=2, cursor="c1")}
    requests_mock.post(TOKEN_URL, json=fresh())
    requests_mock.get(USERS, [first, revoked, {"json": page("users", [user("2")], total=2, number=1)}])
    credentials = oauth(access_token="access-0", token_expiry_date="2099-01-01T00:00:00Z")
    assert runner.read("users", credentials=credentials).ids("users") == ["1", "2"]
    sent = api_requests(requests_mock)
    assert [request.headers["Authorization"] for request in sent] == ["Bearer access-0"] * 2 + ["Bearer access-1"]
    assert sent[1].url == sent[2].url
    assert len(token_requests(requests_mock)) == 1


def test_a_token_that_is_refused_after_its_refresh_is_an_error(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, [{"json": fresh(number)} for number in range(1, 9)])
    requests_mock.get(USERS, status_code=401, json=refusal("The access token has been revoked"))
    credentials = oauth(access_token="access-0", token_expiry_date="2099-01-01T00:00:00Z")
    fails(runner.read("users", credentials=credentials), "config_error", "The access token has been revoked")
    assert len(api_requests(requests_mock)) == 2
    assert len(token_requests(requests_mock)) == 1


def test_a_missing_scope_is_not_taken_for_an_old_token(runner: Runner, requests_mock: Any) -> None:
    sentence = "You don't have permission to use 'api:users:read' in your app."
    requests_mock.get(USERS, status_code=401, json=refusal(sentence))
    credentials = oauth(access_token="access-0", token_expiry_date="2099-01-01T00:00:00Z")
    fails(runner.read("users", credentials=credentials), "config_error", sentence)
    assert token_requests(requests_mock) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_refresh_is_a_config_error_that_says_to_connect_again(
    runner: Runner, requests_mock: Any, status: int
) -> None:
    requests_mock.post(TOKEN_URL, status_code=status, json=refusal("The grant refresh-0 was already used"))
    output = runner.read("users", credentials=oauth())
    fails(output, "config_error", "Connect the source to Gong again")
    assert requests_mock.call_count == 1
    assert "refresh-0" not in output.text


@pytest.mark.parametrize(
    "trouble",
    [
        {"status_code": 503},
        {"status_code": 429},
        {"text": "<html>"},
        {"json": []},
        {"json": {"token": "x"}},
        {"exc": requests.ConnectionError("refresh_token=refresh-0")},
        {"exc": requests.Timeout("refresh_token=refresh-0")},
    ],
)
def test_a_token_endpoint_in_trouble_is_asked_again_and_then_given_up(
    runner: Runner, requests_mock: Any, trouble: dict[str, Any]
) -> None:
    requests_mock.get(USERS, **GOOD)
    requests_mock.post(TOKEN_URL, [trouble] * (TOKEN_ATTEMPTS - 1) + [{"json": fresh()}])
    assert runner.read("users", credentials=oauth()).ids("users") == ["1"]
    requests_mock.post(TOKEN_URL, **trouble)
    output = runner.read("users", credentials=oauth())
    fails(output, "transient_error", "could not be refreshed")
    assert "refresh-0" not in output.text


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_of_the_token_endpoint_is_not_followed(runner: Runner, requests_mock: Any, status: int) -> None:
    requests_mock.post(TOKEN_URL, status_code=status, headers={"Location": "https://example.com/steal"})
    requests_mock.post("https://example.com/steal", json=fresh())
    requests_mock.get("https://example.com/steal", json=fresh())
    fails(runner.read("users", credentials=oauth()), "config_error", str(status))
    assert [request.hostname for request in requests_mock.request_history] == ["app.gong.io"]


def test_the_companys_own_address_is_taken_from_the_token_answer(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, json=fresh(api_base_url_for_customer="https://company-17.api.gong.io"))
    requests_mock.get("https://company-17.api.gong.io/v2/users", **GOOD)
    assert runner.read("users", credentials=oauth()).ids("users") == ["1"]


def test_an_address_that_the_user_set_stays(runner: Runner, requests_mock: Any) -> None:
    requests_mock.post(TOKEN_URL, json=fresh(api_base_url_for_customer="https://company-17.api.gong.io"))
    requests_mock.get("https://us-1.api.gong.io/v2/users", **GOOD)
    output = runner.read("users", credentials=oauth(), api_base_url="https://us-1.api.gong.io")
    assert output.ids("users") == ["1"]


@pytest.mark.parametrize(
    "foreign", ["https://example.com", "https://api.gong.io.example.com", "http://api.gong.io", "//x", 17, ["x"]]
)
def test_a_foreign_address_in_the_token_answer_is_ignored(runner: Runner, requests_mock: Any, foreign: object) -> None:
    requests_mock.post(TOKEN_URL, json=fresh(api_base_url_for_customer=foreign))
    requests_mock.get(USERS, **GOOD)
    assert runner.read("users", credentials=oauth()).ids("users") == ["1"]
    assert {request.hostname for request in requests_mock.request_history} == {"app.gong.io", "api.gong.io"}


def test_a_wrong_expiry_date_is_named_before_anything_is_sent(runner: Runner, requests_mock: Any) -> None:
    requests_mock.get(USERS, **GOOD)
    credentials = oauth(access_token="access-0", token_expiry_date="soon")
    output = runner.read("users", credentials=credentials)
    assert output.raised is not None
    assert "`credentials.token_expiry_date`" in (output.raised.message or "")
    assert output.raised.failure_type is not None
    assert output.raised.failure_type.value == "config_error"
    assert output.messages == []
    status, message = runner.check(credentials=credentials)
    assert status == "FAILED"
    assert "`credentials.token_expiry_date`" in message
    assert requests_mock.call_count == 0


def test_waiting_for_the_token_endpoint_does_not_really_wait(requests_mock: Any) -> None:
    clock = FakeClock()
    requests_mock.post(TOKEN_URL, [{"status_code": 503}] * 3 + [{"json": fresh()}])
    assert signer_for(oauth(), clock).header() == {"Authorization": "Bearer access-1"}
    assert clock.slept == [1, 2, 4]
