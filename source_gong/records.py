"""From an answer of Gong to the records of a stream: what is lifted, stamped and flattened, and ids as strings.

Why not the CDK's `DpathExtractor`, `RecordExpander` and `AddFields`: Jinja turns an id into a number, and each of them
walks or renders every record, which is most of the time that a sync of large calls takes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any

import orjson
import requests
from airbyte_cdk.sources.declarative.extractors.record_extractor import RecordExtractor
from airbyte_cdk.sources.types import Config, StreamSlice

from source_gong.days import company_day
from source_gong.sync import Sync
from source_gong.transport import body_of

Shape = Callable[[dict[str, Any]], None]


@dataclass
class GongExtractor(RecordExtractor):
    """The records in an answer's `key`, each a dict of Gong's own fields.

    Of a page: `expand` makes a record of each item of that list in an object, with the object's `keep` fields
    beside it (new name: name there); where `key` holds a map of lists, `map_key` is the field that takes the map's key.
    `flatten` moves a nested object's fields to the top. `top` copies fields of the whole answer, `from_slice` values of
    the slice (new name: name there), into each record.

    Of a record: `lift` maps a new top field to the dotted path it is copied from. `ids` are dotted paths of ids
    (`answers[].questionId` goes through a list) that become strings where Gong sends numbers, digit for digit;
    `numbers` are whole numbers that Gong writes as strings, `nulls` texts that can be the word "null", `days` fields
    that become company days `YYYY-MM-DD`. `content_id` names a field made from the record's content.

    `private`, `owner` and `workspace` are the dotted paths that the configuration's `private_calls`,
    `primary_user_ids` and `workspace_ids` look at.
    """

    config: Config
    parameters: InitVar[Mapping[str, Any]]
    key: str
    expand: str | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    map_key: str | None = None
    flatten: str | None = None
    top: list[str] = field(default_factory=list)
    from_slice: Mapping[str, str] = field(default_factory=dict)
    lift: Mapping[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    defaults: Mapping[str, str] = field(default_factory=dict)
    content_id: str | None = None
    private: str | None = None
    owner: str | None = None
    workspace: str | None = None

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self._sync = Sync.active()
        settings = self._sync.settings
        self._lift = [(name, path.split(".")) for name, path in self.lift.items()]
        self._shapes = [
            change(path, convert)
            for paths, convert in ((self.ids, as_id), (self.numbers, as_number), (self.nulls, as_null))
            for path in paths
        ]
        self._private = self.private.split(".") if self.private and settings.exclude_private else None
        self._wanted = [
            (path.split("."), frozenset(chosen))
            for path, chosen in ((self.owner, settings.primary_user_ids), (self.workspace, settings.workspace_ids))
            if path and chosen
        ]
        self._plain = not (self.expand or self.map_key or self.flatten or self.top or self.from_slice)

    def extract_records(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """All records of one answer, shaped; nothing is left out yet."""
        return self.shaped(self.items(body_of(response), StreamSlice(partition={}, cursor_slice={})))

    def size(self, body: Mapping[str, Any]) -> int:
        """How many things an answer holds, as Gong counts them in `totalRecords`."""
        return len(body[self.key])

    def items(self, body: Mapping[str, Any], window: StreamSlice) -> Iterable[dict[str, Any]]:
        """The records of one page before they are shaped."""
        found = body[self.key]
        if self._plain:
            return found  # type: ignore[no-any-return]
        return self._made(found, body, window)

    def _made(self, found: Any, body: Mapping[str, Any], window: StreamSlice) -> Iterator[dict[str, Any]]:
        stamps = {name: window.get(source) for name, source in self.from_slice.items()}
        tops = {name: body[name] for name in self.top if name in body}
        groups = found.items() if isinstance(found, dict) and self.map_key else [(None, found)]
        for group, objects in groups:
            for item in objects:
                kept = {name: item.get(source) for name, source in self.keep.items()}
                for record in item.get(self.expand) or () if self.expand else (item,):
                    made = {
                        **stamps,
                        **kept,
                        **record,
                        **{name: value for name, value in stamps.items() if value is not None},
                    }
                    if self.map_key:
                        made = {**stamps, self.map_key: group, **record}
                    if self.flatten:
                        nested = made.pop(self.flatten, None)
                        made.update(nested if isinstance(nested, dict) else {})
                    for name, value in tops.items():
                        made.setdefault(name, value)
                    yield made

    def shaped(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Records as the stream gives them. The dicts are changed in place where nothing is lifted."""
        for record in records:
            if self._lift:
                record = {**{name: dig(record, path) for name, path in self._lift}, **record}
            for shape in self._shapes:
                shape(record)
            for name in self.days:
                if name in record:
                    record[name] = company_day(record[name], record.get("timeZone"), self._sync.settings.time_zone)
            for name, source in self.defaults.items():
                if record.get(name) is None:
                    record[name] = record.get(source)
            if self.content_id:
                content = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
                record = {self.content_id: hashlib.sha256(content).hexdigest()[:32], **record}
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


def change(path: str, convert: Callable[[Any], Any]) -> Shape:
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
