"""From a window to a request: where bounds, values of the partition and page cursors go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from source_gong.windows.window import Window
from source_gong.wire.endpoint import Asked, Endpoint


class Place(NamedTuple):
    """Where a value of a request stands: in its body or in its query string, under this path of keys."""

    in_body: bool
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last step, which is also the name of the value in the partition."""
        return self.path[-1]


@dataclass(frozen=True)
class Asking:
    """How one list is asked for: `cursor` is where the page cursor goes (None: the list has no pages), `start` and
    `end` where a window's bounds go, and `of_slice` where values of the partition go, each under its own name."""

    endpoint: Endpoint
    cursor: Place | None = None
    of_slice: tuple[Place, ...] = ()
    start: Place | None = None
    end: Place | None = None

    def asked(self, window: Window, token: str | None = None) -> Asked:
        """The request for a window's first page, or with a `token` for the page that it stands for."""
        parameters = dict(self.endpoint.parameters(window.partition))
        body = _copied(self.endpoint.body)
        given: list[tuple[Place | None, Any]] = [(self.start, window.start), (self.end, window.end)]
        given += [(place, window.partition.get(place.name)) for place in self.of_slice]
        given.append((self.cursor, token))
        for place, value in given:
            if place is None or value is None:
                continue
            target = body if place.in_body else parameters
            for step in place.path[:-1]:
                target = target.setdefault(step, {})
            target[place.name] = value
        return Asked(self.endpoint.path(window.partition), parameters, body)

    def key(self, window: Window) -> Hashable:
        """What stands for this endpoint asked with this window, whoever asks."""
        return self.endpoint.template, window.key


def _copied(body: Mapping[str, Any]) -> dict[str, Any]:
    """The objects of a declared body anew; what they hold besides is not changed."""
    return {name: _copied(value) if isinstance(value, Mapping) else value for name, value in body.items()}
