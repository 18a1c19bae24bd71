"""Which addresses a file may be fetched from, and a session that looks at whom it is connected to.

An address comes from an answer, so it can be anything: only HTTPS on the public internet is asked, without credentials,
cookies, or what `.netrc` holds. On the loopback, where the emulator runs, plain HTTP is asked too.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection

from source_gong import hosts
from source_gong.wire.connections import Kind, bare_session

NO_ADDRESS = "its address is none that can be fetched"
PRIVATE = "its address leads to a private network, where nothing is fetched"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FileFailed(Exception):
    """One file can't be had; the text is the reason, fit for a person and without an address."""


class Unresolved(Exception):
    """The name of a host could not be resolved, which may pass."""


class Guard:
    """Lets addresses of the public internet pass, and with `loopback` those of this machine."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback

    def look_at(self, address: str) -> None:
        """Raise `FileFailed` for an address that is not fetched: no HTTPS, or not on the public internet; `Unresolved`
        when that can't be told."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise FileFailed(NO_ADDRESS) from None
        if not host or "@" in parts.netloc:
            raise FileFailed(NO_ADDRESS)
        if parts.scheme != "https" and not (parts.scheme == "http" and self._loopback and hosts.is_loopback(address)):
            raise FileFailed("its address is not an HTTPS one, and no other is fetched")
        for found in _resolved(address, host, port or 443):
            if not self.allows(found):
                raise FileFailed(PRIVATE)

    def allows(self, address: Address) -> bool:
        """Whether a connection to this address is kept."""
        return _is_public(address) or (self._loopback and address.is_loopback)

    def session(self, connections: int) -> requests.Session:
        """A session without credentials. It looks at whom it is connected to, since a name can resolve to another
        address than it did when it was looked at."""

        def guarded(kind: Kind) -> Kind:
            def connect(connection: HTTPConnection) -> None:
                kind.connect(connection)
                if not self.allows(ipaddress.ip_address(connection.sock.getpeername()[0])):
                    connection.close()
                    raise FileFailed(PRIVATE)

            return type(f"Guarded{kind.__name__}", (kind,), {"connect": connect})

        session = bare_session(guarded, connections, {"Accept-Encoding": "identity"})
        # What HTTP/1.1 does anyway need not be said to a host that signed addresses may be strict at.
        del session.headers["Connection"]
        return session


def _resolved(address: str, host: str, port: int) -> list[Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    if requests.utils.select_proxy(address, requests.utils.get_environ_proxies(address)):
        # The proxy resolves the name, perhaps only it can, and it decides where it connects to.
        return []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unresolved from None
    return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also one that is wrapped into an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast
