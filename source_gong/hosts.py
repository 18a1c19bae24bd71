"""Which hosts may be sent a credential.

The base URL is per company (`https://us-12100.api.gong.io`), so it can't be a constant; but a credential that leaves
for any other host is stolen. Hence: `https` to `api.gong.io` and below, and plain `http` only to the loopback
addresses, where the emulator runs.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from source_gong.faults import ConfigError

API_DOMAIN = "api.gong.io"
APP_DOMAIN = "app.gong.io"
_LABELS = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def api_base_url(value: object, field: str) -> str:
    """The origin to send API requests to, without a trailing slash; `ConfigError` names `field` when it is foreign."""
    return _origin(value, field, API_DOMAIN, allowed_paths=("", "/", "/v2", "/v2/"))


def token_url(value: object, field: str) -> str:
    """The URL that OAuth tokens are refreshed at; `ConfigError` names `field` when it is not Gong's."""
    origin = _origin(value, field, APP_DOMAIN, allowed_paths=None)
    return origin + urlsplit(str(value).strip()).path


class Origin:
    """Where the requests of a sync go: the configured address, or the one that Gong's token answer names for the
    company, unless the user set one."""

    def __init__(self, url: str, is_default: bool) -> None:
        self.url = url
        self._is_default = is_default

    def adopt(self, url: str) -> None:
        """Send what follows there; already checked."""
        if self._is_default:
            self.url = url


def is_loopback(url: str) -> bool:
    """Whether the URL's host is a loopback address, written as an address or as `localhost`."""
    return _is_loopback_host(urlsplit(url).hostname or "")


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(value: object, field: str, domain: str, allowed_paths: tuple[str, ...] | None) -> str:
    refusal = ConfigError(
        f"`{field}` must be an https address of {domain} (for instance https://{domain} or "
        f"https://us-12345.{domain}), or a plain http address of this machine. Copy it from Gong: "
        "Admin center > Settings > Ecosystem > API."
    )
    if not isinstance(value, str) or re.search(r"[\s\\@?#%]", value.strip()):
        raise refusal
    try:
        parts = urlsplit(value.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise refusal from None
    if allowed_paths is not None and parts.path not in allowed_paths:
        raise refusal
    if parts.scheme == "https" and port in (None, 443) and _LABELS.fullmatch(host):
        if host == domain or host.endswith("." + domain):
            return f"https://{host}"
    elif parts.scheme == "http" and _is_loopback_host(host):
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}" + (f":{port}" if port else "")
    raise refusal
