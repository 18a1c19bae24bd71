"""Who gives out the addresses of recordings: the emulator's own host of them, or a stand-in that serves nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from gong_emulator.records import Record
from gong_emulator.records.call import Call

VALID_FOR = timedelta(hours=8)


class MediaUrls(Protocol):
    """Gives out the `media` block of a call."""

    def urls(self, call: Call, now: datetime) -> Record:
        """Return `audioUrl` and, for video, `videoUrl`; {} when the call has no media."""
        ...


class PlaceholderMediaUrls:
    """Signed addresses that nothing serves; the signature differs at each moment, as real ones do.

    The form is that of a presigned object-storage address, valid for 28,800 seconds (documented: 8 hours).
    """

    def __init__(self, base: str = "https://media.gong.example") -> None:
        self._base = base

    def urls(self, call: Call, now: datetime) -> Record:
        """Return the addresses of a call's recordings."""
        found = {"audioUrl": self._sign(f"{call.id}.mp3", now)}
        if call.media == "Video":
            found["videoUrl"] = self._sign(f"{call.id}.mp4", now)
        return found

    def _sign(self, name: str, now: datetime) -> str:
        stamp = now.strftime("%Y%m%dT%H%M%S.%f")
        signature = sha256(f"{name}{stamp}".encode()).hexdigest()
        expires = int(VALID_FOR.total_seconds())
        return f"{self._base}/{name}?X-Amz-Date={stamp[:15]}Z&X-Amz-Expires={expires}&X-Amz-Signature={signature}"
