"""The HTTP session of a sync: connections that write a request only when the gate gives the turn."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from source_gong.gate import Gate


class _PacedHTTPConnection(HTTPConnection):
    """Writes a request only when the gate gives the turn. `ConnectionCls` is urllib3's documented place for this."""

    gate: Gate

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        with self.gate.turn():
            super().request(*args, **kwargs)


class _PacedHTTPSConnection(HTTPSConnection):
    """As above, with TLS set up before the turn begins."""

    gate: Gate

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        with self.gate.turn():
            super().request(*args, **kwargs)


class _PacedAdapter(HTTPAdapter):
    def __init__(self, gate: Gate, connections: int) -> None:
        http = type("HTTPConnection", (_PacedHTTPConnection,), {"gate": gate})
        https = type("HTTPSConnection", (_PacedHTTPSConnection,), {"gate": gate})
        self._pools = {
            "http": type("HTTPPool", (HTTPConnectionPool,), {"ConnectionCls": http}),
            "https": type("HTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
        }
        super().__init__(pool_connections=2, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def paced_session(gate: Gate, connections: int) -> requests.Session:
    """A session whose requests leave at the gate's pace. It keeps no cookies and takes no credentials from `.netrc`."""
    session = requests.Session()
    session.mount("https://", _PacedAdapter(gate, connections))
    session.mount("http://", _PacedAdapter(gate, connections))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    session.headers["User-Agent"] = "source-gong"
    return session
