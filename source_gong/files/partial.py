"""A file on its way to the disk: half ones that can be gone on with, whole ones that are known again.

In a stream's folder there are the whole files, and hidden beside them what belongs to a call: `.<call>.json` describes
its whole file, `.<call>.<version>.<random>.part` is what has come of it so far. A half file is locked for as long as
the process that writes it lives, so another one can tell that it was left behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BufferedRandom
from pathlib import Path

if sys.platform != "win32":
    import fcntl

READ = 1024 * 1024
# How the name of a version begins whose content may have changed all the same.
UNSURE = "n"


@dataclass(frozen=True)
class Version:
    """What a host says of a file: its size in bytes (None when it doesn't say) and the ETag or date of its content."""

    total: int | None
    validator: str

    def name(self, byte_range: tuple[int, int | None] | None) -> str:
        """A short name for the part that is wanted of this version."""
        of = hashlib.sha256(repr((self.total, self.validator, byte_range)).encode()).hexdigest()[:16]
        return ("v" if self.validator else UNSURE) + of


@dataclass(frozen=True)
class Stored:
    """A whole file. `path` is relative to the staging directory, `downloaded_at` an instant in UTC."""

    path: str
    size: int
    sha256: str
    media_type: str
    downloaded_at: str
    version: str


def read_stored(folder: Path, call_id: str) -> Stored | None:
    """The whole file of a call that an earlier run left in a stream's folder, when it can be told which one it is."""
    try:
        stored = Stored(**json.loads(_description(folder, call_id).read_bytes()))
        there = (folder.parent / stored.path).stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    own = stored.path == f"{folder.name}/{Path(stored.path).name}" and Path(stored.path).stem == call_id
    return stored if own and there == stored.size else None


def _description(folder: Path, call_id: str) -> Path:
    return folder / f".{call_id}.json"


class Partial:
    """The bytes of one call's file so far, hashed as they come. Left without `finish()`, it leaves nothing behind.

    Raises OSError as the disk does.
    """

    def __init__(self, folder: Path, call_id: str) -> None:
        self.folder, self.call_id = folder, call_id
        self.version = ""
        self.size = 0
        self._hash = hashlib.sha256()
        self._path: Path | None = None
        self._file: BufferedRandom | None = None

    def __enter__(self) -> Partial:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob(f".{self.call_id}.*.part")):
            self._adopt(path)
        return self

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            with suppress(FileNotFoundError):
                self._path.unlink()
        if self._file is not None:
            # What is still in the buffer of a file that failed may fail again.
            with suppress(OSError):
                self._file.close()
        self._path = self._file = None

    @property
    def can_be_gone_on_with(self) -> bool:
        """Whether the host said which version the bytes so far are of, so that the rest can be held against it."""
        return not self.version.startswith(UNSURE)

    def begin(self, version: str) -> None:
        """Write what comes from the file's first wanted byte on, of this version."""
        self.empty()
        self.version = version
        path = self.folder / f".{self.call_id}.{version}.{secrets.token_hex(4)}.part"
        if self._file is None:
            self._file = path.open("x+b")
            self._path = path
            _lock(self._file)
        elif self._path is not None:
            os.rename(self._path, path)
            self._path = path

    def write(self, chunk: bytes) -> None:
        """Take over the next bytes."""
        assert self._file is not None, "begin() comes first"
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def empty(self) -> None:
        """Forget what has come so far."""
        self.size, self._hash = 0, hashlib.sha256()
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()

    def finish(self, ending: str, media_type: str, moment: str) -> Stored:
        """Let the whole file appear under its name, and describe it for a run after an interrupted one."""
        assert self._file is not None, "begin() comes first"
        assert self._path is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        name = f"{self.call_id}.{ending}"
        stored = Stored(
            f"{self.folder.name}/{name}", self.size, self._hash.hexdigest(), media_type, moment, self.version
        )
        before = read_stored(self.folder, self.call_id)
        if before and before.path != stored.path:
            (self.folder.parent / before.path).unlink(missing_ok=True)
        os.replace(self._path, self.folder / name)
        self._path = None
        # Half written, it is no JSON, and the file is fetched again.
        _description(self.folder, self.call_id).write_text(json.dumps(asdict(stored)), encoding="utf-8")
        return stored

    def _adopt(self, path: Path) -> None:
        """Go on with a half file that a process left behind when it was killed; delete it when that is no use."""
        version = path.name.split(".")[2]
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            return
        if not _lock(file) or not _is_at(file, path):
            file.close()
            return
        if self._file is not None or version.startswith(UNSURE):
            file.close()
            path.unlink(missing_ok=True)
            return
        self._file, self._path, self.version = file, path, version
        while chunk := file.read(READ):
            self._hash.update(chunk)
            self.size += len(chunk)


def _lock(file: BufferedRandom) -> bool:
    """Whether the file is this one's now. Where files can't be locked, none is taken over from another process."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: BufferedRandom, path: Path) -> bool:
    """Whether the open file still has this name: it may have become a whole one meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
