"""CRM links of a call and of its parties: the `context` blocks of `/v2/calls/extensive`.

Recorded: `timing` stands on the objects that are not Accounts; field values are text, numbers, booleans, nulls or
arrays; `context` is a list, empty when nothing is linked.
"""

from __future__ import annotations

from collections.abc import Sequence

from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.records.cast import Cast, account_name
from gong_emulator.seeded import number

_SYSTEM = "Salesforce"
_STAGES = ("Discovery", "Evaluation", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def crm_id(prefix: str, value: int) -> str:
    """Return an 18-character CRM id."""
    text = ""
    for _ in range(15):
        value, place = divmod(value, 62)
        text += _LETTERS[place]
    return prefix + text


def call_context(company: Holdings, call: Call, cast: Cast, level: str, timings: Sequence[str]) -> list[Record]:
    """Return the links of a call: `level` Basic (ids only) or Extended (ids and fields).

    Extended objects other than Accounts come once for each timing (Now, TimeOfCall).
    """
    draw = number(company.options.seed, "crm", call.id)
    if call.scope == "Internal" or draw % 10 == 0:
        return []
    account: Record = {
        "objectType": "Account",
        "objectId": crm_id("001", number(company.options.seed, "account", cast.account)),
    }
    opportunity_id = crm_id("006", draw) if draw % 97 else None
    objects = [account]
    if level == "Basic":
        objects.append({"objectType": "Opportunity", "objectId": opportunity_id})
    else:
        account["fields"] = _fields(_account_fields(cast.account))
        for timing in timings:
            fields = _fields(_opportunity_fields(cast.account, draw, call.revision if timing == "Now" else 0, timing))
            objects.append(
                {"objectType": "Opportunity", "objectId": opportunity_id, "fields": fields, "timing": timing}
            )
    return [{"system": _SYSTEM, "objects": objects}]


def party_context(company: Holdings, party: Record, level: str) -> list[Record]:
    """Return the links of a party: a User for colleagues, a Contact or a Lead for others, [] for the unknown."""
    if party["affiliation"] == "Unknown":
        return []
    draw = number(company.options.seed, "person", party.get("userId") or party.get("emailAddress") or party["id"])
    if "userId" in party:
        linked: Record = {"objectType": "User", "objectId": crm_id("005", draw)}
    else:
        kind, prefix = ("Contact", "003") if draw % 5 else ("Lead", "00Q")
        linked = {"objectType": kind, "objectId": crm_id(prefix, draw)}
        if level == "Extended":
            values = {"Title": party.get("title"), "HasOptedOutOfEmail": draw % 11 == 0, "Score__c": draw % 100 / 4}
            linked["fields"] = _fields(values)
    return [{"system": _SYSTEM, "objects": [linked]}]


def _fields(values: Record) -> list[Record]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _account_fields(account: int) -> Record:
    return {
        "Name": account_name(account),
        "Industry": ("Manufacturing", "Retail", "Health", "Software")[account % 4],
        "NumberOfEmployees": account * 37 + 12,
        "AnnualRevenue": account * 125000.5,
        "IsPartner__c": account % 6 == 0,
        "Regions__c": ["EMEA", "APAC"][: account % 3],
        "Churn_Reason__c": None,
        "Website": f"https://account-{account}.example",
    }


def _opportunity_fields(account: int, draw: int, revision: int, timing: str) -> Record:
    stage = draw % 4 + (1 if timing == "Now" else 0) + revision
    return {
        "Name": f"{account_name(account)} - new business",
        "StageName": _STAGES[stage % len(_STAGES)],
        "Amount": draw % 90000 + 1500,
        "Probability": (10, 25, 50, 75, 100, 0)[stage % 6],
        "CloseDate": f"2026-{draw % 12 + 1:02d}-{draw // 12 % 28 + 1:02d}",
        "LeadSource": ("Web", "Event", "Referral", None)[draw % 4],
        "ForecastCategoryName": "Pipeline",
        "IsClosed": stage % len(_STAGES) >= 4,
        "NextStep": None,
        "Type": "New Business",
    }
