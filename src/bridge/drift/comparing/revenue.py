"""Pure: whether what somebody entered is a sale of ours again, and how surely that is known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date

import msgspec

from bridge.drift.sides import Snapshot
from bridge.model.documents import DocumentKind, DocumentState, called
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.lines import TENDER
from bridge.model.periods import closing_day, local_day
from bridge.model.recognition import counts_at
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import KeptDocument

# A number of so many digits names one thing; a shorter one may be anybody's: merchants number from 1001 too.
TELLING_DIGITS = 8
_TOKEN = re.compile(r"#?\w+(?:-\w+)*")
_NAMED = frozenset({DocumentKind.ORDER, DocumentKind.SETTLEMENT, DocumentKind.PAYOUT})
_Day = tuple[date, str, int]


class Again(msgspec.Struct, frozen=True):
    """A sale of ours that somebody entered again.

    what:    our document or entry, as people call it; empty where only its customer is known. by: what gives it away.
    is_sure: otherwise only its day and its amount are alike, and a person must look.
    minor:   the revenue that it posts, positive, in its currency.
    """

    what: str
    by: str
    is_sure: bool
    minor: int


class Sales:
    """The sales of the checked route that some objects of others may be again, by all that gives one away.

    What was taken back, or is ``lost`` in the ledger, is entered anew by right, and is no sale to be compared.
    Memory: of the sales only what one of these objects names, or is of the same day and amount. Where none of them
    sells anything, nothing is read.
    """

    def __init__(self, now: Snapshot, copies: Iterable[LedgerCopy], lost: Collection[str]) -> None:
        self._now, self._chart, self._lost = now, now.chart, lost
        selling = [copy for copy in copies if self._earns(copy) > 0]
        self._words = frozenset(word for copy in selling for word in _words_of(copy))
        self._wanted = frozenset(
            (copy.dated_on, copy.currency, minor) for copy in selling for minor in self._amounts(copy)
        )
        self._names: dict[str, str] = {}
        self._numbers: dict[tuple[str, int], str] = {}
        self._days: dict[_Day, str] = {}
        if selling:
            self._read_entries()
            self._read_documents()

    def again(self, copy: LedgerCopy) -> Again | None:
        """The sale of ours that one of the objects is again; None where it sells nothing, or something else.

        It sells where it touches an income account that ours go to, and income rises by it: what only moves revenue
        between accounts sells nothing.
        """
        minor = self._earns(copy)
        if minor <= 0:
            return None
        amounts = self._amounts(copy)
        alike = next((what for one in amounts if (what := self._days.get((copy.dated_on, copy.currency, one)))), "")
        if what := self._named(copy, amounts):
            return Again(what, f"it names {what}", is_sure=True, minor=minor)
        if not copy.contacts.isdisjoint(self._now.scope.seen.contacts):
            return Again(alike, "it is made out to the customer that bridge sells to", is_sure=True, minor=minor)
        return (
            Again(alike, f"it is of the same day and amount as {alike}", is_sure=False, minor=minor) if alike else None
        )

    def _earns(self, copy: LedgerCopy) -> int:
        """The revenue that it posts beside ours; nothing where it leaves the accounts of our sales alone."""
        if not any(line.account_id in self._chart.sold for line in copy.lines):
            return 0
        return -sum(line.amount_minor for line in copy.lines if line.account_id in self._chart.income)

    def _amounts(self, copy: LedgerCopy) -> frozenset[int]:
        """What it may be compared by: its revenue, and what was paid, or is owed, for it."""
        owed = (
            line.amount_minor
            for line in copy.lines
            if line.amount_minor > 0 and line.account_id not in self._chart.sections
        )
        return frozenset({self._earns(copy), sum(owed)})

    def _named(self, copy: LedgerCopy, amounts: Collection[int]) -> str:
        """Our document that its number, its memo or one of its lines names."""
        words = list(_words_of(copy))
        sure = next((what for word in words if (what := self._names.get(word))), "")
        return sure or next((what for word in words for one in amounts if (what := self._numbers.get((word, one)))), "")

    def _read_entries(self) -> None:
        """Our entries by day, currency and each amount that a form for the same would come to."""
        for kept in self._now.unit.entries.of_route(self._now.route.route_id):
            entry = kept.entry
            if any((entry.booked_on, entry.currency, minor) in self._wanted for minor in self._comes_to(entry)):
                for minor in self._comes_to(entry) if self._stands(entry.entry_id) else ():
                    self._days.setdefault((entry.booked_on, entry.currency, minor), f"'{entry.narration}'")

    def _comes_to(self, entry: JournalEntry) -> frozenset[int]:
        return self._sold(entry) | _received(entry)

    def _read_documents(self) -> None:
        """Our documents by the names that somebody gives, and by their day and amount."""
        told, zone = self._now.ours, self._now.route.time_zone
        fallen = {entry.document_id for name, entry in told.entries.items() if not self._stands(name)}
        for kept in self._now.documents:
            document, kind = kept.document, kept.document.identity.kind
            if kept.state is not DocumentState.BOOKED or kind not in _NAMED or document.document_id in fallen:
                continue
            if names := [name for name in _names_of(kept) if {name, name.removeprefix("#")} & self._words]:
                self._name(kept, names)
            is_order = kind is DocumentKind.ORDER
            at = counts_at(document, self._now.route) or document.closed_at
            on = local_day(at, zone) if is_order else closing_day(document, zone)
            day = on, document.currency, document.total_minor
            if day in self._wanted and kind is not DocumentKind.PAYOUT and document.total_minor > 0:
                self._days.setdefault(day, _called(kept))

    def _name(self, kept: KeptDocument, names: Iterable[str]) -> None:
        """A document by names that nobody else gives; else by its number with its total, or with its revenue."""
        document, called_so = kept.document, _called(kept)
        totals = {document.total_minor, self._sold_by(document.document_id)} - {0}
        for name in names:
            if _is_telling(name):
                self._names[name] = called_so
            self._numbers |= {(name.removeprefix("#"), total): called_so for total in totals}

    def _sold_by(self, document_id: str) -> int:
        """The revenue of the last entry of a document of its own; zero where it has none."""
        entries = [kept.entry for kept in self._now.unit.entries.of_document(document_id) if kept.is_live]
        mine = [entry for entry in entries if entry.slot.route_id == self._now.route.route_id]
        standing = [entry for entry in mine if self._stands(entry.entry_id)]
        return max(self._sold(standing[-1]), default=0) if standing else 0

    def _stands(self, entry_id: str) -> bool:
        deliveries = self._now.ours.of_entry.get(entry_id, ())
        return not any(one.is_taken_back or one.ref in self._lost for one in deliveries)

    def _sold(self, entry: JournalEntry) -> frozenset[int]:
        """What an entry earns, with its refunds and without, where it is more than nothing."""
        told = self._now.ours
        accounts = told.accounts(told.place(entry.entry_id))
        earning = [one for one in entry.postings if accounts.get(one.account) in self._chart.income]
        net = -sum(one.amount_minor for one in earning)
        gross = -sum(one.amount_minor for one in earning if one.half is not Half.REFUND)
        return frozenset(one for one in (net, gross) if one > 0)


def _received(entry: JournalEntry) -> frozenset[int]:
    """What buyers paid by an order's or a day's entry, where that is more than nothing."""
    if entry.purpose not in (Purpose.ORDER, Purpose.DAY):
        return frozenset()
    paid = [posting for posting in entry.postings if posting.kind == TENDER]
    sales = (posting for posting in paid if posting.half is Half.SALE)
    sums = (sum(posting.amount_minor for posting in some) for some in (paid, sales))
    return frozenset(one for one in sums if one > 0)


def _called(kept: KeptDocument) -> str:
    identity = kept.document.identity
    return called(identity.kind, identity.external_id, kept.document.title)


def _names_of(kept: KeptDocument) -> Iterator[str]:
    """What people write to name it: the channel's id, and of an order what the channel calls it for its buyer."""
    document = kept.document
    names = [document.identity.external_id]
    if document.identity.kind is DocumentKind.ORDER:
        names += [word for word in document.title.split() if word == document.title or word.startswith("#")]
    return _words(names)


def _is_telling(name: str) -> bool:
    """Whether nobody else gives that name by chance: a number with a sign or letters, or of so many digits."""
    is_number = any(letter.isdigit() for letter in name)
    return is_number and (not name.isdecimal() or len(name) >= TELLING_DIGITS)


def _words_of(copy: LedgerCopy) -> Iterator[str]:
    return _words((copy.number, copy.memo, *(line.description for line in copy.lines)))


def _words(texts: Iterable[str]) -> Iterator[str]:
    """The names that may be in texts: words and numbers, a sign before them and hyphens between them kept."""
    return (word.casefold() for text in texts for word in _TOKEN.findall(text))
