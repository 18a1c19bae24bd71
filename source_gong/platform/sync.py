"""One sync: everything that its streams and threads share, made and put together in one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from source_gong.clock import Clock
from source_gong.faults import ConfigError, Failures
from source_gong.files.downloads import Downloads
from source_gong.hosts import Origin
from source_gong.instants import parse_instant
from source_gong.limits import Limits
from source_gong.once import Once
from source_gong.reading.calls import CallList
from source_gong.reading.chains import Chains, FirstPages
from source_gong.reading.kept import KeptLists
from source_gong.reading.listing import CallListing
from source_gong.reading.privacy import Privacy
from source_gong.reading.reader import NamedObjects, Reader, Shared
from source_gong.report import Reports, StreamReport
from source_gong.settings import Settings
from source_gong.windows.by_count import Pages
from source_gong.windows.counts import Bounds, Counts
from source_gong.wire.client import Client
from source_gong.wire.connections import paced_session
from source_gong.wire.gate import Gate, Turns
from source_gong.wire.room import Room
from source_gong.wire.signing import Signer, signer_of

# Windows are cut to a few pages where requests are few (`windows.by_count.Pages`); with so many requests for each that
# is read at a time, most of those that are begun are finished.
REQUESTS_A_WINDOW = 100


@dataclass(frozen=True)
class Surroundings:
    """What a sync takes from outside of itself; tests give other clocks and smaller limits."""

    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)

    @property
    def for_check(self) -> Surroundings:
        """With the patience of a person who waits."""
        return replace(self, limits=replace(self.limits, attempts=self.limits.check_attempts))


class Sync:
    """The composition of one run. `selected` are the streams of the configured catalog; empty for `check` and
    `discover`. `user_config` is the configuration as the platform gave it: the one that rotated tokens are written
    into."""

    def __init__(
        self,
        settings: Settings,
        user_config: dict[str, Any],
        selected: frozenset[str] = frozenset(),
        surroundings: Surroundings | None = None,
    ) -> None:
        surroundings = surroundings or Surroundings()
        clock, limits = surroundings.clock, surroundings.limits
        self.settings, self.selected, self.clock, self.limits = settings, selected, clock, limits
        # When the sync began, and where it ends, which is earlier where the configuration says so.
        self.began: datetime = clock.now()
        self.until: datetime = settings.end or self.began
        self.reports, self.failures = Reports(), Failures()
        self.readers: dict[str, Reader] = {}
        self.origin = Origin(settings.api_base_url, settings.base_url_is_default)
        self.gate = Gate(settings.requests_per_second, settings.max_requests, clock.monotonic, clock.sleep)
        self.signer: Signer = signer_of(settings, user_config, self.origin, clock)
        self.counts, self.bounds, self.listing = Counts(), Bounds(), CallListing()
        room = Room(limits.pages_in_memory)
        session = paced_session(self.gate, settings.num_workers + 2)
        wait = settings.max_wait_minutes * 60
        client = Client(self.origin, self.gate, session, room, clock, limits, wait)
        self.shared = Shared(
            settings=settings,
            limits=limits,
            chains=Chains(client, room, FirstPages()),
            kept=KeptLists(),
            named=NamedObjects(),
            privacy=Privacy(client, limits.page),
        )
        self.pages = Pages(limits, settings.num_workers, settings.max_requests)
        self._downloads: Once[str, Downloads] = Once()
        self._turns: AbstractContextManager[Any] = nullcontext()
        if settings.max_requests is not None:
            self._turns = Turns(max(1, settings.max_requests // REQUESTS_A_WINDOW))

    def register(self, reader: Reader) -> None:
        """A stream's reader was built."""
        self.readers[reader.stream] = reader
        if reader.stream in self.selected and reader.reads_call_list:
            self.listing.expect(raw=isinstance(reader, CallList))

    def reader(self, stream: str) -> Reader:
        """The reader of a stream, which others are read by too."""
        found = self.readers.get(stream)
        if found is None:
            raise ConfigError(
                f"What is asked for is read by the list of the stream `{stream}`, which was not built here. Run it "
                "with all streams of the manifest: with the command source-gong, or PyAirbyte's get_source."
            )
        return found

    def call_list(self, stream: str) -> CallList:
        """The reader of the call list."""
        found = self.reader(stream)
        assert isinstance(found, CallList), "the manifest names the stream that lists calls"
        return found

    def first_call_day(self) -> date | None:
        """The day on which the company's calls begin, None when there are none."""
        for reader in self.readers.values():
            if isinstance(reader, CallList):
                return reader.first_day()
        raise ConfigError(
            "Without a `start_date`, what is read by days begins where the list of calls does, which was not built "
            "here. Set `start_date`, or run the command source-gong."
        )

    def every_record(self, stream: str, asker: StreamReport) -> Iterator[Mapping[str, Any]]:
        """All records of a stream's list, read on behalf of another stream."""
        return self.reader(stream).every_record(asker)

    def moments(self, stream: str, field: str, asker: StreamReport) -> Iterable[datetime]:
        """A date-time of each record of a list that has it."""
        return [parse_instant(one[field]) for one in self.every_record(stream, asker) if one.get(field)]

    def turn(self, reader: Reader, bounded: bool) -> AbstractContextManager[Any]:
        """Entered while a window is read. Where requests are few, few windows are read at a time: what has been begun
        when the requests are used up is lost, and a sync that finishes no window does not get anywhere."""
        return self._turns if bounded and reader.takes_turns else nullcontext()

    def downloads(self) -> Downloads:
        """All downloads of the sync, made when the first one is due."""
        return self._downloads.get("", lambda: Downloads(self.settings.media, self.origin, self.clock, self.limits))
