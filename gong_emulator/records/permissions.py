"""Permission profiles with the fields recorded from `/v2/all-permission-profiles`."""

from __future__ import annotations

from dataclasses import dataclass, field

from gong_emulator.records import Record
from gong_emulator.seeded import gong_id, stream

_RIGHTS = (
    "scoreCalls", "overrideScore", "downloadCallMedia", "shareCallsWithCustomers", "manuallyScheduleAndUploadCalls",
    "privateCalls", "deleteCalls", "trimCalls", "listenInCalls", "deleteEmails", "callsAndSearch", "library", "deals",
    "createEditAndDeleteDealsBoards", "dealsInlineEditing", "account", "coaching", "usage", "teamStats", "initiatives",
    "market", "activity", "forecast", "forecastManage", "engageManageCompanyTemplates",
    "engageManageCompanySequences", "engageCreateAndManageRulesets", "engageSnoozeFlowToDosForOthers",
    "engageAllowCrmFieldsViewChange", "viewEngageAnalyticsActivity", "viewEngageAnalyticsPerformance",
    "viewEngageAnalyticsFlows", "manageGeneralBusinessSettings", "manageScorecards",
    "exportCallsAndCoachingDataToCSV", "crmDataInlineEditing", "crmDataImport", "viewRevenueAnalytics",
    "manageRevenueAnalytics", "engageReassignFlowToDosToOthers", "engageAssignFlowToDosToOthers", "dealsDataExport",
    "aiBuilder",
)  # fmt: skip
_AREAS = ("dealsAccess", "coachingAccess", "insightsAccess", "usageAccess", "emailsAccess")


@dataclass
class PermissionProfile:
    """A profile, its workspace, and the users who have it."""

    workspace_id: str
    record: Record
    user_ids: list[str] = field(default_factory=list)


def make_profiles(seed: int, workspaces: list[Record], users: list[Record]) -> list[PermissionProfile]:
    """Return two profiles for each workspace, in alphabetical order (documented)."""
    profiles: list[PermissionProfile] = []
    for workspace in workspaces:
        rng = stream(seed, "profiles", workspace["id"])
        leaders = [user["id"] for user in users if user["managerId"] is None]
        others = [user["id"] for user in users if user["managerId"] is not None]
        admin = _profile(gong_id(rng), "Business Admin", "Sees and sets everything", "all")
        member = _profile(gong_id(rng), "Standard Team Member", "Works with own calls", "own")
        profiles += [
            PermissionProfile(workspace["id"], admin, leaders),
            PermissionProfile(workspace["id"], member, others),
        ]
    return profiles


def _profile(identifier: str, name: str, description: str, level: str) -> Record:
    access: Record = {"permissionLevel": level, "teamLeadIds": None}
    powerful = level == "all"
    forecast = ("forecastAccess", "forecastEditSubmissions", "forecastEditTargets")
    return {
        "id": identifier,
        "name": name,
        "description": description,
        "callsAccess": dict(access),
        "libraryFolderAccess": {
            "permissionLevel": "all" if powerful else "none",
            "libraryFolderIds": None,
            "managePublicFolder": powerful,
            "manageStreams": powerful,
            "manageFolderCalls": powerful,
            "shareFoldersAndStreams": powerful,
        },
        "forecastPermissions": {area: dict(access) for area in forecast},
        **{area: dict(access) for area in _AREAS},
        **{right: powerful or position % 3 == 0 for position, right in enumerate(_RIGHTS)},
        "orchestrateCreateAndManagePlays": None,
    }
