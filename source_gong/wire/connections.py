"""HTTP sessions whose connections are of a kind of our own, without cookies and without credentials from `.netrc`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from source_gong.wire.gate import Gate

Kind = type[HTTPConnection]


class _Adapter(HTTPAdapter):
    """A pool's `ConnectionCls` is urllib3's documented place for connections of another kind."""

    def __init__(self, made: Callable[[Kind], Kind], connections: int) -> None:
        self._pools = {
            "http": type("HTTPPool", (HTTPConnectionPool,), {"ConnectionCls": made(HTTPConnection)}),
            "https": type("HTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": made(HTTPSConnection)}),
        }
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def bare_session(made: Callable[[Kind], Kind], connections: int, headers: Mapping[str, str]) -> requests.Session:
    """A session with connections of the kinds that `made` makes of urllib3's, and with these headers."""
    session = requests.Session()
    adapter = _Adapter(made, connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    session.headers.update({"User-Agent": "source-gong", **headers})
    return session


def paced_session(gate: Gate, connections: int) -> requests.Session:
    """A session whose requests leave at the gate's pace: a connection writes a request only when the gate gives the
    turn, connected (and with TLS set up) before it begins."""

    def paced(kind: Kind) -> Kind:
        def request(self: HTTPConnection, *args: Any, **kwargs: Any) -> None:
            if self.sock is None:
                self.connect()
            with gate.turn():
                kind.request(self, *args, **kwargs)

        return type(f"Paced{kind.__name__}", (kind,), {"request": request})

    return bare_session(paced, connections, {})
