"""What was captured of buyers against what came of it in a payout, where the channel converted in between.

Both are in one currency: an order says what was captured and that the buyer paid in another, the row of a payout what
came of it. Where they differ the difference is booked against clearing on the day of the charge, or clearing would
never be even. Where no other currency was paid in, a difference is something else, and stays for the check for drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date

from bridge.books.engine import chains
from bridge.books.engine.bank import move_legs
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.draft import Draft, vouchers_of
from bridge.books.engine.owing import owed
from bridge.books.engine.unit import write
from bridge.errors import StaleError
from bridge.model.chart import CHANNEL_CURRENCY
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.entries import EXCHANGE, JournalEntry, Mode, Purpose, Slot
from bridge.model.lines import SETTLES, Line
from bridge.model.periods import local_day
from bridge.model.slots import ExchangePart, compose
from bridge.store.api import KeptDocument, Store, UnitOfWork

MOST = 10
"""A conversion takes at most a tenth."""


def book(store: Store, payouts: Iterable[str], basis: Basis, actor: str) -> None:
    """Book the differences of these payouts; what of them is no payout, or not booked, is left out.

    Twice: a second run changes nothing. An amount that changed is booked anew, or by a supplement where it was sent.
    """
    for document_id in sorted(payouts):
        _book(store, document_id, basis, actor)


def _book(store: Store, document_id: str, basis: Basis, actor: str) -> None:
    """Of one payout; what somebody quicker changed meanwhile is looked at by the next run."""
    with store.reading() as uow:
        kept = uow.documents.latest(document_id)
        made = _draft(uow, kept, basis) if kept is not None and _is_booked(kept) else None
    if made is not None and (made.entries or made.giving_way):
        with suppress(StaleError):
            write(store, made, basis, actor)


def _draft(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> Draft:
    """What is to be booked of a payout, by day, beyond what was sent; what is not sent gives way to it."""
    payout, route = kept.document, basis.route
    apart = {_slot(payout, route, day): (day, minor) for day, minor in _by_day(uow, payout, route).items()}
    standing = chains.standing(uow, apart.keys())
    entries: list[JournalEntry] = []
    going: list[JournalEntry] = []
    for slot, (day, minor) in sorted(apart.items(), key=lambda each: each[1]):
        here = standing[slot]
        left = minor - sum(map(_booked, here.stays))
        if left != sum(map(_booked, here.giving_way)):
            going += here.giving_way
            entries += [_entry(payout, here, day, left, basis)] if left else []
    due = owed(uow, entries, standing, lambda _: False, basis)
    return Draft(
        stands_on=basis.stands_on(uow),
        documents={payout.document_id: kept},
        standing=standing,
        giving_way=tuple(going),
        vouchers=vouchers_of(standing, going),
        entries=tuple(entries),
        deliveries=due.deliveries,
        findings=due.findings,
    )


def _slot(payout: Document, route: Route, day: date) -> Slot:
    return Slot(route.route_id, Mode.PAYOUT, payout.identity.external_id, compose(ExchangePart(day)))


def _entry(payout: Document, standing: Standing, day: date, minor: int, basis: Basis) -> JournalEntry:
    sent = standing.chain.sent_before
    words = f"Captured and charged differ, payout {payout.identity.external_id}"
    legs = ((basis.route.clearing, minor), (CHANNEL_CURRENCY, -minor))
    title = basis.ledger.source.title
    return JournalEntry(
        slot=standing.slot,
        number=standing.number(),
        document_id=payout.document_id,
        revision=payout.revision,
        booked_on=day,
        currency=payout.currency,
        narration=f"{title} currency differences of {day}, payout {payout.identity.external_id}"
        + (f", supplement {sent}" if sent else ""),
        postings=move_legs(EXCHANGE, words, legs),
        rule_version=basis.rulings.newest,
        content_hash=payout.content_hash,
        plugin_version=payout.plugin_version,
        sent_before=sent,
        purpose=Purpose.JOURNAL,
    )


def _is_booked(kept: KeptDocument) -> bool:
    return kept.document.identity.kind is DocumentKind.PAYOUT and kept.state is DocumentState.BOOKED


def _by_day(uow: UnitOfWork, payout: Document, route: Route) -> Mapping[date, int]:
    """What was charged less what was captured, by the day of the charge, where both are known and booked."""
    charged: dict[str, list[Line]] = {}
    for page in uow.documents.lines(payout.document_id, payout.revision, kind=SETTLES):
        for line in page:
            if line.reference and local_day(line.occurred_at, route.time_zone) >= route.first_day:
                charged.setdefault(line.reference, []).append(line)
    connection_id = uow.connections.get(route.source).connection_id
    captured = uow.documents.converted(connection_id, sorted(charged), payout.currency)
    found: dict[date, int] = {}
    for reference, lines in charged.items():
        charged_minor, captured_minor = sum(line.amount_minor for line in lines), -captured.get(reference, 0)
        if _is_exchange(charged_minor, captured_minor):
            day = local_day(min(line.occurred_at for line in lines), route.time_zone)
            found[day] = found.get(day, 0) + charged_minor - captured_minor
    return found


def _is_exchange(charged_minor: int, captured_minor: int) -> bool:
    """Whether two amounts are of one movement, and no further apart than a conversion takes them.

    What is further apart is something else: it stays on clearing, where the check for drift names it.
    """
    return charged_minor * captured_minor > 0 and abs(charged_minor - captured_minor) * MOST <= abs(captured_minor)


def _booked(entry: JournalEntry) -> int:
    """What an entry books of it: positive where more was charged than captured."""
    return -sum(posting.amount_minor for posting in entry.postings if posting.account == CHANNEL_CURRENCY)
