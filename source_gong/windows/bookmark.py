"""What a stream's state says, and how its time is cut: the interface of the planners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from source_gong.faults import ConfigError
from source_gong.instants import parse_instant
from source_gong.windows.counts import Bounds
from source_gong.windows.window import Ask, Window


@dataclass(frozen=True)
class Bookmark:
    """What a stream's state says: everything before `upto` was read, and none of it longer ago than at `read_at`.

    What Gong published or changed since `read_at` may lie before `upto`, as far back as the look-back. `paused` says
    that the sync stopped because its requests were used up: then the next one goes on at `upto` and looks back when it
    has come to the end, so that many small syncs get there.
    """

    upto: Any
    read_at: Any
    paused: bool = False


class Planner(Protocol):
    """How a stream's time is cut. Bounds are comparable values of one kind, instants or days, end exclusive.

    `counted` says that windows follow from how many records a range holds. `by_call_ids` is true where the calls that
    the configuration names are read in place of windows, `one_by_one` where one slice of the whole range is made, for a
    reader that goes through the windows in it one after the other.
    """

    lookback: timedelta
    counted: bool
    by_call_ids: bool
    one_by_one: bool

    def parse(self, text: str) -> Any: ...

    def format(self, value: Any) -> str: ...

    def window(self, partition: Mapping[str, Any], start: Any, end: Any) -> Window:
        """The window of these bounds, as Gong takes them."""

    def lower(self, before: Bookmark | None) -> Any:
        """Where this sync begins to read."""

    def looks_back_to(self, read_at: Any) -> Any:
        """What came or changed after `read_at` lies at or after this."""

    def end(self) -> Any:
        """Where this sync ends, exclusive."""

    def settle(self, value: Any) -> Any:
        """What the state may say when all before `value` was read: `value`, or less where it can still change."""

    def plan(self, partition: Mapping[str, Any], lower: Any, end: Any, ask: Ask) -> list[tuple[Any, Any]]:
        """Windows that meet without gap or overlap and together are [lower, end)."""

    def parts(self, window: Window, ask: Ask) -> list[Window]:
        """The window itself, or what it must be cut into because it turned out to hold far too much for one chain. All
        streams that read the same window come to the same parts."""

    def cut_with(self, bounds: Bounds) -> None:
        """Cut windows where the other readers of a list begin, too, so that what they share are the same windows."""

    def sample(self) -> tuple[Any, Any]:
        """A range of which little is expected, for `check`."""


def read_state(
    stream: str, cursor_field: str, state: Mapping[str, Any], planner: Planner, now: datetime
) -> Bookmark | None:
    """The state's bookmark, also where Airbyte's own Gong connector left it; None without a state.

    Raises `ConfigError` for a state that is broken, of another version, or in the future.
    """
    flat = state
    if isinstance(state.get("state"), Mapping):
        flat = state["state"]
    if not flat or (len(flat) == 1 and next(iter(flat)).startswith("__ab_")):
        return None
    remedy = f"Reset the stream {stream}, or give it the last state that this connector wrote."
    if not isinstance(flat.get(cursor_field), str):
        raise ConfigError(
            f"The state of {stream} has no `{cursor_field}`: it is of another version or broken. {remedy}"
        )
    found = {}
    for name in (cursor_field, "read_at"):
        try:
            text = flat.get(name, flat[cursor_field])
            moment, found[name] = parse_instant(text), planner.parse(text)
        except (ValueError, TypeError, AttributeError):
            raise ConfigError(f"The state of {stream} is broken: `{name}` is no date. {remedy}") from None
        if moment > now + timedelta(days=2):
            raise ConfigError(f"The state of {stream} lies in the future, so nothing would ever be read. {remedy}")
    return Bookmark(found[cursor_field], found["read_at"], flat.get("paused") is True)
