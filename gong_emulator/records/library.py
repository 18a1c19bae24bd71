"""The call library: public folders and the calls or snippets that people put into them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gong_emulator.dates import wire_time
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.seeded import gong_id, stream


@dataclass
class LibraryFolder:
    """A folder as listed, its workspace, and its content as listed by folder-content."""

    workspace_id: str
    record: Record
    calls: list[Record] = field(default_factory=list)


def make_folders(
    seed: int, workspaces: list[Record], user_ids: list[str], calls: list[Call], since: datetime, zone: ZoneInfo
) -> list[LibraryFolder]:
    """Return three folders for each workspace: the root, one below it with content, and an empty one.

    A missing parent or creator is an explicit null (recorded). The same call stands in a folder twice: whole and
    as a snippet.
    """
    folders: list[LibraryFolder] = []
    for workspace in workspaces:
        rng = stream(seed, "library", workspace["id"])
        updated = wire_time(since - timedelta(days=100, microseconds=rng.randrange(10**6)), zone)
        root = gong_id(rng)
        for name, identifier, parent in (
            ("Public Folders", root, None),
            ("Win/Loss", gong_id(rng), root),
            ("Empty shelf", gong_id(rng), root),
        ):
            creator = rng.choice(user_ids) if user_ids and parent else None
            record = {
                "id": identifier,
                "name": name,
                "parentFolderId": parent,
                "createdBy": creator,
                "updated": updated,
            }
            folders.append(LibraryFolder(workspace["id"], record))
        own = [call for call in calls[:200] if call.workspace_id == workspace["id"]]
        for call in rng.sample(own, min(3, len(own))):
            for snippet in (None, {"fromSec": 5, "toSec": min(65, call.duration)}):
                added = call.visible_from + timedelta(seconds=rng.randrange(60, 86_400))
                folders[-2].calls.append(
                    {
                        "id": call.id,
                        "title": call.title or "Call worth hearing",
                        "note": "Listen to the opening" if snippet else None,
                        "addedBy": rng.choice(user_ids) if user_ids else None,
                        "created": wire_time(added, zone),
                        "url": f"https://us-12345.app.gong.io/call?id={call.id}",
                        "snippet": snippet,
                    }
                )
    return folders
