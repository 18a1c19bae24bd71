"""What a sync tells beside its records: a report before each stream's end, and errors as a person should see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from airbyte_cdk.models import (
    AirbyteErrorTraceMessage,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStreamStatus,
    FailureType,
    Level,
    TraceType,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_gong.report import Reports, StreamReport

# How the CDK names the end of a read in which a stream failed.
CONCURRENT_FAILURE = "Concurrent read failure"
ENDS = (AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE)


def told(reports: Reports, messages: Iterable[AirbyteMessage]) -> Iterator[AirbyteMessage]:
    """The CDK's messages, with each stream's report before its end and errors as a person should see them: one for a
    stream, however many of its windows met it."""
    failures = _Failed()
    printed: Counter[str] = Counter()
    try:
        for message in messages:
            if message.type is Type.RECORD and message.record:
                printed[message.record.stream] += 1
            elif message.type is Type.TRACE and message.trace:
                trace = message.trace
                if trace.type is TraceType.ERROR and trace.error and not failures.note(trace.error):
                    continue
                if trace.stream_status and trace.stream_status.status in ENDS:
                    report = reports.of(trace.stream_status.stream_descriptor.name)
                    report.end(trace.stream_status.status.value, printed[report.stream])
                    yield from _reported(report)
            yield message
    except AirbyteTracedException as failed:
        if failed.internal_message != CONCURRENT_FAILURE or not failures.first:
            raise
        raise failures.summed_up() from None


class _Failed:
    """The first error of each stream."""

    def __init__(self) -> None:
        self.first: dict[str, tuple[FailureType, str]] = {}

    def note(self, error: AirbyteErrorTraceMessage) -> bool:
        """Whether this is the first error of its stream; then it is told, without a traceback where its sentence
        explains it."""
        stream = error.stream_descriptor.name if error.stream_descriptor else ""
        if stream in self.first:
            return False
        kind = error.failure_type or FailureType.system_error
        self.first[stream] = (kind, error.message)
        if kind is not FailureType.system_error:
            error.stack_trace = None
        return True

    def summed_up(self) -> AirbyteTracedException:
        """One error for the sync. The CDK calls every such end a configuration error, which would keep a platform from
        trying again."""
        kinds = {kind for kind, _ in self.first.values()}
        worst = next(kind for kind in (FailureType.system_error, FailureType.config_error, *kinds) if kind in kinds)
        summary = "These streams were not read to their end: " + " | ".join(
            f"{stream}: {text.removeprefix(stream + ': ')}" for stream, (_, text) in self.first.items()
        )
        return AirbyteTracedException(message=summary, internal_message=CONCURRENT_FAILURE, failure_type=worst)


def _reported(report: StreamReport) -> Iterator[AirbyteMessage]:
    yield log(Level.INFO, report.line())
    if report.status == AirbyteStreamStatus.COMPLETE.value and report.total_records != report.listed:
        yield log(
            Level.WARN,
            f"{report.stream}: Gong counted {report.total_records} records and its pages held {report.listed}. Gong's "
            "count can run ahead while it still processes calls; the look-back of the next syncs reads them again.",
        )


def log(level: Level, text: str) -> AirbyteMessage:
    """A log line as a message of the protocol."""
    return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=level, message=text))
