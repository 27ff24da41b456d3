"""A fake Xero: organisations with books, over real HTTP on loopback.

It validates every body against Xero's published OpenAPI document, keeps double-entry books, refuses in Xero's own
shapes, and can be told to fail. ``create_sandbox`` is what ``bridge sandbox xero`` calls; tests use ``XeroSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge.sandbox import BadRequestError
from bridge_xero.sandbox.organisation import OrganisationSettings
from bridge_xero.sandbox.tamper import Tamper
from bridge_xero.sandbox.xero import XeroSandbox

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
    unknown = sorted(set(options) - set(_DEFAULTS))
    if unknown:
        raise BadRequestError(f"unknown options: {', '.join(unknown)}", f"There are: {', '.join(_DEFAULTS)}")
    chosen = {**_DEFAULTS, **options}
    if chosen["limits"] not in {"on", "off"}:
        raise BadRequestError("limits is on or off", "Correct the option")
    for name in ("day_limit", "refresh_grace_seconds"):
        if not chosen[name].isdecimal():
            raise BadRequestError(f"{name} is a whole number", "Correct the option")
    organisations = [_organisation(text) for text in chosen["organisations"].split(",")]
    sandbox = XeroSandbox(
        port=port,
        data=data,
        client_id=chosen["client_id"],
        client_secret=chosen["client_secret"],
        limits=chosen["limits"] == "on",
        day_limit=int(chosen["day_limit"]),
        refresh_grace_seconds=int(chosen["refresh_grace_seconds"]),
    )
    for tenant, settings in organisations:
        if tenant.lower() not in sandbox.organisations():
            sandbox.add_organisation(tenant, **settings)
    return sandbox


def _organisation(text: str) -> tuple[str, dict[str, str]]:
    parts = text.split(":", 3)
    if len(parts) != 4 or not all(parts):
        raise BadRequestError(f"organisations: {text!r} cannot be read", "Write TENANTID:CURRENCY:COUNTRY:NAME")
    tenant, currency, country, name = parts
    return tenant, {"base_currency": currency, "country": country, "name": name}
