"""`python -m bench.bare URL FROM TO`: the least that a program must do: `requests` fetches, `orjson` parses, each
record is wrapped and printed.

With `--json` it is the script that somebody would write by hand: `response.json()` and `print`. With `--calm` its
collector looks as seldom as source-gong's, see `source_gong.run`.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

import orjson
import requests

from bench.pages import SELECTOR


def main(url: str, start: str, end: str, plain: bool) -> None:
    """Read the extensive calls of a period in one chain of pages."""
    session = requests.Session()
    body: dict[str, Any] = {"filter": {"fromDateTime": start, "toDateTime": end}, "contentSelector": SELECTOR}
    out = sys.stdout.buffer
    while True:
        response = session.post(f"{url}/v2/calls/extensive", json=body, timeout=60)
        response.raise_for_status()
        page = response.json() if plain else orjson.loads(response.content)
        for call in page["calls"]:
            record = {"stream": "calls_extensive", "data": call, "emitted_at": time.time_ns() // 1_000_000}
            message = {"type": "RECORD", "record": record}
            if plain:
                print(json.dumps(message))
            else:
                out.write(orjson.dumps(message))
                out.write(b"\n")
        cursor = page["records"].get("cursor")
        if not cursor:
            break
        body["cursor"] = cursor
    out.flush()


if __name__ == "__main__":
    if "--calm" in sys.argv:
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
    main(sys.argv[1], sys.argv[2], sys.argv[3], "--json" in sys.argv)
