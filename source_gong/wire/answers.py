"""What Gong's answers mean: data, a real empty list, a fault worth repeating, or an error with Gong's own sentence."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from source_gong.faults import AnswerError, ConfigError, CursorLost, GongError, NotFound
from source_gong.wire.endpoint import Endpoint

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


def parsed(content: bytes) -> Any:
    """A JSON document with every digit of its whole numbers. Raises ValueError for anything else."""
    zeros = content.translate(NUMBERS_AS_ZEROS)
    return (json if any(number in zeros for number in LONG_NUMBERS) else orjson).loads(content)


class Answer:
    """A good answer of Gong. Its document is parsed once; one that has to wait is folded, since its bytes take much
    less memory."""

    def __init__(self, body: Mapping[str, Any], content: bytes | None = None) -> None:
        self._body: Mapping[str, Any] | None = body
        self._content = content

    @property
    def body(self) -> Mapping[str, Any]:
        """The parsed document."""
        if self._body is None:
            assert self._content is not None, "what has no bytes is not folded"
            found: Mapping[str, Any] = parsed(self._content)
            return found
        return self._body

    @property
    def is_folded(self) -> bool:
        """Whether only its bytes are held."""
        return self._body is None

    def fold(self) -> Answer:
        """Let go of the parsed document. The empty list that a 404 means has no bytes and stays as it is."""
        if self._content is not None:
            self._body = None
        return self


@dataclass(frozen=True)
class Received:
    """What came back: status, headers, and the whole body. `sent` is the `Authorization` header that was sent for it,
    which Gong may quote."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    sent: str

    @property
    def words(self) -> tuple[str, str]:
        """Gong's own sentence(s) of an error and its `requestId`; both empty when the body is not Gong's."""
        try:
            body = json.loads(self.content)
        except ValueError:
            return "", _clean(self.headers.get("x-traceid", ""))
        if not isinstance(body, dict):
            return "", ""
        errors = body.get("errors")
        words = [str(error) for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
        return _without_credentials(" ".join(words), self.sent)[:500], _clean(body.get("requestId"))

    @property
    def lacks_a_scope(self) -> bool:
        """Whether a 401 says which right is missing: the credentials themselves are good then."""
        return bool(SCOPE_SENTENCE.search(self.words[0]))


def judged(received: Received, endpoint: Endpoint, stream: str, origin: str) -> Answer | GongError | str:
    """What an answer is that is no 429: a good one, the error to end with, or a reason to try again."""
    status = received.status
    if status == 200:
        return _document(received.content, endpoint)
    if status >= 500 or status == 408:
        sentence, request_id = received.words
        return f"Gong answered {status}" + (f' "{sentence}" (requestId {request_id})' if sentence else "")
    if 300 <= status < 400:
        return ConfigError(
            f"{stream}: {origin} answered with a redirect ({status}), which is not "
            "followed with credentials. Set `api_base_url` to the address that Gong shows under Admin center > "
            "Settings > Ecosystem > API.",
            stream=stream,
        )
    if 200 <= status < 300:
        return f"Gong answered {status} without a document"
    if _is_cut(received.content):
        return f"Gong answered {status}, and not with a whole JSON document"
    return _refusal(received, endpoint, stream)


def _document(content: bytes, endpoint: Endpoint) -> Answer | str:
    try:
        body = parsed(content)
    except ValueError:
        return "the answer was not a whole JSON document"
    if not isinstance(body, dict) or endpoint.key not in body:
        return f"the answer had no `{endpoint.key}`"
    if endpoint.paged and not isinstance(body.get("records"), dict):
        return "the answer had no `records`"
    items = body[endpoint.key]
    if not isinstance(items, endpoint.shape):
        return f"the answer's `{endpoint.key}` was of another shape"
    if isinstance(items, list) and not all(type(item) is dict for item in items):
        return f"the answer's `{endpoint.key}` held something else than objects"
    return Answer(body, content)


def _refusal(received: Received, endpoint: Endpoint, stream: str) -> Answer | GongError:
    sentence, request_id = received.words
    status = received.status
    if status == 404 and (EMPTY_SENTENCE.fullmatch(sentence) or sentence in endpoint.empty_sentences):
        return Answer({endpoint.key: endpoint.shape()})
    said = f"Gong answered {status} to {endpoint.title}"
    said += f': "{sentence}"' if sentence else " without a reason"
    said += f" (requestId {request_id})." if request_id else "."
    kind: type[GongError] = AnswerError
    if CURSOR_SENTENCE.search(sentence):
        kind = CursorLost
    elif status == 404:
        kind = NotFound
    elif status in (401, 402, 403):
        kind = ConfigError
    remedy = _remedy(received, endpoint)
    return kind(f"{stream}: {said} {remedy}".rstrip(), stream=stream, status=status, sentence=sentence)


def _remedy(received: Received, endpoint: Endpoint) -> str:
    if received.status == 401 and received.lacks_a_scope:
        needs = f" (needs {endpoint.scope})" if endpoint.scope else ""
        return f"Give the app the scope in Gong and connect it again, or deselect this stream{needs}."
    if received.status == 401:
        return (
            "Check the credentials and `api_base_url` in the configuration: keys and base address stand in Gong "
            "under Admin center > Settings > Ecosystem > API."
        )
    if received.status == 403:
        right = f"the right {endpoint.scope}" if endpoint.scope else "a right (Gong's documentation names none for it)"
        return (
            f"The key may lack {right}, the company the product, or this machine's address may not be "
            "among the key's trusted IPs."
        )
    if received.status == 404:
        return "This is not one of the answers that mean an empty list."
    return "This was not expected of Gong; please report it with the requestId."


def _without_credentials(text: str, sent: str) -> str:
    """Gong's words without the page cursor, token or key that they may quote."""
    secrets = [sent.partition(" ")[2]]
    with suppress(ValueError):
        secrets += base64.b64decode(secrets[0], validate=True).decode().split(":", 1)
    for secret in filter(None, secrets):
        text = text.replace(secret, "[credentials]")
    return TOKEN.sub("[token]", text)


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
