"""A file on its way to the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from source_gong.files.partial import Partial


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a machine that loses its power leaves an empty file under the name of a whole one."""
    final, synced = tmp_path / "call_audio" / "1.mp3", list[tuple[int, int, bool]]()
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        there = os.fstat(descriptor)
        synced.append((there.st_ino, there.st_size, final.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    with Partial(tmp_path / "call_audio", "1") as partial:
        partial.begin("v1")
        partial.write(b"content")
        partial.finish("mp3", "audio/mpeg", "2026-06-01T12:00:00Z")
    assert synced == [(final.stat().st_ino, 7, False)]
