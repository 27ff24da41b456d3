"""One organisation's books: settings, objects, their history, and answers remembered by idempotency key."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from bridge.sandbox import Books, BookSettings, SandboxClock, Shelf
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.wire import JsonObject, encode, load

__all__ = ["HistoryRecord", "Organisation", "OrganisationSettings", "Replay"]

# What payments and allocations belong to.
_LINKS = {"Payments": ("DocumentID",), "Allocations": ("CreditNoteID", "InvoiceID")}
_NAMESPACE = uuid.UUID("6f0b5a52-64a5-5d3c-9c8e-0f6e6a6c7d10")


class OrganisationSettings(BookSettings, forbid_unknown_fields=True):
    """What an organisation is, and how it is told to behave. The admin door sets these.

    Shape:    ``currencies`` are those subscribed besides the base currency. ``adviser``: whether the connection was
              authorised by an adviser, whom the period lock does not bind. ``tracking`` maps a category to its options.
              ``sales_tax_rates``: name to per cent, of rates on sales that the organisation made for itself.
              ``idempotency``: ``replay`` gives a repeat its first answer, ``forget`` remembers none.
    """

    name: str = "Sandbox Organisation"
    base_currency: str = "GBP"
    country: str = "GB"
    chart: Literal["recommended", "system"] = "recommended"
    currencies: list[str] = msgspec.field(default_factory=list)
    tracking: dict[str, list[str]] = msgspec.field(default_factory=dict)
    sales_tax_rates: dict[str, str] = msgspec.field(default_factory=dict)
    period_lock_date: str = ""
    end_of_year_lock_date: str = ""
    adviser: bool = False
    user: str = "Robin Owner"
    time_zone: str = "GMTSTANDARDTIME"
    financial_year_end_month: int = 12
    financial_year_end_day: int = 31
    idempotency: Literal["replay", "forget"] = "replay"


class HistoryRecord(msgspec.Struct, frozen=True):
    """One line of an object's history: what was done, when, by whom."""

    changes: str
    at: str
    user: str
    details: str = ""


class Replay(msgspec.Struct, frozen=True):
    """The answer an idempotency key got, when, and a fingerprint of what had been asked."""

    asked: str
    at: datetime
    status: int
    body: str
    content_type: str


class Organisation(Books[OrganisationSettings, Replay]):
    """One organisation; its account is its tenant id."""

    noun = "organisation"
    settings_type = OrganisationSettings

    def __init__(self, tenant: str, settings: OrganisationSettings, *, clock: SandboxClock, shelf: Shelf) -> None:
        super().__init__(tenant, settings, KINDS, clock=clock, shelf=shelf)
        self.balances_by_day: dict[tuple[str, str], tuple[int, dict[str, int]]] = {}
        self._history: dict[str, list[HistoryRecord]] = {}
        self._numbers: dict[tuple[str, str, str], str] = {}
        self._codes: dict[str, str] = {}
        self._links: dict[tuple[str, str], list[str]] = {}
        self._places: dict[str, str] = {}
        self._next_id = 1

    def get(self, kind: str, id: str) -> JsonObject | None:
        """Give an object, or None."""
        return self._objects[kind].get(id.lower())

    def count(self, kind: str) -> int:
        """Count the objects of a kind."""
        return len(self._objects[kind])

    def numbered(self, kind: str, type_: str, number: str) -> JsonObject | None:
        """Give the object of a kind and type that holds a number, or None."""
        return self._objects[kind].get(self._numbers.get((kind, type_, number), ""))

    def account(self, code: str) -> JsonObject | None:
        """Give the account with a code, or None."""
        return self._objects["Accounts"].get(self._codes.get(code, ""))

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

    def put(self, kind: str, value: JsonObject, *, changes: str = "", by: str = "", details: str = "") -> JsonObject:
        """Write an object: a new one gets an id, each the present time.

        Shape:    ``changes`` adds a line of history; ``by`` is the person who did it by hand, else the application did.
        """
        key = KINDS[kind].id
        old = self._objects[kind].get(value.get(key, ""))
        if old is None:
            value.setdefault(key, self.new_id())
            value["IsByHand"] = bool(by)
        value["UpdatedDateUTC"] = self.clock.now().isoformat(timespec="milliseconds")
        self._keep(kind, value)
        self._unsaved[self._place(kind, value[key])] = encode(value).decode()
        if changes:
            self.note(kind, value[key], changes=changes, by=by or self.settings.user, details=details)
        return value

    def remove(self, kind: str, id: str) -> None:
        """Take an object away altogether, as only unused accounts are."""
        gone = self._objects[kind].pop(id)
        if kind == "Accounts":
            self._codes.pop(gone.get("Code", ""), None)
        self.version += 1
        self._unsaved[self._place(kind, id)] = None

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

    def forget(self, key: str) -> None:
        """Drop what an idempotency key got."""
        del self.replays[key]
        self._unsaved[f"replay/{key}"] = None

    def _counters(self) -> Mapping[str, str]:
        return {"next_id": str(self._next_id)}

    def _restored(self, saved: dict[str, str]) -> None:
        self._next_id = int(saved.pop("next_id"))
        for key, text in saved.items():
            what, _, name = key.partition("/")
            if what == "object":
                kind = name.partition("/")[0]
                value = load(text)
                self._places[value[KINDS[kind].id]] = key
                self._keep(kind, value)
            elif what == "history":
                self._history[name] = msgspec.json.decode(text, type=list[HistoryRecord])
            else:
                self.replays[name] = msgspec.json.decode(text, type=Replay)

    def _place(self, kind: str, id: str) -> str:
        """Give the key an object is saved under; keys in order are objects in order."""
        return self._places.setdefault(id, f"object/{kind}/{len(self._places):09d}")

    def _keep(self, kind: str, value: JsonObject) -> None:
        id = value[KINDS[kind].id]
        old = self._objects[kind].get(id)
        number = KINDS[kind].number
        if number and old is not None and old.get(number) != value.get(number):
            self._numbers.pop((kind, old["Type"], old.get(number, "")), None)
        if number and value.get(number):
            self._numbers.setdefault((kind, value["Type"], value[number]), id)
        if kind == "Accounts":
            if old is not None:
                self._codes.pop(old.get("Code", ""), None)
            if value.get("Code"):
                self._codes[value["Code"]] = id
        if old is None:
            for key in _LINKS.get(kind, ()):
                self._links.setdefault((kind, value[key]), []).append(id)
        self._objects[kind][id] = value
        self.version += 1
