"""The configuration as the rest of the connector reads it: checked, with every default filled in.

The public contract (names, values, defaults) is the `spec` of the manifest; what a JSON schema can't say is checked
here. Each error names its field and the remedy, and never quotes a credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft7Validator

from source_gong import hosts
from source_gong.faults import ConfigError
from source_gong.instants import EPOCH, parse_instant

DEFAULT_TOKEN_URL = "https://app.gong.io/oauth2/generate-customer-token"
_ID = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """How recordings are downloaded. `byte_range` is the first and the last byte that is wanted, the last None for the
    rest of the file; None for whole files."""

    max_bytes: int
    parallel: int
    byte_range: tuple[int, int | None] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """A checked configuration. Instants are UTC, days are the company's, `end` is exclusive and None means now."""

    auth_type: str
    credentials: Mapping[str, Any]
    api_base_url: str
    base_url_is_default: bool
    token_url: str
    start: datetime | None
    end: datetime | None
    lookback: timedelta
    workspace_ids: tuple[str, ...]
    primary_user_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    call_ids: tuple[str, ...]
    scorecard_ids: tuple[str, ...]
    exclude_private: bool
    statistics_period: str
    time_zone: ZoneInfo | None
    requests_per_second: float
    num_workers: int
    max_requests: int | None
    max_wait_minutes: float
    media: MediaSettings
    values: Mapping[str, Any]

    @property
    def earliest(self) -> datetime:
        """Where reading begins without a state: the configured start, else before any call that Gong could hold."""
        return self.start or EPOCH

    def company_date(self, field: str) -> date | None:
        """The company's day that a date of the configuration means, None where it has none: a date alone is the
        company's day of that name."""
        written = str(self.values.get(field) or "").strip()
        if self.time_zone and len(written) > 10:
            return parse_instant(written).astimezone(self.time_zone).date()
        return parse_instant(written[:10]).date() if written else None


def read_settings(config: Mapping[str, Any], spec: Mapping[str, Any], now: datetime) -> Settings:
    """Check a user's configuration against the manifest's `spec` and beyond; `ConfigError` at the first fault."""
    values = _with_legacy_keys(config)
    _check_schema(values, spec)
    values = _with_defaults(values, spec)
    credentials = values["credentials"]
    auth_type = credentials["auth_type"]
    for name, value in credentials.items():
        if isinstance(value, str) and name not in ("access_token", "token_expiry_date", "api_base_url_for_customer"):
            _check_secret(name, value)
    if auth_type == "AccessToken":
        _check_secret("access_token", credentials["access_token"])
    start = _instant(values, "start_date")
    end = _instant(values, "end_date")
    if start and start >= now:
        raise ConfigError("`start_date` lies in the future. Give the date of the first call to read, or leave it out.")
    if start and end and end <= start:
        raise ConfigError("`end_date` must lie after `start_date`; it is exclusive. Move it, or leave it out.")
    return Settings(
        auth_type=auth_type,
        credentials=credentials,
        api_base_url=_base_url(values),
        base_url_is_default=_base_url(values) == f"https://{hosts.API_DOMAIN}",
        token_url=hosts.token_url(credentials.get("token_url") or DEFAULT_TOKEN_URL, "credentials.token_url"),
        start=start,
        end=end if end and end < now else None,
        lookback=timedelta(days=values["lookback_window_days"]),
        workspace_ids=_ids(values, "workspace_ids"),
        primary_user_ids=_ids(values, "primary_user_ids"),
        user_ids=_ids(values, "user_ids"),
        call_ids=_ids(values, "call_ids"),
        scorecard_ids=_ids(values, "scorecard_ids"),
        exclude_private=values["private_calls"] == "exclude",
        statistics_period=values.get("statistics_period", "day"),
        time_zone=_time_zone(values.get("company_time_zone")),
        requests_per_second=float(values["requests_per_second"]),
        num_workers=int(values["num_workers"]),
        max_requests=values.get("max_requests_per_sync"),
        max_wait_minutes=float(values.get("max_wait_minutes", 15)),
        media=_media(values["media"]),
        values=values,
    )


def _with_legacy_keys(config: Mapping[str, Any]) -> dict[str, Any]:
    """Airbyte's own Gong connector once took the key at the top level; such configurations still work."""
    values = {name: value for name, value in config.items() if value is not None and not name.startswith("__")}
    if "credentials" not in values and "access_key" in values and "access_key_secret" in values:
        values["credentials"] = {
            "auth_type": "APIKey",
            "access_key": values.pop("access_key"),
            "access_key_secret": values.pop("access_key_secret"),
        }
    credentials = values.get("credentials")
    if isinstance(credentials, Mapping):
        values["credentials"] = {name: value for name, value in credentials.items() if value is not None}
    if isinstance(values.get("media"), Mapping):
        values["media"] = {name: value for name, value in values["media"].items() if value is not None}
    timing = values.get("crm_context_timing")
    if isinstance(timing, str):
        values["crm_context_timing"] = [timing]
    return values


