"""What can go wrong in a sync, each with a sentence for a person and the failure type that a platform acts on.

`config_error` means that a person must change something, `transient_error` that the next attempt can succeed.
None of these ever holds a secret, a page cursor or a signed URL: messages are made of the method, the path, the
status, Gong's own sentence and Gong's `requestId`.
"""

from __future__ import annotations

import threading

from airbyte_cdk.models import FailureType, StreamDescriptor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class GongError(AirbyteTracedException):
    """A failure whose message is fit for a person: what happened, where, and what to do.

    `status` and `sentence` are those of Gong's answer, where there was one.
    """

    failure = FailureType.system_error

    def __init__(self, message: str, *, stream: str | None = None, status: int = 0, sentence: str = "") -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(
            message=message,
            internal_message=message,
            failure_type=self.failure,
            stream_descriptor=StreamDescriptor(name=stream) if stream else None,
        )


class ConfigError(GongError):
    """The configuration, the catalog, the state or the key's rights have to be changed by a person."""

    failure = FailureType.config_error


class TransientError(GongError):
    """Gong or the network failed for longer than the retry budget; the next sync goes on from the last state."""

    failure = FailureType.transient_error


class AnswerError(GongError):
    """Gong answered with something that this connector does not expect; not to be passed over in silence."""


class SyncStopped(TransientError):
    """This sync's share of requests is used up, or Gong asks to wait for longer than the sync may wait."""


class CursorLost(TransientError):
    """Gong no longer accepts a page cursor: it lives for an hour from the first page of its sequence."""


class NotFound(GongError):
    """A 404 that is not one of Gong's sentences for an empty list."""

    failure = FailureType.config_error


class Failures:
    """The first error of each stream: what is still to be read of it would only fail again. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: dict[str, GongError] = {}

    def note(self, stream: str, failure: GongError) -> None:
        """A stream has failed; what failed after it does not count."""
        with self._lock:
            self._first.setdefault(stream, failure)

    def of(self, stream: str) -> GongError | None:
        """Why a stream failed, None as long as it has not."""
        with self._lock:
            return self._first.get(stream)
