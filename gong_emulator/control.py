"""`/_emulator/*`: the same handles over HTTP, for processes that can't hold the Emulator itself.

No credentials, no limits, and not in the request log:
`GET requests` the log, counts per path and the log of the recordings' host, `GET stats`, `POST faults` one fault or a
list, `POST clock` `{"advance": seconds}` or `{"now": date-time}`, `POST reset`, `POST revoke-access-token`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gong_emulator.dates import parse_moment
from gong_emulator.faults import Fault
from gong_emulator.replies import Reply

if TYPE_CHECKING:
    from gong_emulator.server import Emulator

PREFIX = "/_emulator/"


def answer(emulator: Emulator, method: str, path: str, raw: bytes) -> Reply:
    """Answer a control request; 400 with `error` when its body makes no sense, 404 for an unknown one."""
    try:
        given = json.loads(raw) if raw else {}
        done = _act(emulator, method, path.removeprefix(PREFIX), given)
    except (TypeError, ValueError) as error:
        return Reply(400, {"error": str(error)})
    return Reply(404, {"error": f"no control {method} {path}"}) if done is None else Reply(200, done)


def _act(emulator: Emulator, method: str, name: str, given: Any) -> dict[str, Any] | None:
    match method, name:
        case "GET", "requests":
            entries = [entry.to_json() for entry in emulator.requests]
            media = [entry.to_json() for entry in emulator.media.requests]
            return {"requests": entries, "counts": emulator.requests.counts(), "media": media}
        case "GET", "stats":
            return dict(emulator.requests.stats())
        case "POST", "faults":
            faults = [Fault.from_json(item) for item in (given if isinstance(given, list) else [given])]
            emulator.faults.add(*faults)
            return {"added": len(faults)}
        case "POST", "clock":
            return {"now": _move(emulator, given)}
        case "POST", "reset":
            emulator.reset()
            return {}
        case "POST", "revoke-access-token":
            emulator.revoke_access_token(given.get("token"))
            return {}
    return None


def _move(emulator: Emulator, given: Any) -> str:
    if "now" in given:
        moment = parse_moment(given["now"])
        if moment is None:
            raise ValueError("now: must be an ISO-8601 date-time with an offset")
        return emulator.clock.set(moment).isoformat()
    return emulator.clock.advance(timedelta(seconds=given["advance"])).isoformat()
