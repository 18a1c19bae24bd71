"""Recordings that play: small ones made of a tone and a moving picture, and ones of any size made of zeros."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

_RATE = 8_000
_WIDTH, _HEIGHT, _FRAMES_A_SECOND = 64, 48, 5
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class MediaFile:
    """A file that can be downloaded: `content`, or `zeros` zero bytes, which take no memory.

    `etag` is None for a host that gives none. `media_type` is what the host says.
    """

    media_type: str
    content: bytes = b""
    zeros: int = 0
    etag: str | None = ""

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self.zeros or len(self.content)

    @property
    def tag(self) -> str | None:
        """Return the ETag, by default one that follows the content."""
        if self.etag == "":
            return f'"{sha256(self.content + str(self.zeros).encode()).hexdigest()[:32]}"'
        return self.etag

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop`, exclusive."""
        zeros = bytes(min(_CHUNK, max(0, stop - start))) if self.zeros else b""
        for at in range(start, stop, _CHUNK):
            end = min(at + _CHUNK, stop)
            yield zeros[: end - at] if self.zeros else self.content[at:end]


def audio_of(call_id: str) -> MediaFile:
    """Return a WAV file of one to two seconds, whose tone is the call's own."""
    number = int(call_id)
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(_tone(220 + number % 440, _RATE + number % _RATE))
    return MediaFile("audio/wav", content.getvalue())


def video_of(call_id: str) -> MediaFile:
    """Return an AVI file of two seconds, uncompressed: a bar that crosses the picture."""
    number = int(call_id)
    colour = bytes((64 + number % 128, 64 + number // 128 % 128, 200))
    frames = [_frame(colour, step) for step in range(2 * _FRAMES_A_SECOND)]
    size = len(frames[0])
    main = struct.pack(
        "<14I", 1_000_000 // _FRAMES_A_SECOND, size * _FRAMES_A_SECOND, 0, 0x10, len(frames), 0, 1, size, _WIDTH,
        _HEIGHT, 0, 0, 0, 0,
    )  # fmt: skip
    stream = b"vids" + b"DIB " + struct.pack(
        "<I2H8I4H", 0, 0, 0, 0, 1, _FRAMES_A_SECOND, 0, len(frames), size, 0xFFFFFFFF, 0, 0, 0, _WIDTH, _HEIGHT
    )  # fmt: skip
    bitmap = struct.pack("<3I2H6I", 40, _WIDTH, _HEIGHT, 1, 24, 0, size, 0, 0, 0, 0)
    pictures = b"".join(_chunk(b"00db", frame) for frame in frames)
    index = b"".join(struct.pack("<4s3I", b"00db", 0x10, 4 + n * (size + 8), size) for n in range(len(frames)))
    header = _list(b"hdrl", _chunk(b"avih", main) + _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", bitmap)))
    return MediaFile(
        "video/x-msvideo",
        _chunk(b"RIFF", b"AVI " + header + _list(b"movi", pictures) + _chunk(b"idx1", index)),
    )


def _tone(hertz: int, samples: int) -> bytes:
    return b"".join(struct.pack("<h", round(8_000 * math.sin(2 * math.pi * hertz * n / _RATE))) for n in range(samples))


def _frame(colour: bytes, step: int) -> bytes:
    row = b"".join(colour if n // 8 == step % 8 else b"\x20\x20\x20" for n in range(_WIDTH))
    return row * _HEIGHT


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _list(kind: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", kind + content)
