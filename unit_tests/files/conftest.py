"""A staging directory for each test, and a Gong whose calls the test makes itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from gong_emulator import Emulator


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The staging directory."""
    folder = tmp_path / "staging"
    folder.mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(folder))
    return folder


@pytest.fixture
def gong(emulator: Emulator) -> Emulator:
    """A Gong without calls."""
    emulator.company.calls.clear()
    return emulator


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What was logged, from INFO on."""
    caplog.set_level("INFO", "airbyte.source_gong")
    return caplog
