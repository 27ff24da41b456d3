"""A fake Xero: organisations with books, over real HTTP on loopback.

It validates every body against Xero's published OpenAPI document, keeps double-entry books, refuses in Xero's own
shapes, and can be told to fail. ``create_sandbox`` is what ``bridge sandbox xero`` calls; tests use ``XeroSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge.sandbox import books_told, options_told
from bridge_xero_sandbox.organisation import OrganisationSettings
from bridge_xero_sandbox.tamper import Tamper
from bridge_xero_sandbox.xero import XeroSandbox

__all__ = ["OrganisationSettings", "Tamper", "XeroSandbox", "create_sandbox"]

_DEFAULTS = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "limits": "on",
    "day_limit": "5000",
    "refresh_grace_seconds": "1800",
    "organisations": "5a0dbe11-0000-4000-8000-000000000001:GBP:GB:Sandbox Organisation",
}


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> XeroSandbox:
    """Start the fake Xero for a person.

    Shape:   options are ``client_id``, ``client_secret``, ``limits`` (on, off), ``day_limit``,
             ``refresh_grace_seconds`` and ``organisations``: ``TENANTID:CURRENCY:COUNTRY:NAME`` parted by commas.
             Organisations in ``data`` stay as they are.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    chosen = options_told(options, _DEFAULTS, "day_limit", "refresh_grace_seconds")
    organisations = books_told("organisations", chosen["organisations"])
    sandbox = XeroSandbox(
        port=port,
        data=data,
        client_id=chosen["client_id"],
        client_secret=chosen["client_secret"],
        limits=chosen["limits"] == "on",
        day_limit=int(chosen["day_limit"]),
        refresh_grace_seconds=int(chosen["refresh_grace_seconds"]),
    )
    for tenant, currency, country, name in organisations:
        if tenant.lower() not in sandbox.organisations():
            sandbox.add_organisation(tenant, base_currency=currency, country=country, name=name)
    return sandbox
