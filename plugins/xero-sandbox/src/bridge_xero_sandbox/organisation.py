"""One organisation's books: settings, objects, their history."""

import uuid
from collections.abc import Mapping
from typing import Literal

import msgspec

from bridge.sandbox import Books, BookSettings, SandboxClock, Shelf
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["HistoryRecord", "Organisation", "OrganisationSettings"]

# What payments and allocations belong to.
_LINKS = {"Payments": ("DocumentID",), "Allocations": ("CreditNoteID", "InvoiceID")}
_CODED = frozenset({"Accounts", "Items"})
_NAMESPACE = uuid.UUID("6f0b5a52-64a5-5d3c-9c8e-0f6e6a6c7d10")


class OrganisationSettings(BookSettings, forbid_unknown_fields=True):
    """What an organisation is, and how it is told to behave. The admin door sets these.

    Shape:    ``currencies`` are those subscribed besides the base currency. ``rates``: of days on which one is not
              the usual, in units of it for one of the base currency, ``EUR 2026-06-30=0.85``.
              ``adviser``: whether the connection was authorised by an adviser, whom the period lock does not bind.
              ``tracking`` maps a category to its options; ``archived_options`` of them take no new lines.
              ``sales_tax_rates``: name to per cent, of rates on sales that the organisation made for itself.
              ``sales_tax_basis``: how it is taxed, in Xero's own words; NONE: not registered.
              ``idempotency``: ``replay`` gives a repeat its first answer, ``forget`` remembers none.
              ``tells_removals``: whether the documents of an allocation that is taken back count as changed; Xero
              does not say that they do.
              ``refused``: endpoints that the consent does not cover, or the user's role does not show: 401.
    """

    name: str = "Sandbox Organisation"
    base_currency: str = "GBP"
    country: str = "GB"
    chart: Literal["recommended", "system"] = "recommended"
    currencies: list[str] = msgspec.field(default_factory=list)
    rates: tuple[str, ...] = ()
    tracking: dict[str, list[str]] = msgspec.field(default_factory=dict)
    archived_options: list[str] = msgspec.field(default_factory=list)
    sales_tax_rates: dict[str, str] = msgspec.field(default_factory=dict)
    sales_tax_basis: Literal["ACCRUALS", "CASH", "FLATRATEACCRUAL", "FLATRATECASH", "INVOICE", "PAYMENTS", "NONE"] = (
        "ACCRUALS"
    )
    period_lock_date: str = ""
    end_of_year_lock_date: str = ""
    adviser: bool = False
    user: str = "Robin Owner"
    time_zone: str = "GMTSTANDARDTIME"
    financial_year_end_month: int = 12
    financial_year_end_day: int = 31
    idempotency: Literal["replay", "forget"] = "replay"
    tells_removals: bool = False
    refused: list[str] = msgspec.field(default_factory=list)


class HistoryRecord(msgspec.Struct, frozen=True):
    """One line of an object's history: what was done, when, by whom."""

    changes: str
    at: str
    user: str
    details: str = ""


