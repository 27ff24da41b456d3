"""What the operator says about the Intuit app, and a merchant about a company; and which addresses follow from it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from bridge.plugin import AppSettings, BaseUrl, ConnectionSettings, Limit, OAuth2, hosts_of

SCOPE = "com.intuit.quickbooks.accounting"  # read and write together; Intuit has no read-only one
PLAIN_TEXT = r"[ -\[\]-~]{1,100}"  # every printable letter of ASCII but the backslash
API_URLS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
REVOKE_URL = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
# Source: Intuit, "Limits and throttles", read 2026-11: 500 a minute; 10 a second, or 10 at once in older pages.
CALLS_PER_MINUTE, CALLS_PER_SECOND = 500, 9
# Source: the same: 40 batches a minute for a company and an app; 800 of whatever is asked in a minute.
BATCHES_PER_MINUTE, ITEMS_PER_MINUTE = 40, 800
BATCH_SIZE = 30  # Source: Intuit, "API call limits and throttles", read 2026-11; its other pages say 10 to 50
BATCHES, ITEMS = "batches", "batch items"  # what is limited of batches, beside requests
TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address


class QuickBooksSettings(AppSettings):
    """The operator's Intuit app.

    client_id, client_secret: from the app's page at developer.intuit.com, "Keys and credentials".
    verifier_token: from the page "Webhooks", that Intuit signs notices with; else none is believed.
    environment:    ``production``, or ``sandbox`` for Intuit's own test companies.
    base_url:       a stand-in for all of Intuit's addresses, such as bridge's sandbox; ``environment`` is not asked.
    settle_seconds: how long after a send QuickBooks may still be at work on it or a query miss it: it gives a request
    up after 120 s, and its index trails a while. 0 for a stand-in that answers at once and whose index never trails.

    calls_per_minute, calls_per_second, batches_per_minute, batch_items_per_minute: what Intuit allows a company; more
    for a stand-in, less where other apps need their share.

    The merchant's company (its realm id) is the connection's account, learned when it is connected.
    """

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    verifier_token: SecretStr = SecretStr("")
    environment: Literal["production", "sandbox"] = "production"
    base_url: BaseUrl = ""
    settle_seconds: int = Field(150, ge=0, le=3600)
    calls_per_minute: int = Field(CALLS_PER_MINUTE, ge=1)
    calls_per_second: int = Field(CALLS_PER_SECOND, ge=1)
    batches_per_minute: int = Field(BATCHES_PER_MINUTE, ge=1)
    batch_items_per_minute: int = Field(ITEMS_PER_MINUTE, ge=BATCH_SIZE)

    @property
    def api_url(self) -> str:
        """Where the accounting API is; ``/v3`` follows."""
        return self.base_url or API_URLS[self.environment]


class QuickBooksConnection(ConnectionSettings):
    """One company.

    customer: the display name of the one customer that the sales of all channels stand in the name of; empty for a
    customer a channel. Only routes that book by order, or on receivables, need any.
    """

    customer: str = Field("", max_length=100)

    @field_validator("customer")
    @classmethod
    def _check_customer(cls, name: str) -> str:
        if name and not re.fullmatch(PLAIN_TEXT, name, re.ASCII):
            raise ValueError("must be printable ASCII without a backslash, as QuickBooks' query language takes it")
        return name


def hosts(app: QuickBooksSettings) -> frozenset[str]:
    """Every host that bridge itself talks to."""
    return hosts_of(app.api_url, oauth(app).token_url)


def oauth(app: QuickBooksSettings, _account: str = "") -> OAuth2:
    """How a company is connected. Source: Intuit's discovery document, read 2026-11.

    Its token answers tell how long a refresh token lasts (100 days). After five years a person signs in again; newer
    answers tell that too. Source: Intuit's developer blog, read 2026-11.
    """
    return OAuth2(
        authorize_url=f"{app.base_url}/oauth2/authorize" if app.base_url else AUTHORIZE_URL,
        token_url=f"{app.base_url}/oauth2/tokens" if app.base_url else TOKEN_URL,
        scopes=(SCOPE,),
        client_id=app.client_id,
        client_secret=app.client_secret.get_secret_value(),
        account_parameter="realmId",
        consent_days=5 * 365,
        revoke_url=f"{app.base_url}/oauth2/revoke" if app.base_url else REVOKE_URL,
    )


def limits(app: QuickBooksSettings) -> tuple[Limit, ...]:
    """What the operator's app may do with a company."""
    return (
        Limit("requests", app.calls_per_minute, 60),
        Limit("requests", app.calls_per_second, 1),
        Limit(BATCHES, app.batches_per_minute, 60),
        Limit(ITEMS, app.batch_items_per_minute, 60),
    )
