"""What was captured of buyers against what came of it in a payout, where the channel converted in between.

Where both are in one currency, an order says what was captured and that the buyer paid in another, the row of a payout
what came of it. Where they differ the difference is booked against clearing on the day of the charge, or clearing would
never be even. Where no other currency was paid in, a difference is something else, and stays for the check for drift.

Where the payout is in another currency than the order, all of the charge was converted: two entries, one in each
currency, with 1295 between them, at the rate that the two amounts say. A payout that its bank converted, as a person
said, is the same of all of it: clearing then holds what arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

import msgspec

from bridge.books.engine import chains
from bridge.books.engine.arrived import arrivals
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.draft import Draft, vouchers_of
from bridge.books.engine.legs import closing
from bridge.books.engine.owing import owed
from bridge.books.engine.unit import write
from bridge.errors import StaleError
from bridge.model.arrivals import Arrival
from bridge.model.chart import CHANNEL_CURRENCY, CURRENCY_EXCHANGE, PAYOUT_FEES
from bridge.model.connections import Route
from bridge.model.documents import PAYING, Document, DocumentKind, DocumentState
from bridge.model.entries import (
    ARRIVAL_FEE,
    ARRIVAL_GAIN,
    EXCHANGE,
    SETTLEMENT_TOTAL,
    Half,
    JournalEntry,
    Mode,
    Purpose,
    Slot,
)
from bridge.model.lines import SETTLES, Line
from bridge.model.money import decimal_text
from bridge.model.periods import local_day
from bridge.model.rates import PLACES, rate_between, turned, value_at
from bridge.model.slots import ArrivedPart, ConvertedPart, ExchangePart, SlotPart, compose
from bridge.store.api import KeptDocument, Store, UnitOfWork

MOST = 10
"""A conversion takes at most a tenth."""
Amount = tuple[str, int]
"""A currency, and minor units of it."""


class Apart(msgspec.Struct, frozen=True):
    """What is booked between clearing and another account on one day. minor: what clearing gets.

    rate, rate_into: of one half of a conversion, as of an entry. fee_minor: what a bank kept of it. gain_minor: by how
    much it made more of it than it stood at.
    """

    part: SlotPart
    day: date
    currency: str
    minor: int
    against: str
    called: str
    words: str
    rate: str = ""
    rate_into: str = ""
    fee_minor: int = 0
    gain_minor: int = 0

    def is_as(self, entry: JournalEntry) -> bool:
        """Whether an entry is of the same day, and tells the same fee and gain."""
        return (entry.booked_on, _of(entry, PAYOUT_FEES), -_of(entry, CHANNEL_CURRENCY, self.against)) == (
            self.day,
            self.fee_minor,
            self.gain_minor,
        )


def book(store: Store, payouts: Iterable[str], basis: Basis, actor: str) -> None:
    """Book the differences of these payouts; what of them is no payout, or not booked, is left out.

    Twice: a second run changes nothing. An amount that changed is booked anew, or by a supplement where it was sent.
    """
    for document_id in sorted(payouts):
        _book(store, document_id, basis, actor)


def foreseen(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> tuple[JournalEntry, ...]:
    """What would be booked of a payout, were it looked at now."""
    return _draft(uow, kept, basis).entries


def _book(store: Store, document_id: str, basis: Basis, actor: str) -> None:
    """Of one payout; what somebody quicker changed meanwhile is looked at by the next run."""
    with store.reading() as uow:
        kept = uow.documents.latest(document_id)
        made = _draft(uow, kept, basis) if kept is not None and _is_looked_at(uow, kept) else None
    if made is not None and (made.entries or made.giving_way):
        with suppress(StaleError):
            write(store, made, basis, actor)


def _draft(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> Draft:
    """What is to be booked of a payout, by day, beyond what was sent; what is not sent gives way to it."""
    payout = kept.document
    words = arrivals(uow, [payout.document_id], basis)
    told = (*_told(uow, payout, basis.route), *_arrived(uow, payout, words.get(payout.document_id), basis))
    apart = {_slot(payout, basis.route, each.part): each for each in told}
    standing = chains.standing(uow, apart.keys())
    entries: list[JournalEntry] = []
    going: list[JournalEntry] = []
    for slot, each in sorted(apart.items(), key=lambda item: (item[1].day, item[0].part)):
        here = standing[slot]
        left = each.minor - sum(_booked(entry, each.against) for entry in here.stays)
        is_so = left == sum(_booked(entry, each.against) for entry in here.giving_way)
        if not (is_so and all(map(each.is_as, here.giving_way))):
            going += here.giving_way
            entries += [_entry(payout, here, each, left, basis)] if left else []
    due = owed(uow, entries, standing, lambda _: False, basis)
    return Draft(
        stands_on=basis.stands_on(uow),
        documents={payout.document_id: kept},
        words=words,
        standing=standing,
        giving_way=tuple(going),
        vouchers=vouchers_of(standing, going),
        entries=tuple(entries),
        deliveries=due.deliveries,
        findings=due.findings,
    )


def _slot(payout: Document, route: Route, part: SlotPart) -> Slot:
    return Slot(route.route_id, Mode.PAYOUT, payout.identity.external_id, compose(part))


def _entry(payout: Document, standing: Standing, apart: Apart, minor: int, basis: Basis) -> JournalEntry:
    sent = standing.chain.sent_before
    title, external_id = basis.ledger.source.title, payout.identity.external_id
    words = f"{apart.words}, payout {external_id}"
    fee = apart.fee_minor - sum(_of(entry, PAYOUT_FEES) for entry in standing.stays)
    gain = apart.gain_minor + sum(_of(entry, CHANNEL_CURRENCY, apart.against) for entry in standing.stays)
    legs = [
        (basis.route.clearing, EXCHANGE, minor - fee + gain, words, Half.NONE),
        (PAYOUT_FEES, ARRIVAL_FEE, fee, "Kept by the bank that converted it", Half.NONE),
        (CHANNEL_CURRENCY, ARRIVAL_GAIN, -gain, "What the bank made of it beside what it stood at", Half.NONE),
        (apart.against, EXCHANGE, -minor, words, Half.NONE),
    ]
    return JournalEntry(
        slot=standing.slot,
        number=standing.number(),
        document_id=payout.document_id,
        revision=payout.revision,
        booked_on=apart.day,
        currency=apart.currency,
        narration=f"{title} {apart.called} of {apart.day}, payout {external_id}"
        + (f", supplement {sent}" if sent else ""),
        postings=tuple(closing(legs, 0)),
        rule_version=basis.rulings.newest,
        content_hash=payout.content_hash,
        plugin_version=payout.plugin_version,
        sent_before=sent,
        purpose=Purpose.JOURNAL,
        rate=apart.rate,
        rate_into=apart.rate_into,
    )


def _is_looked_at(uow: UnitOfWork, kept: KeptDocument) -> bool:
    """Whether it is in the books, and holds charges that may have been converted, or somebody said something of it."""
    document = kept.document
    if document.identity.kind not in PAYING or kept.state is not DocumentState.BOOKED:
        return False
    return document.identity.kind is DocumentKind.PAYOUT or bool(uow.instructions.of_subject(document.document_id))


def _told(uow: UnitOfWork, payout: Document, route: Route) -> Iterator[Apart]:
    """What is booked of a payout's charges, where what was captured and what came of it are both known and booked."""
    if payout.identity.kind is not DocumentKind.PAYOUT:
        return
    charged: dict[str, list[Line]] = {}
    for page in uow.documents.lines(payout.document_id, payout.revision, kind=SETTLES):
        for line in page:
            if line.reference and local_day(line.occurred_at, route.time_zone) >= route.first_day:
                charged.setdefault(line.reference, []).append(line)
    connection_id = uow.connections.get(route.source).connection_id
    captured = uow.documents.converted(connection_id, sorted(charged), payout.currency)
    sums: dict[tuple[date, str], tuple[int, int]] = {}
    for reference, lines in charged.items():
        currency, minor = captured.get(reference, (payout.currency, 0))
        charged_minor, captured_minor = sum(line.amount_minor for line in lines), -minor
        if currency != payout.currency or _is_exchange(charged_minor, captured_minor):
            key = local_day(min(line.occurred_at for line in lines), route.time_zone), currency
            before = sums.get(key, (0, 0))
            sums[key] = before[0] + captured_minor, before[1] + charged_minor
    for (day, currency), (captured_minor, charged_minor) in sums.items():
        if currency == payout.currency:
            yield _difference(day, currency, charged_minor - captured_minor)
        else:
            yield from _halves(day, (currency, captured_minor), (payout.currency, charged_minor))


