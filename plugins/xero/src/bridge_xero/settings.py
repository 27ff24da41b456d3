"""What the operator says about the Xero app, what a merchant says about a connection, and which addresses follow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from bridge.plugin import AppSettings, BaseUrl, ConnectionSettings, Limit, OAuth2, hosts_of

API_URL = "https://api.xero.com"
# Source: Xero, "Limits", read 2026-11; of the smallest plan (Starter) the day's limit is 1,000.
CALLS_PER_MINUTE, CALLS_PER_DAY, APP_CALLS_PER_MINUTE = 60, 5_000, 10_000
DAY_SECONDS = 86_400
AUTHORIZE_URL = "https://login.xero.com/identity/connect/authorize"
TOKEN_URL = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
REVOKE_URL = "https://identity.xero.com/connect/revocation"
# The granular scopes, the only ones an app made since 2026-03-02 is given. Each is the least that does the work:
# contacts, the chart, the tax rates and the balances are only read. Who let bridge in before the last was among them is
# told no balances, and all else works.
SCOPES = (
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.contacts.read",
    "accounting.settings.read",
    "accounting.reports.trialbalance.read",
)

_LISTS = frozenset({"accounting.contacts.read", "accounting.settings.read"})


class XeroSettings(AppSettings):
    """The operator's Xero app.

    client_id, client_secret: from the app's page at developer.xero.com, "Configuration".
    webhook_key:    from the page "Webhooks", that Xero signs notices with; else none is believed.
    base_url:       a stand-in for all of Xero's addresses, such as bridge's sandbox.
    settle_seconds: how long after a send Xero may still be at work on it or a list miss it. It must be well under the
    six minutes for which Xero keeps an idempotency key. 0 for a stand-in that answers at once.
    may_create: ask to be let in to add accounts, contacts, items and tracking, for `bridge accounts create`; else these
    lists are only read.
    calls_per_minute: what Xero allows an organisation; more for a stand-in, less where other apps need their share.
    calls_per_day:    the same by the day: 5,000, of Xero's Starter plan 1,000. Answers say what is left of either.

    The merchant's organisation (its tenant id) is the connection's account.
    """

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    webhook_key: SecretStr = SecretStr("")
    base_url: BaseUrl = ""
    settle_seconds: int = Field(120, ge=0, le=300)
    calls_per_minute: int = Field(CALLS_PER_MINUTE, ge=1)
    may_create: bool = False
    calls_per_day: int = Field(CALLS_PER_DAY, ge=1)

    @property
    def api_url(self) -> str:
        """Where the APIs are; ``/api.xro/2.0`` and ``/connections`` follow."""
        return self.base_url or API_URL


# Asked for by name in a filter, whose text is quoted. Source: Xero Accounting OpenAPI 16.1.0, Contact.Name.
ContactName = Annotated[str, Field(max_length=255, pattern=r"^[^\"\\]*$")]


class XeroConnection(ConnectionSettings):
    """One organisation.

    contact: the one contact that the documents of all channels are made out to; empty for a contact a channel.
    """

    contact: ContactName = ""


def hosts(app: XeroSettings) -> frozenset[str]:
    """Every host that bridge itself talks to."""
    return hosts_of(app.api_url, oauth(app).token_url)


def scopes(app: XeroSettings) -> tuple[str, ...]:
    """What a person is asked to allow: lists are only read, where bridge is not to add to them."""
    if not app.may_create:
        return SCOPES
    return tuple(one.removesuffix(".read") if one in _LISTS else one for one in SCOPES)


def oauth(app: XeroSettings, _account: str = "") -> OAuth2:
    """How an organisation is connected. Source: developer.xero.com, "The standard authorization code flow".

    A refresh token that is not used for 60 days is dead; token answers do not tell it.
    """
    return OAuth2(
        authorize_url=f"{app.base_url}/identity/connect/authorize" if app.base_url else AUTHORIZE_URL,
        token_url=f"{app.base_url}/connect/token" if app.base_url else TOKEN_URL,
        scopes=scopes(app),
        client_id=app.client_id,
        client_secret=app.client_secret.get_secret_value(),
        takes_pkce=True,
        refresh_days=60,
        revoke_url=f"{app.base_url}/connect/revocation" if app.base_url else REVOKE_URL,
    )


def limits(app: XeroSettings) -> tuple[Limit, ...]:
    """What the operator's app may do."""
    return limits_of(app.calls_per_minute, app.calls_per_day)


def limits_of(calls_per_minute: int, calls_per_day: int) -> tuple[Limit, ...]:
    """Of an organisation by the minute and the day, and of the app for all of them together.

    A stand-in, which alone allows more, has no other limit than that.
    """
    if calls_per_minute > CALLS_PER_MINUTE:
        return (Limit("requests", calls_per_minute, 60),)
    return (
        Limit("requests", calls_per_minute, 60, remaining="X-MinLimit-Remaining"),
        Limit("requests", calls_per_day, DAY_SECONDS, remaining="X-DayLimit-Remaining"),
        Limit("requests", APP_CALLS_PER_MINUTE, 60, remaining="X-AppMinLimit-Remaining", is_of_app=True),
    )
