"""The console script: `source-gong spec|check|discover|read`. Messages go to stdout, one JSON document a line."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import AirbyteMessageSerializer, ConnectorSpecification, FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_gong.faults import ConfigError
from source_gong.platform.messages import CONCURRENT_FAILURE
from source_gong.platform.output import Output
from source_gong.platform.source import SourceGong


class GongEntrypoint(AirbyteEntrypoint):
    """The CDK's entry point, without its check of the configuration: that one quotes what it finds wrong, secrets too.
    `SourceGong` checks more, before anything is sent, and names the field and the remedy."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        return None


class _PlainErrors(logging.Filter):
    """Errors that are explained by their sentence are logged once and without a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, AirbyteTracedException) and error.failure_type is not FailureType.system_error:
            record.exc_info = None
            record.exc_text = None
            record.msg, record.args = f"{record.getMessage()}: {error.message}", None
            if record.msg in self._told:
                return False
            self._told.add(record.msg)
        return True


def _settle_memory() -> None:
    """Have memory kept as records need it: they hold no cycles, and a page's buffers are large and short-lived."""
    # What is imported stays; a collector that keeps visiting it, and every record, takes a third of a sync's CPU.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    # glibc would keep the largest page that each thread has ever read: M_ARENA_MAX, M_MMAP_THRESHOLD, and, so that
    # smaller pages do not come and go each time, M_TRIM_THRESHOLD (malloc.h).
    with suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(-8, 1)
        allocator.mallopt(-3, 2 * 1024 * 1024)
        allocator.mallopt(-1, 16 * 1024 * 1024)


def main() -> None:
    """Run the command of the command line. Ends with 1 after an error, which stands in a TRACE message, and when stdout
    was closed; with 130 after Ctrl-C.

    After an error the process ends at once: threads can be left that wait for Gong, or for room in the queue that
    nobody empties any more, and the interpreter would wait for them.
    """
    try:
        run(sys.argv[1:])
        return
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 1
    except BaseException as unexpected:
        sys.excepthook(type(unexpected), unexpected, unexpected.__traceback__)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def run(arguments: list[str], source: SourceGong | None = None) -> None:
    """Run one command, of another `source` than the plain one where it is given, and print its messages.

    Raises SystemExit(1) after an error that has been told.
    """
    # urllib3 logs whole URLs when it is told to debug, and when it warns of odd headers: a page cursor is part of some,
    # and the address of a recording opens it.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    entrypoint = GongEntrypoint(source or SourceGong())
    parsed = entrypoint.parse_args(arguments)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_PlainErrors())
    _settle_memory()
    output = Output()
    with PRINT_BUFFER:
        try:
            if parsed.command is None:
                raise ConfigError("No command was given. Say spec, check, discover or read; --help tells more.")
            for message in entrypoint.run(parsed):
                output.write(message)
        except AirbyteTracedException as error:
            output.flush()
            if error.failure_type is FailureType.system_error and error.internal_message != CONCURRENT_FAILURE:
                raise
            told = error.as_sanitized_airbyte_message()
            assert told.trace
            assert told.trace.error
            told.trace.error.stack_trace = None
            output.write(orjson.dumps(AirbyteMessageSerializer.dump(told)).decode())
            sys.exit(1)
        except Exception:
            output.flush()
            raise
        output.flush()
