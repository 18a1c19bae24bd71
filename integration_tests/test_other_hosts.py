"""The manifest in other hosts of the CDK, with a configuration that leaves out everything optional."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.connector_builder.main import handle_request

from gong_emulator import Clock, Emulator, EmulatorOptions
from source_gong.faults import ConfigError
from source_gong.platform.config import sync_of
from testing.as_platform import environment
from testing.harness import KEY, SECRET, catalog, manifest
from testing.reading import LONG_AFTER, MEDIA, company

MANIFEST = Path(__file__).parent.parent / "manifest.yaml"
# How the CDK is told that a manifest's own classes may run: that is up to whoever runs it.
UNSAFE = "AIRBYTE_ENABLE_UNSAFE_CODE"
BIN = Path(sys.executable).parent


@pytest.fixture
def gong() -> Iterator[Emulator]:
    options = EmulatorOptions(access_key=KEY, access_key_secret=SECRET, rate_limit=None)
    with Emulator(company(30), options, Clock.frozen(LONG_AFTER)) as running:
        yield running


def least(gong: Emulator, **fields: Any) -> dict[str, Any]:
    """What can't be left out, and where the emulator is."""
    credentials = {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET}
    return {"credentials": credentials, "api_base_url": gong.url, **fields}


def run(folder: Path, command: str, **files: Any) -> list[dict[str, Any]]:
    """The messages of a command of `source-declarative-manifest`, which must end well."""
    arguments = [command, "--manifest-path", str(MANIFEST)]
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments += [f"--{name}", str(path)]
    told = subprocess.run(
        [str(BIN / "source-declarative-manifest"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), UNSAFE: "true"},
        timeout=120,
    )
    assert told.returncode == 0, told.stdout[-2000:]
    assert SECRET not in told.stdout + told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_the_declarative_runner_checks_and_discovers(gong: Emulator, tmp_path: Path) -> None:
    checked = run(tmp_path, "check", config=least(gong))
    statuses = [one["connectionStatus"]["status"] for one in checked if one["type"] == "CONNECTION_STATUS"]
    assert statuses == ["SUCCEEDED"]
    (found,) = [one["catalog"] for one in run(tmp_path, "discover", config=least(gong)) if one["type"] == "CATALOG"]
    assert [stream["name"] for stream in found["streams"]] == [one["name"] for one in manifest()["streams"]]
    assert all(stream["json_schema"]["properties"] for stream in found["streams"])


def test_the_declarative_runner_reads_every_list(gong: Emulator, tmp_path: Path) -> None:
    names = [one["name"] for one in manifest()["streams"] if one["name"] not in MEDIA]
    # The pace is the only thing that is not left out: at Gong's own this would take minutes.
    configured = least(gong, requests_per_second=500, start_date="2026-04-01", end_date="2026-04-20")
    messages = run(tmp_path, "read", config=configured, catalog=catalog(*names))
    records = Counter(one["record"]["stream"] for one in messages if one["type"] == "RECORD")
    assert set(records) == set(names)
    ended = [one["trace"]["stream_status"] for one in messages if one.get("trace", {}).get("stream_status")]
    assert {one["stream_descriptor"]["name"] for one in ended if one["status"] == "COMPLETE"} == set(names)
    calls = {one["record"]["data"]["id"] for one in messages if one.get("record", {}).get("stream") == "calls"}
    assert calls == {call.id for call in gong.company.calls if call.started.isoformat() >= "2026-04-01"}
    days = [
        one["record"]["data"] for one in messages if one.get("record", {}).get("stream") == "stats_activity_aggregate"
    ]
    assert len({day["fromDate"] for day in days}) > 3


def test_the_builder_reads_a_page(gong: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(UNSAFE, "true")
    config = least(gong) | {
        "__injected_declarative_manifest": manifest(),
        "__command": "test_read",
        "__test_read_config": {"max_records": 10, "max_pages_per_slice": 1, "max_slices": 1},
    }
    for stream in ("users", "calls"):
        files = {"config": config, "catalog": catalog(stream)}
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        arguments = ["read", *(part for name in files for part in (f"--{name}", str(tmp_path / f"{name}.json")))]
        told = json.loads(handle_request(arguments))
        assert "record" in told, told
        pages = [page for one in told["record"]["data"]["slices"] for page in one["pages"]]
        assert sum(len(page["records"]) for page in pages) > 0


# In a process of its own: PyAirbyte keeps a session for the process, and warns of what it imports.
BY_PYAIRBYTE = """
import json, sys
from pathlib import Path
import airbyte
manifest, config, folder = sys.argv[1:]
source = airbyte.get_source("source-gong", config=json.loads(config), source_manifest=Path(manifest))
source.check()
source.select_streams(["users", "calls", "call_transcripts"])
read = source.read(cache=airbyte.new_local_cache("other_host", cache_dir=folder))
print("rows", json.dumps({name: len(list(read[name])) for name in source.get_selected_streams()}))
"""


def test_pyairbyte_reads_the_manifest(gong: Emulator, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BY_PYAIRBYTE, str(MANIFEST), json.dumps(least(gong)), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=MANIFEST.parent,
        env={**environment(), UNSAFE: "true", "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"},
        timeout=240,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert SECRET not in told.stdout + told.stderr
    rows = json.loads(next(line for line in told.stdout.splitlines() if line.startswith("rows ")).removeprefix("rows "))
    calls = len(gong.company.calls)
    assert rows["calls"] == calls
    assert 0 < rows["call_transcripts"] <= calls
    assert rows["users"] > 0


def test_a_stream_whose_list_the_host_has_not_built_says_what_to_run_instead(gong: Emulator) -> None:
    with pytest.raises(ConfigError, match="source-gong"):
        sync_of(least(gong)).reader("calls")
