"""The fake QuickBooks Online as one object: for tests directly, for people through ``bridge sandbox``."""

import threading
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

from bridge.sandbox import BadRequestError, Faults, RequestLog, SandboxClock, SandboxServer, Shelf
from bridge_quickbooks.sandbox.admin import admin_routes
from bridge_quickbooks.sandbox.api import QuickBooksVendor
from bridge_quickbooks.sandbox.chart import open_books
from bridge_quickbooks.sandbox.company import Company, CompanySettings
from bridge_quickbooks.sandbox.kinds import KINDS
from bridge_quickbooks.sandbox.ledger import trial_balance
from bridge_quickbooks.sandbox.limits import RateLimits
from bridge_quickbooks.sandbox.oauth import AUTHORIZE_PATH, REVOKE_PATH, TOKEN_PATH, IntuitDoor
from bridge_quickbooks.sandbox.present import present
from bridge_quickbooks.sandbox.tamper import Tamper
from bridge_quickbooks.sandbox.tokens import CompanyTokens
from bridge_quickbooks.sandbox.wire import JsonObject

__all__ = ["QuickBooksSandbox"]

_ONE_DAY = 86_400


class QuickBooksSandbox:
    """A fake QuickBooks Online with any number of companies, listening on loopback once constructed.

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
        refresh_grace_seconds: int = _ONE_DAY,
        clock: SandboxClock | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.client_id = client_id
        self.client_secret = client_secret
        self.limits = RateLimits(is_on=limits)
        self._shelf = Shelf(data)
        self._lock = threading.Lock()
        self._companies: dict[str, Company] = {}
        for room in self._shelf.rooms():
            what, _, realm = room.partition("/")
            if what == "company":
                self._companies[realm] = Company.restore(realm, clock=self.clock, shelf=self._shelf)
        self.tokens = CompanyTokens(clock=self.clock, shelf=self._shelf, grace_seconds=refresh_grace_seconds)
        oauth = IntuitDoor(self.tokens, client_id=client_id, client_secret=client_secret, accounts=self.companies)
        vendor = QuickBooksVendor(
            clock=self.clock, desk=self.tokens, oauth=oauth, limits=self.limits, company=self._companies.get
        )
        try:
            self.server = SandboxServer(vendor, port=port, clock=self.clock, admin=admin_routes(self))
        except BadRequestError:
            self._shelf.close()
            raise

    @property
    def base_url(self) -> str:
        """Where it listens; the API lies under ``/v3/company/…``."""
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
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def add_company(self, realm: str, **settings: Any) -> None:
        """Open a company; the keywords are the fields of ``CompanySettings``.

        Raises:   BadRequestError if the realm is taken or a setting is wrong.
        """
        company = Company(realm, CompanySettings().changed(settings), clock=self.clock, shelf=self._shelf)
        open_books(company)
        with self._lock:
            if realm in self._companies:
                raise BadRequestError(f"company {realm} exists already")
            self._companies[realm] = company

    def set(self, realm: str, **settings: Any) -> None:
        """Change how a company behaves, such as ``book_close_date="2026-01-31"``."""
        company = self._company(realm)
        with company.lock:
            company.change_settings(settings)
            company.save()

    def companies(self) -> dict[str, str]:
        """Give the companies' names by realm."""
        with self._lock:
            return {realm: company.settings.name for realm, company in self._companies.items()}

    def settings(self, realm: str) -> CompanySettings:
        """Give how a company behaves at present."""
        return self._company(realm).settings

    def issue_tokens(self, realm: str) -> tuple[str, str]:
        """Give (access token, refresh token) for a company without the OAuth dance."""
        pair = self.tokens.issue([self._company(realm).realm])
        return pair.access, pair.refresh

    def disconnect(self, realm: str) -> None:
        """End every consent for a company, as its user does who disconnects the application."""
        self.tokens.disconnect(self._company(realm).realm)

    def tamper(self, realm: str) -> Tamper:
        """Give the hands of somebody who edits this company's books behind our back."""
        return Tamper(self._company(realm))

    def entities(self, realm: str, kind: str) -> list[JsonObject]:
        """List the objects of a kind as answers show them, the inactive included, the deleted not."""
        if kind not in KINDS:
            raise BadRequestError(f"there is no kind {kind}")
        company = self._company(realm)
        with company.lock:
            return deepcopy(list(present(company, kind)))

    def account_id(self, realm: str, number: str) -> str:
        """Give the id of the account with this number or name."""
        for account in self.entities(realm, "Account"):
            if number in {account.get("AcctNum"), account["Name"]}:
                return str(account["Id"])
        raise BadRequestError(f"no account {number} in company {realm}")

    def trial_balance(self, realm: str, as_of: str = "9999-12-31") -> dict[str, int]:
        """Give balances in minor units by account number (or name), debit positive; zero ones left out."""
        company = self._company(realm)
        with company.lock:
            return trial_balance(company, as_of)

    def summary(self) -> str:
        """Tell a person how to use it."""
        lines = [
            f"QuickBooks sandbox   {self.base_url}",
            f"  client id          {self.client_id}",
            f"  client secret      {self.client_secret}",
            f"  authorise          {self.authorize_url}",
            f"  tokens             {self.token_url}",
            f"  admin door         {self.base_url}/_sandbox",
        ]
        for realm, name in self.companies().items():
            lines.append(f"  company            {realm}  {self.settings(realm).home_currency}  {name}")
        return "\n".join(lines)

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _company(self, realm: str) -> Company:
        with self._lock:
            company = self._companies.get(realm)
        if company is None:
            raise BadRequestError(f"there is no company {realm}")
        return company
