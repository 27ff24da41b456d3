"""One company's books: settings, objects, deletions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from bridge.sandbox import Books, BookSettings, SandboxClock, Shelf
from bridge_quickbooks_sandbox.kinds import KINDS
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, stamp

__all__ = ["Company", "CompanySettings", "Deletion"]

_USER_OF_THE_APP = "9130000000000000001"


class CompanySettings(BookSettings, forbid_unknown_fields=True):
    """What a company is, and how it is told to behave. The admin door sets these.

    Shape:    ``request_ids``: ``replay`` gives a repeat its first answer, ``forget`` remembers none, ``refuse``
              answers a repeat with 600. ``batch_repeats``: a repeat of a batch gets its ``first`` answer, or 6000 in
              each item. ``batch_order``: in which order the items of a batch are answered.
              ``index_delay_reads``: a new object stays out of that many queries.
              ``sales_tax_rate``: per cent by which the company's own tax engine replaces the tax we send.
              ``recalculates_vat``: outside the United States, work VAT out of each inclusive amount, whatever split
              was sent. ``class_per_transaction``: one class a form, in its head, instead of one a line.
              ``currencies``: those in use besides its own, where it has several. ``rates``: its own for one unit of a
              currency, ``EUR=1.09``, or on a day, ``EUR 2026-06-30=1.11``. ``uses_sales_tax``: whether it says that it
              is registered for its country's tax. ``refused_kinds``: what its plan has none of, or the person who let
              the app in may not see. ``refused_code``: how that is said (4000, 4001: no such query; 5020, 3100: no
              permission). ``tells_merges``: whether what is on an account, or names an item, counts as changed when
              that is merged into another, or an item goes to another account; that is not documented.
    """

    name: str = "Sandbox Company"
    home_currency: str = "USD"
    country: str = "US"
    chart: Literal["recommended", "system"] = "recommended"
    multi_currency: bool = False
    book_close_date: str = ""
    custom_txn_numbers: bool = True
    warn_duplicate_journal_numbers: bool = True
    track_classes: bool = False
    class_per_transaction: bool = False
    track_departments: bool = False
    is_active: bool = True
    language: Literal["en", "fr"] = "en"
    index_delay_reads: int = 0
    request_ids: Literal["replay", "forget", "refuse"] = "replay"
    batch_repeats: Literal["first", "6000"] = "first"
    batch_order: Literal["kept", "reversed"] = "kept"
    duplicate_code: Literal["6140", "6210"] = "6140"
    closed_code: Literal["6200", "6210"] = "6210"
    sales_tax_rate: str = ""
    recalculates_vat: bool = False
    currencies: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    uses_sales_tax: bool = True
    refused_kinds: tuple[str, ...] = ()
    refused_code: Literal["4000", "4001", "5020", "3100"] = "4001"
    tells_merges: bool = False


class Deletion(msgspec.Struct, frozen=True):
    """What is left of a deleted object: enough for change data capture."""

    kind: str
    id: str
    at: datetime


class Company(Books[CompanySettings]):
    """One company; its account is its realm."""

    noun = "company"
    kinds = KINDS
    settings_type = CompanySettings
    accounts, number, currency_setting = "Account", "AcctNum", "home_currency"

    def __init__(self, realm: str, settings: CompanySettings, *, clock: SandboxClock, shelf: Shelf) -> None:
        super().__init__(realm, settings, clock=clock, shelf=shelf)
        self.deletions: list[Deletion] = []
        self._numbers: dict[tuple[str, str], dict[str, str]] = {}
        self._next_ids: dict[str, int] = {}
        self._hidden: dict[tuple[str, str], int] = {}

    def id_of(self, kind: str, value: JsonObject) -> str:
        """Give an object's id, or "" where it has none yet."""
        return str(value.get("Id", ""))

    def put(self, kind: str, value: JsonObject, *, by: str = _USER_OF_THE_APP, is_untold: bool = False) -> JsonObject:
        """Write an object: a new one gets id and token, an old one the next token; both the present time.

        Shape:    ``is_untold``: an old one keeps its token and its time.
        """
        old = self._objects[kind].get(value.get("Id", ""))
        now = stamp(self.clock.now())
        if old is None:
            value["Id"] = self._next_id(kind)
            value["SyncToken"] = "0"
            created = now
            if not KINDS[kind].is_list:
                self._hidden[kind, value["Id"]] = self.settings.index_delay_reads
        else:
            value["SyncToken"] = str(int(old["SyncToken"]) + 1)
            created = old["MetaData"]["CreateTime"]
        value["MetaData"] = {
            "CreateTime": created,
            "LastModifiedByRef": {"value": by},
            "LastUpdatedTime": now,
        }
        if old is not None and is_untold:
            value |= {name: old[name] for name in ("SyncToken", "MetaData")}
        self._write(kind, value)
        return value

    def delete(self, kind: str, id: str) -> None:
        """Take an object away; only change data capture still knows it."""
        self._erase(kind, id)
        deletion = Deletion(kind, id, self.clock.now())
        self.deletions.append(deletion)
        self._unsaved[f"deletion/{len(self.deletions):08d}"] = msgspec.json.encode(deletion).decode()

    def holders(self, series: str, number: str) -> dict[str, str]:
        """Give the ids that hold a document number in a series, each with its kind."""
        return self._numbers.get((series, number), {})

    def check_shown(self, kind: str) -> None:
        """Refuse a kind that the plan has none of, or that is not shown to the person who let the app in.

        Raises:   RefusalError with the code that the settings say.
        """
        code = self.settings.refused_code
        if kind not in self.settings.refused_kinds:
            return
        if code == "3100":
            raise RefusalError(code, f"{kind} is not shown to this user.", status=403, kind="AUTHORIZATION")
        said = "You do not have permission to see" if code == "5020" else "QueryValidationError: not supported:"
        raise RefusalError(code, f"{said} {kind}")

    def is_in_index(self, kind: str, id: str) -> bool:
        """Tell whether a query sees an object yet."""
        return self._hidden.get((kind, id), 0) <= 0

    def count_query(self, kind: str) -> None:
        """Let the index catch up by one read."""
        for key in [key for key in self._hidden if key[0] == kind]:
            self._hidden[key] -= 1
            if self._hidden[key] <= 0:
                del self._hidden[key]

    def _counters(self) -> Mapping[str, str]:
        return {"next_ids": msgspec.json.encode(self._next_ids).decode()}

    def _restored(self, what: str, name: str, text: str) -> None:
        if what == "deletion":
            self.deletions.append(msgspec.json.decode(text, type=Deletion))
        else:
            self._next_ids = msgspec.json.decode(text, type=dict[str, int])

    def _changed(self, kind: str, old: JsonObject | None, new: JsonObject | None) -> None:
        series = KINDS[kind].numbers
        if series and old and old.get("DocNumber"):
            self._numbers[series, old["DocNumber"]].pop(old["Id"], None)
        if series and new and new.get("DocNumber"):
            self._numbers.setdefault((series, new["DocNumber"]), {})[new["Id"]] = kind

    def _next_id(self, kind: str) -> str:
        """Number transactions in one series from 101, each list in its own from 1."""
        series = kind if KINDS[kind].is_list else "transactions"
        id = self._next_ids.get(series, 1 if KINDS[kind].is_list else 101)
        self._next_ids[series] = id + 1
        return str(id)
