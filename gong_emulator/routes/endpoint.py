"""The shape of an endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from gong_emulator.exchange import Exchange
from gong_emulator.records import Record


@dataclass(frozen=True)
class Endpoint:
    """One operation: method, path with `{name}` parts, the scope it needs, and what answers it.

    The answer is the reply without `requestId`; refusals are ApiErrors.
    """

    method: str
    path: str
    scope: str | None
    answer: Callable[[Exchange], Record]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + r"\Z")
