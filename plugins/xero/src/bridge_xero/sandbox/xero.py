"""The fake Xero as one object: for tests directly, for people through ``bridge sandbox``."""

import threading
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

from bridge.sandbox import BadRequestError, Faults, RequestLog, SandboxClock, SandboxServer, Shelf
from bridge_xero.sandbox.admin import admin_routes
from bridge_xero.sandbox.api import XeroVendor
from bridge_xero.sandbox.chart import open_books
from bridge_xero.sandbox.kinds import kind_named
from bridge_xero.sandbox.ledger import trial_balance
from bridge_xero.sandbox.limits import RateLimits
from bridge_xero.sandbox.oauth import AUTHORIZE_PATH, CONNECTIONS_PATH, REVOKE_PATH, TOKEN_PATH, XeroDoor
from bridge_xero.sandbox.oddities import Oddities
from bridge_xero.sandbox.organisation import HistoryRecord, Organisation, OrganisationSettings
from bridge_xero.sandbox.present import present
from bridge_xero.sandbox.tamper import Tamper
from bridge_xero.sandbox.tokens import UserTokens
from bridge_xero.sandbox.wire import JsonObject

__all__ = ["XeroSandbox"]

_HALF_AN_HOUR = 1_800


class XeroSandbox:
    """A fake Xero with any number of organisations, listening on loopback once constructed.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

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
        self.clock = clock or SandboxClock()
        self.client_id = client_id
        self.client_secret = client_secret
        self.limits = RateLimits(is_on=limits, day=day_limit)
        self.oddities = Oddities()
        self._shelf = Shelf(data)
        self._lock = threading.Lock()
        self._organisations: dict[str, Organisation] = {}
        for room in self._shelf.rooms():
            what, _, tenant = room.partition("/")
            if what == "organisation":
                self._organisations[tenant] = Organisation.restore(tenant, clock=self.clock, shelf=self._shelf)
        self.tokens = UserTokens(clock=self.clock, shelf=self._shelf, grace_seconds=refresh_grace_seconds)
        oauth = XeroDoor(self.tokens, client_id=client_id, client_secret=client_secret, accounts=self.organisations)
        vendor = XeroVendor(
            clock=self.clock,
            desk=self.tokens,
            oauth=oauth,
            limits=self.limits,
            oddities=self.oddities,
            organisation=self._organisations.get,
        )
        try:
            self.server = SandboxServer(vendor, port=port, clock=self.clock, admin=admin_routes(self))
        except BadRequestError:
            self._shelf.close()
            raise

    @property
    def base_url(self) -> str:
        """Where it listens; the API lies under ``/api.xro/2.0/``."""
        return self.server.base_url

    @property
    def authorize_url(self) -> str:
        """Where a user is sent to consent."""
        return self.base_url + AUTHORIZE_PATH

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are exchanged."""
        return self.base_url + TOKEN_PATH

    @property
    def revoke_url(self) -> str:
        """Where a token is revoked."""
        return self.base_url + REVOKE_PATH

    @property
    def connections_url(self) -> str:
        """Where the connected organisations are listed."""
        return self.base_url + CONNECTIONS_PATH

    @property
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def add_organisation(self, tenant: str, **settings: Any) -> None:
        """Open an organisation; the keywords are the fields of ``OrganisationSettings``.

        Raises:   BadRequestError if the tenant is taken or a setting is wrong.
        """
        tenant = tenant.lower()
        organisation = Organisation(
            tenant, OrganisationSettings().changed(settings), clock=self.clock, shelf=self._shelf
        )
        open_books(organisation)
        with self._lock:
            if tenant in self._organisations:
                raise BadRequestError(f"organisation {tenant} exists already")
            self._organisations[tenant] = organisation

    def set(self, tenant: str, **settings: Any) -> None:
        """Change how an organisation behaves, such as ``period_lock_date="2026-01-31"`` or ``adviser=True``."""
        organisation = self._found(tenant)
        with organisation.lock:
            organisation.change_settings(settings)
            organisation.save()

    def organisations(self) -> dict[str, str]:
        """Give the organisations' names by tenant id."""
        with self._lock:
            return {tenant: found.settings.name for tenant, found in self._organisations.items()}

    def settings(self, tenant: str) -> OrganisationSettings:
        """Give how an organisation behaves at present."""
        return self._found(tenant).settings

    def issue_tokens(self, tenant: str, scope: str = "") -> tuple[str, str]:
        """Connect an organisation and give (access token, refresh token) without the OAuth dance.

        Shape:    ``scope`` is what they are for, such as "accounting.invoices accounting.payments"; empty is for all.
        """
        pair = self.tokens.issue([self._found(tenant).tenant], scope)
        return pair.access, pair.refresh

    def disconnect(self, tenant: str) -> None:
        """Take an organisation's connection away, as its user does who disconnects the application."""
        self.tokens.disconnect(self._found(tenant).tenant)

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

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _found(self, tenant: str) -> Organisation:
        with self._lock:
            organisation = self._organisations.get(tenant.lower())
        if organisation is None:
            raise BadRequestError(f"there is no organisation {tenant}")
        return organisation
