"""No key, secret, token, page cursor or Authorization value is ever printed, whatever the fault and the log level.

One process reads under one fault after the other, since most of a process's time goes into starting it. It runs the
console script's own `main`; only waiting is left out, so that faults which stay do not take minutes.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions
from gong_emulator.faults import Kind
from integration_tests.test_processes import CORE, NOW
from testing.as_platform import KEY, SECRET, Platform, catalog, config, environment

CLIENT_SECRET = "CANARYCLIENTSECRET"
REFRESH_TOKEN = "CANARYREFRESHTOKEN"
ACCESS_TOKEN = "CANARYACCESSTOKEN"
# What the emulator's OAuth endpoint gives out.
ISSUED = "emulator-access-token-"

DRIVER = """
import json, sys, time, urllib.request
from source_gong.clock import Clock
from source_gong.limits import Limits
from source_gong.platform import run
from source_gong.platform.packaged import read_manifest
from source_gong.platform.source import SourceGong
from source_gong.platform.sync import Surroundings
slept = [0.0]
clock = Clock(
    monotonic=lambda: time.monotonic() + slept[0], sleep=lambda seconds: slept.__setitem__(0, slept[0] + seconds)
)
whole = read_manifest()
needed = json.loads(sys.argv[4])
short = {**whole, "streams": [stream for stream in whole["streams"] if stream["name"] in needed]}
url, config, catalog, _, plans = sys.argv[1:]
def control(name, body):
    request = urllib.request.Request(url + "/_emulator/" + name, json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()
for faults in json.loads(plans):
    control("reset", {})
    control("faults", faults)
    try:
        source = SourceGong(manifest=short, surroundings=Surroundings(clock, Limits(read_seconds=0.2)))
        run.run(["read", "--config", config, "--catalog", catalog, "--debug"], source)
        code = 0
    except SystemExit as end:
        code = end.code
    print("ended", code, json.dumps(faults), file=sys.stderr, flush=True)
"""


@pytest.fixture
def gong() -> Iterator[Emulator]:
    """Pages of 20, so that there are cursors to print."""
    options = EmulatorOptions(
        access_key=KEY,
        access_key_secret=SECRET,
        access_tokens={ACCESS_TOKEN},
        client_secret=CLIENT_SECRET,
        refresh_token=REFRESH_TOKEN,
        rate_limit=None,
        page_size=20,
    )
    company = Company(CompanyOptions(calls=50, monologues_per_minute=0.02))
    with Emulator(company, options, Clock.frozen(NOW)) as emulator:
        yield emulator


def fault(kind: str, **fields: Any) -> dict[str, Any]:
    """A fault of a kind with what the kind needs; nothing in it is a secret by itself."""
    extra = {
        "reply": {"status": 401},
        "stall": {"seconds": 0.4},
        "stall_body": {"seconds": 0.4, "bytes": 50},
        "cut_body": {"bytes": 50},
        "json": {"body": {"answer": 42}},
        "redirect": {"url": "https://example.com/steal"},
        "retry_after_date": {"seconds": 3},
    }
    return {"kind": kind, "path": "^/v2/", **extra.get(kind, {}), **fields}


def read_under(gong: Emulator, tmp_path: Path, credentials: dict[str, Any], plans: list[Any]) -> tuple[str, str]:
    """Stdout and stderr of reads under each of the plans; a plan is a list of faults."""
    platform = Platform(tmp_path)
    given = platform.file("config", config(gong.url, credentials=credentials, num_workers=3))
    chosen = platform.file("catalog", catalog(*CORE))
    needed = json.dumps([*CORE, "workspaces"])
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, gong.url, given, chosen, needed, json.dumps(plans)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr.count("ended ") == len(plans), done.stderr[-2000:]
    return done.stdout, done.stderr


def assert_silent(stdout: str, stderr: str, *secrets: str) -> None:
    for name, text in (("stdout", stdout), ("stderr", stderr)):
        for secret in (*secrets, "eyJ"):
            place = text.find(secret)
            assert place < 0, f"{name} holds a secret: …{text[max(0, place - 300) : place]}<here>"


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("staying", [False, True], ids=["passing", "staying"])
def test_a_key_is_never_printed_under_any_fault(gong: Emulator, tmp_path: Path, staying: bool) -> None:
    # From the third request on, so that the faults also strike requests that carry a page cursor.
    extent = {"nth": 3, "count": 4 if staying else 1}
    plans = [[fault(kind, **extent)] for kind in get_args(Kind)]
    plans += [[fault("reply", status=status, **extent)] for status in (400, 403, 404, 429, 500)]
    credentials = {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET}
    stdout, stderr = read_under(gong, tmp_path, credentials, plans)
    assert_silent(stdout, stderr, KEY, SECRET, basic(KEY, SECRET))
    assert stdout.count('"DEBUG"') > 0, "the canary proves little when the log level is not the lowest"


def test_no_token_is_ever_printed_but_to_the_platform_itself(gong: Emulator, tmp_path: Path) -> None:
    credentials = {
        "auth_type": "OAuth2.0",
        "client_id": gong.options.client_id,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "access_token": ACCESS_TOKEN,
        "token_expiry_date": "2020-01-01T00:00:00Z",
        "token_url": f"{gong.url}/oauth2/generate-customer-token",
    }
    oauth = "^/oauth2/"
    plans: list[Any] = [[]]
    plans += [[fault(kind, path=oauth, count=None)] for kind in get_args(Kind) if not kind.endswith("cursor")]
    plans += [[fault(kind, path=oauth)] for kind in ("cut", "html", "broken_gzip")]
    plans += [[fault("reply", nth=2)], [fault("redirect")], [fault("expired_cursor", nth=3)]]
    stdout, stderr = read_under(gong, tmp_path, credentials, plans)
    # A rotated token goes back to the platform in a CONTROL message, which is where it belongs.
    lines = [line for line in stdout.splitlines() if not line.startswith('{"type":"CONTROL"')]
    assert len(lines) < len(stdout.splitlines())
    given = (CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN, ISSUED, basic(gong.options.client_id, CLIENT_SECRET))
    assert_silent("\n".join(lines), stderr, *given)


def test_a_refused_token_is_not_printed(gong: Emulator, tmp_path: Path) -> None:
    credentials = {"auth_type": "AccessToken", "access_token": ACCESS_TOKEN}
    gong.options.access_tokens = set()
    stdout, stderr = read_under(gong, tmp_path, credentials, [[]])
    assert "config_error" in stdout
    assert_silent(stdout, stderr, ACCESS_TOKEN)


def test_signed_addresses_are_printed_in_records_only(gong: Emulator, tmp_path: Path) -> None:
    given = config(gong.url, call_content=["media"])
    run = Platform(tmp_path).run("read", configuration=given, streams=["calls_extensive"], debug=True)
    signed = next(record["media"] for record in run.records("calls_extensive") if record.get("media"))
    address = next(iter(signed.values())).partition("?")[0]
    others = "\n".join(line for line in run.stdout.splitlines() if not line.startswith('{"type":"RECORD"'))
    assert address in run.stdout
    assert address not in others
    assert address not in run.stderr
