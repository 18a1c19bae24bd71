"""Which addresses may be sent a credential: every accepted form, and the tricks that must not pass."""

from __future__ import annotations

import pytest

from source_gong import hosts
from source_gong.faults import ConfigError
from testing.harness import KEY, SECRET, Runner

ACCEPTED = {
    "https://api.gong.io": "https://api.gong.io",
    "https://api.gong.io/": "https://api.gong.io",
    "https://api.gong.io/v2": "https://api.gong.io",
    "https://api.gong.io/v2/": "https://api.gong.io",
    "  https://api.gong.io\n": "https://api.gong.io",
    "HTTPS://API.GONG.IO": "https://api.gong.io",
    "https://api.gong.io:443": "https://api.gong.io",
    "https://us-12100.api.gong.io": "https://us-12100.api.gong.io",
    "https://company-17.api.gong.io/": "https://company-17.api.gong.io",
    "https://a.b.api.gong.io": "https://a.b.api.gong.io",
    "http://127.0.0.1:8080": "http://127.0.0.1:8080",
    "http://127.0.0.1": "http://127.0.0.1",
    "http://127.8.9.10:1": "http://127.8.9.10:1",
    "http://localhost:8080/": "http://localhost:8080",
    "http://LOCALHOST:8080": "http://localhost:8080",
    "http://[::1]:8080": "http://[::1]:8080",
    "http://[::1]": "http://[::1]",
}

FOREIGN = [
    # another host altogether
    "https://example.com",
    "https://gong.io",
    "https://app.gong.io",
    "https://192.0.2.1",
    # a host that only looks like Gong's
    "https://api.gong.io.example.com",
    "https://evilapi.gong.io",
    "https://api.gong.io-evil.com",
    "https://api-gong.io",
    "https://xapi.gong.io",
    "https://api.gong.iо",  # noqa: RUF001 - a Cyrillic letter
    "https://аpi.gong.io",  # noqa: RUF001
    "https://api。gong。io",
    "https://api.gong.io.",
    "https://.api.gong.io",
    "https://-.api.gong.io",
    "https://_.api.gong.io",
    "https://xn--pi-7kc.gong.io",
    # the host is what stands behind the @
    "https://api.gong.io@example.com",
    "https://api.gong.io:443@example.com",
    "https://user:password@api.gong.io",
    "https://example.com@api.gong.io",
    "https://@api.gong.io",
    # parsers disagree about these
    "https://example.com\\.api.gong.io",
    "https://example.com\\@api.gong.io",
    "https://api.gong.io\\@example.com",
    "https://example.com#.api.gong.io",
    "https://example.com?.api.gong.io",
    "https://example.com/.api.gong.io",
    "https://example.com%2f.api.gong.io",
    "https://example.com%00.api.gong.io",
    "https://example.com\t.api.gong.io",
    "https://example.com\n.api.gong.io",
    "https://api.gong.io\r\nHost: example.com",
    "https:// api.gong.io",
    "https:api.gong.io",
    "https:/api.gong.io",
    "https:///api.gong.io",
    "//api.gong.io",
    "api.gong.io",
    # ports and paths
    "https://api.gong.io:8443",
    "https://api.gong.io:80",
    "https://api.gong.io:99999",
    "https://api.gong.io:port",
    "https://api.gong.io/v3",
    "https://api.gong.io/v2/calls",
    "https://api.gong.io/proxy",
    "https://api.gong.io/?to=example.com",
    # plain HTTP beyond this machine
    "http://api.gong.io",
    "http://us-12100.api.gong.io",
    "http://192.168.0.1",
    "http://10.0.0.1:8080",
    "http://0.0.0.0:8080",
    "http://169.254.169.254",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://017700000001",
    "http://[::]",
    "http://[fe80::1]",
    "http://[::1",
    "http://user:password@127.0.0.1:8080",
    # other schemes, and nothing
    "ftp://api.gong.io",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "",
    " ",
    None,
    17,
    ["https://api.gong.io"],
]


@pytest.mark.parametrize(("given", "origin"), ACCEPTED.items())
def test_gongs_hosts_and_this_machine_are_accepted(given: str, origin: str) -> None:
    assert hosts.api_base_url(given, "api_base_url") == origin


@pytest.mark.parametrize("given", FOREIGN, ids=repr)
def test_every_other_address_is_refused_by_field_name(given: object) -> None:
    with pytest.raises(ConfigError) as refused:
        hosts.api_base_url(given, "api_base_url")
    assert refused.value.message is not None
    assert "`api_base_url`" in refused.value.message


def test_a_refusal_does_not_quote_the_address() -> None:
    with pytest.raises(ConfigError) as refused:
        hosts.api_base_url(f"https://{KEY}:{SECRET}@example.com", "api_base_url")
    assert KEY not in str(refused.value.message)
    assert SECRET not in str(refused.value.message)


@pytest.mark.parametrize(
    ("given", "url"),
    {
        "https://app.gong.io/oauth2/generate-customer-token": "https://app.gong.io/oauth2/generate-customer-token",
        "https://us-12100.app.gong.io/oauth2/generate-customer-token": (
            "https://us-12100.app.gong.io/oauth2/generate-customer-token"
        ),
        " http://127.0.0.1:8080/oauth2/generate-customer-token ": (
            "http://127.0.0.1:8080/oauth2/generate-customer-token"
        ),
    }.items(),
)
def test_token_addresses_of_gong_are_accepted(given: str, url: str) -> None:
    assert hosts.token_url(given, "credentials.token_url") == url


@pytest.mark.parametrize(
    "given",
    [
        "https://api.gong.io/oauth2/generate-customer-token",
        "https://app.gong.io.example.com/oauth2/generate-customer-token",
        "https://app.gong.io@example.com/oauth2/generate-customer-token",
        "https://example.com/app.gong.io",
        "https://example.com/?https://app.gong.io/",
        "http://app.gong.io/oauth2/generate-customer-token",
        "https://app.gong.io:8443/oauth2/generate-customer-token",
        "https://app.gong.io/oauth2/generate-customer-token?redirect=example.com",
        "https://app.gong.io/\\example.com",
        "",
    ],
)
def test_foreign_token_addresses_are_refused(given: str) -> None:
    with pytest.raises(ConfigError, match=r"`credentials\.token_url`"):
        hosts.token_url(given, "credentials.token_url")


@pytest.mark.parametrize("field", ["api_base_url", "token_url", "api_base_url_for_customer"])
def test_nothing_is_sent_when_any_address_is_foreign(runner: Runner, requests_mock: object, field: str) -> None:
    credentials = {
        "auth_type": "OAuth2.0",
        "client_id": "client",
        "client_secret": SECRET,
        "refresh_token": "refresh-refresh",
        "access_token": "access-access",
    }
    fields: dict[str, object] = {"credentials": credentials}
    (fields if field == "api_base_url" else credentials)[field] = "https://api.gong.io.example.com"  # type: ignore[index]
    status, message = runner.check(**fields)
    assert status == "FAILED"
    assert field in message
    assert requests_mock.call_count == 0  # type: ignore[attr-defined]
