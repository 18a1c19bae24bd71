"""Recordings on the emulator's host, and reading them: what the tests of this room have in common."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from gong_emulator import Call, Emulator, MediaFile
from testing.harness import NOW, Output, Runner

SMALL = MediaFile("audio/mpeg", bytes(range(256)) * 1200)
DIGEST = hashlib.sha256(SMALL.content).hexdigest()


def recorded(gong: Emulator, days: float = 10, file: MediaFile = SMALL, **fields: Any) -> Call:
    """A call of so many days ago with this audio file."""
    found = gong.company.add_call(NOW - timedelta(days=days), media="Audio", **fields)
    gong.media.put(found.id, "audio", file)
    return found


def read(runner: Runner, gong: Emulator, *streams: str, **fields: Any) -> Output:
    """`read`, of `call_audio` when no stream is named."""
    return runner.read(*(streams or ("call_audio",)), api_base_url=gong.url, **fields)


def left(folder: Path) -> list[str]:
    """What lies in a stream's folder, without what describes whole files."""
    return sorted(path.name for path in folder.glob("call_*/*") if path.suffix != ".json")


def asked(gong: Emulator) -> list[str | None]:
    """The `Range` of each request for a recording, in order."""
    return [entry.headers.get("range") for entry in gong.media.requests]
