"""The calls of a company: when they were, who had them, and when Gong gets round to showing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from gong_emulator.company_options import CompanyOptions
from gong_emulator.records.call import Call
from gong_emulator.seeded import gong_id, stream

_QUARTER = 900
_CONFERENCING = ("Zoom", "Google Meet", "Microsoft Teams")
_TELEPHONY = ("Outreach", "Gong Mobile App", "ClearSlide")
_LANGUAGES = ("eng", "eng", "eng", "eng", "deu", "fra", "spa", "jpn", "und")


def make_calls(options: CompanyOptions, user_ids: list[str], workspace_ids: list[str]) -> list[Call]:
    """Return the calls of a company in the order of their `scheduled` moment."""
    if not (user_ids and workspace_ids):
        return []
    rng = stream(options.seed, "calls")
    start = options.first_call.astimezone(UTC)
    span = max(int((options.last_call - options.first_call).total_seconds()), 1)
    offsets = sorted(rng.randrange(span) for _ in range(options.calls))
    return [
        _call(options, rng, start + timedelta(seconds=offset), rng.choice(user_ids), rng.choice(workspace_ids))
        for offset in offsets
    ]


def _call(options: CompanyOptions, rng: Random, moment: datetime, host: str, workspace: str) -> Call:
    conference = rng.random() < 0.7
    if conference:
        # People meet on the quarter hour, so equal `scheduled` values are common; they start a little off it.
        scheduled = moment - timedelta(seconds=int(moment.timestamp()) % _QUARTER, microseconds=moment.microsecond)
        started = scheduled + timedelta(seconds=rng.randrange(-120, 1200), microseconds=_fraction(rng))
        direction, system = "Conference", rng.choice(_CONFERENCING)
    else:
        scheduled = moment.replace(microsecond=0)
        imported = rng.random() < 0.5
        started = (
            scheduled + timedelta(seconds=rng.randrange(90), microseconds=_fraction(rng)) if imported else scheduled
        )
        direction, system = rng.choice(("Outbound", "Outbound", "Inbound", "Unknown")), rng.choice(_TELEPHONY)
    duration = rng.randrange(45, 3900) if conference else rng.randrange(12, 1500)
    listed = started + timedelta(seconds=duration + rng.randrange(600, 2400))
    if rng.random() < options.late_share:
        listed += timedelta(seconds=rng.randrange(6 * 3600, 72 * 3600))
    transcript = None
    content = None
    if rng.random() >= options.without_transcript_share:
        transcript = listed + timedelta(seconds=rng.randrange(120, 900))
        # Gong writes briefs only for calls of at least half a minute (reported).
        content = transcript + timedelta(seconds=rng.randrange(300, 3600)) if duration >= 30 else None
    return Call(
        id=gong_id(rng),
        scheduled=scheduled,
        started=started,
        duration=duration,
        primary_user_id=host,
        workspace_id=workspace,
        visible_from=listed,
        transcript_visible_from=transcript,
        content_visible_from=content,
        direction=direction,
        system=system,
        scope="Internal" if rng.random() < 0.12 else "External",
        media="Video" if conference and rng.random() < 0.85 else "Audio",
        language=rng.choice(_LANGUAGES),
        is_private=rng.random() < options.private_share,
        has_content=rng.random() >= 0.03,
    )


def _fraction(rng: Random) -> int:
    """Return microseconds: mostly whole milliseconds, sometimes all six digits, sometimes none (recorded)."""
    kind = rng.random()
    if kind < 0.8:
        return rng.randrange(1000) * 1000
    return rng.randrange(1_000_000) if kind < 0.9 else 0
