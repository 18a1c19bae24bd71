"""Gong Engage: flows, their folders and steps, and tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gong_emulator.dates import wire_time
from gong_emulator.records import Record
from gong_emulator.seeded import gong_id, stream


@dataclass
class Flow:
    """A flow as listed, its steps, its workspace, and its owner (None for a flow of the company)."""

    record: Record
    workspace_id: str
    owner_email: str | None = None
    steps: list[Record] = field(default_factory=list)


@dataclass
class FlowFolder:
    """A folder of flows and its owner (None: everybody has it)."""

    record: Record
    workspace_id: str
    owner_email: str | None = None


def make_flow_folders(seed: int, workspaces: list[Record], users: list[Record]) -> list[FlowFolder]:
    """Return the built-in folder, whose missing parent and creator are the text "null" (recorded), and one each."""
    shared = {"id": "100", "name": "Shared With You", "parentFolderId": "null", "createdById": "null"}
    rng = stream(seed, "flow folders")
    first = workspaces[0]["id"] if workspaces else ""
    folders = [FlowFolder({**shared, "visibility": "Shared"}, first)]
    for user in users:
        own = {"id": gong_id(rng), "name": f"Flows of {user['firstName']}", "parentFolderId": "null"}
        record = {**own, "createdById": user["id"], "visibility": "Personal"}
        folders.append(FlowFolder(record, first, user["emailAddress"]))
    return folders


def make_flows(
    seed: int, workspaces: list[Record], users: list[Record], folders: list[FlowFolder], since: datetime, zone: ZoneInfo
) -> list[Flow]:
    """Return two company flows for each workspace and a personal one for each user."""
    rng = stream(seed, "flows")
    homes = {folder.owner_email: folder.record for folder in folders}
    plans = [("Company", w["id"], None) for w in workspaces for _ in range(2)]
    plans += [("Personal", workspaces[0]["id"], user["emailAddress"]) for user in users if workspaces]
    flows: list[Flow] = []
    for visibility, workspace_id, owner in plans:
        folder = homes.get(owner) if owner else None
        record = {
            "id": gong_id(rng),
            "name": f"{visibility} flow {len(flows) + 1}",
            "folderId": folder["id"] if folder else None,
            "folderName": folder["name"] if folder else None,
            "visibility": visibility,
            "creationDate": wire_time(since - timedelta(days=rng.randrange(1, 200)), zone),
            "exclusive": rng.random() < 0.5,
        }
        steps: list[Record] = []
        for order, action in enumerate(("AUTO_SEND_EMAIL", "CALL", "LINKEDIN_CONNECT")[: rng.randrange(1, 4)], 1):
            mail = action == "AUTO_SEND_EMAIL"
            steps.append(
                {
                    "id": gong_id(rng),
                    "stepOrder": order,
                    "action": action,
                    "subject": "A short question" if mail else None,
                    "body": "<p>Do you have ten minutes this week?</p>" if mail else None,
                    "isReply": False,
                }
            )
        flows.append(Flow(record, workspace_id, owner, steps))
    return flows


def make_tasks(seed: int, users: list[Record], since: datetime, zone: ZoneInfo) -> list[Record]:
    """Return one open and one done call task for each user; ids are numbers (documented)."""
    rng = stream(seed, "tasks")
    tasks: list[Record] = []
    for user in users:
        for status in ("OPEN", "DONE"):
            created = since + timedelta(days=rng.randrange(30), seconds=rng.randrange(86_400))
            tasks.append(
                {
                    "id": int(gong_id(rng)),
                    "userId": int(user["id"]),
                    "created": wire_time(created, zone),
                    "updated": wire_time(created, zone),
                    "status": status,
                    "type": "MANUAL",
                    "actions": ["CALL"],
                    "account": None,
                    "opportunity": None,
                    "dueDate": wire_time(created + timedelta(days=3), zone),
                    "flow": None,
                    "contact": None,
                    "additionalContacts": [],
                    "title": "Call back",
                    "priority": {"id": 2, "name": "medium", "weight": 50},
                }
            )
    return tasks
