"""Requests to Gong's API: sent through the gate, answered with a parsed body, or failed with a sentence.

Why this is not the CDK's `HttpRequester`: its retry loop gives up after six 429s, can't read a `Retry-After` that is a
date, takes an HTML page with status 200 for an empty list, matches 404 sentences and statuses with OR, follows
redirects with the body, and writes headers, page cursors and bodies into errors and debug logs.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import re
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import orjson
import requests
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator
from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString
from airbyte_cdk.sources.declarative.requesters.request_options.interpolated_request_options_provider import (
    InterpolatedRequestOptionsProvider,
)
from airbyte_cdk.sources.declarative.requesters.requester import HttpMethod, Requester
from airbyte_cdk.sources.types import Config, StreamSlice, StreamState
from airbyte_cdk.utils.mapping_helpers import combine_mappings

from source_gong.faults import AnswerError, ConfigError, CursorLost, GongError, NotFound, TransientError
from source_gong.sync import Sync

LOGGER = logging.getLogger("airbyte.source_gong")

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
# `requests` would read pieces of 10 KB, and between any two of them another thread may take the interpreter's lock.
READ_BYTES = 1024 * 1024
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
# After a 429 that does not say how long to wait, or that came so often in a row that what it says can't be meant.
LONGEST_UNASKED_SECONDS = 30.0
PATIENCE = 25
# A stalled connection costs its read timeout each time; no more than this in all for one request.
RETRY_BUDGET_SECONDS = 300.0

# "No calls found corresponding to the provided filters": recorded for the three call lists, reported for users and
# answered scorecards; "… for the specified period" is how Gong's OpenAPI describes the same for others. Further
# sentences are named by the stream that they belong to.
EMPTY_SENTENCE = re.compile(
    r"No [\w ]+ found (corresponding to the provided filters|for the specified period)\.?", re.IGNORECASE
)
# `orjson` makes a float of a whole number beyond 64 bits, and an id can have 20 digits: a document with such a number
# is parsed by the standard library, which keeps every digit. It is looked for where all digits are zeros and whatever
# can stand before a number is a colon: a regular expression would take half as long as `orjson` takes for the document.
NUMBERS_AS_ZEROS = bytes.maketrans(b"123456789,[ \t\r\n", b"000000000::::::")
LONG_NUMBERS = (b":" + 20 * b"0", b"-" + 19 * b"0")
# Reported texts; their exact wording and status are not known (docs/gong-api.md).
CURSOR_SENTENCE = re.compile(r"cursor has expired|failed to verify cursor|(expired|invalid|bad) cursor", re.IGNORECASE)
# Page cursors and access tokens are JWTs; a refusal could quote the one that it refuses.
TOKEN = re.compile(r"\beyJ[\w.-]+")
# Recorded: a missing scope is a 401 that names it, so it must not be taken for a token that ran out.
SCOPE_SENTENCE = re.compile(r"don't have permission to use", re.IGNORECASE)


@dataclass
class GongRequester(Requester):
    """One endpoint of Gong's API, as the manifest declares it.

    `path` begins with `/v2/`; the host comes from the configuration. `key` is the key that every good answer
    has: a 200 without it (HTML, half a document, another shape) is retried and then fails, never an empty page.
    `paged` says that a good answer has a `records` object too. `empty_sentences` are the texts of a 404 that mean an
    empty list here, beside the one that all lists share; every other 404 is an error. `request_body` may refer to the
    configuration only.

    `send_request` gives the response, its parsed body in `body_of(response)`. It raises a `GongError` otherwise.
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    path: str
    key: str
    paged: bool = False
    http_method: str = "GET"
    request_parameters: Mapping[str, Any] | None = None
    request_body: Mapping[str, Any] | None = None
    authenticator: DeclarativeAuthenticator | None = None
    empty_sentences: list[str] = field(default_factory=list)
    answer_shape: str = "list"
    # Set by the retriever that owns it: the CDK gives no name to what stands inside a custom component.
    name: str = ""

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.sync = Sync.active()
        self._path = InterpolatedString.create(self.path, parameters=parameters)
        self._method = HttpMethod[self.http_method]
        self._shape = {"list": list, "object": dict}[self.answer_shape]
        self._options = InterpolatedRequestOptionsProvider(
            config=self.config,
            parameters=parameters,
            request_parameters=dict(self.request_parameters or {}),
            request_body_json=dict(self.request_body or {}),
        )

    # The CDK's interface of a requester.

    def get_authenticator(self) -> DeclarativeAuthenticator:
        assert self.authenticator is not None, "every requester of the manifest names the authenticator"
        return self.authenticator

    def get_url(self, **context: Any) -> str:
        return self.sync.api_base_url

    def get_url_base(self, **context: Any) -> str:
        return self.sync.api_base_url

    def get_path(
        self,
        *,
        stream_state: StreamState | None = None,
        stream_slice: StreamSlice | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> str:
        path = str(self._path.eval(self.config, stream_slice=stream_slice))
        if not re.fullmatch(r"/v2/[A-Za-z0-9_/-]+", path):
            raise AnswerError(f"{self.name}: an id from Gong does not fit into a path.", stream=self.name)
        return path

    def get_method(self) -> HttpMethod:
        return self._method

    def get_request_params(self, **context: Any) -> MutableMapping[str, Any]:
        return dict(self._options.get_request_params(**context))

    def get_request_headers(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_request_body_data(self, **context: Any) -> Mapping[str, Any]:
        return {}

    def get_request_body_json(self, **context: Any) -> Mapping[str, Any]:
        return self._body

    @cached_property
    def _body(self) -> Mapping[str, Any]:
        """The declared body, rendered once: for each page it would take half as long as parsing what comes back."""
        return dict(self._options.get_request_body_json() or {})

    def send_request(
        self,
        stream_state: StreamState | None = None,
        stream_slice: StreamSlice | None = None,
        next_page_token: Mapping[str, Any] | None = None,
        path: str | None = None,
        request_headers: Mapping[str, Any] | None = None,
        request_params: Mapping[str, Any] | None = None,
        request_body_data: Mapping[str, Any] | str | None = None,
        request_body_json: Mapping[str, Any] | None = None,
        log_formatter: Callable[[requests.Response], Any] | None = None,
    ) -> requests.Response:
        context = {"stream_slice": stream_slice, "next_page_token": next_page_token}
        params = combine_mappings([self.get_request_params(**context), request_params])
        body = combine_mappings([self.get_request_body_json(**context), request_body_json], allow_same_value_merge=True)
        return self._send(self.get_path(stream_slice=stream_slice), params, body)

    def _send(self, path: str, params: Any, body: Any) -> requests.Response:
        method = self._method.value
        request = requests.Request(method, params=params, json=body if method == "POST" else None)
        attempts, limited, waited_for_limit, began, refreshed = 0, 0, 0.0, self.sync.monotonic(), False
        where = f"{self.name}: {method} {self._path.string}"
        report = self.sync.report(self.name)
        while True:
            attempts += 1
            self.sync.gate.spend()
            report.add(requests=1)
            token = self.get_authenticator().get_auth_header()
            # Only now: a refreshed token can come with the address of the company that it is good for.
            request.url = self.sync.api_base_url + path
            request.headers = dict(token)
            response, trouble = self._exchange(request)
            if response is not None and response.status_code == 429:
                limited += 1
                waited_for_limit += self._wait_for_limit(response, where, limited, waited_for_limit)
                attempts -= 1
                continue
            if (
                response is not None
                and response.status_code == 401
                and not refreshed
                and self._refresh(response, token)
            ):
                refreshed = True
                continue
            if response is not None and trouble is None:
                return response
            if trouble is None or isinstance(trouble, GongError):
                raise trouble or AnswerError(f"{where}: no answer.", stream=self.name)
            wait = min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS)
            if (
                attempts >= self.sync.attempts
                or self.sync.monotonic() - began - waited_for_limit + wait > RETRY_BUDGET_SECONDS
            ):
                raise TransientError(
                    f"{where} failed {attempts} times, the last time because {trouble}. Nothing is lost: the next "
                    f"sync goes on from the last state. (The stream needs {self.sync.scope_of(self.name, self.path)}.)",
                    stream=self.name,
                    status=response.status_code if response is not None else 0,
                )
            LOGGER.info(
                "%s: %s; attempt %d of %d follows in %g s.", where, trouble, attempts + 1, self.sync.attempts, wait
            )
            report.add(retried=1)
            self.sync.sleep(wait)

    def _exchange(self, request: requests.Request) -> tuple[requests.Response | None, Exception | str | None]:
        """Send once: the response when it is good, with what is wrong otherwise (a `GongError` when it is final)."""
        session = self.sync.session
        try:
            prepared = session.prepare_request(request)
            settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
            response = session.send(
                prepared, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, **settings
            )
            response.__dict__["gong_content"] = b"".join(response.iter_content(READ_BYTES))
        except requests.Timeout:
            return None, "Gong did not answer in time"
        except requests.exceptions.ContentDecodingError:
            return None, "the compressed answer was broken"
        except requests.exceptions.SSLError:
            return None, "no secure connection could be made"
        except requests.exceptions.ChunkedEncodingError:
            return None, "the answer was cut off"
        except requests.ConnectionError:
            return None, "the connection failed or was cut"
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader):
            return None, ConfigError(
                f"{self.name}: the credentials hold characters that can't be sent. Copy them again from Gong.",
                stream=self.name,
            )
        return response, self._fault(response, request)

    def _fault(self, response: requests.Response, request: requests.Request) -> Exception | str | None:
        """What is wrong with an answer: None, a reason to try again, or the error to end with."""
        status = response.status_code
        if status == 429:
            return "the rate limit was reached"
        if status == 200:
            trouble = self._remember_body(response)
            if trouble:
                self.sync.room.leave()
            return trouble
        if status >= 500 or status == 408:
            sentence, request_id = _gongs_words(response)
            return f"Gong answered {status}" + (f' "{sentence}" (requestId {request_id})' if sentence else "")
        if 300 <= status < 400:
            return ConfigError(
                f"{self.name}: {self.sync.api_base_url} answered with a redirect ({status}), which is not "
                "followed with credentials. Set `api_base_url` to the address that Gong shows under Admin center > "
                "Settings > Ecosystem > API.",
                stream=self.name,
            )
        if 200 <= status < 300:
            return f"Gong answered {status} without a document"
        if _is_cut(_content_of(response)):
            return f"Gong answered {status}, and not with a whole JSON document"
        return self._refusal(response, request)

    def _remember_body(self, response: requests.Response) -> str | None:
        try:
            self.sync.room.enter()
            body = _parsed(_content_of(response))
        except ValueError:
            return "the answer was not a whole JSON document"
        if not isinstance(body, dict) or self.key not in body:
            return f"the answer had no `{self.key}`"
        if self.paged and not isinstance(body.get("records"), dict):
            return "the answer had no `records`"
        items = body[self.key]
        if not isinstance(items, self._shape):
            return f"the answer's `{self.key}` was of another shape"
        if isinstance(items, list) and not all(type(item) is dict for item in items):
            return f"the answer's `{self.key}` held something else than objects"
        set_body(response, body)
        return None

    def _refusal(self, response: requests.Response, request: requests.Request) -> Exception | None:
        sentence, request_id = _gongs_words(response)
        status = response.status_code
        if status == 404 and (EMPTY_SENTENCE.fullmatch(sentence) or sentence in self.empty_sentences):
            set_body(response, {self.key: self._shape()})
            return None
        said = f"Gong answered {status} to {self._method.value} {self._path.string}"
        said += f': "{sentence}"' if sentence else " without a reason"
        said += f" (requestId {request_id})." if request_id else "."
        kind: type[GongError] = AnswerError
        if CURSOR_SENTENCE.search(sentence):
            kind = CursorLost
        elif status == 404:
            kind = NotFound
        elif status in (401, 402, 403):
            kind = ConfigError
        remedy = self._remedy(status, sentence)
        return kind(f"{self.name}: {said} {remedy}".rstrip(), stream=self.name, status=status, sentence=sentence)

    def _remedy(self, status: int, sentence: str) -> str:
        scope = self.sync.scope_of(self.name, self.path)
        if status == 401 and SCOPE_SENTENCE.search(sentence):
            return f"Give the app the scope in Gong and connect it again, or deselect this stream (needs {scope})."
        if status == 401:
            return (
                "Check the credentials and `api_base_url` in the configuration: keys and base address stand in Gong "
                "under Admin center > Settings > Ecosystem > API."
            )
        if status == 403:
            return (
                f"The key may lack the right {scope}, the company the product, or this machine's address may not be "
                "among the key's trusted IPs."
            )
        if status == 404:
            return "This is not one of the answers that mean an empty list."
        return "This was not expected of Gong; please report it with the requestId."

    def _wait_for_limit(self, response: requests.Response, where: str, limited: int, waited: float) -> float:
        """Hold all threads for as long as Gong asks, or stop the sync when that is too long. Gives the seconds.

        `limited` is how many times in a row this request was refused. Where Gong does not say how long, or says "now"
        again and again, the wait grows.
        """
        self.sync.report(self.name).add(rate_limited=1)
        asked = retry_after_seconds(response.headers.get("Retry-After"), self.sync.now())
        own = min(2.0 ** (limited - 1), LONGEST_UNASKED_SECONDS)
        seconds = own if asked is None else max(asked, own if limited > PATIENCE else 0.0)
        longest = self.sync.settings.max_wait_minutes * 60
        if seconds > longest or waited > 2 * longest:
            raise self.sync.stop_until(seconds, where)
        LOGGER.info("%s: rate limit reached, all requests wait for %g s.", where, seconds)
        self.sync.gate.hold(seconds)
        self.sync.sleep(seconds)
        return seconds

    def _refresh(self, response: requests.Response, sent: Mapping[str, Any]) -> bool:
        """Whether a 401 may be the token's age and a fresh token is at hand now. Many threads cause one refresh."""
        refresh = getattr(self.get_authenticator(), "refresh_after", None)
        if refresh is None or SCOPE_SENTENCE.search(_gongs_words(response)[0]):
            return False
        return bool(refresh(sent))


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds from now, at least 0: given as seconds or as an HTTP date. None when it is neither."""
    if value is None:
        return None
    with suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    return None


def _gongs_words(response: requests.Response) -> tuple[str, str]:
    """Gong's own sentence(s) of an error and its `requestId`; both empty when the body is not Gong's."""
    try:
        body = json.loads(_content_of(response))
    except ValueError:
        return "", _clean(response.headers.get("x-traceid", ""))
    if not isinstance(body, dict):
        return "", ""
    errors = body.get("errors")
    words = [str(error) for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
    return _without_credentials(" ".join(words), response)[:500], _clean(body.get("requestId"))


def _without_credentials(text: str, response: requests.Response) -> str:
    """Gong's words without the page cursor, token or key that they may quote."""
    sent = str(response.request.headers.get("Authorization", "")) if response.request is not None else ""
    secrets = [sent.partition(" ")[2]]
    with suppress(ValueError):
        secrets += base64.b64decode(secrets[0], validate=True).decode().split(":", 1)
    for secret in filter(None, secrets):
        text = text.replace(secret, "[credentials]")
    return TOKEN.sub("[token]", text)


