"""What the tests of several guarantees need."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.harness import Runner


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The staging directory, where recordings go."""
    folder = tmp_path / "staging"
    folder.mkdir()
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(folder))
    return folder


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The connector at a fixed moment, where answers are given by the test itself."""
    return Runner()