def _check_schema(values: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    credentials = values.get("credentials")
    if not isinstance(credentials, Mapping):
        raise ConfigError("`credentials` is missing. Choose how to sign in to Gong and fill in the fields.")
    ways = {way["properties"]["auth_type"]["const"]: way for way in spec["properties"]["credentials"]["oneOf"]}
    auth_type = credentials.get("auth_type")
    if not isinstance(auth_type, str) or auth_type not in ways:
        raise ConfigError(f"`credentials.auth_type` must be one of {', '.join(ways)}.")
    _check_part(credentials, ways[auth_type], "credentials.")
    _check_part(
        {name: value for name, value in values.items() if name != "credentials"},
        {
            **spec,
            "properties": {name: part for name, part in spec["properties"].items() if name != "credentials"},
            "required": [],
        },
        "",
    )


def _check_part(values: Mapping[str, Any], schema: Mapping[str, Any], prefix: str) -> None:
    for error in sorted(
        Draft7Validator(schema).iter_errors(values), key=lambda error: [str(step) for step in error.path]
    ):
        if error.validator == "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            raise ConfigError(f"`{prefix}{missing}` is missing. Fill it in.")
        name = prefix + ".".join(str(step) for step in error.path)
        raise ConfigError(f"`{name}` {_complaint(error)}")


def _complaint(error: Any) -> str:
    limit = error.validator_value
    if error.validator == "type":
        return f"must be of type {limit if isinstance(limit, str) else ' or '.join(limit)}."
    if error.validator in ("enum", "const"):
        return f"must be {'one of ' + ', '.join(map(str, limit)) if isinstance(limit, list) else limit}."
    if error.validator in ("minimum", "exclusiveMinimum"):
        return f"must be {'more than' if 'ex' in error.validator else 'at least'} {limit}."
    if error.validator == "maximum":
        return f"must be at most {limit}."
    if error.validator in ("minLength", "minItems"):
        return "is empty. Fill it in."
    if error.validator == "pattern":
        return "does not have the right form; see its description."
    return "is not valid; see its description."


def _with_defaults(values: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(values)
    for name, part in spec["properties"].items():
        if "default" in part:
            filled.setdefault(name, part["default"])
        if part.get("type") == "object" and "properties" in part:
            filled[name] = _with_defaults(filled.get(name, {}), part)
    return filled


def _check_secret(name: str, value: str) -> None:
    if not value.strip():
        raise ConfigError(
            f"`credentials.{name}` is empty. Copy it from Gong: Admin center > Settings > Ecosystem > API."
        )


def _base_url(values: Mapping[str, Any]) -> str:
    credentials = values["credentials"]
    configured = hosts.api_base_url(values["api_base_url"], "api_base_url")
    own = credentials.get("api_base_url_for_customer") if credentials["auth_type"] == "OAuth2.0" else None
    if own:
        own = hosts.api_base_url(own, "credentials.api_base_url_for_customer")
        if configured == f"https://{hosts.API_DOMAIN}":
            return own
    return configured


def _instant(values: Mapping[str, Any], name: str) -> datetime | None:
    found: datetime | None = _parsed(values, name, parse_instant)
    return found


def _parsed(values: Mapping[str, Any], name: str, parse: Callable[[str], Any]) -> Any:
    value = values.get(name)
    if value is None or value == "":
        return None
    try:
        return parse(value)
    except ValueError:
        raise ConfigError(
            f"`{name}` is no date that exists. Write 2026-01-31, or with a time and an offset 2026-01-31T00:00:00Z."
        ) from None


def _ids(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = values.get(name) or []
    for value in given:
        if not _ID.fullmatch(value):
            raise ConfigError(f"`{name}` holds something that is not an id of Gong: ids are up to 20 digits.")
    return tuple(dict.fromkeys(given))


def _media(values: Mapping[str, Any]) -> MediaSettings:
    byte_range = None
    if text := values.get("byte_range"):
        first, _, last = text.removeprefix("bytes=").partition("-")
        byte_range = (int(first), int(last) if last else None)
        if last and int(last) < int(first):
            raise ConfigError(
                "`media.byte_range` ends before it begins. Write the first byte, then the last: bytes=0-99."
            )
    return MediaSettings(values["max_file_size_mb"] * 2**20, values["parallel_downloads"], byte_range)


def _time_zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            "`company_time_zone` is not a time zone of the IANA database, such as America/New_York. Look it up in Gong "
            "under Admin center > Settings > Company, or leave it out."
        ) from None
