"""What was captured of buyers against what came of it in a payout, where the channel converted in between.

Both are in one currency: an order says what was captured and that the buyer paid in another, the row of a payout what
came of it. Where they differ the difference is booked against clearing on the day of the charge, or clearing would
never be even. Where no other currency was paid in, a difference is something else, and stays for the check for drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from bridge.books import chain
from bridge.books.booking import Basis
from bridge.books.planning import Waiting
from bridge.model.chart import CHANNEL_CURRENCY
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.entries import EXCHANGE, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.lines import SETTLES, Line
from bridge.model.periods import local_day
from bridge.model.slots import ExchangePart, compose
from bridge.store.api import KeptDocument, Store, UnitOfWork

MOST = 10
"""A conversion takes at most a tenth."""


def book(store: Store, references: Iterable[str], basis: Basis, actor: str) -> None:
    """Book the differences of every payout that holds a charge or refund of these references.

    Twice: a second run changes nothing. An amount that changed is booked anew, or by a supplement where it was sent.
    """
    with store.reading() as uow:
        connection_id = uow.connections.get(basis.ledger.route.source).connection_id
        held_in = uow.documents.with_reference(connection_id, sorted(set(references) - {""}), SETTLES)
    for document_id in sorted({document_id for document_id, _ in held_in.values()}):
        with store.reading() as uow:
            is_even = not _lacking(uow, document_id, basis)
        if is_even:
            continue
        with store.unit(actor) as uow:
            uow.documents.lock(document_id)
            for lack in _lacking(uow, document_id, basis):
                _book(uow, lack, basis)


class _Lack(msgspec.Struct, frozen=True):
    """What is to be booked of a payout for one day, beyond what was sent; unsent: what gives way to it."""

    payout: Document
    slot: Slot
    day: date
    minor: int
    unsent: tuple[JournalEntry, ...]


def _lacking(uow: UnitOfWork, document_id: str, basis: Basis) -> list[_Lack]:
    kept = uow.documents.latest(document_id)
    if kept is None or not _is_booked(kept):
        return []
    payout, route = kept.document, basis.ledger.route
    found = []
    for day, apart in sorted(_by_day(uow, payout, route).items()):
        slot = Slot(route.route_id, Mode.PAYOUT, payout.identity.external_id, compose(ExchangePart(day)))
        live = [each.entry for each in uow.entries.chain(slot) if each.is_live]
        unsent = tuple(each for each in live if chain.is_replaceable(uow, each))
        minor = apart - sum(_booked(each) for each in live if each not in unsent)
        if minor != sum(_booked(each) for each in unsent):
            found.append(_Lack(payout, slot, day, minor, unsent))
    return found


def _book(uow: UnitOfWork, lack: _Lack, basis: Basis) -> None:
    for entry in lack.unsent:
        chain.withdraw(uow, entry)
        uow.entries.replace(entry.entry_id)
    if lack.minor:
        made = _entry(uow, lack, basis)
        uow.entries.add(made)
        chain.owe(uow, made, basis.ledger, Waiting(is_unclassified=False), basis.now)


def _entry(uow: UnitOfWork, lack: _Lack, basis: Basis) -> JournalEntry:
    payout, sent = lack.payout, chain.sent_before(uow, lack.slot)
    words = f"Captured and charged differ, payout {payout.identity.external_id}"
    legs = ((basis.ledger.route.clearing, lack.minor), (CHANNEL_CURRENCY, -lack.minor))
    title = basis.ledger.source.title
    return JournalEntry(
        slot=lack.slot,
        number=chain.next_number(uow, lack.slot),
        document_id=payout.document_id,
        revision=payout.revision,
        booked_on=lack.day,
        currency=payout.currency,
        narration=f"{title} currency differences of {lack.day}, payout {payout.identity.external_id}"
        + (f", supplement {sent}" if sent else ""),
        postings=tuple(
            Posting(number=number, account=account, amount_minor=minor, kind=EXCHANGE, rule="", description=words)
            for number, (account, minor) in enumerate(legs, start=1)
        ),
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
