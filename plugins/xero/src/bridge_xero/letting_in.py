"""How a person lets bridge into an organisation: by which Xero app, and which organisations a sign-in is good for."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr

from bridge.plugin import Access, Context, Grant, Granted, Key, Question, Way
from bridge_xero.client import Client
from bridge_xero.settings import XeroConnection, XeroSettings
from bridge_xero.wire import text

_KEYS: Final = "developer.xero.com, My Apps, your app, Configuration"


def with_key(app: XeroSettings, key: Key[XeroConnection]) -> XeroSettings:
    """The settings with the app that was answered, unless they name one themselves."""
    if app.client_id:
        return app
    own = {"client_id": key.sealed["client_id"], "client_secret": SecretStr(key.sealed["client_secret"])}
    return app.model_copy(update=own)


def accounts(context: Context[XeroSettings, XeroConnection]) -> tuple[Granted, ...]:
    """Every organisation that the person ever let the app into, the last one first: one token opens them all."""
    listed = sorted(_client(context).connections(), key=lambda one: text(one.get("updatedDateUtc")), reverse=True)
    return tuple(Granted(text(one.get("tenantId")), text(one.get("tenantName"))) for one in listed)


def leave(context: Context[XeroSettings, XeroConnection]) -> bool:
    """Disconnect the organisation from the app; whether the person has others connected.

    To revoke the token would disconnect those too. Source: Xero Identity OpenAPI, deleteConnection; developer.xero.com,
    "Managing tokens", read 2026-11.
    """
    client = _client(context)
    tenants = {text(one.get("id")): text(one.get("tenantId")).casefold() for one in client.connections()}
    own = [connection for connection, tenant in tenants.items() if tenant == context.account.casefold()]
    for connection in own:
        client.disconnect(connection)
    return len(tenants) > len(own)


def _client(context: Context[XeroSettings, XeroConnection]) -> Client:
    session = context.session()
    return Client(session, api_url=context.app.api_url, tenant=context.account, clock=context.clock)


ACCESS: Final = Access[XeroSettings, XeroConnection](
    ways=(
        Way(
            name="app",
            title="a Xero app of your own, and a sign-in to the organisation",
            questions=(
                Question(name="client_id", prompt="Client id", where=f"{_KEYS}: Client id"),
                Question(name="client_secret", prompt="Client secret", where=f"{_KEYS}: Client secret", is_secret=True),
            ),
            signs_in=True,
        ),
    ),
    with_key=with_key,
)
GRANT: Final = Grant[XeroSettings, XeroConnection](accounts=accounts, leave=leave)
