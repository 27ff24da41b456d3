"""A fake Xero: organisations with books, over real HTTP on loopback.

It validates every body against Xero's published OpenAPI document, keeps double-entry books, refuses in Xero's own
shapes, and can be told to fail. ``create_sandbox`` is what ``bridge sandbox xero`` calls; tests use ``XeroSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge_xero_sandbox.organisation import OrganisationSettings
from bridge_xero_sandbox.tamper import Tamper
from bridge_xero_sandbox.xero import XeroSandbox

__all__ = ["OrganisationSettings", "Tamper", "XeroSandbox", "create_sandbox"]


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> XeroSandbox:
    """Start the fake Xero for a person.

    Shape:   options are ``client_id``, ``client_secret``, ``limits`` (on, off), ``day_limit``,
             ``refresh_grace_seconds`` and ``organisations``: ``TENANTID:CURRENCY:COUNTRY:NAME`` parted by commas.
             Organisations in ``data`` stay as they are.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    chosen = XeroSandbox.options(options, day_limit="5000")
    sandbox = XeroSandbox.start(chosen, port=port, data=data)
    sandbox.limits.windows["day"].most = int(chosen["day_limit"])
    return sandbox
