"""How requests are signed: a key and its secret, OAuth with single-use refresh tokens, or a token refreshed elsewhere.

Why not the CDK's authenticators as the manifest could name them: Jinja turns a key such as `12E34` into a number, and
the token request follows redirects, retries for five minutes and quotes answers in errors. What the CDK does well,
rotating a single-use refresh token under one lock and handing it back to the platform, is used.
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Mapping
from typing import Any, Protocol

import orjson
import requests
from airbyte_cdk.config_observation import create_connector_config_control_message
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.sources.streams.http.requests_native_auth import SingleUseRefreshTokenOauth2Authenticator
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets
from airbyte_cdk.utils.datetime_helpers import ab_datetime_parse

from source_gong import hosts
from source_gong.clock import Clock
from source_gong.faults import ConfigError, GongError, TransientError
from source_gong.hosts import Origin
from source_gong.settings import Settings

LOGGER = logging.getLogger("airbyte.source_gong")
TOKEN_SECONDS = (10.0, 60.0)
TOKEN_ATTEMPTS = 6


class Signer(Protocol):
    """What signs the requests of a sync. Safe from any thread."""

    def header(self) -> Mapping[str, str]:
        """The `Authorization` header for a request that is about to be sent; renews a token that ran out."""

    def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401: have another header than the one that was refused. False where there is nothing to renew."""


class Fixed:
    """Signs with what stands in the configuration: a key, or a token that something else keeps fresh."""

    def __init__(self, authorization: str) -> None:
        self._header = {"Authorization": authorization}

    def header(self) -> Mapping[str, str]:
        return self._header

    def renew(self, refused: Mapping[str, str]) -> bool:
        return False


class Rotating:
    """Signs with OAuth tokens that are rotated. Many threads that are refused cause one refresh."""

    def __init__(self, tokens: RotatingTokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()

    def header(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._tokens.get_access_token()}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._tokens.access_token}":
                self._tokens.refresh_and_set_access_token()
        return True


def signer_of(settings: Settings, user_config: dict[str, Any], origin: Origin, clock: Clock) -> Signer:
    """The signer that `credentials.auth_type` asks for. `user_config` is the configuration as the platform gave it: the
    one that rotated tokens are written into."""
    credentials = settings.credentials
    if settings.auth_type == "APIKey":
        return Fixed(_basic(credentials["access_key"], credentials["access_key_secret"]))
    if settings.auth_type == "AccessToken":
        return Fixed(f"Bearer {credentials['access_token']}")
    return Rotating(RotatingTokens(settings, user_config, origin, clock))


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class RotatingTokens(SingleUseRefreshTokenOauth2Authenticator):
    """OAuth tokens that live in the user's configuration and are rotated there.

    Gong documents the refresh parameters in the query string and the client's id and secret as HTTP Basic
    (help.gong.io, "Create an app for Gong"); a refresh token can be used once.
    """

    def __init__(self, settings: Settings, user_config: dict[str, Any], origin: Origin, clock: Clock) -> None:
        credentials = settings.credentials
        self._settings, self._user_config, self._origin, self._clock = settings, user_config, origin, clock
        self._secrets = _basic(credentials["client_id"], credentials["client_secret"])
        add_to_secrets(self._secrets.partition(" ")[2])
        super().__init__(
            user_config,
            token_refresh_endpoint=settings.token_url,
            client_id=credentials["client_id"],
            client_secret=credentials["client_secret"],
            refresh_request_headers={"Authorization": self._secrets},
            send_refresh_request_as_query_params=True,
        )

    def get_token_expiry_date(self) -> Any:
        if not self.access_token:
            # A token that is missing is refreshed, whatever date stands beside it.
            return ab_datetime_parse(0)
        try:
            return super().get_token_expiry_date()
        except ValueError:
            raise ConfigError(
                "`credentials.token_expiry_date` is not a date-time. Write 2026-01-31T00:00:00Z, or leave it out."
            ) from None

    def _emit_control_message(self) -> None:
        # The new refresh token is the only one that is good from now on, so it is handed over at once; and whole,
        # since other threads write lines too.
        message = create_connector_config_control_message(self._user_config)
        print(orjson.dumps(AirbyteMessageSerializer.dump(message)).decode() + "\n", end="", flush=True)

    def _make_handled_request(self) -> Any:
        for attempt in range(1, TOKEN_ATTEMPTS + 1):
            answer = self._ask()
            if isinstance(answer, dict):
                self._adopt(answer)
                return answer
            if attempt == TOKEN_ATTEMPTS:
                raise TransientError(f"The OAuth token could not be refreshed: {answer}. Try again later.")
            self._clock.sleep(float(2 ** (attempt - 1)))
        raise AssertionError("unreachable")

    def _ask(self) -> dict[str, Any] | str:
        """The token endpoint's answer, or the reason to ask again."""
        try:
            with requests.Session() as session:
                session.auth = lambda request: request
                response = session.post(
                    self.get_token_refresh_endpoint(),
                    params=self.build_refresh_request_query_params(),
                    headers=self.build_refresh_request_headers(),
                    timeout=TOKEN_SECONDS,
                    allow_redirects=False,
                )
        except requests.RequestException:
            return "no connection to Gong's token endpoint"
        if response.status_code == 429 or response.status_code >= 500:
            return f"Gong's token endpoint answered {response.status_code}"
        if response.status_code != 200:
            raise ConfigError(
                f"Gong refused to refresh the OAuth token (status {response.status_code}). A refresh token can be used "
                "once; this one was used, revoked, or belongs to another app. Connect the source to Gong again."
            )
        try:
            body = response.json()
        except ValueError:
            return "Gong's token endpoint answered without a JSON document"
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            return "Gong's token endpoint answered without a token"
        return body

    def _adopt(self, answer: Mapping[str, Any]) -> None:
        for name in ("access_token", "refresh_token"):
            if isinstance(answer.get(name), str):
                add_to_secrets(answer[name])
        own = answer.get("api_base_url_for_customer")
        if own:
            # Checked before a token is sent there: an answer from elsewhere must not name the host.
            try:
                origin = hosts.api_base_url(own, "api_base_url_for_customer")
            except GongError:
                LOGGER.warning("The token answer names a foreign API address, which is ignored.")
                return
            if origin != self._settings.api_base_url:
                LOGGER.info("Gong names %s as this company's API address.", origin)
                self._origin.adopt(origin)
