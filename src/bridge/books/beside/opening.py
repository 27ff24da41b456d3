"""What was there before a route's first day, item by item, and the one journal a currency that opens the books with it.

Pure. Amounts are debit positive: an item is what stood on an account at the beginning of that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from bridge.books.engine.bank import name_of
from bridge.books.engine.legs import closing
from bridge.model.chart import OPENING_CLEARING
from bridge.model.connections import Route, TenderClass
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import FIRST_DAY, OPENING_ITEM, OPENING_STATED, Half, JournalEntry, Mode, Purpose, Slot
from bridge.model.findings import UNEXPLAINED, Finding, Severity
from bridge.model.money import NOT_KNOWN, decimal_text
from bridge.model.periods import arrival_day, bank_days, local_day
from bridge.model.slots import FirstDayPart, compose
from bridge.model.tenders import LATE_AFTER

DIFFERS = "books.opening_differs"
ARRIVED = ("", "paid")
"""What channels say of a payout that is not on its way, and has not failed: of any other the money is still to come."""
_MOMENT = timedelta(seconds=1)


class Way(StrEnum):
    """How an item comes into the books.

    journal: by the opening journal. document: by the channel's own, whose lines from before the first day go to 1285.
    none: it is told, and moves no money.
    """

    JOURNAL = "journal"
    DOCUMENT = "document"
    NONE = "none"


class Item(msgspec.Struct, frozen=True):
    """One thing that was there before the first day.

    account: a number of the route's chart. amount_minor: on it, debit positive. on: the day that says so, or on which
    it is settled. source: the document, the reading of the channel's figures, or the statement that it stands in.
    """

    what: str
    account: str
    amount_minor: int
    currency: str
    on: date
    source: str
    way: Way = Way.JOURNAL


class Untold(msgspec.Struct, frozen=True):
    """Something that may have been there and that the channel does not tell. why: and what a person does about it."""

    what: str
    why: str


class Opening(msgspec.Struct, frozen=True):
    """The first day of a route as it is known now.

    currency:   the ledger's, in which the clearing account's opening is stated.
    stated_minor: what the ledger holds on the clearing account by itself, as the route states it. unexplained_minor:
                what the last check of the ledger found there beside it. brought_minor: what the journal adds to that.
    items_minor: what the items on the clearing account come to, in that currency.
    journal: the entries that it proposes, one a currency. accepted_by: who accepted it; empty while nobody did.
    """

    route: str
    first_day: date
    clearing: str
    currency: str
    stated_minor: int
    unexplained_minor: int
    brought_minor: int
    items_minor: int
    items: tuple[Item, ...]
    journal: tuple[JournalEntry, ...] = ()
    untold: tuple[Untold, ...] = ()
    accepted_by: str = ""

    @property
    def opening_minor(self) -> int:
        """What the ledger holds on the clearing account at the beginning of the day, with the journal."""
        return self.stated_minor + self.unexplained_minor + self.brought_minor

    @property
    def differs(self) -> bool:
        """Whether the clearing account does not open with what was there."""
        return self.opening_minor != self.items_minor

    def text(self, minor: int) -> str:
        """An amount on the clearing account, for people."""
        if self.currency == NOT_KNOWN:
            return "an amount in the ledger's currency, which is not known yet"
        return f"{decimal_text(minor, self.currency)} {self.currency}"


def in_transit(documents: Iterable[Document], route: Route, known: Collection[str]) -> Iterator[Item]:
    """What payouts from before bring to the bank on the first day or later, and what is then owed to the channel.

    documents: settlements and payouts that closed before the first day. known: what is accepted already.
    A settlement that ends in debt is paid by the next, whose row says so on the day it begins: where that is before the
    first day it is from before, like all its rows.
    """
    for document in documents:
        is_debt = _is_debt(document)
        what = f"{name_of(document)}: {'debt that the next takes' if is_debt else 'on its way to the bank'}"
        if document.total_minor and (what in known or _is_open(document, route)):
            on = route.first_day if is_debt else arrival_day(document, route.time_zone)
            yield Item(what, route.clearing, document.total_minor, document.currency, on, name_of(document))


def perhaps_in_transit(documents: Iterable[Document], route: Route) -> Iterator[Document]:
    """Payouts of the last days before of which the channel says that they are paid, and not when.

    One that would be late by the first day has come.
    """
    after = LATE_AFTER[TenderClass.MARKETPLACE_PAYOUT]
    for document in documents:
        is_dated_by_day = document.pays_at == document.closed_at and not _is_open(document, route)
        days = bank_days(arrival_day(document, route.time_zone), route.first_day)
        if is_dated_by_day and document.total_minor and (after is None or days <= after):
            yield document


def _is_debt(document: Document) -> bool:
    return document.identity.kind is DocumentKind.SETTLEMENT and document.total_minor < 0


def _is_open(document: Document, route: Route) -> bool:
    if _is_debt(document):
        return local_day(document.closed_at + _MOMENT, route.time_zone) >= route.first_day
    return document.status not in ARRIVED or arrival_day(document, route.time_zone) >= route.first_day


def stated(route: Route) -> Iterator[Item]:
    """What a person states on the route."""
    for one in route.opening_items:
        source = f"opening_items of route {route.name}"
        yield Item(one.what, one.account, one.amount_minor, one.currency, route.first_day, source)


def on_clearing(items: Iterable[Item], route: Route, currency: str) -> int:
    """What the items on the clearing account come to, of one currency."""
    return sum(
        item.amount_minor
        for item in items
        if item.way is Way.JOURNAL and item.account == route.clearing and item.currency == currency
    )


def slot(route: Route, currency: str) -> Slot:
    return Slot(route.route_id, Mode.PAYOUT, FIRST_DAY, compose(FirstDayPart(currency)))


def entries(items: Iterable[Item], route: Route, currency: str) -> Iterator[JournalEntry]:
    """The opening journal, one a currency, each as the first of its slot: every item against 1285.

    currency: the ledger's. What the ledger holds of the clearing account already (``opening``) is taken apart into its
    items, and not brought again.
    """
    journal = [item for item in items if item.way is Way.JOURNAL]
    for each in sorted({item.currency for item in journal}):
        of_currency = [item for item in journal if item.currency == each]
        already = route.opening_minor if each == currency else 0
        yield _entry(of_currency, already, route, each)


def _entry(items: Sequence[Item], already_minor: int, route: Route, currency: str) -> JournalEntry:
    total = sum(item.amount_minor for item in items) - already_minor
    legs = [(item.account, OPENING_ITEM, item.amount_minor, item.what, Half.NONE) for item in items]
    legs += [(route.clearing, OPENING_STATED, -already_minor, "In the ledger already", Half.NONE)]
    legs += [(OPENING_CLEARING, OPENING_ITEM, -total, f"What was there before {route.first_day}", Half.NONE)]
    return JournalEntry(
        slot=slot(route, currency),
        number=1,
        document_id="",
        revision=0,
        booked_on=route.first_day,
        currency=currency,
        narration=f"Opening of {route.name}, {currency}",
        postings=tuple(closing(legs, 0)),
        rule_version=0,
        content_hash="",
        plugin_version="",
        purpose=Purpose.JOURNAL,
    )


def brought(standing: Iterable[JournalEntry], route: Route, currency: str) -> int:
    """What journals add to the clearing account, of one currency."""
    return sum(
        posting.amount_minor
        for entry in standing
        if entry.currency == currency
        for posting in entry.postings
        if posting.account == route.clearing
    )


def unexplained(findings: Iterable[Finding]) -> int:
    """What the ledger was found to hold on the route's own clearing account beside its opening and its moves."""
    return sum(one.amount_minor for one in findings if one.code == UNEXPLAINED and one.severity is Severity.ERROR)


def differing(opening: Opening, route: Route) -> Finding:
    """The finding of a clearing account that does not open with what was there."""
    opens_minor = opening.stated_minor + opening.brought_minor
    opens, items = opening.text(opens_minor), opening.text(opening.items_minor)
    return Finding(
        code=DIFFERS,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=f"{route.name} {route.first_day}",
        title=f"{route.name}: the clearing account opens with {opens}, and what was there comes to {items}",
        amount_minor=opens_minor - opening.items_minor,
        currency=opening.currency,
        cause="An item is not known or not accepted yet, or `opening` is not what the ledger held",
        repair=f"Run `bridge routes opening {route.name}`, which lists the items and says what to do",
        evidence=(("clearing", items, opens),),
    )
