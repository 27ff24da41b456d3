"""The fake QuickBooks Online as one object: for tests directly, for people through ``bridge sandbox``."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.sandbox import BooksDoor, BooksSandbox, Change, JsonObject, RateLimits
from bridge_quickbooks_sandbox.api import QuickBooksVendor
from bridge_quickbooks_sandbox.chart import open_books
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.item_faults import ItemFaults, add_item_fault_routes
from bridge_quickbooks_sandbox.kinds import KINDS
from bridge_quickbooks_sandbox.ledger import balances
from bridge_quickbooks_sandbox.limits import rate_limits
from bridge_quickbooks_sandbox.notices import notice
from bridge_quickbooks_sandbox.oauth import IntuitDoor
from bridge_quickbooks_sandbox.present import present
from bridge_quickbooks_sandbox.tamper import Tamper
from bridge_quickbooks_sandbox.tokens import CompanyTokens

__all__ = ["QuickBooksSandbox"]


class QuickBooksSandbox(BooksSandbox[Company, CompanyTokens, Tamper]):
    """A fake QuickBooks Online with any number of companies, listening on loopback once constructed.

    Shape:    an account is a realm; entities are shown with the inactive, without the deleted.
    """

    title, plural = "QuickBooks", "companies"
    books_type, desk_type, door, tamper_type = Company, CompanyTokens, IntuitDoor, Tamper
    usual_books = "9130000000000001:USD:US:Sandbox Company"
    usual_grace_seconds = 86_400

    def add_company(self, realm: str, **settings: Any) -> None:
        """Open a company; the keywords are the fields of ``CompanySettings``.

        Raises:   BadRequestError if the realm is taken or a setting is wrong.
        """
        self.add(realm, settings)

    def companies(self) -> dict[str, str]:
        """Give the companies' names by realm."""
        return self.names()

    def _limits(self, *, is_on: bool) -> RateLimits:
        return rate_limits(self.clock, is_on=is_on)

    def _served(self) -> tuple[QuickBooksVendor, BooksDoor]:
        self.item_faults = ItemFaults()
        vendor = QuickBooksVendor(
            clock=self.clock,
            desk=self.tokens,
            oauth=self.oauth,
            limits=self.limits,
            item_faults=self.item_faults,
            company=self._books.get,
        )
        windows = self.limits.windows
        admin = BooksDoor(
            self,
            calls_per_minute=(windows["calls"], "most"),
            calls_per_second=(windows["at_once"], "most"),
            calls_under_way=(self.limits, "most_under_way"),
            batches_per_minute=(windows["batches"], "most"),
            items_per_minute=(windows["items"], "most"),
        )
        add_item_fault_routes(admin, self.item_faults)
        return vendor, admin

    def _notice(self, changes: Sequence[Change], secret: str) -> tuple[Mapping[str, str], bytes]:
        """CloudEvents, of all companies in one array, as since 2026-07-31."""
        return notice(changes, secret)

    def _open(self, books: Company) -> None:
        open_books(books)

    def _entities(self, books: Company, kind: str) -> list[JsonObject] | None:
        return list(present(books, kind)) if kind in KINDS else None

    def _trial_balance(self, books: Company, as_of: str) -> dict[str, int]:
        return balances(books, as_of)
