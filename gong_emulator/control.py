"""`/_emulator/*`: the same handles over HTTP, for processes that can't hold the Emulator itself.

No credentials, no limits, and not in the request log:
`GET requests` the log, counts per path and the log of the recordings' host, `GET stats`, `POST faults` one fault or a
list, `POST clock` `{"advance": seconds}` or `{"now": date-time}`, `POST reset`, `POST revoke-access-token`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Protocol

from gong_emulator.clock import Clock
from gong_emulator.dates import parse_moment
from gong_emulator.faults import Fault, Faults
from gong_emulator.media_server import MediaServer
from gong_emulator.replies import Reply
from gong_emulator.request_log import RequestLog

PREFIX = "/_emulator/"


class Handles(Protocol):
    """What a running emulator is held by."""

    requests: RequestLog
    faults: Faults
    clock: Clock
    media: MediaServer

    def reset(self) -> None:
        """Forget what was asked, given and struck."""

    def revoke_access_token(self, token: str | None = None) -> None:
        """Revoke one access token, or (None) all that are accepted now."""


def answer(handles: Handles, method: str, path: str, raw: bytes) -> Reply:
    """Answer a control request; 400 with `error` when its body makes no sense, 404 for an unknown one."""
    try:
        given = json.loads(raw) if raw else {}
        done = _act(handles, method, path.removeprefix(PREFIX), given)
    except (TypeError, ValueError) as error:
        return Reply(400, {"error": str(error)})
    return Reply(404, {"error": f"no control {method} {path}"}) if done is None else Reply(200, done)


def _act(handles: Handles, method: str, name: str, given: Any) -> dict[str, Any] | None:
    match method, name:
        case "GET", "requests":
            entries = [entry.to_json() for entry in handles.requests]
            media = [entry.to_json() for entry in handles.media.requests]
            return {"requests": entries, "counts": handles.requests.counts(), "media": media}
        case "GET", "stats":
            return dict(handles.requests.stats())
        case "POST", "faults":
            faults = [Fault.from_json(item) for item in (given if isinstance(given, list) else [given])]
            handles.faults.add(*faults)
            return {"added": len(faults)}
        case "POST", "clock":
            return {"now": _move(handles, given)}
        case "POST", "reset":
            handles.reset()
            return {}
        case "POST", "revoke-access-token":
            handles.revoke_access_token(given.get("token"))
            return {}
    return None


def _move(handles: Handles, given: Any) -> str:
    if "now" in given:
        moment = parse_moment(given["now"])
        if moment is None:
            raise ValueError("now: must be an ISO-8601 date-time with an offset")
        return handles.clock.set(moment).isoformat()
    return handles.clock.advance(timedelta(seconds=given["advance"])).isoformat()
