"""A fake QuickBooks Online: companies with books, over real HTTP on loopback.

It validates every body against Intuit's published schema, keeps double-entry books, refuses with QuickBooks' own
codes, and can be told to fail. ``create_sandbox`` is what ``bridge sandbox quickbooks`` calls; tests use
``QuickBooksSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge.sandbox import books_told, options_told
from bridge_quickbooks_sandbox.company import CompanySettings
from bridge_quickbooks_sandbox.quickbooks import QuickBooksSandbox
from bridge_quickbooks_sandbox.tamper import Tamper

__all__ = ["CompanySettings", "QuickBooksSandbox", "Tamper", "create_sandbox"]

_DEFAULTS = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "limits": "on",
    "refresh_grace_seconds": "86400",
    "companies": "9130000000000001:USD:US:Sandbox Company",
}


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> QuickBooksSandbox:
    """Start the fake QuickBooks for a person.

    Shape:   options are ``client_id``, ``client_secret``, ``limits`` (on, off), ``refresh_grace_seconds`` and
             ``companies``: ``REALM:CURRENCY:COUNTRY:NAME`` parted by commas. Companies in ``data`` stay as they are.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    chosen = options_told(options, _DEFAULTS, "refresh_grace_seconds")
    companies = books_told("companies", chosen["companies"])
    sandbox = QuickBooksSandbox(
        port=port,
        data=data,
        client_id=chosen["client_id"],
        client_secret=chosen["client_secret"],
        limits=chosen["limits"] == "on",
        refresh_grace_seconds=int(chosen["refresh_grace_seconds"]),
    )
    for realm, currency, country, name in companies:
        if realm not in sandbox.companies():
            sandbox.add_company(realm, home_currency=currency, country=country, name=name)
    return sandbox
