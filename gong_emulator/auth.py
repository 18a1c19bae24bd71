"""Who may ask: access keys (Basic), access tokens (Bearer), and the OAuth exchange that gives out tokens."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gong_emulator.errors import (
    BAD_CREDENTIALS,
    CLIENT_REFUSED,
    GRANT_REFUSED,
    MISSING_AUTHORIZATION,
    TOKEN_EXPIRED,
    TOKEN_REVOKED,
    UNAUTHORIZED_PATH,
    ApiError,
    invalid,
    required,
)
from gong_emulator.options import EmulatorOptions


class Gate:
    """Checks credentials and keeps the tokens that were given out."""

    def __init__(self, options: EmulatorOptions) -> None:
        self._options = options
        self._issued = 0
        self._expiry: dict[str, datetime] = {}
        self._revoked: set[str] = set()
        self._refresh_token = options.refresh_token
        self._spent_codes: set[str] = set()

    @property
    def refresh_token(self) -> str:
        """The one refresh token that is good now."""
        return self._refresh_token

    def admit(self, header: str | None, now: datetime) -> None:
        """Accept an Authorization header or raise ApiError 401 with one of the reported sentences."""
        if header is None:
            raise ApiError(401, MISSING_AUTHORIZATION)
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "basic":
            options = self._options
            if not _same_pair(credentials, options.access_key, options.access_key_secret):
                raise ApiError(401, BAD_CREDENTIALS)
        elif scheme.lower() == "bearer":
            self._admit_token(credentials.strip(), now)
        else:
            raise ApiError(401, UNAUTHORIZED_PATH)

    def _admit_token(self, token: str, now: datetime) -> None:
        if token in self._revoked:
            raise ApiError(401, TOKEN_REVOKED)
        if token in self._options.access_tokens:
            return
        expiry = self._expiry.get(token)
        if expiry is None:
            raise ApiError(401, BAD_CREDENTIALS)
        if now >= expiry:
            raise ApiError(401, TOKEN_EXPIRED)

    def revoke(self, token: str | None = None) -> None:
        """Revoke one access token, or all that are good now."""
        self._revoked |= {token} if token else self._options.access_tokens | set(self._expiry)

    def exchange(self, header: str | None, query: Mapping[str, str], now: datetime, base_url: str) -> dict[str, Any]:
        """Answer `POST /oauth2/generate-customer-token`.

        The client authenticates with Basic and the parameters come in the query string (documented). A refresh
        token works once and the answer has the next one. Statuses and sentences of refusals are assumed.
        """
        scheme, _, credentials = (header or "").partition(" ")
        options = self._options
        if scheme.lower() != "basic" or not _same_pair(credentials, options.client_id, options.client_secret):
            raise ApiError(401, CLIENT_REFUSED)
        grant = query.get("grant_type")
        if grant == "refresh_token":
            if not query.get("refresh_token"):
                raise required("refresh_token")
            if not hmac.compare_digest(query["refresh_token"].encode(), self._refresh_token.encode()):
                raise ApiError(400, GRANT_REFUSED)
        elif grant == "authorization_code":
            for name in ("code", "client_id", "redirect_uri"):
                if not query.get(name):
                    raise required(name)
            code = query["code"]
            if code not in options.authorization_codes - self._spent_codes or query["client_id"] != options.client_id:
                raise ApiError(400, GRANT_REFUSED)
            self._spent_codes.add(code)
        else:
            raise invalid("grant_type", "must be authorization_code or refresh_token")
        return self._issue(query, now, base_url)

    def _issue(self, query: Mapping[str, str], now: datetime, base_url: str) -> dict[str, Any]:
        lifetime = self._options.token_lifetime
        if text := query.get("validity_duration"):
            if not text.isdigit() or not int(text):
                raise invalid("validity_duration", "must be a positive number of seconds")
            lifetime = int(text)
        self._issued += 1
        token = f"emulator-access-token-{self._issued}"
        self._refresh_token = f"{self._options.refresh_token}-{self._issued}"
        self._expiry[token] = now + timedelta(seconds=lifetime)
        return {
            "access_token": token,
            "refresh_token": self._refresh_token,
            "expires_in": lifetime,
            "scope": " ".join(sorted(self._options.scopes or ())),
            "token_type": "Bearer",
            "api_base_url_for_customer": base_url,
        }


def _same_pair(encoded: str, name: str, secret: str) -> bool:
    try:
        given = b64decode(encoded.strip(), validate=True)
    except (Base64Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{name}:{secret}".encode())
