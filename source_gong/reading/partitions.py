"""What a stream's requests are multiplied by: workspaces, users, folders, and what else another list holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Protocol

from source_gong.report import StreamReport

Partition = Mapping[str, Any]
# Reads all records of a stream's list, by the stream's name, on behalf of the stream whose report is given.
ReadList = Callable[[str, StreamReport], Iterable[Mapping[str, Any]]]


class Router(Protocol):
    """Makes the partitions of a stream. `lists` are the streams whose records they are made of."""

    @property
    def lists(self) -> tuple[str, ...]: ...

    def partitions(self, asker: StreamReport) -> Iterable[Partition]:
        """The partitions; what is asked for them is charged to `asker`."""


@dataclass(frozen=True)
class Chosen:
    """A partition for each of the ids that the configuration chooses, under `name`, or one for all where it chooses
    none."""

    name: str
    ids: Sequence[str]
    lists: tuple[str, ...] = ()

    def partitions(self, asker: StreamReport) -> Iterator[Partition]:
        yield from ({self.name: one} for one in self.ids) if self.ids else ({},)


@dataclass(frozen=True)
class Named:
    """One partition that names all the ids that the configuration chooses, or one for the whole list."""

    ids: Sequence[str]
    lists: tuple[str, ...] = ()

    def partitions(self, asker: StreamReport) -> Iterator[Partition]:
        yield {"named": list(self.ids)} if self.ids else {}


@dataclass(frozen=True)
class Each:
    """A partition for each record of another list: `fields` maps a name in the partition to a field of the record.
    Records without the first of these fields are left out, and what comes twice is taken once.

    With `batch`, a partition holds a list of so many values of the one field; with `times`, each comes once with each
    of the values given there; with `and_each`, once with each partition of that one."""

    list: str
    fields: Mapping[str, str]
    read: ReadList
    batch: int = 0
    times: Mapping[str, Sequence[str]] = field(default_factory=dict)
    and_each: Router | None = None

    @property
    def lists(self) -> tuple[str, ...]:
        return (self.list, *(self.and_each.lists if self.and_each else ()))

    def partitions(self, asker: StreamReport) -> Iterator[Partition]:
        found = self._found(asker)
        if self.batch:
            (name,) = self.fields
            while some := [*islice(found, self.batch)]:
                yield {name: [values[name] for values in some]}
            return
        # In an order that does not change with the list's, so that syncs that stop early begin with the same ones.
        others = sorted(self.and_each.partitions(asker), key=repr) if self.and_each else [{}]
        for values in found:
            for other in others:
                for combination in product(*self.times.values()):
                    yield {**values, **other, **dict(zip(self.times, combination, strict=True))}

    def _found(self, asker: StreamReport) -> Iterator[dict[str, Any]]:
        first, seen = next(iter(self.fields)), set()
        for record in self.read(self.list, asker):
            values = {name: record.get(source) for name, source in self.fields.items()}
            if values[first] not in (None, "") and values[first] not in seen:
                seen.add(values[first])
                yield values
