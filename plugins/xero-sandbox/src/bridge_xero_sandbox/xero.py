"""The fake Xero as one object: for tests directly, for people through ``bridge sandbox``."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.sandbox import BadRequestError, BooksDoor, BooksSandbox, Change, JsonObject, RateLimits
from bridge_xero_sandbox.api import XeroVendor
from bridge_xero_sandbox.chart import open_books
from bridge_xero_sandbox.kinds import kind_named
from bridge_xero_sandbox.ledger import balances
from bridge_xero_sandbox.limits import rate_limits
from bridge_xero_sandbox.notices import notice
from bridge_xero_sandbox.oauth import CONNECTIONS_PATH, XeroDoor
from bridge_xero_sandbox.oddities import Oddities, add_oddity_routes
from bridge_xero_sandbox.organisation import HistoryRecord, Organisation
from bridge_xero_sandbox.present import present
from bridge_xero_sandbox.tamper import Tamper
from bridge_xero_sandbox.tokens import UserTokens

__all__ = ["XeroSandbox"]


class XeroSandbox(BooksSandbox[Organisation, UserTokens, Tamper]):
    """A fake Xero with any number of organisations, listening on loopback once constructed.

    Shape:    an account is a tenant id in any case; a kind is an endpoint or its singular (``Invoices``, ``Invoice``).
    """

    title, plural = "Xero", "organisations"
    books_type, desk_type, door, tamper_type = Organisation, UserTokens, XeroDoor, Tamper
    usual_books = "5a0dbe11-0000-4000-8000-000000000001:GBP:GB:Sandbox Organisation"
    usual_grace_seconds = 1_800

    @property
    def connections_url(self) -> str:
        """Where the connected organisations are listed."""
        return self.base_url + CONNECTIONS_PATH

    def add_organisation(self, tenant: str, **settings: Any) -> None:
        """Open an organisation; the keywords are the fields of ``OrganisationSettings``.

        Raises:   BadRequestError if the tenant is taken or a setting is wrong.
        """
        self.add(tenant, settings)

    def organisations(self) -> dict[str, str]:
        """Give the organisations' names by tenant id."""
        return self.names()

    def history(self, tenant: str, kind: str, id: str) -> list[HistoryRecord]:
        """Give an object's history, oldest first."""
        found = kind_named(kind)
        return list(self._found(tenant).history(found.name, id)) if found else []

    def contact_id(self, tenant: str, name: str = "Sales channels") -> str:
        """Give the id of the contact with this name."""
        for contact in self.entities(tenant, "Contacts"):
            if contact["Name"] == name:
                return str(contact["ContactID"])
        raise BadRequestError(f"no contact {name} in organisation {tenant}")

    def key_of(self, account: str) -> str:
        """Give a tenant id in lower case."""
        return account.lower()

    def ask_intent(self) -> list[int]:
        """Ask whether the address means to receive, as Xero does before it sends any: signed rightly and wrongly."""
        with self._lock:
            self._changes.clear()
        return [self.send_notices(secret=secret) for secret in ("", "wrong", "", "wrong")]

    def _notice(self, changes: Sequence[Change], secret: str) -> tuple[Mapping[str, str], bytes]:
        return notice(changes, secret)

    def _limits(self, *, is_on: bool) -> RateLimits:
        return rate_limits(self.clock, is_on=is_on)

    def _served(self) -> tuple[XeroVendor, BooksDoor]:
        self.oddities = Oddities()
        vendor = XeroVendor(
            clock=self.clock,
            desk=self.tokens,
            oauth=self.oauth,
            limits=self.limits,
            oddities=self.oddities,
            organisation=self._books.get,
        )
        windows = self.limits.windows
        admin = BooksDoor(
            self,
            minute_limit=(windows["minute"], "most"),
            day_limit=(windows["day"], "most"),
            app_minute_limit=(windows["appminute"], "most"),
            calls_under_way=(self.limits, "most_under_way"),
        )
        add_oddity_routes(admin, self.oddities)
        return vendor, admin

    def _open(self, books: Organisation) -> None:
        open_books(books)

    def _entities(self, books: Organisation, kind: str) -> list[JsonObject] | None:
        found = kind_named(kind)
        return [present(books, found.name, value) for value in books.all(found.name)] if found else None

    def _trial_balance(self, books: Organisation, as_of: str) -> dict[str, int]:
        return balances(books, as_of)

    def _more_doors(self) -> list[tuple[str, str]]:
        return [("connections", self.connections_url)]
