"""Who was in a call: the parties of `/v2/calls/extensive`, and the speakers that its transcript refers to."""

from __future__ import annotations

from dataclasses import dataclass

from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.records.words import ACCOUNTS, FIRST_NAMES, LAST_NAMES, TITLES
from gong_emulator.seeded import number, stream

_BOTH = ["Invitee", "Attendee"]


@dataclass(slots=True)
class Cast:
    """The account a call was with and its parties.

    `parties` have no `context`. `id`, `affiliation`, `methods` and `speakerId` are always there (`speakerId` is
    null for those who did not speak); what is unknown of a person is left out (recorded).
    """

    account: int
    parties: list[Record]

    @property
    def speakers(self) -> list[Record]:
        """The parties who spoke."""
        return [party for party in self.parties if party["speakerId"] is not None]


def account_name(account: int) -> str:
    """Return the name of a customer by its number."""
    name = ACCOUNTS[account % len(ACCOUNTS)]
    return name if account < len(ACCOUNTS) else f"{name} {account // len(ACCOUNTS) + 1}"


def internal_ids(company: Holdings, call: Call) -> list[str]:
    """Return the users who attended, the host first."""
    mixed = number(company.options.seed, "inside", call.id)
    attending = [call.primary_user_id]
    users = company.users
    for _ in range((0, 0, 1, 1, 2)[mixed % 5] if users else 0):
        mixed //= 7
        user_id = users[mixed % len(users)]["id"]
        if user_id not in attending:
            attending.append(user_id)
    return attending


def cast_of(company: Holdings, call: Call) -> Cast:
    """Return who took part in a call."""
    rng = stream(company.options.seed, "cast", call.id)
    account = rng.randrange(max(company.options.accounts, 1))
    parties = [_insider(company, call, user_id, rng.getrandbits(63)) for user_id in internal_ids(company, call)]
    if call.scope != "Internal":
        domain = account_name(account).lower().replace(" & ", "-").replace(" ", "-") + ".example"
        for position in range(rng.randrange(1, 6)):
            draw = rng.getrandbits(63)
            first = FIRST_NAMES[draw % len(FIRST_NAMES)]
            last = LAST_NAMES[draw // 31 % len(LAST_NAMES)]
            known = draw % 10
            party: Record = {"id": str(rng.randrange(10**16, 2**63 - 1))}
            if call.direction == "Conference" and known != 9:
                party["emailAddress"] = f"{first}.{last}@{domain}".lower()
            if known < 8:
                party["name"] = f"{first} {last}"
            elif known == 9:
                party["name"] = f"Phone Caller #{position + 1}"
            if known < 6:
                party["title"] = TITLES[draw // 977 % len(TITLES)]
            spoke = position == 0 or draw % 5 < 2
            party["speakerId"] = str(rng.randrange(10**16, 2**63 - 1)) if spoke else None
            party["affiliation"] = "Unknown" if known == 9 else "External"
            if known < 4 or call.direction != "Conference":
                party["phoneNumber"] = f"+1-555-{draw % 9000 + 1000}"
            party["methods"] = _BOTH if spoke else ["Invitee"]
            parties.append(party)
    return Cast(account, parties)


def _insider(company: Holdings, call: Call, user_id: str, draw: int) -> Record:
    party: Record = {"id": str(draw + 10**16)}
    user = next((u for u in company.users if u["id"] == user_id), None)
    if user:
        party["emailAddress"] = user["emailAddress"]
        party["name"] = f"{user['firstName']} {user['lastName']}"
        if user["title"]:
            party["title"] = user["title"]
    party["userId"] = user_id
    spoke = user_id == call.primary_user_id or draw % 4 != 0
    party["speakerId"] = str(draw // 3 + 10**16) if spoke else None
    party["affiliation"] = "Internal"
    if user and user["phoneNumber"]:
        party["phoneNumber"] = user["phoneNumber"]
    party["methods"] = _BOTH if spoke else ["Invitee"]
    return party
