"""One API request as the endpoints see it, and the readers for its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from gong_emulator.company import Company
from gong_emulator.dates import parse_moment
from gong_emulator.errors import JSON_PARSE_ERROR, ApiError, invalid, required, scope_missing
from gong_emulator.media import MediaUrls
from gong_emulator.options import EmulatorOptions
from gong_emulator.pages import Keyset, Pager, everything
from gong_emulator.records import Record

T = TypeVar("T")


@dataclass(frozen=True)
class Exchange:
    """A request that has passed credentials and limits.

    `query` has the first value of each parameter; `body` is the JSON object of a POST ({} for a GET); `path` has
    the parts of the path that vary.
    """

    company: Company
    options: EmulatorOptions
    now: datetime
    query: Mapping[str, str]
    body: Record
    path: Mapping[str, str]
    media: MediaUrls
    pager: Pager

    def require_scope(self, scope: str) -> None:
        """Raise the recorded 401 unless the credentials have the scope."""
        if self.options.scopes is not None and scope not in self.options.scopes:
            raise scope_missing(scope)

    def query_text(self, name: str) -> str:
        """Return a required query parameter."""
        if not self.query.get(name):
            raise required(name)
        return self.query[name]

    def query_moment(self, name: str, *, needed: bool = False) -> datetime | None:
        """Return an ISO-8601 date-time parameter in UTC; 400 when it can't be read."""
        text = self.query_text(name) if needed else self.query.get(name)
        return None if text is None else _moment(name, text)

    def query_flag(self, name: str) -> bool:
        """Return a boolean parameter, False by default."""
        text = self.query.get(name, "false").lower()
        if text not in ("true", "false"):
            raise invalid(name, "must be true or false")
        return text == "true"

    def filter(self) -> Filter:
        """Return the body's `filter`, which is required even when empty."""
        given = self.body.get("filter")
        if given is None:
            raise required("filter")
        if not isinstance(given, dict):
            raise ApiError(400, JSON_PARSE_ERROR)
        return Filter(given)

    def page(
        self,
        key: str,
        source: Sequence[T],
        keyset: Keyset[T],
        shape: Callable[[T], Record],
        keep: Callable[[T], bool] = everything,
        *,
        empty: str | None = None,
    ) -> Record:
        """Return the reply of a paged list under `key`; with `empty`, a list of nothing is a 404 of that sentence.

        The cursor is read where Gong reads it: from the body of a POST, from the query string of a GET.
        """
        token = self.body.get("cursor") if self.is_post else self.query.get("cursor")
        found, records = self.pager.page(source, keyset, token, keep)
        if empty and not found and token is None:
            raise ApiError(404, empty)
        return {"records": records, key: [shape(item) for item in found]}

    is_post: bool = False


@dataclass(frozen=True)
class Filter:
    """The `filter` object of a body."""

    fields: Record

    def text(self, name: str) -> str | None:
        """Return a text field; null counts as absent."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise ApiError(400, JSON_PARSE_ERROR)
        return str(value)

    def flag(self, name: str) -> bool:
        """Return a boolean field, False by default."""
        value = self.fields.get(name)
        if not isinstance(value, bool | None):
            raise ApiError(400, JSON_PARSE_ERROR)
        return bool(value)

    def moment(self, name: str) -> datetime | None:
        """Return a date-time field in UTC."""
        value = self.fields.get(name)
        return None if value is None else _moment(f"filter.{name}", value)

    def ids(self, name: str) -> list[str] | None:
        """Return a list of ids; null and absent are None."""
        value: Any = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
            raise ApiError(400, JSON_PARSE_ERROR)
        return [str(item) for item in value]


def check_order(start: datetime | None, end: datetime | None, field: str, other: str) -> None:
    """Raise the reported 400 unless the start is before the end."""
    if start and end and start >= end:
        raise invalid(field, f"must be before {other}")


def _moment(field: str, value: object) -> datetime:
    moment = parse_moment(value)
    if moment is None:
        raise invalid(field, "must be a date-time in ISO-8601 format")
    return moment
