"""The configuration: every wrong one is named in one sentence, every good one gets its defaults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from source_gong.faults import ConfigError
from source_gong.settings import Settings, read_settings
from testing.harness import KEY, NOW, SECRET, Runner, config, settings, spec

KEYS = {"auth_type": "APIKey", "access_key": KEY, "access_key_secret": SECRET}
OAUTH = {
    "auth_type": "OAuth2.0",
    "client_id": KEY,
    "client_secret": SECRET,
    "refresh_token": "REFRESHREFRESH",
    "access_token": "ACCESSACCESS",
}
TOKEN = {"auth_type": "AccessToken", "access_token": SECRET}

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("credentials", {"credentials": None}),
    ("credentials", {"credentials": SECRET}),
    ("credentials", {"credentials": [KEYS]}),
    ("credentials", {"credentials": None, "access_key": KEY}),
    ("credentials.auth_type", {"credentials": {}}),
    ("credentials.auth_type", {"credentials": {**KEYS, "auth_type": SECRET}}),
    ("credentials.auth_type", {"credentials": {**KEYS, "auth_type": ["APIKey"]}}),
    ("credentials.auth_type", {"credentials": {**KEYS, "auth_type": None}}),
    ("credentials.access_key", {"credentials": {"auth_type": "APIKey", "access_key_secret": SECRET}}),
    ("credentials.access_key", {"credentials": {**KEYS, "access_key": ""}}),
    ("credentials.access_key", {"credentials": {**KEYS, "access_key": " \t"}}),
    ("credentials.access_key", {"credentials": {**KEYS, "access_key": 12}}),
    ("credentials.access_key_secret", {"credentials": {"auth_type": "APIKey", "access_key": KEY}}),
    ("credentials.access_key_secret", {"credentials": {**KEYS, "access_key_secret": None}}),
    ("credentials.access_key_secret", {"credentials": {**KEYS, "access_key_secret": ""}}),
    ("credentials.access_key_secret", {"credentials": {**KEYS, "access_key_secret": [SECRET]}}),
    ("credentials.client_id", {"credentials": {**OAUTH, "client_id": ""}}),
    ("credentials.client_secret", {"credentials": {**OAUTH, "client_secret": "  "}}),
    ("credentials.refresh_token", {"credentials": {**OAUTH, "refresh_token": None}}),
    ("credentials.refresh_token", {"credentials": {**OAUTH, "refresh_token": " "}}),
    ("credentials.token_url", {"credentials": {**OAUTH, "token_url": "https://example.com/token"}}),
    ("credentials.api_base_url_for_customer", {"credentials": {**OAUTH, "api_base_url_for_customer": "http://x.y"}}),
    ("credentials.access_token", {"credentials": {"auth_type": "AccessToken"}}),
    ("credentials.access_token", {"credentials": {**TOKEN, "access_token": ""}}),
    ("credentials.access_token", {"credentials": {**TOKEN, "access_token": " "}}),
    ("api_base_url", {"api_base_url": "https://example.com"}),
    ("api_base_url", {"api_base_url": 17}),
    ("start_date", {"start_date": "yesterday"}),
    ("start_date", {"start_date": "2026-02-30"}),
    ("start_date", {"start_date": "2026-02-29T00:00:00Z"}),
    ("start_date", {"start_date": "2026-01-31T25:00:00Z"}),
    ("start_date", {"start_date": 20260131}),
    ("start_date", {"start_date": "2026-06-01T12:00:01Z"}),
    ("start_date", {"start_date": "2030-01-01"}),
    ("end_date", {"end_date": "2026-13-01"}),
    ("end_date", {"end_date": "2026-05-01"}),
    ("end_date", {"start_date": "2026-05-02", "end_date": "2026-05-01"}),
    ("end_date", {"start_date": "2026-05-01T00:00:00-05:00", "end_date": "2026-05-01T05:00:00Z"}),
    ("lookback_window_days", {"lookback_window_days": -1}),
    ("lookback_window_days", {"lookback_window_days": 91}),
    ("lookback_window_days", {"lookback_window_days": 1.5}),
    ("lookback_window_days", {"lookback_window_days": "7"}),
    ("lookback_window_days", {"lookback_window_days": True}),
    ("workspace_ids", {"workspace_ids": "123"}),
    ("workspace_ids", {"workspace_ids": ["main"]}),
    ("workspace_ids", {"workspace_ids": ["123456789012345678901"]}),
    ("workspace_ids", {"workspace_ids": [""]}),
    ("workspace_ids", {"workspace_ids": ["1", "1"]}),
    ("workspace_ids.0", {"workspace_ids": [123]}),
    ("primary_user_ids", {"primary_user_ids": ["me@example.com"]}),
    ("primary_user_ids", {"primary_user_ids": ["٣"]}),
    ("primary_user_ids", {"primary_user_ids": ["1 OR 1"]}),
    ("private_calls", {"private_calls": "hide"}),
    ("private_calls", {"private_calls": False}),
    ("call_content.0", {"call_content": ["pointsOfInterest"]}),
    ("call_content", {"call_content": "parties"}),
    ("crm_context", {"crm_context": "full"}),
    ("crm_context_timing.0", {"crm_context_timing": ["Then"]}),
    ("crm_context_timing", {"crm_context_timing": []}),
    ("requests_per_second", {"requests_per_second": 0}),
    ("requests_per_second", {"requests_per_second": -3}),
    ("requests_per_second", {"requests_per_second": 1001}),
    ("requests_per_second", {"requests_per_second": "3"}),
    ("num_workers", {"num_workers": 0}),
    ("num_workers", {"num_workers": 41}),
    ("num_workers", {"num_workers": 2.5}),
    ("company_time_zone", {"company_time_zone": "Mars/Olympus"}),
    ("company_time_zone", {"company_time_zone": "../../etc/passwd"}),
]


def read(values: dict[str, Any]) -> Settings:
    return read_settings(values, spec(), NOW)


@pytest.mark.parametrize(("field", "fields"), WRONG, ids=[f"{field}-{index}" for index, (field, _) in enumerate(WRONG)])
def test_a_wrong_configuration_is_one_sentence_that_names_the_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as wrong:
        read(config(**fields))
    message = str(wrong.value.message)
    assert f"`{field}`" in message
    assert message.endswith(".")
    for secret in (KEY, SECRET, "REFRESHREFRESH", "ACCESSACCESS"):
        assert secret not in message
        assert secret not in str(wrong.value.internal_message)


@pytest.mark.parametrize(
    "fields", [WRONG[5][1], WRONG[27][1], WRONG[35][1], WRONG[49][1]], ids=["auth_type", "start", "end", "ids"]
)
def test_a_wrong_configuration_fails_before_anything_is_sent(
    runner: Runner, requests_mock: Any, fields: dict[str, Any]
) -> None:
    status, message = runner.check(**fields)
    assert status == "FAILED"
    assert message
    output = runner.read("users", "calls", **fields)
    assert output.raised is not None
    assert output.raised.message == message
    assert output.raised.failure_type is not None
    assert output.raised.failure_type.value == "config_error"
    assert requests_mock.call_count == 0


def test_only_the_credentials_are_required() -> None:
    found = read({"credentials": KEYS})
    assert found.api_base_url == "https://api.gong.io"
    assert found.token_url == "https://app.gong.io/oauth2/generate-customer-token"
    assert found.start is None
    assert found.earliest == datetime(1970, 1, 1, tzinfo=UTC)
    assert found.end is None
    assert found.lookback == timedelta(days=7)
    assert found.workspace_ids == found.primary_user_ids == ()
    assert found.exclude_private is False
    assert (found.requests_per_second, found.num_workers) == (3.0, 12)
    assert found.values["crm_context"] == "extended"
    assert found.values["crm_context_timing"] == ["Now", "TimeOfCall"]
    assert "media" not in found.values["call_content"]
    assert "pointsOfInterest" not in found.values["call_content"]
    assert len(found.values["call_content"]) == 15


@pytest.mark.parametrize("value", [None, ""])
def test_a_field_that_was_left_empty_in_the_form_counts_as_left_out(value: str | None) -> None:
    found = read({"credentials": KEYS, "start_date": value, "end_date": value, "workspace_ids": None})
    assert (found.start, found.end, found.workspace_ids) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T00:00:00Z", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T00:00:00+02:00", datetime(2026, 4, 30, 22, tzinfo=UTC)),
        ("2026-05-01 10:30", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("2026-05-01T23:59:59.999999999-08:00", datetime(2026, 5, 2, 7, 59, 59, 999_999, UTC)),
    ],
)
def test_start_date_takes_dates_and_date_times_with_any_offset(text: str, moment: datetime) -> None:
    found = settings(start_date=text)
    assert found.start == moment


def test_an_end_in_the_future_means_now() -> None:
    assert settings(end_date="2030-01-01").end is None
    assert settings(end_date="2026-05-20").end == datetime(2026, 5, 20, tzinfo=UTC)


def test_a_configuration_of_airbytes_own_connector_works_unchanged() -> None:
    found = read(
        {"credentials": KEYS, "start_date": "2026-01-01T00:00:00Z", "num_workers": 10, "lookback_window_days": 2}
    )
    assert (found.auth_type, found.num_workers, found.lookback) == ("APIKey", 10, timedelta(days=2))
    oauth = {**OAUTH, "token_expiry_date": "2026-01-01T00:00:00Z"}
    assert read({"credentials": oauth, "start_date": "2026-01-01T00:00:00Z"}).auth_type == "OAuth2.0"


def test_the_older_top_level_keys_work_unchanged(runner: Runner, requests_mock: Any) -> None:
    found = read({"access_key": KEY, "access_key_secret": SECRET, "start_date": "2026-01-01T00:00:00Z"})
    assert found.credentials == KEYS


def test_what_the_platform_adds_and_what_is_unknown_is_not_in_the_way() -> None:
    read({"credentials": KEYS, "__injected_declarative_manifest": {}, "something_new": {"a": 1}})


def test_ids_keep_their_digits_and_order() -> None:
    found = settings(workspace_ids=["98765432109876543210", "017", "-1"])
    assert found.workspace_ids == ("98765432109876543210", "017", "-1")


def test_one_timing_may_be_written_as_text() -> None:
    assert settings(crm_context_timing="Now").values["crm_context_timing"] == ["Now"]


@pytest.mark.parametrize(
    ("own", "configured", "wins"),
    [
        (None, None, "https://api.gong.io"),
        ("https://company-17.api.gong.io", None, "https://company-17.api.gong.io"),
        ("https://company-17.api.gong.io", "https://api.gong.io", "https://company-17.api.gong.io"),
        ("https://company-17.api.gong.io", "https://us-1.api.gong.io", "https://us-1.api.gong.io"),
        ("", "https://us-1.api.gong.io", "https://us-1.api.gong.io"),
    ],
)
def test_the_companys_own_address_wins_over_the_default_only(
    own: str | None, configured: str | None, wins: str
) -> None:
    credentials = {**OAUTH, "api_base_url_for_customer": own}
    assert settings(credentials=credentials, api_base_url=configured).api_base_url == wins


def test_the_companys_own_address_belongs_to_oauth_alone() -> None:
    credentials = {**KEYS, "api_base_url_for_customer": "https://company-17.api.gong.io"}
    assert settings(credentials=credentials).api_base_url == "https://api.gong.io"
