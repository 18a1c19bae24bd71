"""Which addresses a file is fetched from."""

from __future__ import annotations

import socket

import pytest
import requests

from gong_emulator import Emulator
from source_gong import hosts
from source_gong.files.addresses import FileFailed, Guard


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "169.254.1.1", "fd00::1", "224.0.0.1"])
def test_a_name_that_resolves_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    answers = [(0, 0, 0, "", ("52.216.1.1", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(FileFailed, match="private network"):
        Guard(False).look_at("https://bucket.example/a.mp3")


@pytest.mark.parametrize(
    "wrapped", ["2002:a00:1::", "64:ff9b::a00:1", "::ffff:10.0.0.1"], ids=["6to4", "NAT64", "mapped"]
)
def test_a_private_address_is_refused_in_any_wrapping(wrapped: str) -> None:
    with pytest.raises(FileFailed, match="private network"):
        Guard(False).look_at(f"https://[{wrapped}]/a.mp3")


def test_plain_http_and_loopback_only_where_the_api_is_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("52.216.1.1", 443))])
    Guard(False).look_at("https://bucket.example/a.mp3")
    Guard(True).look_at("http://127.0.0.1:8012/a.mp3")
    for address in ("http://bucket.example/a.mp3", "http://127.0.0.1/a", "https://127.0.0.1/a", "file:///etc/passwd"):
        with pytest.raises(FileFailed):
            Guard(False).look_at(address)
    with pytest.raises(FileFailed):
        Guard(True).look_at("http://bucket.example/a.mp3")
    assert hosts.is_loopback("http://localhost:1")


def test_whom_it_is_connected_to_is_looked_at_too(emulator: Emulator) -> None:
    """A name can resolve to another address for the connection than when it was looked at."""
    with Guard(False).session(1) as session, pytest.raises(FileFailed, match="private network"):
        session.get(emulator.media_url, timeout=5)
    assert len(emulator.media.requests) == 0


def test_requests_is_what_the_session_is_made_of() -> None:
    with Guard(True).session(2) as session:
        assert isinstance(session, requests.Session)
        assert dict(session.headers) == {
            "User-Agent": "source-gong",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
