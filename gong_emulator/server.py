"""The emulator: a real HTTP server on a background thread, and the handles that tests hold it by."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from aiohttp import web

from gong_emulator import control
from gong_emulator.auth import Gate
from gong_emulator.clock import Clock
from gong_emulator.company import Company
from gong_emulator.cursors import Cursors
from gong_emulator.errors import (
    ENGAGE_FORBIDDEN,
    INTERNAL_ERROR,
    JSON_PARSE_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    ApiError,
)
from gong_emulator.exchange import Exchange
from gong_emulator.faults import Faults
from gong_emulator.limits import Limits
from gong_emulator.media_server import MediaServer
from gong_emulator.options import EmulatorOptions
from gong_emulator.pages import Pager
from gong_emulator.replies import Reply, encode, instead_of_answer, refusal, request_id, send, spoil_answer
from gong_emulator.request_log import SECRET_PARAMETERS, RecordedRequest, RequestLog
from gong_emulator.routes import find
from gong_emulator.truth import whole_list

TOKEN_PATH = "/oauth2/generate-customer-token"
_SERVICE_VERSION = "PublicApiServer:emulator"
_LARGEST_BODY = 8 * 2**20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Emulator:
    """Serves a company on `url` from entering the context until leaving it.

    `requests`, `faults`, `clock`, `company`, `options` and `media` may be read and changed from the test while it runs.
    """

    def __init__(
        self, company: Company | None = None, options: EmulatorOptions | None = None, clock: Clock | None = None
    ) -> None:
        self.company = company or Company()
        self.options = options or EmulatorOptions()
        self.clock = clock or Clock.real()
        self.requests = RequestLog()
        self.faults = Faults()
        # Asked for at each request: options may be changed while the emulator runs.
        self.media = MediaServer(self.clock, self.faults, lambda: self.options.monotonic(), self.company.options.seed)
        self.url = ""
        self._gate = Gate(self.options)
        self._limits = Limits()
        self._cursors = Cursors(f"gong-emulator/{self.company.options.seed}".encode())
        self._answered = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        # One worker: answers never overlap, and the loop stays free to note when requests arrive.
        self._worker: ThreadPoolExecutor | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start to serve; returns when the port is open. Raises OSError when it can't be opened."""
        ready = threading.Event()
        self._failure = None
        self._worker = ThreadPoolExecutor(1, "gong-emulator-answers")
        self._thread = threading.Thread(target=self._run, args=(ready,), name="gong-emulator", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self.stop()
            raise self._failure

    def stop(self) -> None:
        """Close every connection and stop; harmless when not running."""
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread:
            self._thread.join()
        if self._worker:
            self._worker.shutdown()
        self._loop = self._stop = self._thread = self._worker = None

    def reset(self) -> None:
        """Forget requests, faults, counted limits and given tokens, and undo what the clock was advanced by.

        The company stays as the test has made it.
        """
        self.requests.clear()
        self.media.requests.clear()
        self.faults.clear()
        self.clock.reset()
        self._gate = Gate(self.options)
        self._limits.reset()
        self._answered = 0

    def revoke_access_token(self, token: str | None = None) -> None:
        """Revoke one access token, or (None) all that are accepted now."""
        self._gate.revoke(token)

    @property
    def media_url(self) -> str:
        """Where recordings are downloaded: a second port."""
        return self.media.url

    @property
    def refresh_token(self) -> str:
        """The one refresh token that the OAuth endpoint accepts now."""
        return self._gate.refresh_token

    def records(self, name: str, *, body: dict[str, Any] | None = None, **parameters: str) -> list[dict[str, Any]]:
        """Return the whole list behind an endpoint at the emulator's own now, see `gong_emulator.truth.whole_list`."""
        return whole_list(self.company, name, self.clock.now(), options=self.options, body=body, parameters=parameters)

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as failure:  # handed to the thread that waits in start()
            self._failure = failure
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        async with AsyncExitStack() as ports:
            self.media.url = await self._open(ports, self.media.handle, self.options.media_port)
            self.url = await self._open(ports, self._handle, self.options.port, self.options.tls)
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            ready.set()
            await self._stop.wait()

    async def _open(self, ports: AsyncExitStack, handle: Handler, port: int, tls: ssl.SSLContext | None = None) -> str:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.05)
        await runner.setup()
        ports.push_async_callback(runner.cleanup)
        if tls:
            ports.callback(_abort_connections, runner)
        await web.TCPSite(runner, self.options.host, port, ssl_context=tls).start()
        return f"{'https' if tls else 'http'}://{self.options.host}:{runner.addresses[0][1]}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        arrived, wall = self.options.monotonic(), self.clock.now()
        raw = await request.read()
        if request.path.startswith(control.PREFIX):
            reply = control.answer(self, request.method, request.path, raw)
            return web.Response(status=reply.status, body=reply.raw(), content_type="application/json")
        entry = _entry(request, raw, arrived, wall)
        self.requests.add(entry)
        self._answered += 1
        identifier = request_id(self.company.options.seed, self._answered)
        fault = None
        try:
            self._admit(request, entry)
            if fault := self.faults.striking(request.method, request.path):
                entry.fault = fault.kind
            reply = (fault and instead_of_answer(fault, identifier, self.clock.now())) or await self._answer(
                request, raw, identifier
            )
        except ApiError as error:
            reply = refusal(error.status, error.sentences, identifier, error.headers)
        if self.options.latency:
            await asyncio.sleep(self.options.latency)
        if fault:
            came_with = entry.query.get("cursor")
            if request.method == "POST" and isinstance(entry.json, dict):
                came_with = entry.json.get("cursor")
            reply = spoil_answer(fault, reply, came_with)
        entry.status = 0 if fault and fault.kind == "cut" else reply.status
        body, headers = await self._in_worker(encode, reply, request.headers.get("Accept-Encoding", ""), fault)
        headers |= {"X-TraceId": identifier, "X-Gong-Service-Version": _SERVICE_VERSION, "Server": "cloudflare"}
        return await send(request, reply.status, body, headers, fault)

    def _admit(self, request: web.Request, entry: RecordedRequest) -> None:
        """Check credentials, then the company's limits; the OAuth exchange has credentials and limits of its own."""
        if request.path == TOKEN_PATH:
            return
        self._gate.admit(request.headers.get("Authorization"), entry.wall)
        self._limits.take(self.options.rate_limit, self.options.daily_quota, entry.monotonic, entry.wall)

    async def _answer(self, request: web.Request, raw: bytes, identifier: str) -> Reply:
        query = _query(request)
        if request.path == TOKEN_PATH:
            if request.method != "POST":
                raise ApiError(405, METHOD_NOT_ALLOWED)
            header = request.headers.get("Authorization")
            return Reply(200, self._gate.exchange(header, query, self.clock.now(), self.url))
        endpoint, path, known = find(request.method, request.path)
        if endpoint is None:
            raise ApiError(405, METHOD_NOT_ALLOWED) if known else ApiError(404, NOT_FOUND)
        exchange = Exchange(
            company=self.company,
            options=self.options,
            now=self.clock.now(),
            query=query,
            body=_body(request, raw) if request.method == "POST" else {},
            path=path,
            media=self.options.media or self.media,
            pager=Pager(self._cursors, self.options.page_size, self.clock.now()),
            is_post=request.method == "POST",
        )
        if endpoint.scope:
            exchange.require_scope(endpoint.scope)
        if not self.options.engage_licence and request.path.startswith("/v2/flows"):
            raise ApiError(403, ENGAGE_FORBIDDEN)
        if not self.options.engage_licence and request.path.startswith("/v2/tasks"):
            raise ApiError(500, INTERNAL_ERROR)
        answer: dict[str, Any] = await self._in_worker(endpoint.answer, exchange)
        return Reply(200, {"requestId": identifier, **answer})

    async def _in_worker(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)


def _abort_connections(runner: web.AppRunner) -> None:
    """Do not wait for a client to agree, as TLS wants, that an idle connection ends."""
    for connection in runner.server.connections if runner.server else []:
        if connection.transport:
            connection.transport.abort()


def _query(request: web.Request) -> dict[str, str]:
    return {name: request.query[name] for name in request.query}


def _entry(request: web.Request, raw: bytes, arrived: float, wall: Any) -> RecordedRequest:
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"}
    query = {name: "***" if name in SECRET_PARAMETERS else value for name, value in _query(request).items()}
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
    scheme = request.headers["Authorization"].partition(" ")[0] if "Authorization" in request.headers else None
    return RecordedRequest(request.method, request.path, query, body, headers, scheme, arrived, wall)


def _body(request: web.Request, raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a POST: 415 for another content type (recorded), 400 for broken JSON."""
    if request.content_type != "application/json":
        raise ApiError(415, UNSUPPORTED_MEDIA_TYPE)
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(400, JSON_PARSE_ERROR) from None
    if not isinstance(body, dict):
        raise ApiError(400, JSON_PARSE_ERROR)
    return body