def _difference(day: date, currency: str, minor: int) -> Apart:
    return Apart(
        ExchangePart(day), day, currency, minor, CHANNEL_CURRENCY, "currency differences", "Captured and charged differ"
    )


def _halves(day: date, captured: Amount, paid: Amount, what: str = "sales") -> Iterator[Apart]:
    """What was captured leaves clearing in its currency, and what came of it goes there in the payout's."""
    for is_paid, own, other, minor in ((False, captured, paid, -captured[1]), (True, paid, captured, paid[1])):
        yield Apart(
            part=ConvertedPart(day, captured[0], is_paid=is_paid),
            day=day,
            currency=own[0],
            minor=minor,
            against=CURRENCY_EXCHANGE,
            called=f"{what} {'from' if is_paid else 'into'} {other[0]}",
            words=f"Converted by the channel, {_amount(captured)} to {_amount(paid)}",
            rate=rate_between(own[1], own[0], other[1], other[0]),
            rate_into=other[0],
        )


def _arrived(uow: UnitOfWork, payout: Document, word: Arrival | None, basis: Basis) -> Iterator[Apart]:
    """The two halves of what a person said: what left clearing in the payout's currency, and what the bank got of it.

    What it stood at in the books goes through 1295, at that rate, and what the bank made of it otherwise is told apart.
    Where that is not known it is what the bank made. None of either where nobody said anything, or where the payout
    itself is booked as what reached the bank.
    """
    day = word.on if word else payout.closed_at.date()
    left = arrived = Apart(ArrivedPart(is_paid=False), day, payout.currency, 0, CURRENCY_EXCHANGE, "", "")
    if word is not None and payout.total_minor > 0 and not _is_in(uow, payout, word.currency):
        stood_at = stands_at(uow, payout, word.currency, basis)
        worth = word.comes_to_minor if stood_at is None else stood_at
        captured, paid = (payout.currency, payout.total_minor), (word.currency, worth)
        got = (
            f"Converted on its way to the bank, {_amount(captured)} to {_amount((word.currency, word.comes_to_minor))}"
        )
        left, arrived = (msgspec.structs.replace(half, words=got) for half in _halves(day, captured, paid, "money"))
        gain_minor = word.comes_to_minor - worth
        arrived = msgspec.structs.replace(arrived, fee_minor=word.fee_minor, gain_minor=gain_minor)
    for is_paid, half in enumerate((left, arrived)):
        yield msgspec.structs.replace(half, part=ArrivedPart(is_paid=bool(is_paid)))


