"""The demo's company, and what happens in it between the two syncs: the cases in which connectors lose data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gong_emulator import Company, CompanyOptions, Emulator

HISTORY = timedelta(days=60)
TITLE = "Renewal, second round (renamed)"
_LATE_CALLS = (
    (timedelta(minutes=50), "a call of an hour ago is ready"),
    (timedelta(hours=26), "a call of yesterday turns up; Gong took a day to process it"),
    (timedelta(days=5), "a call of five days ago turns up, older than many that were read already"),
)


class Promise(NamedTuple):
    """What a question to the tables must give."""

    sql: str
    answer: str


def open_company(now: datetime) -> Company:
    """A company with some hundred calls up to `now` (aware)."""
    return Company(
        CompanyOptions(
            seed=11,
            users=10,
            calls=420,
            first_call=now - HISTORY,
            last_call=now - timedelta(hours=3),
            time_zone="Europe/Paris",
        )
    )


class Happenings:
    """Late calls, a late transcript and a renamed call, all within the look-back of 7 days."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        now = emulator.clock.now()
        self._soon = now + timedelta(seconds=1)
        recent = [
            call
            for call in emulator.company.calls
            if call.listed(now) and timedelta(days=1) < now - call.started < timedelta(days=6)
        ]
        # The transcript of one call is not ready yet when the first sync asks for it.
        self._slow, self._renamed = recent[0], recent[-1]
        self._slow.transcript_visible_from = self._soon

    def let_happen(self) -> tuple[list[str], list[Promise]]:
        """Change Gong; tell how, and what must be in the tables after the next sync."""
        company, clock = self._emulator.company, self._emulator.clock
        stories, late = [], []
        for number, (age, story) in enumerate(_LATE_CALLS):
            call = company.add_call(
                clock.now() - age,
                primary_user_id=company.users[number]["id"],
                visible_from=self._soon,
                transcript_visible_from=self._soon,
                content_visible_from=self._soon,
            )
            late.append(call.id)
            stories.append(story)
        days = (clock.now() - self._slow.started).days
        stories.append(f"the transcript of call {self._slow.id} is ready, {days} days after the call")
        self._renamed.title = TITLE
        stories.append(f"call {self._renamed.id} has another title")
        clock.set(max(datetime.now(UTC), self._soon).replace(microsecond=0) + timedelta(seconds=1))
        ids = ", ".join(f"'{call_id}'" for call_id in late)
        count = "select count(*) from gong."
        return stories, [
            Promise(f"{count}calls where id in ({ids})", str(len(late))),
            Promise(f"{count}call_transcripts where callid = '{self._slow.id}'", "1"),
            Promise(f"{count}calls where id = '{self._renamed.id}' and title = '{TITLE}'", "1"),
        ]
