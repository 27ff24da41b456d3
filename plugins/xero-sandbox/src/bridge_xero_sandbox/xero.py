"""The fake Xero as one object: for tests directly, for people through ``bridge sandbox``."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from bridge.sandbox import BadRequestError, BooksDoor, BooksSandbox, JsonObject, SandboxClock
from bridge_xero_sandbox.api import XeroVendor
from bridge_xero_sandbox.chart import open_books
from bridge_xero_sandbox.kinds import KINDS, kind_named
from bridge_xero_sandbox.ledger import trial_balance
from bridge_xero_sandbox.limits import RateLimits
from bridge_xero_sandbox.oauth import CONNECTIONS_PATH, XeroDoor
from bridge_xero_sandbox.oddities import Oddities, add_oddity_routes
from bridge_xero_sandbox.organisation import HistoryRecord, Organisation, OrganisationSettings
from bridge_xero_sandbox.present import present
from bridge_xero_sandbox.tamper import Tamper
from bridge_xero_sandbox.tokens import UserTokens

__all__ = ["XeroSandbox"]

_HALF_AN_HOUR = 1_800


class XeroSandbox(BooksSandbox[Organisation]):
    """A fake Xero with any number of organisations, listening on loopback once constructed.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    books_type = Organisation
    door = XeroDoor

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | None = None,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",  # noqa: S107 - the sandbox's own, known to everybody
        limits: bool = False,
        day_limit: int = 5000,
        refresh_grace_seconds: int = _HALF_AN_HOUR,
        clock: SandboxClock | None = None,
    ) -> None:
        super().__init__(data=data, client_id=client_id, client_secret=client_secret, clock=clock)
        self.limits = RateLimits(is_on=limits, day=day_limit)
        self.oddities = Oddities()
        self.tokens = UserTokens(clock=self.clock, shelf=self._shelf, grace_seconds=refresh_grace_seconds)
        vendor = XeroVendor(
            clock=self.clock,
            desk=self.tokens,
            oauth=XeroDoor(self.tokens, client_id=client_id, client_secret=client_secret, accounts=self.organisations),
            limits=self.limits,
            oddities=self.oddities,
            organisation=self._books.get,
        )
        admin = BooksDoor(
            self,
            parameter="tenant",
            plural="organisations",
            kinds=KINDS,
            add=self.add_organisation,
            tamper=self.tamper,
            service={
                "limits": (self.limits, "is_on"),
                "minute_limit": (self.limits, "minute"),
                "day_limit": (self.limits, "day"),
                "refresh_grace_seconds": (self.tokens, "grace_seconds"),
            },
        )
        add_oddity_routes(admin, self.oddities)
        self._listen(vendor, admin.routes, port)

    @property
    def connections_url(self) -> str:
        """Where the connected organisations are listed."""
        return self.base_url + CONNECTIONS_PATH

    def add_organisation(self, tenant: str, **settings: Any) -> None:
        """Open an organisation; the keywords are the fields of ``OrganisationSettings``.

        Raises:   BadRequestError if the tenant is taken or a setting is wrong.
        """
        organisation = Organisation(
            tenant.lower(), OrganisationSettings().changed(settings), clock=self.clock, shelf=self._shelf
        )
        open_books(organisation)
        self._add(organisation)

    def organisations(self) -> dict[str, str]:
        """Give the organisations' names by tenant id."""
        return self.names()

    def issue_tokens(self, tenant: str, scope: str = "") -> tuple[str, str]:
        """Connect an organisation and give (access token, refresh token) without the OAuth dance.

        Shape:    ``scope`` is what they are for, such as "accounting.invoices accounting.payments"; empty is for all.
        """
        pair = self.tokens.issue([self._found(tenant).owner], scope)
        return pair.access, pair.refresh

    def disconnect(self, tenant: str) -> None:
        """Take an organisation's connection away, as its user does who disconnects the application."""
        self.tokens.disconnect(self._found(tenant).owner)

    def tamper(self, tenant: str) -> Tamper:
        """Give the hands of somebody who edits this organisation's books behind our back."""
        return Tamper(self._found(tenant))

    def entities(self, tenant: str, kind: str) -> list[JsonObject]:
        """List the objects of a kind (``Invoices`` or ``Invoice``) as answers show them, whatever their status."""
        found = kind_named(kind)
        if found is None:
            raise BadRequestError(f"there is no kind {kind}")
        organisation = self._found(tenant)
        with organisation.lock:
            return deepcopy([present(organisation, found.name, value) for value in organisation.all(found.name)])

    def history(self, tenant: str, kind: str, id: str) -> list[HistoryRecord]:
        """Give an object's history, oldest first."""
        found = kind_named(kind)
        return list(self._found(tenant).history(found.name, id)) if found else []

    def account_id(self, tenant: str, code: str) -> str:
        """Give the id of the account with this code or name."""
        for account in self.entities(tenant, "Accounts"):
            if code in {account.get("Code"), account["Name"]}:
                return str(account["AccountID"])
        raise BadRequestError(f"no account {code} in organisation {tenant}")

    def contact_id(self, tenant: str, name: str = "Sales channels") -> str:
        """Give the id of the contact with this name."""
        for contact in self.entities(tenant, "Contacts"):
            if contact["Name"] == name:
                return str(contact["ContactID"])
        raise BadRequestError(f"no contact {name} in organisation {tenant}")

    def trial_balance(self, tenant: str, as_of: str = "9999-12-31") -> dict[str, int]:
        """Give balances in minor units by account code (or name), debit positive; zero ones left out."""
        organisation = self._found(tenant)
        with organisation.lock:
            return trial_balance(organisation, as_of)

    def summary(self) -> str:
        """Tell a person how to use it."""
        lines = [
            f"Xero sandbox         {self.base_url}",
            f"  client id          {self.client_id}",
            f"  client secret      {self.client_secret}",
            f"  authorise          {self.authorize_url}",
            f"  tokens             {self.token_url}",
            f"  connections        {self.connections_url}",
            f"  admin door         {self.base_url}/_sandbox",
        ]
        for tenant, name in self.organisations().items():
            lines.append(f"  organisation       {tenant}  {self.settings(tenant).base_currency}  {name}")
        return "\n".join(lines)

    def _found(self, account: str) -> Organisation:
        return super()._found(account.lower())
