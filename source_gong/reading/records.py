"""From an answer of Gong to the records of a stream: what is lifted, stamped and flattened, and ids as strings.

Why not the CDK's `DpathExtractor`, `RecordExpander` and `AddFields`: Jinja turns an id into a number, and each of them
walks or renders every record, which is most of the time that a sync of large calls takes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from source_gong.instants import company_day
from source_gong.settings import Settings
from source_gong.windows.window import Window

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Rows:
    """From a page to rows: the records in an answer's `key`, each a dict of Gong's own fields.

    `expand` makes a row of each item of that list in an object, with the object's `keep` fields beside it (new name:
    name there); where `key` holds a map of lists, `map_key` is the field that takes the map's key. `flatten` moves a
    nested object's fields to the top. `top` copies fields of the whole answer, `from_slice` values of the slice (new
    name: name there), into each row.
    """

    key: str
    expand: str | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    map_key: str | None = None
    flatten: str | None = None
    top: Sequence[str] = ()
    from_slice: Mapping[str, str] = field(default_factory=dict)

    def size(self, body: Mapping[str, Any]) -> int:
        """How many things an answer holds, as Gong counts them in `totalRecords`."""
        return len(body[self.key])

    def items(self, body: Mapping[str, Any], window: Window) -> Iterable[dict[str, Any]]:
        """The rows of one page."""
        found = body[self.key]
        if not (self.expand or self.map_key or self.flatten or self.top or self.from_slice):
            return found  # type: ignore[no-any-return]
        return self._made(found, body, window)

    def _made(self, found: Any, body: Mapping[str, Any], window: Window) -> Iterator[dict[str, Any]]:
        stamps = {name: window.value(source) for name, source in self.from_slice.items()}
        certain = {name: value for name, value in stamps.items() if value is not None}
        tops = {name: body[name] for name in self.top if name in body}
        groups = found.items() if isinstance(found, dict) and self.map_key else [(None, found)]
        for group, objects in groups:
            for item in objects:
                kept = {name: item.get(source) for name, source in self.keep.items()}
                for row in item.get(self.expand) or () if self.expand else (item,):
                    if self.map_key:
                        made = {**stamps, self.map_key: group, **row}
                    else:
                        made = {**stamps, **kept, **row, **certain}
                    if self.flatten:
                        nested = made.pop(self.flatten, None)
                        made.update(nested if isinstance(nested, dict) else {})
                    for name, value in tops.items():
                        made.setdefault(name, value)
                    yield made


class Shape:
    """From a row to a record, as the stream gives it.

    `lift` maps a new top field to the dotted path it is copied from. `ids` are dotted paths of ids
    (`answers[].questionId` goes through a list) that become strings where Gong sends numbers, digit for digit;
    `numbers` are whole numbers that Gong writes as strings, `nulls` texts that can be the word "null", `days` fields
    that become company days `YYYY-MM-DD`. `defaults` are fields that take another one's value where they are missing,
    `content_id` names a field made from the record's content.

    `private`, `owner` and `workspace` are the dotted paths that the configuration's `private_calls`,
    `primary_user_ids` and `workspace_ids` look at.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        lift: Mapping[str, str],
        ids: Sequence[str],
        numbers: Sequence[str],
        nulls: Sequence[str],
        days: Sequence[str],
        defaults: Mapping[str, str],
        content_id: str | None,
        private: str | None,
        owner: str | None,
        workspace: str | None,
    ) -> None:
        self._zone = settings.time_zone
        self._lift = [(name, path.split(".")) for name, path in lift.items()]
        self._changes = [
            change(path, convert)
            for paths, convert in ((ids, as_id), (numbers, as_number), (nulls, as_null))
            for path in paths
        ]
        self._days, self._defaults, self._content_id = days, defaults, content_id
        self._private = private.split(".") if private and settings.exclude_private else None
        self._wanted = [
            (path.split("."), frozenset(chosen))
            for path, chosen in ((owner, settings.primary_user_ids), (workspace, settings.workspace_ids))
            if path and chosen
        ]

    def records(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The records of these rows. The dicts are changed in place where nothing is lifted."""
        for record in rows:
            if self._lift:
                record = {**{name: dig(record, path) for name, path in self._lift}, **record}
            for make in self._changes:
                make(record)
            for name in self._days:
                if name in record:
                    record[name] = company_day(record[name], record.get("timeZone"), self._zone)
            for name, source in self._defaults.items():
                if record.get(name) is None:
                    record[name] = record.get(source)
            if self._content_id:
                content = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
                record = {self._content_id: hashlib.sha256(content).hexdigest()[:32], **record}
            yield record

    def is_private(self, record: Mapping[str, Any]) -> bool:
        """Whether the configuration leaves this record out because its call is private."""
        return self._private is not None and dig(record, self._private) is True

    def is_foreign(self, record: Mapping[str, Any]) -> bool:
        """Whether the configuration leaves this record out because of whose call it is, or of its workspace."""
        return any(str(dig(record, path)) not in chosen for path, chosen in self._wanted)


def dig(record: Any, path: Iterable[str]) -> Any:
    """The value at a path of keys, None where a step is missing."""
    for step in path:
        record = record.get(step) if isinstance(record, dict) else None
    return record


def change(path: str, convert: Callable[[Any], Any]) -> Change:
    """A function that converts what stands at a dotted path of a record. `[]` after a name means each item of a list,
    `*` each value of an object."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    inner = change(rest, convert) if rest else None

    def each(record: dict[str, Any]) -> None:
        for key in list(record) if name == "*" else (name,):
            found = record.get(key)
            if found is None:
                continue
            if inner:
                for item in found if isinstance(found, list) else (found,):
                    if isinstance(item, dict):
                        inner(item)
            elif isinstance(found, list) and head.endswith("[]"):
                record[key] = [convert(value) for value in found]
            else:
                record[key] = convert(found)

    return each


def as_id(value: Any) -> Any:
    """An id as a string, digit for digit. Gong sends some ids as numbers (docs/gong-api.md)."""
    return str(value) if type(value) is int else value


def as_number(value: Any) -> Any:
    """A whole number, where Gong's recorded answers write it as a string."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value) else value


def as_null(value: Any) -> Any:
    """Nothing, where Gong's recorded answers hold the word `null` as a string."""
    return None if value == "null" else value
