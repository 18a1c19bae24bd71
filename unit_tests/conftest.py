"""Fixtures that all unit tests share. No test waits, reads the wall clock, or reaches beyond the loopback."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions

with warnings.catch_warnings():
    # The CDK calls some of its own classes experimental while it is imported.
    warnings.simplefilter("ignore")
    from testing.harness import KEY, NOW, SECRET, Runner

# No test depends on how fast the machine is.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
        assert host in ("127.0.0.1", "::1"), f"a test connects to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def runner() -> Runner:
    """The connector at a fixed moment, with a clock that only sleeping moves."""
    return Runner()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A Gong of 250 calls from January to April 2026 that stands at `NOW` and has no limits."""
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None)
    with Emulator(Company(CompanyOptions()), options, Clock.frozen(NOW)) as running:
        yield running
