"""The fake QuickBooks Online as one object: for tests directly, for people through ``bridge sandbox``."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from bridge.sandbox import BadRequestError, BooksDoor, BooksSandbox, JsonObject, SandboxClock
from bridge_quickbooks_sandbox.api import QuickBooksVendor
from bridge_quickbooks_sandbox.chart import open_books
from bridge_quickbooks_sandbox.company import Company, CompanySettings
from bridge_quickbooks_sandbox.kinds import KINDS
from bridge_quickbooks_sandbox.ledger import trial_balance
from bridge_quickbooks_sandbox.limits import RateLimits
from bridge_quickbooks_sandbox.oauth import IntuitDoor
from bridge_quickbooks_sandbox.present import present
from bridge_quickbooks_sandbox.tamper import Tamper
from bridge_quickbooks_sandbox.tokens import CompanyTokens

__all__ = ["QuickBooksSandbox"]

_ONE_DAY = 86_400


class QuickBooksSandbox(BooksSandbox[Company]):
    """A fake QuickBooks Online with any number of companies, listening on loopback once constructed.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    books_type = Company
    door = IntuitDoor

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
        super().__init__(data=data, client_id=client_id, client_secret=client_secret, clock=clock)
        self.limits = RateLimits(is_on=limits)
        self.tokens = CompanyTokens(clock=self.clock, shelf=self._shelf, grace_seconds=refresh_grace_seconds)
        oauth = IntuitDoor(self.tokens, client_id=client_id, client_secret=client_secret, accounts=self.companies)
        vendor = QuickBooksVendor(
            clock=self.clock, desk=self.tokens, oauth=oauth, limits=self.limits, company=self._books.get
        )
        admin = BooksDoor(
            self,
            parameter="realm",
            plural="companies",
            kinds=KINDS,
            add=self.add_company,
            tamper=self.tamper,
            service={"limits": (self.limits, "is_on"), "refresh_grace_seconds": (self.tokens, "grace_seconds")},
        )
        self._listen(vendor, admin.routes, port)

    def add_company(self, realm: str, **settings: Any) -> None:
        """Open a company; the keywords are the fields of ``CompanySettings``.

        Raises:   BadRequestError if the realm is taken or a setting is wrong.
        """
        company = Company(realm, CompanySettings().changed(settings), clock=self.clock, shelf=self._shelf)
        open_books(company)
        self._add(company)

    def companies(self) -> dict[str, str]:
        """Give the companies' names by realm."""
        return self.names()

    def issue_tokens(self, realm: str) -> tuple[str, str]:
        """Give (access token, refresh token) for a company without the OAuth dance."""
        pair = self.tokens.issue([self._found(realm).owner])
        return pair.access, pair.refresh

    def disconnect(self, realm: str) -> None:
        """End every consent for a company, as its user does who disconnects the application."""
        self.tokens.disconnect(self._found(realm).owner)

    def tamper(self, realm: str) -> Tamper:
        """Give the hands of somebody who edits this company's books behind our back."""
        return Tamper(self._found(realm))

    def entities(self, realm: str, kind: str) -> list[JsonObject]:
        """List the objects of a kind as answers show them, the inactive included, the deleted not."""
        if kind not in KINDS:
            raise BadRequestError(f"there is no kind {kind}")
        company = self._found(realm)
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
        company = self._found(realm)
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
