"""The invented company behind the emulator: made from its options, and what follows from what it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from gong_emulator.company_options import CompanyOptions
from gong_emulator.dates import END_OF_TIME
from gong_emulator.holdings import Holdings
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


class Company(Holdings):
    """All that Gong would hold for one company. Every list may be changed while an emulator serves it.

    Lists of records have the shape of the wire (dictionaries with Gong's own keys). `calls` has Call objects.
    """

    def __init__(self, options: CompanyOptions | None = None) -> None:
        options = options or CompanyOptions()
        seed, first, last, zone = options.seed, options.first_call, options.last_call, ZoneInfo(options.time_zone)
        workspaces = make_workspaces(seed, options.workspaces)
        users = make_users(seed, options.users, options.managers, first, zone)
        user_ids = [user["id"] for user in users]
        super().__init__(
            options=options,
            zone=zone,
            workspaces=workspaces,
            users=users,
            avatars=make_avatars(seed, options.avatars, first, zone),
            calls=make_calls(options, user_ids, [workspace["id"] for workspace in workspaces]),
            scorecards=make_scorecards(seed, workspaces, user_ids, first, zone),
            trackers=make_trackers(seed, workspaces, user_ids, first, zone),
            call_outcomes=make_call_outcomes(),
        )
        self.briefs: list[Record] = make_briefs(seed, self.workspaces, self.users, first, zone)
        self.library_folders: list[LibraryFolder] = make_folders(
            seed, self.workspaces, user_ids, self.calls, first, zone
        )
        self.log_entries: list[LogEntry] = make_log_entries(seed, self.users, self.calls, first, last)
        self.permission_profiles: list[PermissionProfile] = make_profiles(seed, self.workspaces, self.users)
        self.crm_integrations: list[Record] = make_integrations(seed, self.users)
        self.crm_schemas: dict[str, list[Record]] = make_schemas()
        self.flow_folders: list[FlowFolder] = make_flow_folders(seed, self.workspaces, self.users)
        self.flows: list[Flow] = make_flows(seed, self.workspaces, self.users, self.flow_folders, first, zone)
        self.tasks: list[Record] = make_tasks(seed, self.users, first, zone)
        self.added_activities: list[Activity] = []
        self.added_reviews: list[Review] = []
        self._reviews = Derived(lambda: sorted(derive_reviews(self) + self.added_reviews, key=review_key))
        self._activities = Derived(lambda: derive_activities(self, self.reviews(), self.added_activities))
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
