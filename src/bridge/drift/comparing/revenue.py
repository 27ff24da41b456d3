"""Pure: whether what somebody entered is a sale of ours again, and how surely that is known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import msgspec

from bridge.drift.sides import Chart, Told
from bridge.model.documents import DocumentKind, DocumentState, called
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.lines import TENDER
from bridge.model.periods import closing_day, local_day
from bridge.model.vouchers import LedgerCopy, LedgerLine
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


class Sales(msgspec.Struct, frozen=True, dict=True):
    """The sales of one route, by all that gives one away.

    contacts: customers that bridge sells to, by ledger id. lost: objects of ours that do not count in the ledger.
    What was taken back, or is lost there, is entered anew by right, and is no sale to be compared.
    """

    told: Told
    documents: Sequence[KeptDocument]
    chart: Chart
    contacts: Collection[str]
    lost: Collection[str]

    def again(self, copy: LedgerCopy) -> Again | None:
        """The sale of ours that an object of others is again; None where it sells nothing, or something else.

        It sells where it touches an income account that ours go to, and income rises by it: what only moves revenue
        between accounts sells nothing.
        """
        minor = -sum(line.amount_minor for line in copy.lines if line.account_id in self.chart.income)
        if minor <= 0 or not any(line.account_id in self.chart.sold for line in copy.lines):
            return None
        amounts = {minor, sum(line.amount_minor for line in copy.lines if self._is_owed(line))}
        alike = next((what for one in amounts if (what := self._days.get((copy.dated_on, copy.currency, one)))), "")
        if what := self._named(copy, amounts):
            return Again(what, f"it names {what}", is_sure=True, minor=minor)
        if not copy.contacts.isdisjoint(self.contacts):
            return Again(alike, "it is made out to the customer that bridge sells to", is_sure=True, minor=minor)
        return (
            Again(alike, f"it is of the same day and amount as {alike}", is_sure=False, minor=minor) if alike else None
        )

    def _is_owed(self, line: LedgerLine) -> bool:
        """Whether the line is what was paid, or is owed, for what is sold."""
        return line.amount_minor > 0 and line.account_id not in self.chart.sections

    def _named(self, copy: LedgerCopy, amounts: Collection[int]) -> str:
        """Our document that its number, its memo or one of its lines names."""
        words = list(_words((copy.number, copy.memo, *(line.description for line in copy.lines))))
        sure = next((what for word in words if (what := self._names.get(word))), "")
        return sure or next((what for word in words for one in amounts if (what := self._numbers.get((word, one)))), "")

    @cached_property
    def _standing(self) -> Sequence[JournalEntry]:
        return [entry for entry in self.told.entries.values() if self._stands(entry)]

    def _stands(self, entry: JournalEntry) -> bool:
        deliveries = self.told.of_entry.get(entry.entry_id, ())
        return not any(one.is_taken_back or one.ref in self.lost for one in deliveries)

    @cached_property
    def _documents(self) -> Sequence[KeptDocument]:
        """Those in the books of which all that stands by itself stands."""
        fallen = self.told.entries.keys() - {entry.entry_id for entry in self._standing}
        gone = {self.told.entries[entry_id].document_id for entry_id in fallen}
        return [
            kept
            for kept in self.documents
            if kept.state is DocumentState.BOOKED
            and kept.document.identity.kind in _NAMED
            and kept.document.document_id not in gone
        ]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Our documents by names that nobody else gives."""
        return {name: _called(kept) for kept in self._documents for name in _names_of(kept) if _is_telling(name)}

    @cached_property
    def _numbers(self) -> Mapping[tuple[str, int], str]:
        """Our orders by a short number and their total, and their revenue where they are entries of their own."""
        found: dict[tuple[str, int], str] = {}
        for kept in self._documents:
            document = kept.document
            totals = {document.total_minor, self._sold_by_document.get(document.document_id, 0)} - {0}
            for name in _names_of(kept):
                found |= {(name.removeprefix("#"), total): _called(kept) for total in totals}
        return found

    @cached_property
    def _days(self) -> Mapping[_Day, str]:
        """Our documents and entries by day, currency and each amount that a form for the same would come to."""
        zone = self.told.route.time_zone
        found: dict[_Day, str] = {}
        for entry in self._standing:
            for minor in self._sold.get(entry.entry_id, frozenset()) | _received(entry):
                found.setdefault((entry.booked_on, entry.currency, minor), f"'{entry.narration}'")
        for kept in self._documents:
            document = kept.document
            is_order = document.identity.kind is DocumentKind.ORDER
            on = local_day(document.paid_at or document.closed_at, zone) if is_order else closing_day(document, zone)
            if document.identity.kind is not DocumentKind.PAYOUT and document.total_minor > 0:
                found.setdefault((on, document.currency, document.total_minor), _called(kept))
        return found

    @cached_property
    def _sold_by_document(self) -> Mapping[str, int]:
        entries = (entry for entry in self._standing if entry.document_id)
        return {entry.document_id: max(self._sold.get(entry.entry_id, ()), default=0) for entry in entries}

    @cached_property
    def _sold(self) -> Mapping[str, frozenset[int]]:
        """What each entry earns, with its refunds and without, where it is more than nothing."""
        net: dict[str, int] = defaultdict(int)
        gross: dict[str, int] = defaultdict(int)
        for account_id in self.told.postings.keys() & self.chart.income:
            for entry, posting in self.told.postings[account_id]:
                net[entry.entry_id] -= posting.amount_minor
                gross[entry.entry_id] -= posting.amount_minor if posting.half is not Half.REFUND else 0
        return {name: frozenset(one for one in (net[name], gross[name]) if one > 0) for name in net}


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


def _words(texts: Iterable[str]) -> Iterator[str]:
    """The names that may be in texts: words and numbers, a sign before them and hyphens between them kept."""
    return (word.casefold() for text in texts for word in _TOKEN.findall(text))
