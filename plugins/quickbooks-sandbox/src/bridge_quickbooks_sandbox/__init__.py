"""A fake QuickBooks Online: companies with books, over real HTTP on loopback.

It validates every body against Intuit's published schema, keeps double-entry books, refuses with QuickBooks' own
codes, and can be told to fail. ``create_sandbox`` is what ``bridge sandbox quickbooks`` calls; tests use
``QuickBooksSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge_quickbooks_sandbox.company import CompanySettings
from bridge_quickbooks_sandbox.quickbooks import QuickBooksSandbox
from bridge_quickbooks_sandbox.tamper import Tamper

__all__ = ["CompanySettings", "QuickBooksSandbox", "Tamper", "create_sandbox"]


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> QuickBooksSandbox:
    """Start the fake QuickBooks for a person.

    Shape:   options are ``client_id``, ``client_secret``, ``limits`` (on, off), ``refresh_grace_seconds`` and
             ``companies``: ``REALM:CURRENCY:COUNTRY:NAME`` parted by commas. Companies in ``data`` stay as they are.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    return QuickBooksSandbox.start(QuickBooksSandbox.options(options), port=port, data=data)