class Organisation(Books[OrganisationSettings]):
    """One organisation; its account is its tenant id."""

    noun = "organisation"
    kinds = KINDS
    settings_type = OrganisationSettings
    accounts, number, currency_setting = "Accounts", "Code", "base_currency"

    def __init__(self, tenant: str, settings: OrganisationSettings, *, clock: SandboxClock, shelf: Shelf) -> None:
        super().__init__(tenant, settings, clock=clock, shelf=shelf)
        self._history: dict[str, list[HistoryRecord]] = {}
        self._numbers: dict[tuple[str, str, str], str] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._links: dict[tuple[str, str], list[str]] = {}
        self._next_id = 1

    def id_of(self, kind: str, value: JsonObject) -> str:
        """Give an object's id, or "" where it has none yet."""
        return str(value.get(KINDS[kind].id, ""))

    def get(self, kind: str, id: str) -> JsonObject | None:
        """Give an object, or None."""
        return super().get(kind, id.lower())

    def count(self, kind: str) -> int:
        """Count the objects of a kind."""
        return len(self._objects[kind])

    def numbered(self, kind: str, type_: str, number: str) -> JsonObject | None:
        """Give the object of a kind and type that holds a number, or None."""
        return self._objects[kind].get(self._numbers.get((kind, type_, number), ""))

    def account(self, code: str) -> JsonObject | None:
        """Give the account with a code, or None."""
        return self._coded("Accounts", code)

    def item(self, code: str) -> JsonObject | None:
        """Give the item with a code, or None."""
        return self._coded("Items", code)

    def _coded(self, kind: str, code: str) -> JsonObject | None:
        return self._objects[kind].get(self._codes.get((kind, code), ""))

    def system_account(self, name: str) -> JsonObject:
        """Give the account Xero itself posts to under a name such as DEBTORS; every organisation has them."""
        return next(account for account in self.all("Accounts") if account.get("SystemAccount") == name)

    def linked(self, kind: str, document_id: str) -> list[JsonObject]:
        """Give the payments or allocations of a document, deleted ones included."""
        return [self._objects[kind][id] for id in self._links.get((kind, document_id), ())]

    def new_id(self) -> str:
        """Give an id that was never given before; the same in every run that does the same."""
        id = uuid.uuid5(_NAMESPACE, f"{self.owner}/{self._next_id}")
        self._next_id += 1
        return str(id)

    def put(
        self,
        kind: str,
        value: JsonObject,
        *,
        changes: str = "",
        by: str = "",
        details: str = "",
        is_untold: bool = False,
    ) -> JsonObject:
        """Write an object: a new one gets an id, each the present time.

        Shape:    ``changes`` adds a line of history; ``by`` is the person who did it by hand, else the application did.
                  ``is_untold``: its time stays.
        """
        key = KINDS[kind].id
        old = self._objects[kind].get(value.get(key, ""))
        if old is None:
            value.setdefault(key, self.new_id())
            value["IsByHand"] = bool(by)
        if old is None or not is_untold:
            value["UpdatedDateUTC"] = self.clock.now().isoformat(timespec="milliseconds")
        self._write(kind, value)
        if changes:
            self.note(kind, value[key], changes=changes, by=by or self.settings.user, details=details)
        return value

    def remove(self, kind: str, id: str) -> None:
        """Take an object away altogether, as only unused accounts are."""
        self._erase(kind, id)

    def history(self, kind: str, id: str) -> list[HistoryRecord]:
        """Give an object's history, oldest first."""
        return self._history.get(f"{kind}/{id}", [])

    def note(self, kind: str, id: str, *, changes: str, by: str, details: str = "") -> HistoryRecord:
        """Add a line to an object's history."""
        at = self.clock.now().isoformat(timespec="milliseconds")
        record = HistoryRecord(changes=changes, at=at, user=by, details=details)
        records = self._history.setdefault(f"{kind}/{id}", [])
        records.append(record)
        self._unsaved[f"history/{kind}/{id}"] = msgspec.json.encode(records).decode()
        return record

    def _counters(self) -> Mapping[str, str]:
        return {"next_id": str(self._next_id)}

    def _restored(self, what: str, name: str, text: str) -> None:
        if what == "history":
            self._history[name] = msgspec.json.decode(text, type=list[HistoryRecord])
        else:
            self._next_id = int(text)

    def _changed(self, kind: str, old: JsonObject | None, new: JsonObject | None) -> None:
        if number := KINDS[kind].number:
            self._renumber(kind, number, old, new)
        if kind in _CODED:
            self._codes.pop((kind, (old or {}).get("Code", "")), None)
            if new and new.get("Code"):
                self._codes[kind, new["Code"]] = self.id_of(kind, new)
        if new and old is None:
            for key in _LINKS.get(kind, ()):
                self._links.setdefault((kind, new[key]), []).append(self.id_of(kind, new))

    def _renumber(self, kind: str, number: str, old: JsonObject | None, new: JsonObject | None) -> None:
        given = new.get(number) if new else None
        if old and old.get(number) != given:
            self._numbers.pop((kind, old["Type"], old.get(number, "")), None)
        if new and given:
            self._numbers.setdefault((kind, new["Type"], given), self.id_of(kind, new))
