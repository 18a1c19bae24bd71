"""The command `gong-emulator`: serves an invented company until it is told to stop."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gong_emulator.clock import Clock
from gong_emulator.company import Company
from gong_emulator.company_options import CompanyOptions
from gong_emulator.options import EmulatorOptions
from gong_emulator.server import Emulator

_SPAN = timedelta(days=90)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0 after a clean stop, 1 when the port can't be opened."""
    given = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    emulator = build(given)
    try:
        emulator.start()
    except OSError as error:
        print(f"gong-emulator: can't serve on {given.host}:{given.port}: {error}", file=sys.stderr)
        return 1
    # A look at every call in search of cycles would hold up requests, which count when they are looked at.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    print(_greeting(emulator), flush=True)
    stop.wait()
    emulator.stop()
    print("gong-emulator: stopped", flush=True)
    return 0


def build(given: argparse.Namespace) -> Emulator:
    """Return the emulator that the command line describes, not yet started.

    The calls are spread over the 90 days before now unless told otherwise.
    """
    clock = Clock.frozen(given.frozen_now) if given.frozen_now else Clock.real()
    last = given.last_call or clock.now()
    company = Company(
        CompanyOptions(
            seed=given.seed,
            time_zone=given.time_zone,
            users=given.users,
            managers=min(2, given.users),
            workspaces=given.workspaces,
            calls=given.calls,
            first_call=given.first_call or last - _SPAN,
            last_call=last,
        )
    )
    options = EmulatorOptions(
        access_key=given.access_key,
        access_key_secret=given.access_key_secret,
        scopes=set(given.scopes.replace(",", " ").split()) if given.scopes is not None else None,
        engage_licence=not given.no_engage,
        rate_limit=given.rate_limit or None,
        daily_quota=given.daily_quota or None,
        latency=given.latency,
        host=given.host,
        port=given.port,
        media_port=given.media_port,
    )
    return Emulator(company, options, clock)


def _greeting(emulator: Emulator) -> str:
    options = emulator.options
    return (
        f"gong-emulator: serving {len(emulator.company.calls)} calls on {emulator.url}\n"
        f"gong-emulator: recordings are downloaded from {emulator.media_url}\n"
        "Point the connector at it with a config that has\n"
        f"  the base URL    {emulator.url}\n"
        f"  the access key  {options.access_key}\n"
        "  the secret      as given by --access-key-secret (default: emulator-secret)\n"
        f"See what was asked: {emulator.url}/_emulator/stats and /_emulator/requests\n"
        "Stop with Ctrl-C."
    )


def _parser() -> argparse.ArgumentParser:
    company, options = CompanyOptions(), EmulatorOptions()
    parser = argparse.ArgumentParser(
        prog="gong-emulator",
        description="Serve an invented company through the Gong API v2, with its pages, limits and refusals.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=options.host, help="address to serve on")
    add("--port", type=int, default=8012, help="port to serve on, 0 for any free one")
    add("--media-port", type=int, default=options.media_port, help="port to serve recordings on, 0 for any free one")
    add("--seed", type=int, default=company.seed, help="the same seed gives the same company")
    add("--calls", type=int, default=400, help="number of calls")
    add("--users", type=int, default=company.users, help="number of users")
    add("--workspaces", type=int, default=company.workspaces, help="number of workspaces")
    add("--time-zone", type=_zone, default=company.time_zone, help="the company's time zone")
    add("--first-call", type=_moment, help="moment of the first call (default: 90 days before the last)")
    add("--last-call", type=_moment, help="moment of the last call (default: now)")
    add("--rate-limit", type=int, default=options.rate_limit, help="requests per second, 0 for no limit")
    add("--daily-quota", type=int, default=options.daily_quota, help="requests per UTC day, 0 for no limit")
    add("--latency", type=float, default=options.latency, help="seconds before each answer")
    add("--access-key", default=options.access_key, help="the access key to accept")
    add("--access-key-secret", default=options.access_key_secret, help="its secret")
    add("--no-engage", action="store_true", help="a company without the Engage licence")
    add("--scopes", help="what the credentials may do, separated by commas (default: everything)")
    add("--frozen-now", type=_moment, help="stop the clock at this moment (default: the real clock)")
    return parser


def _moment(text: str) -> datetime:
    """Read a date or date-time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not an ISO-8601 date or date-time: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"unknown time zone: {text}") from None
    return text
