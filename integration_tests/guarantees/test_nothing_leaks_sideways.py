"""What neither a header nor an id nor a log line of a library may do: carry a secret away, or lead somewhere else."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, Fault
from testing.as_platform import KEY, SECRET, Platform, config, environment
from testing.harness import page, user
from testing.world import company, world

SECONDS = 60


@contextmanager
def answering(answer: Callable[[str], bytes]) -> Iterator[str]:
    """A server that sends these bytes for a path, as they stand, and closes the connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answer(self.path))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_no_cookie_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(5)) as reader:
        reader.gong.faults.add(
            Fault("reply", path="^/v2/users$", status=503, headers={"Set-Cookie": "session=1; Path=/"})
        )
        assert reader.sync("users").statuses == {"users": "COMPLETE"}
        assert [entry.status for entry in reader.gong.requests] == [503, 200]
        assert not [entry for entry in reader.gong.requests if "cookie" in entry.headers]


def test_an_id_leads_to_no_other_path(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(company(0)) as reader:
        found = page("users", [user("1/../../v2/calls?x=")])
        reader.gong.faults.add(Fault("json", path="^/v2/users$", body=found, count=None))
        output = reader.sync("user_settings_history")
        assert output.statuses == {"user_settings_history": "INCOMPLETE"}
        assert {entry.path for entry in reader.gong.requests} == {"/v2/users"}


def test_a_page_cursor_is_in_no_warning_of_the_http_library(tmp_path: Path) -> None:
    """A header that it can't read makes urllib3 warn, with the whole address."""

    def answer(path: str) -> bytes:
        cursor = None if "cursor" in path else "eyJsecret"
        body = json.dumps(page("users", [user("2" if "cursor" in path else "1")], total=2, cursor=cursor)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\nodd header\r\n"
        return f"{head}Connection: close\r\n\r\n".encode() + body

    with answering(answer) as url:
        run = Platform(tmp_path).run("read", configuration=config(url), streams=["users"], debug=True)
    assert run.ids("users") == ["1", "2"]
    assert "eyJsecret" not in run.stdout + run.stderr


def test_a_new_refresh_token_is_out_before_it_is_used(tmp_path: Path) -> None:
    """Gong takes each only once: a process that is killed with it in a buffer has locked its user out."""
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None)
    clock = Clock.frozen(datetime(2026, 6, 1, tzinfo=UTC))
    with Emulator(Company(CompanyOptions(calls=5)), options, clock) as gong:
        credentials: dict[str, Any] = {
            "auth_type": "OAuth2.0",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            "refresh_token": options.refresh_token,
            "token_url": f"{gong.url}/oauth2/generate-customer-token",
        }
        # No answer comes before the process is killed.
        gong.faults.add(Fault("stall", path="^/v2/", seconds=SECONDS, count=None))
        line = Platform(tmp_path).command(
            "read", configuration=config(gong.url, credentials=credentials), streams=["users"]
        )
        # As a platform runs it: nothing makes Python's own streams unbuffered.
        plain = {name: value for name, value in environment().items() if name != "PYTHONUNBUFFERED"}
        with (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(line, cwd=tmp_path, env=plain, stdout=out, stderr=subprocess.DEVNULL)
            until = time.monotonic() + SECONDS
            while not any(entry.path.startswith("/v2/") for entry in gong.requests):
                assert time.monotonic() < until
                assert process.poll() is None
                time.sleep(0.02)
            process.kill()
            process.wait()
    messages = [json.loads(text) for text in (tmp_path / "out").read_text().splitlines()]
    handed_back = [
        message["control"]["connectorConfig"]["config"] for message in messages if message["type"] == "CONTROL"
    ]
    assert [one["credentials"]["refresh_token"] for one in handed_back] == [gong.refresh_token]