def _content_of(response: requests.Response) -> bytes:
    content: bytes = response.__dict__["gong_content"]
    return content


def _is_cut(content: bytes) -> bool:
    """Whether an error's body began as Gong's do and did not come to its end: its sentence is not known then."""
    if not content.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(content)
    except ValueError:
        return True
    return False


def _clean(request_id: object) -> str:
    return request_id if isinstance(request_id, str) and re.fullmatch(r"[\w-]{1,64}", request_id) else ""


def set_body(response: requests.Response, body: Mapping[str, Any]) -> None:
    """Keep the parsed document with its response, so that it is parsed once."""
    response.__dict__["gong_body"] = body


def fold(response: requests.Response) -> requests.Response:
    """Let go of the parsed document of a response that has to wait: its bytes take much less memory."""
    if response.status_code == 200:
        del response.__dict__["gong_body"]
    return response


def body_of(response: requests.Response) -> Mapping[str, Any]:
    """The parsed document of a response that `GongRequester` has sent for."""
    body: Mapping[str, Any] | None = response.__dict__.get("gong_body")
    return _parsed(_content_of(response)) if body is None else body


def _parsed(content: bytes) -> Any:
    zeros = content.translate(NUMBERS_AS_ZEROS)
    return (json if any(number in zeros for number in LONG_NUMBERS) else orjson).loads(content)
