"""A generic CRM integration and the fields it has registered."""

from __future__ import annotations

from gong_emulator.records import Record
from gong_emulator.seeded import stream

OBJECT_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
_EXACT_FLOAT = 2**53


def make_integrations(seed: int, users: list[Record]) -> list[Record]:
    """Return one integration; its id is a JSON number that a float can't hold: odd and beyond 2**53 (recorded)."""
    number = stream(seed, "crm integration").randrange(_EXACT_FLOAT, 2**63 - 1) | 1
    owner = users[0]["emailAddress"] if users else None
    return [{"integrationId": number, "ownerEmail": owner, "name": "House CRM"}]


def make_schemas() -> dict[str, list[Record]]:
    """Return the selected fields of each object type."""
    kinds = {"ACCOUNT": "tier", "CONTACT": "jobTitle", "DEAL": "amount", "LEAD": "origin"}
    return {
        kind: [
            {
                "uniqueName": name,
                "label": name.title(),
                "type": "NUMBER" if name == "amount" else "STRING",
                "lastModified": None,
                "isDeleted": False,
                "referenceTo": None,
                "orderedValueList": None,
            }
            for name in ("name", own)
        ]
        for kind, own in kinds.items()
    }
