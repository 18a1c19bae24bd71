"""The endpoints, one module per family."""

from __future__ import annotations

from gong_emulator.routes import administration, calls, engage, reviews, settings, stats, users
from gong_emulator.routes.endpoint import Endpoint

ENDPOINTS: list[Endpoint] = [
    *calls.ENDPOINTS,
    *users.ENDPOINTS,
    *settings.ENDPOINTS,
    *stats.ENDPOINTS,
    *reviews.ENDPOINTS,
    *administration.ENDPOINTS,
    *engage.ENDPOINTS,
]


def find(method: str, path: str) -> tuple[Endpoint | None, dict[str, str], bool]:
    """Return the endpoint, the varying parts of the path, and whether the path exists under another method."""
    known = False
    for endpoint in ENDPOINTS:
        if match := endpoint.pattern.match(path):
            if endpoint.method == method:
                return endpoint, match.groupdict(), True
            known = True
    return None, {}, known
