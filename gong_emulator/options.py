"""How an emulator behaves: credentials, licences, limits and speed."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gong_emulator.media import MediaUrls


@dataclass
class EmulatorOptions:
    """Settings of one emulator; they may be changed while it runs, except host, port and `tls`.

    `access_tokens` never expire (until revoked); tokens from the OAuth endpoint last `token_lifetime` seconds.
    `scopes`: what the credentials may do, None for all; it holds for access keys too (for those it is assumed).
    `engage_licence`: False refuses `/v2/flows*` with 403 and breaks `/v2/tasks` with 500.
    `call_visibility`: False makes calls answer the 404 of an empty result, as for a key that sees no calls.
    `rate_limit`: requests per sliding second, `daily_quota`: requests per UTC day, None for no limit.
    `latency`: seconds before each answer. `page_size`: records per page. `port`: 0 for any free one.
    `media`: who gives out the addresses of recordings, None for the emulator's own host on `media_port`.
    `monotonic`: seconds of the rate limit's own clock. `tls`: the certificate to serve the API with, None for
    plain HTTP.
    """

    access_key: str = "emulator-key"
    access_key_secret: str = "emulator-secret"
    access_tokens: set[str] = field(default_factory=set)
    client_id: str = "emulator-client"
    client_secret: str = "emulator-client-secret"
    refresh_token: str = "emulator-refresh-token"
    authorization_codes: set[str] = field(default_factory=set)
    token_lifetime: int = 86_400
    scopes: set[str] | None = None
    engage_licence: bool = True
    call_visibility: bool = True
    rate_limit: int | None = 3
    daily_quota: int | None = 10_000
    latency: float = 0.0
    page_size: int = 100
    host: str = "127.0.0.1"
    port: int = 0
    media: MediaUrls | None = None
    media_port: int = 0
    monotonic: Callable[[], float] = time.monotonic
    tls: ssl.SSLContext | None = None
