"""Requests to Gong's API: sent through the gate, answered with a document, or failed with a sentence.

Why this is not the CDK's `HttpRequester`: its retry loop gives up after six 429s, can't read a `Retry-After` that is a
date, takes an HTML page with status 200 for an empty list, matches 404 sentences and statuses with OR, follows
redirects with the body, and writes headers, page cursors and bodies into errors and debug logs.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import requests

from source_gong.clock import Clock
from source_gong.faults import AnswerError, ConfigError, GongError, SyncStopped, TransientError
from source_gong.hosts import Origin
from source_gong.instants import format_instant
from source_gong.limits import Limits
from source_gong.report import StreamReport
from source_gong.wire.answers import Answer, Received, judged
from source_gong.wire.endpoint import Asked, Endpoint
from source_gong.wire.gate import Gate
from source_gong.wire.room import Room
from source_gong.wire.waiting import back_off, retry_after_seconds

LOGGER = logging.getLogger("airbyte.source_gong")

# `requests` would read pieces of 10 KB, and between any two of them another thread may take the interpreter's lock.
READ_BYTES = 1024 * 1024
# After a 429 that does not say how long to wait, or that came so often in a row that what it says can't be meant.
LONGEST_UNASKED_SECONDS = 30.0
PATIENCE = 25
# A stalled connection costs its read timeout each time; no more than this in all for one request.
RETRY_BUDGET_SECONDS = 300.0
# A later moment than in a year is not worth telling, and one beyond the calendar can't be told.
LATEST_RETURN_SECONDS = 366 * 86_400.0


class Client:
    """Asks Gong's API: one for a sync, used by all of its threads.

    `longest_wait` is in seconds: when Gong asks to wait for longer, the sync stops. `room` is where parsed pages wait.
    """

    def __init__(
        self,
        origin: Origin,
        gate: Gate,
        session: requests.Session,
        room: Room,
        clock: Clock,
        limits: Limits,
        longest_wait: float,
    ) -> None:
        self._origin, self._gate, self._session = origin, gate, session
        self._room, self._clock, self._limits, self._longest_wait = room, clock, limits, longest_wait

    def ask(self, endpoint: Endpoint, asked: Asked, asker: StreamReport) -> Answer:
        """A good answer; raises a `GongError` when there is none. `asker` is the report of the stream that asks: errors
        name it, and it is charged for each request."""
        if not re.fullmatch(r"/v2/[A-Za-z0-9_/-]+", asked.path):
            raise AnswerError(f"{asker.stream}: an id from Gong does not fit into a path.", stream=asker.stream)
        body = asked.body if endpoint.method == "POST" else None
        request = requests.Request(endpoint.method, params=dict(asked.parameters), json=body)
        attempts, limited, waited_for_limit, began, renewed = 0, 0, 0.0, self._clock.monotonic(), False
        where = f"{asker.stream}: {endpoint.title}"
        while True:
            attempts += 1
            self._gate.spend()
            asker.add(requests=1)
            header = endpoint.signer.header()
            # Only now: a refreshed token can come with the address of the company that it is good for.
            request.url = self._origin.url + asked.path
            request.headers = dict(header)
            received, status = self._exchange(request, asker.stream), 0
            found: Answer | GongError | str
            if isinstance(received, Received):
                status = received.status
                if status == 429:
                    limited += 1
                    waited_for_limit += self._wait_for_limit(received, where, limited, waited_for_limit, asker)
                    attempts -= 1
                    continue
                if status == 401 and not renewed and not received.lacks_a_scope and endpoint.signer.renew(header):
                    renewed = True
                    continue
                found = self._judged(received, endpoint, asker.stream)
            else:
                found = received
            if isinstance(found, Answer):
                return found
            if isinstance(found, GongError):
                raise found
            wait = back_off(attempts)
            spent = self._clock.monotonic() - began - waited_for_limit
            if attempts >= self._limits.attempts or spent + wait > RETRY_BUDGET_SECONDS:
                needs = f" (The stream needs {endpoint.scope}.)" if endpoint.scope else ""
                raise TransientError(
                    f"{where} failed {attempts} times, the last time because {found}. Nothing is lost: the next "
                    f"sync goes on from the last state.{needs}",
                    stream=asker.stream,
                    status=status,
                )
            LOGGER.info(
                "%s: %s; attempt %d of %d follows in %g s.", where, found, attempts + 1, self._limits.attempts, wait
            )
            asker.add(retried=1)
            self._clock.sleep(wait)

    def _judged(self, received: Received, endpoint: Endpoint, stream: str) -> Answer | GongError | str:
        if received.status != 200:
            return judged(received, endpoint, stream, self._origin.url)
        # A page that arrived waits as bytes until there is room for it parsed.
        self._room.enter()
        verdict = judged(received, endpoint, stream, self._origin.url)
        if not isinstance(verdict, Answer):
            self._room.leave()
        return verdict

    def _exchange(self, request: requests.Request, stream: str) -> Received | GongError | str:
        """Send once: what came back, the error to end with, or a reason to try again."""
        session = self._session
        timeouts = (self._limits.connect_seconds, self._limits.read_seconds)
        try:
            prepared = session.prepare_request(request)
            settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
            response = session.send(prepared, timeout=timeouts, allow_redirects=False, **settings)
            content = b"".join(response.iter_content(READ_BYTES))
        except requests.Timeout:
            return "Gong did not answer in time"
        except requests.exceptions.ContentDecodingError:
            return "the compressed answer was broken"
        except requests.exceptions.SSLError:
            return "no secure connection could be made"
        except requests.exceptions.ChunkedEncodingError:
            return "the answer was cut off"
        except requests.ConnectionError:
            return "the connection failed or was cut"
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader):
            return ConfigError(
                f"{stream}: the credentials hold characters that can't be sent. Copy them again from Gong.",
                stream=stream,
            )
        sent = str(response.request.headers.get("Authorization", "")) if response.request is not None else ""
        return Received(response.status_code, response.headers, content, sent)

    def _wait_for_limit(
        self, received: Received, where: str, limited: int, waited: float, asker: StreamReport
    ) -> float:
        """Hold all threads for as long as Gong asks, or stop the sync when that is too long. Gives the seconds.

        `limited` is how many times in a row this request was refused. Where Gong does not say how long, or says "now"
        again and again, the wait grows.
        """
        asker.add(rate_limited=1)
        asked = retry_after_seconds(received.headers.get("Retry-After"), self._clock.now())
        own = min(2.0 ** (limited - 1), LONGEST_UNASKED_SECONDS)
        seconds = own if asked is None else max(asked, own if limited > PATIENCE else 0.0)
        if seconds > self._longest_wait or waited > 2 * self._longest_wait:
            raise self._stop_until(seconds, where)
        LOGGER.info("%s: rate limit reached, all requests wait for %g s.", where, seconds)
        self._gate.hold(seconds)
        self._clock.sleep(seconds)
        return seconds

    def _stop_until(self, seconds: float, where: str) -> SyncStopped:
        """Stop all requests because Gong asks for a longer wait than `max_wait_minutes`, and give the error."""
        moment = self._clock.now() + timedelta(seconds=min(seconds, LATEST_RETURN_SECONDS))
        back = format_instant(moment.replace(microsecond=0))
        return self._gate.stop(
            f"{where}: Gong's rate limit or daily quota is used up, and it asks to wait for {seconds:.0f} s, longer "
            f"than `max_wait_minutes` allows. What was read is delivered and the state stands at the last finished "
            f"window: run the next sync at {back} or later, and it goes on from there."
        )
