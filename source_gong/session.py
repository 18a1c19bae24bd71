"""The HTTP session of a sync: connections that write a request only when the gate gives the turn."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from source_gong.gate import Gate


def _paced(kind: type[HTTPConnection], gate: Gate) -> type[HTTPConnection]:
    """Connections that write a request only when the gate gives the turn, connected (and with TLS set up) before it
    begins. A pool's `ConnectionCls` is urllib3's documented place for this."""

    def request(self: HTTPConnection, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        with gate.turn():
            kind.request(self, *args, **kwargs)

    return type(f"Paced{kind.__name__}", (kind,), {"request": request})


class _PacedAdapter(HTTPAdapter):
    def __init__(self, gate: Gate, connections: int) -> None:
        self._pools = {
            "http": type("HTTPPool", (HTTPConnectionPool,), {"ConnectionCls": _paced(HTTPConnection, gate)}),
            "https": type("HTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": _paced(HTTPSConnection, gate)}),
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
