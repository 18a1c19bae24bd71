"""The invented company behind the emulator: its options, its lists, and what each endpoint would hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gong_emulator.media import PlaceholderMediaUrls
from gong_emulator.records import Record
from gong_emulator.records.activity import Activity, derive_activities
from gong_emulator.records.audit import LogEntry, make_log_entries
from gong_emulator.records.call import Call
from gong_emulator.records.calls import extensive, meta_data
from gong_emulator.records.crm import make_integrations, make_schemas
from gong_emulator.records.derived import Derived
from gong_emulator.records.engage import Flow, FlowFolder, make_flow_folders, make_flows, make_tasks
from gong_emulator.records.library import LibraryFolder, make_folders
from gong_emulator.records.making_calls import make_calls
from gong_emulator.records.people import make_avatars, make_users, make_workspaces
from gong_emulator.records.permissions import PermissionProfile, make_profiles
from gong_emulator.records.reviews import Review, derive_reviews, review_key
from gong_emulator.records.settings import make_briefs, make_call_outcomes, make_scorecards, make_trackers
from gong_emulator.records.timeline import Timeline
from gong_emulator.records.transcript import transcript_of
from gong_emulator.seeded import gong_id, stream
from gong_emulator.truth import END_OF_TIME, whole_list


@dataclass(frozen=True)
class CompanyOptions:
    """What a company is made of.

    `first_call` and `last_call` are aware moments between which the calls are spread. `late_share`,
    `private_share` and `without_transcript_share` are fractions of the calls. `monologues_per_minute` sets how
    long transcripts are; real ones have about ten.
    """

    seed: int = 7
    time_zone: str = "America/Los_Angeles"
    users: int = 12
    managers: int = 2
    avatars: int = 1
    workspaces: int = 2
    calls: int = 250
    first_call: datetime = datetime(2026, 1, 5, 8, tzinfo=UTC)
    last_call: datetime = datetime(2026, 4, 3, 18, tzinfo=UTC)
    late_share: float = 0.05
    private_share: float = 0.03
    without_transcript_share: float = 0.04
    accounts: int = 40
    monologues_per_minute: float = 1.0


class Company:
    """All that Gong would hold for one company. Every list may be changed while an emulator serves it.

    Lists of records have the shape of the wire (dictionaries with Gong's own keys). `calls` has Call objects.
    """

    def __init__(self, options: CompanyOptions | None = None) -> None:
        self.options = options or CompanyOptions()
        self.zone = ZoneInfo(self.options.time_zone)
        seed, first = self.options.seed, self.options.first_call
        self.workspaces: list[Record] = make_workspaces(seed, self.options.workspaces)
        self.users: list[Record] = make_users(seed, self.options.users, self.options.managers, first, self.zone)
        self.avatars: list[Record] = make_avatars(seed, self.options.avatars, first, self.zone)
        self.calls: list[Call] = make_calls(
            self.options, [u["id"] for u in self.users], [w["id"] for w in self.workspaces]
        )
        user_ids = [user["id"] for user in self.users]
        self.scorecards: list[Record] = make_scorecards(seed, self.workspaces, user_ids, first, self.zone)
        self.trackers: list[Record] = make_trackers(seed, self.workspaces, user_ids, first, self.zone)
        self.briefs: list[Record] = make_briefs(seed, self.workspaces, self.users, first, self.zone)
        self.call_outcomes: list[Record] = make_call_outcomes()
        self.library_folders: list[LibraryFolder] = make_folders(
            seed, self.workspaces, user_ids, self.calls, first, self.zone
        )
        last = self.options.last_call
        self.log_entries: list[LogEntry] = make_log_entries(seed, self.users, self.calls, first, last)
        self.permission_profiles: list[PermissionProfile] = make_profiles(seed, self.workspaces, self.users)
        self.crm_integrations: list[Record] = make_integrations(seed, self.users)
        self.crm_schemas: dict[str, list[Record]] = make_schemas()
        self.flow_folders: list[FlowFolder] = make_flow_folders(seed, self.workspaces, self.users)
        self.flows: list[Flow] = make_flows(seed, self.workspaces, self.users, self.flow_folders, first, self.zone)
        self.tasks: list[Record] = make_tasks(seed, self.users, first, self.zone)
        self.added_activities: list[Activity] = []
        self.added_reviews: list[Review] = []
        self._reviews = Derived(lambda: sorted(derive_reviews(self) + self.added_reviews, key=review_key))
        self._activities = Derived(lambda: derive_activities(self))
        self._timeline = Timeline()
        self._fresh_ids: Random = stream(seed, "added")

    @property
    def timeline(self) -> Timeline:
        """The sorted index over `calls`."""
        return self._timeline

    def reviews(self) -> list[Review]:
        """Return every answered scorecard, oldest first: derived from the calls, plus `added_reviews`."""
        return self._reviews.at((self._stamp(), len(self.added_reviews)))

    def activities(self) -> dict[str, list[Activity]]:
        """Return each user's activities by day: derived from calls and reviews, plus `added_activities`.

        They follow changes of `calls` and the lengths of the other lists; a changed `managerId` does not show.
        """
        return self._activities.at((self._stamp(), len(self.added_reviews), len(self.added_activities)))

    def _stamp(self) -> tuple[object, ...]:
        return *self._timeline.stamp(self.calls), len(self.users), len(self.scorecards)

    def records(
        self, name: str, now: datetime | None = None, *, body: Mapping[str, Any] | None = None, **parameters: str
    ) -> list[Record]:
        """Return the whole list behind an endpoint, see `gong_emulator.truth.whole_list` and its `LISTS`."""
        return whole_list(self, name, now, body=body, parameters=parameters)

    def meta_data(self, call: Call) -> Record:
        """Return a call as `/v2/calls` does."""
        return meta_data(self, call)

    def extensive(self, call: Call, content_selector: Record, now: datetime | None = None) -> Record:
        """Return a call as `/v2/calls/extensive` does with this contentSelector; media addresses are placeholders."""
        return extensive(self, call, content_selector, now or END_OF_TIME, PlaceholderMediaUrls())

    def transcript(self, call: Call) -> Record:
        """Return a call's entry of `/v2/calls/transcript`."""
        return transcript_of(self, call)

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return gong_id(self._fresh_ids)

    def call(self, call_id: str) -> Call | None:
        """Return a call by id whatever its visibility, or None."""
        return self._timeline.by_id(self.calls).get(call_id)

    def add_call(
        self, started: datetime | None = None, *, scheduled: datetime | None = None, **attributes: Any
    ) -> Call:
        """Append a call and return it.

        `started` (default: `scheduled`, else the last generated moment) is aware. Unless given, the call, its
        transcript and its content are visible from `started`, it belongs to the first user and workspace, and
        lasts 1,800 seconds. Other keywords are the attributes of Call.
        """
        begin = started or scheduled or self.options.last_call
        values: dict[str, Any] = {
            "id": self.new_id(),
            "scheduled": (scheduled or begin.replace(microsecond=0)).astimezone(UTC),
            "started": begin.astimezone(UTC),
            "duration": int(timedelta(minutes=30).total_seconds()),
            "primary_user_id": self.users[0]["id"] if self.users else "0",
            "workspace_id": self.workspaces[0]["id"],
            "visible_from": begin,
            "transcript_visible_from": begin,
            "content_visible_from": begin,
        }
        call = Call(**{**values, **attributes})
        self.calls.append(call)
        return call
