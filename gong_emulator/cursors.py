"""Paging cursors: HS256 JSON web tokens with a readable payload, as the published real ones are.

Real payloads: `{"callId", "total", "pageNumber", "pageSize", "time", "exp"}` for calls and
`{"pageSize", "total", "pageNumber", "exp", "userId"}` for users. `exp` is set by the first request of a
sequence and later cursors inherit it (reported: a fresh cursor doesn't prolong the hour).
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from gong_emulator.errors import CURSOR_EXPIRED, CURSOR_REJECTED, ApiError

LIFETIME_SECONDS = 3600


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Cursors:
    """Signs and verifies cursors with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._header = _encode(b'{"alg":"HS256"}')

    def sign(self, payload: Mapping[str, Any]) -> str:
        """Return the token of a payload."""
        signed = f"{self._header}.{_encode(json.dumps(payload, separators=(',', ':')).encode())}"
        return f"{signed}.{self._signature(signed)}"

    def verify(self, token: object, now: datetime) -> dict[str, Any]:
        """Return the payload of a token.

        Raises ApiError 400: `failed to verify cursor` for a token that wasn't signed here,
        `cursor has expired` after its `exp` (seconds since 1970).
        """
        signed, _, signature = token.rpartition(".") if isinstance(token, str) else ("", "", "")
        if not signed or not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise ApiError(400, CURSOR_REJECTED)
        try:
            payload = json.loads(_decode(signed.partition(".")[2]))
        except (Base64Error, ValueError):
            raise ApiError(400, CURSOR_REJECTED) from None
        if now.timestamp() >= payload["exp"]:
            raise ApiError(400, CURSOR_EXPIRED)
        return dict(payload)

    def _signature(self, signed: str) -> str:
        return _encode(hmac.new(self._secret, signed.encode(), sha256).digest())
