"""Gong's refusals: each sentence once, with the source of its text.

RECORDED: in a recorded reply. REPORTED: quoted by somebody who met it. DOCUMENTED: in Gong's own specification.
ASSUMED: nobody has published the sentence; ours has the right status and the same style.
"""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """A refusal: HTTP status, the sentences of `errors`, and extra headers."""

    def __init__(self, status: int, *sentences: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *sentences)
        self.status = status
        self.sentences = list(sentences)
        self.headers = dict(headers or {})


NO_CALLS = "No calls found corresponding to the provided filters"  # RECORDED
NO_USERS = "No users found corresponding to the provided filters"  # REPORTED
NO_ANSWERED_SCORECARDS = "No answered scorecards found corresponding to the provided filters"  # REPORTED
NO_STATS = "No stats found for the specified period"  # DOCUMENTED (status text)
NO_LOGS = "No logs found for the specified period"  # DOCUMENTED (status text)
NO_FOLDERS = "No folders found for the specified period"  # DOCUMENTED (status text)
NO_SCORECARDS = "Scorecards not found"  # DOCUMENTED (status text)
USER_NOT_FOUND = "User not found"  # DOCUMENTED (status text)
WORKSPACE_NOT_FOUND = "Workspace not found"  # DOCUMENTED (status text)
SOME_CALLS_NOT_FOUND = "Some calls not found"  # RECORDED
BAD_REQUEST = "Bad request"  # RECORDED
JSON_PARSE_ERROR = "Json parse error"  # REPORTED
METHOD_NOT_ALLOWED = "Method Not Allowed"  # RECORDED
UNSUPPORTED_MEDIA_TYPE = "Unsupported Media Type"  # RECORDED
INTERNAL_ERROR = "Internal server error occurred"  # RECORDED
NOT_FOUND = "Not Found"  # ASSUMED
MISSING_AUTHORIZATION = 'Missing mandatory header "Authorization"'  # REPORTED
BAD_CREDENTIALS = "Validate credentials failed"  # REPORTED
UNAUTHORIZED_PATH = "Unauthorized for path"  # REPORTED
TOKEN_REVOKED = "The access token has been revoked"  # REPORTED (the words "access token has been revoked")
TOKEN_EXPIRED = "The access token has expired"  # ASSUMED
CURSOR_EXPIRED = "cursor has expired"  # REPORTED (the words; status 400 ASSUMED)
CURSOR_REJECTED = "failed to verify cursor"  # REPORTED (the words; status 400 ASSUMED)
TOO_MANY_REQUESTS = "API request limit exceeded"  # DOCUMENTED (status text)
ENGAGE_FORBIDDEN = "Forbidden"  # DOCUMENTED (status text)
CLIENT_REFUSED = "Client authentication failed"  # ASSUMED
GRANT_REFUSED = "The grant is invalid, expired or already used"  # ASSUMED
WORKSPACE_REQUIRED = "workspaceId: must be provided when the company has more than one workspace"  # ASSUMED
CALL_IDS_WITH_WORKSPACE = "filter: callIds and workspaceId must not be used together"  # ASSUMED


def call_not_found(call_id: str) -> ApiError:
    """Return the 404 of `GET /v2/calls/{id}` (RECORDED)."""
    return ApiError(404, f"Call ID {call_id} was not found")


def flow_not_found(flow_id: str) -> ApiError:
    """Return the 404 of `POST /v2/flows/steps` (RECORDED)."""
    return ApiError(404, f"Flow not found: flowId={flow_id}")


def scope_missing(scope: str) -> ApiError:
    """Return the refusal of a token that lacks a scope: 401, not 403 (RECORDED)."""
    return ApiError(401, f"You don't have permission to use '{scope}' in your app.")


def invalid(field: str, message: str) -> ApiError:
    """Return a 400 in the `field: message` style of Gong's validation (REPORTED style)."""
    return ApiError(400, f"{field}: {message}")


def required(field: str) -> ApiError:
    """Return the 400 for a missing field (RECORDED for `parties: must not be null`)."""
    return invalid(field, "must not be null")
