"""Runs programs and measures them: seconds, CPU seconds, peak memory, and the records that they print."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parent.parent
KEY, SECRET = "BENCHKEYBENCH", "BENCHSECRETBENCH"
_RECORD = re.compile(rb'"stream":\s?"([a-z_]+)"')
_IDENTITY = re.compile(rb'"(?:id|callId)":\s?"(\d+)"')
_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 18


class Wrong(Exception):
    """A program did not read what there was."""


@dataclass
class Run:
    """What a process did. `ids` has the ids of the printed records by stream, `cpu` user and system seconds together,
    `peak` its own most resident megabytes, `states` the largest state of each stream in bytes, `last` the last one."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    ids: dict[str, Counter[int]] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    printed: int = 0
    streams: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many records were printed."""
        return sum(sum(counts.values()) for counts in self.ids.values())

    def must_have(self, truth: Mapping[str, Any]) -> None:
        """Compare with the ids that each stream has; raises Wrong."""
        for stream, wanted in truth.items():
            found = self.ids.get(stream, Counter())
            missing, foreign = set(wanted) - found.keys(), found.keys() - set(wanted)
            twice = sum(count - 1 for count in found.values())
            if missing or foreign or twice:
                raise Wrong(
                    f"{stream}: {len(missing)} records missing, {len(foreign)} that there are not, {twice} doubles"
                )

    def state_messages(self) -> list[Any]:
        """The last states, as a platform hands them to the next sync."""
        return list(self.last.values())

    def _line(self, line: bytes) -> None:
        if line.startswith((b'{"type":"RECORD"', b'{"type": "RECORD"')):
            stream, identity = _RECORD.search(line), _IDENTITY.search(line)
            name = stream[1].decode() if stream else ""
            self.ids.setdefault(name, Counter())[int(identity[1]) if identity else -1] += 1
        elif line.startswith(b'{"type":"STATE"'):
            state = json.loads(line)["state"]
            name = state["stream"]["stream_descriptor"]["name"]
            size = len(json.dumps(state["stream"]["stream_state"]))
            self.states[name] = max(size, self.states.get(name, 0))
            self.last[name] = state
        elif line.startswith(b'{"type":"CATALOG"'):
            self.streams = [stream["name"] for stream in json.loads(line)["catalog"]["streams"]]
        elif line.startswith(b'{"type":"LOG"'):
            self.logs.append(json.loads(line)["log"]["message"])


def measure(command: Sequence[str], bytes_per_second: float | None = None) -> Run:
    """Run a command to its end and take what it prints, no faster than `bytes_per_second`. Raises Wrong if it fails."""
    run, began = Run(), time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment()
        )
        assert process.stdout
        if hasattr(fcntl, "F_SETPIPE_SZ") and bytes_per_second is None:
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        rest, first = b"", None
        while chunk := os.read(process.stdout.fileno(), _READ_BYTES):
            run.printed += len(chunk)
            run.peak = max(run.peak, _peak(process.pid))
            *lines, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
            for line in lines:
                run._line(line)
            if bytes_per_second:
                first = first or time.monotonic()
                time.sleep(max(0.0, run.printed / bytes_per_second - (time.monotonic() - first)))
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        run.seconds, run.cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
        if process.returncode:
            errors.seek(0)
            last = [log[-300:] for log in run.logs[-2:]]
            raise Wrong(f"{command[2:4]} ended with {process.returncode}: {errors.read()[-500:]!r} {last}")
    return run


def _peak(pid: int) -> float:
    """Megabytes. The kernel's figure for a finished child would include what the parent had when it started it."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def stolen_seconds() -> float:
    """Processor seconds that the host has taken away from this virtual machine since it started, all processors
    together (`steal` in proc(5)); 0 where the system does not tell."""
    try:
        all_processors = Path("/proc/stat").read_text().partition("\n")[0].split()
    except OSError:
        return 0.0
    return int(all_processors[8]) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """The environment of every program: this checkout, and no reports to anybody."""
    quiet = {"DO_NOT_TRACK": "1", "AIRBYTE_TELEMETRY_MODE": "disabled", "AIRBYTE_OFFLINE_MODE": "1"}
    return {**os.environ, **quiet, "PYTHONPATH": str(CHECKOUT)}


@contextmanager
def serving(command: Sequence[str], address: Callable[[str], str]) -> Iterator[str]:
    """Run a server for as long as the context lasts; its first line tells the address."""
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, env=environment(), text=True)
    try:
        assert process.stdout
        yield address(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def page_server(calls: int, kilobytes: float) -> Iterator[str]:
    """The page server of a corpus; gives its address."""
    command = [sys.executable, "-m", "bench.page_server", str(calls), str(kilobytes)]
    with serving(command, lambda line: f"http://127.0.0.1:{int(line)}") as url:
        yield url


class Connector:
    """Command lines of a connector, with its files in a folder of its own."""

    def __init__(self, folder: Path, module: str = "source_gong") -> None:
        self._folder, self._module = folder, module
        folder.mkdir(parents=True, exist_ok=True)

    def command(
        self, name: str, configuration: Any = None, streams: Sequence[str] = (), state: Any = None
    ) -> list[str]:
        """The command line of `spec`, `check`, `discover` or `read`."""
        line = [sys.executable, "-m", self._module, name]
        if configuration is not None:
            line += ["--config", self._file("config", configuration)]
        if streams:
            line += ["--catalog", self._file("catalog", {"streams": [_chosen(stream) for stream in streams]})]
        if state is not None:
            line += ["--state", self._file("state", state)]
        return line

    def _file(self, name: str, content: Any) -> str:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def _chosen(stream: str) -> dict[str, Any]:
    modes = ["full_refresh", "incremental"]
    return {
        "stream": {"name": stream, "json_schema": {}, "supported_sync_modes": modes},
        "sync_mode": "incremental",
        "destination_sync_mode": "append",
    }


def config(url: str, **fields: Any) -> dict[str, Any]:
    """A configuration of the connector that has no pace to speak of."""
    return {
        "credentials": {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET},
        "api_base_url": url,
        "requests_per_second": 1000,
        **fields,
    }
