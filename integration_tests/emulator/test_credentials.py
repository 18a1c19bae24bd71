"""Access keys, access tokens, scopes and the OAuth exchange."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from gong_emulator import Clock, Emulator, EmulatorOptions

from_here = ("emulator-client", "emulator-client-secret")


def ask(gong, authorization=None, path="/v2/users"):
    headers = {"Authorization": authorization} if authorization else {}
    return requests.get(f"{gong.url}{path}", headers=headers, timeout=10)


def token(gong, client=from_here, **query):
    return requests.post(f"{gong.url}/oauth2/generate-customer-token", params=query, auth=client, timeout=10)


def refresh(gong, value=None, **query):
    return token(gong, grant_type="refresh_token", refresh_token=value or gong.refresh_token, **query)


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        (None, 'Missing mandatory header "Authorization"'),
        ("Basic d3Jvbmc6a2V5", "Validate credentials failed"),
        ("Basic not-base64", "Validate credentials failed"),
        ("Bearer nobody-gave-this-out", "Validate credentials failed"),
        ("Digest abc", "Unauthorized for path"),
    ],
)
def test_credentials_that_gong_refuses(gong, authorization, sentence) -> None:
    response = ask(gong, authorization)
    assert (response.status_code, response.json()["errors"]) == (401, [sentence])


def test_a_listed_token_is_accepted_until_it_is_revoked(gong) -> None:
    gong.options.access_tokens.add("mine")
    assert ask(gong, "Bearer mine").status_code == 200
    gong.revoke_access_token()
    response = ask(gong, "Bearer mine")
    assert response.status_code == 401
    assert "access token has been revoked" in response.json()["errors"][0]


def test_a_refresh_gives_a_token_and_the_base_url(gong) -> None:
    reply = refresh(gong).json()
    keys = {"access_token", "refresh_token", "expires_in", "scope", "token_type", "api_base_url_for_customer"}
    assert set(reply) == keys
    assert reply["api_base_url_for_customer"] == gong.url
    assert reply["expires_in"] == 86_400
    assert ask(gong, f"Bearer {reply['access_token']}").status_code == 200


def test_a_refresh_token_works_once_and_the_next_one_comes_with_the_answer(gong) -> None:
    first = refresh(gong, "emulator-refresh-token").json()["refresh_token"]
    assert refresh(gong, "emulator-refresh-token").status_code == 400
    assert refresh(gong, first).status_code == 200
    assert refresh(gong, first).status_code == 400


def test_a_token_expires_by_the_clock_after_the_validity_asked_for(gong) -> None:
    reply = refresh(gong, validity_duration="60").json()
    assert reply["expires_in"] == 60
    gong.clock.advance(timedelta(seconds=59))
    assert ask(gong, f"Bearer {reply['access_token']}").status_code == 200
    gong.clock.advance(timedelta(seconds=1))
    assert ask(gong, f"Bearer {reply['access_token']}").status_code == 401


def test_revoking_leaves_the_refresh_token_good(gong) -> None:
    reply = refresh(gong).json()
    gong.revoke_access_token(reply["access_token"])
    assert ask(gong, f"Bearer {reply['access_token']}").status_code == 401
    renewed = refresh(gong, reply["refresh_token"]).json()
    assert ask(gong, f"Bearer {renewed['access_token']}").status_code == 200


def test_an_authorization_code_works_once(gong) -> None:
    gong.options.authorization_codes.add("the-code")
    asked = {"grant_type": "authorization_code", "code": "the-code", "client_id": "emulator-client"}
    assert token(gong, **asked).status_code == 400, "redirect_uri is missing"
    asked["redirect_uri"] = "https://app.example/callback"
    assert token(gong, **asked).status_code == 200
    assert token(gong, **asked).status_code == 400


def test_the_client_must_authenticate_with_basic(gong) -> None:
    assert token(gong, ("emulator-client", "wrong"), grant_type="refresh_token").status_code == 401
    assert token(gong, None, grant_type="refresh_token").status_code == 401


def test_parameters_in_a_form_body_are_not_seen(gong) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": gong.refresh_token}
    url = f"{gong.url}/oauth2/generate-customer-token"
    assert requests.post(url, data=form, auth=from_here, timeout=10).status_code == 400


def test_secrets_stay_out_of_the_log(gong) -> None:
    reply = refresh(gong).json()
    ask(gong, f"Bearer {reply['access_token']}")
    exchange, call = gong.requests
    assert exchange.query["refresh_token"] == "***"
    assert (exchange.authorization, call.authorization) == ("Basic", "Bearer")
    assert "authorization" not in call.headers
    assert reply["access_token"] not in str(list(gong.requests))


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v2/calls", "api:calls:read:basic"),
        ("GET", "/v2/calls/1", "api:calls:read:basic"),
        ("POST", "/v2/calls/extensive", "api:calls:read:extensive"),
        ("POST", "/v2/calls/transcript", "api:calls:read:transcript"),
        ("POST", "/v2/calls/users-access", "api:call-user-access:read"),
        ("GET", "/v2/users", "api:users:read"),
        ("POST", "/v2/users/extensive", "api:users:read"),
        ("GET", "/v2/users/1", "api:users:read"),
        ("GET", "/v2/users/1/settings-history", "api:users:read"),
        ("GET", "/v2/workspaces", "api:workspaces:read"),
        ("GET", "/v2/settings/scorecards", "api:settings:scorecards:read"),
        ("GET", "/v2/settings/trackers", "api:settings:trackers:read"),
        ("GET", "/v2/settings/briefs", "api:ai-briefer:read"),
        ("GET", "/v2/call-outcomes", "api:call-outcomes:read"),
        ("GET", "/v2/library/folders", "api:library:read"),
        ("GET", "/v2/library/folder-content", "api:library:read"),
        ("POST", "/v2/stats/activity/aggregate", "api:stats:user-actions"),
        ("POST", "/v2/stats/activity/aggregate-by-period", "api:stats:user-actions"),
        ("POST", "/v2/stats/activity/day-by-day", "api:stats:user-actions:detailed"),
        ("POST", "/v2/stats/interaction", "api:stats:interaction"),
        ("POST", "/v2/stats/activity/scorecards", "api:stats:scorecards"),
        ("GET", "/v2/coaching", "api:coaching:read"),
        ("GET", "/v2/logs", "api:logs:read"),
        ("GET", "/v2/permission-profile/users", "api:users:read"),
        ("GET", "/v2/crm/integrations", "api:crm:integrations:read"),
        ("GET", "/v2/crm/entity-schema", "api:crm:schema"),
        ("GET", "/v2/flows", "api:flows:read"),
        ("GET", "/v2/flows/folders", "api:flows:read"),
        ("POST", "/v2/flows/steps", "api:flows:read"),
        ("POST", "/v2/tasks", "api:tasks:read"),
    ],
)
def test_a_missing_scope_is_a_401_that_names_it(gong, client, method, path, scope) -> None:
    gong.options.scopes = set()
    response = client.get(path) if method == "GET" else client.post(path, {"filter": {}})
    sentence = f"You don't have permission to use '{scope}' in your app."
    assert (response.status_code, response.json()["errors"]) == (401, [sentence])
    gong.options.scopes = {scope}
    response = client.get(path) if method == "GET" else client.post(path, {"filter": {}})
    assert response.status_code != 401


def test_media_addresses_need_a_scope_of_their_own(gong, client, company) -> None:
    company.add_call(gong.clock.now())
    gong.options.scopes = {"api:calls:read:extensive"}
    asked = {"filter": {}, "contentSelector": {"exposedFields": {"media": True}}}
    response = client.post("/v2/calls/extensive", asked)
    assert response.status_code == 401
    assert "api:calls:read:media-url" in response.json()["errors"][0]
    assert client.post("/v2/calls/extensive", {"filter": {}}).status_code == 200


def test_the_scopes_granted_are_named_with_the_token(company) -> None:
    options = EmulatorOptions(scopes={"api:users:read", "api:logs:read"})
    with Emulator(company, options, Clock.real()) as gong:
        assert refresh(gong).json()["scope"] == "api:logs:read api:users:read"
