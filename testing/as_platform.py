"""The connector as a platform runs it: a process with files for configuration, catalog and state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parent.parent
KEY = "CANARYKEYCANARY"
SECRET = "CANARYSECRETCANARY"
INCREMENTAL = frozenset({"calls", "calls_extensive", "call_transcripts"})


def config(url: str, **fields: Any) -> dict[str, Any]:
    """A configuration for an emulator, with a fixed period, so that no clock decides what is read."""
    return {
        "credentials": {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET},
        "api_base_url": url,
        "start_date": "2026-01-01",
        "end_date": "2026-05-01",
        "requests_per_second": 1000,
        **fields,
    }


def catalog(*streams: str) -> dict[str, Any]:
    """A configured catalog, incremental where the stream can be."""
    return {
        "streams": [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
                "sync_mode": "incremental" if name in INCREMENTAL else "full_refresh",
                "destination_sync_mode": "append_dedup" if name in INCREMENTAL else "overwrite",
            }
            for name in streams
        ]
    }


@dataclass
class Run:
    """What a process left behind. `lines` are the whole lines of its stdout, each a message of the protocol."""

    code: int
    stdout: str
    stderr: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Stdout, which holds nothing but messages; a last line without its end was not printed yet."""
        whole = self.stdout[: self.stdout.rfind("\n") + 1]
        found = [json.loads(line) for line in whole.splitlines()]
        assert all(isinstance(one, dict) and one.get("type") for one in found)
        return found

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The contents of all messages of a type."""
        name = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [message[name] for message in self.messages if message["type"] == kind]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream."""
        return [record["data"] for record in self.of("RECORD") if record["stream"] == stream]

    def ids(self, stream: str) -> list[str]:
        """The ids of a stream's records, sorted, doubles kept."""
        return sorted(record["callId" if stream == "call_transcripts" else "id"] for record in self.records(stream))

    def state(self, before: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
        """What a platform keeps: the last state of each stream, or the one from before."""
        last = {one["stream"]["stream_descriptor"]["name"]: dict(one) for one in before}
        for state in self.of("STATE"):
            last[state["stream"]["stream_descriptor"]["name"]] = state
        return list(last.values())

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The error traces."""
        return [trace["error"] for trace in self.of("TRACE") if trace["type"] == "ERROR"]

    @property
    def statuses(self) -> dict[str, str]:
        """The last status of each stream."""
        found = [trace["stream_status"] for trace in self.of("TRACE") if trace["type"] == "STREAM_STATUS"]
        return {one["stream_descriptor"]["name"]: one["status"] for one in found}


class Platform:
    """Runs commands of the connector in a folder of its own, away from the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, content: Any) -> str:
        """Write a file as JSON (text as it stands) and give its path."""
        path = self.folder / f"{name}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    def command(
        self,
        command: str,
        *,
        configuration: Any = None,
        streams: Sequence[str] | Mapping[str, Any] = (),
        state: Any = None,
        debug: bool = False,
    ) -> list[str]:
        """The command line of a run."""
        line = [sys.executable, "-m", "source_gong", command]
        if configuration is not None:
            line += ["--config", self.file("config", configuration)]
        if streams:
            chosen = streams if isinstance(streams, Mapping) else catalog(*streams)
            line += ["--catalog", self.file("catalog", chosen)]
        if state is not None:
            line += ["--state", self.file("state", state)]
        return line + (["--debug"] if debug else [])

    def run(self, command: str, **options: Any) -> Run:
        """Run to the end."""
        done = subprocess.run(
            self.command(command, **options),
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def kill(self, lines: int, **options: Any) -> Run:
        """Read, and kill with SIGKILL as soon as so many lines are on stdout."""
        return self.interrupt(lines, lambda process: process.kill(), **options)

    def interrupt(self, lines: int, act: Callable[[subprocess.Popen[str]], None], **options: Any) -> Run:
        """Read, and `act` on the process as soon as so many lines are on stdout. One that does not end is killed."""
        command, seen = self.command("read", **options), []
        with (self.folder / "stderr.txt").open("w+", encoding="utf-8") as errors:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True
            )
            guard = threading.Timer(120, process.kill)
            guard.start()
            assert process.stdout
            with process:
                for line in process.stdout:
                    seen.append(line)
                    if len(seen) == lines:
                        act(process)
                    if process.stdout.closed:
                        break
                code = process.wait()
            guard.cancel()
            errors.seek(0)
            return Run(code, "".join(seen), errors.read())


def environment() -> dict[str, str]:
    """The environment of a process: the checkout is on its path, whatever is installed."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}
