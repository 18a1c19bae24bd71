"""The pace holds on whatever way a request leaves: over TLS, as in production, and through a proxy.

The emulator refuses what comes faster than it allows. Its clock passes only by waiting, so a request that leaves
without its turn meets a limit that has not been renewed.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Fault
from integration_tests.guarantees.certificate import certificate, serving_with
from testing.harness import is_transient
from testing.world import World, company, world

API_HOST = "api.gong.io"


def _assert_paced(reader: World, **fields: Any) -> None:
    # One at a time, since the made-up time does not pass while a request travels.
    output = reader.sync("calls", "users", requests_per_second=3, num_workers=1, **fields)
    assert output.raised is None, output.raised.message
    assert output.ids("calls") == sorted(call.id for call in reader.gong.company.calls)
    assert len(reader.gong.requests) > 10
    assert {entry.status for entry in reader.gong.requests} == {200}
    assert reader.gong.requests.stats()["maxRequestsInAnySecond"] <= 3


def test_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At Gong's own address, which the test's name service places on this machine."""
    pem = certificate(API_HOST, tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    resolve = socket.getaddrinfo
    with world(company(60), rate_limit=3, page_size=5, tls=serving_with(pem)) as reader:
        host, port = reader.gong.url.removeprefix("https://").split(":")

        def placed(name: Any, service: Any, *more: Any, **named: Any) -> Any:
            return (
                resolve(host, int(port), *more, **named) if name == API_HOST else resolve(name, service, *more, **named)
            )

        monkeypatch.setattr(socket, "getaddrinfo", placed)
        _assert_paced(reader, api_base_url=f"https://{API_HOST}")


def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator is the proxy: what it is asked to pass on, it answers itself."""
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with world(company(60), rate_limit=3, page_size=5) as reader:
        monkeypatch.setenv("HTTP_PROXY", reader.gong.url)
        # Nothing listens at the address of the API itself.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            _assert_paced(reader, api_base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_refusals_that_ask_for_no_wait_for_ever_are_waited_out_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(5)) as reader:
        reader.gong.faults.add(
            # One that is patient enough never comes so far; one that is not would go on for ever.
            Fault("reply", path="^/v2/users$", status=429, headers={"Retry-After": "0"}, count=2000)
        )
        output = reader.sync("users")
        assert is_transient(output)
        assert output.statuses == {"users": "INCOMPLETE"}
        assert len(reader.gong.requests) < 2000