def stands_at(uow: UnitOfWork, payout: Document, currency: str, basis: Basis) -> int | None:
    """What the total of a statement stands at in its ledger's own currency, at the rate that this gave it.

    None where that is another currency, or nothing tells it: of a payout of many days' sales each has its own.
    """
    facts = basis.ledger.facts or uow.facts.latest(basis.route.ledger)
    if facts is None or facts.home_currency != currency:
        return None
    live = (each.entry for each in uow.entries.of_document(payout.document_id) if each.is_live)
    totals = [entry.entry_id for entry in live if any(one.kind == SETTLEMENT_TOTAL for one in entry.postings)]
    for several in uow.deliveries.of_entries(totals).values():
        for each in several:
            copy = uow.deliveries.baseline(basis.route.ledger, each.ref) if each.ref else None
            if copy is not None and copy.rate:
                rate = turned(copy.rate, PLACES) if basis.ledger.turns_rates else copy.rate
                return value_at(payout.total_minor, payout.currency, rate, currency)
    return None


def _is_in(uow: UnitOfWork, payout: Document, currency: str) -> bool:
    """Whether a statement is booked in another currency than its own."""
    live = (each.entry for each in uow.entries.of_document(payout.document_id) if each.is_live)
    return any(entry.purpose is Purpose.SETTLEMENT and entry.currency == currency for entry in live)


def _of(entry: JournalEntry, account: str, against: str = "") -> int:
    """What an entry has on an account beside the one that it is booked against."""
    return sum(posting.amount_minor for posting in entry.postings if posting.account == account != against)


def _amount(amount: Amount) -> str:
    return f"{decimal_text(amount[1], amount[0])} {amount[0]}"


def _is_exchange(charged_minor: int, captured_minor: int) -> bool:
    """Whether two amounts are of one movement, and no further apart than a conversion takes them.

    What is further apart is something else: it stays on clearing, where the check for drift names it.
    """
    return charged_minor * captured_minor > 0 and abs(charged_minor - captured_minor) * MOST <= abs(captured_minor)


def _booked(entry: JournalEntry, against: str) -> int:
    """What an entry books of it: positive where clearing gets it."""
    return -sum(posting.amount_minor for posting in entry.postings if posting.account == against)
