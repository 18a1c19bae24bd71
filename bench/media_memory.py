"""How much memory two large files at a time take: `python -m bench.media_memory` prints it as one line of JSON.

The peak of the resident memory (the kernel's own count) of a `read` of two calls, once without a download (the stream
`calls`) and once with two files of `--megabytes` each at the same time (`call_audio`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gong_emulator import Clock, Company, CompanyOptions, Emulator, EmulatorOptions, MediaFile

CHECKOUT = Path(__file__).parent.parent
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
# Issue 5: so much more than without a download is allowed.
MOST_MORE_MB = 60.0


def main() -> int:
    """Measure, print, and give 1 when the limit is broken or a file did not come whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of each file")
    size = parser.parse_args().megabytes * 2**20
    options = EmulatorOptions(access_key="key", access_key_secret="secret", rate_limit=None)
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(Company(CompanyOptions(calls=0)), options, Clock.frozen(NOW)) as gong,
    ):
        for hours in range(2):
            call = gong.company.add_call(NOW - timedelta(days=9, hours=hours), media="Audio")
            gong.media.put(call.id, "audio", MediaFile("audio/mpeg", zeros=size, etag='"zeros"'))
        without, _, _ = _read(gong, Path(folder), "calls")
        with_files, seconds, records = _read(gong, Path(folder), "call_audio")
    expected = _digest_of_zeros(size)
    whole = len(records) == 2 and all((one["sizeBytes"], one["sha256"]) == (size, expected) for one in records)
    found = {
        "file_bytes": size,
        "files_at_a_time": 2,
        "peak_mb_without_download": round(without, 1),
        "peak_mb_with_download": round(with_files, 1),
        "more_mb": round(with_files - without, 1),
        "most_more_mb": MOST_MORE_MB,
        "seconds": round(seconds, 1),
        "files_whole": whole,
    }
    print(json.dumps(found))
    return 0 if whole and with_files - without <= MOST_MORE_MB else 1


def _read(gong: Emulator, folder: Path, stream: str) -> tuple[float, float, list[dict[str, object]]]:
    """The peak in MB and the seconds of a process that reads one stream, and its records."""
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    configuration = {
        "credentials": {"auth_type": "APIKey", "access_key": "key", "access_key_secret": "secret"},
        "api_base_url": gong.url,
        "start_date": "2026-05-01",
        "requests_per_second": 1000,
    }
    catalog = {
        "streams": [
            {
                "stream": {"name": stream, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
                "sync_mode": "incremental",
                "destination_sync_mode": "append_dedup",
            }
        ]
    }
    (folder / "config.json").write_text(json.dumps(configuration))
    (folder / "catalog.json").write_text(json.dumps(catalog))
    line = [sys.executable, "-m", "source_gong", "read", "--config", "config.json", "--catalog", "catalog.json"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "AIRBYTE_STAGING_DIRECTORY": str(staging)}
    begun = time.monotonic()
    with (folder / "stdout").open("wb") as stdout:
        process = subprocess.Popen(line, cwd=folder, env=environment, stdout=stdout)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the read of {stream} ended with {process.returncode}")
    messages = [json.loads(text) for text in (folder / "stdout").read_text().splitlines()]
    records = [message["record"]["data"] for message in messages if message["type"] == "RECORD"]
    # Linux counts in kilobytes, macOS in bytes.
    peak = usage.ru_maxrss / (2**10 if sys.platform != "darwin" else 2**20)
    return peak, time.monotonic() - begun, records


def _digest_of_zeros(size: int) -> str:
    digest, block = hashlib.sha256(), bytes(2**20)
    for _ in range(size // len(block)):
        digest.update(block)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
