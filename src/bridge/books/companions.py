"""Entries that no settlement calls for by itself, but several together: openings of reserves, invoices that bounced.

They are worked out anew from all that is booked, whatever order the files came in. What changed meanwhile is replaced
where nothing of it was sent, and else put right by a further entry of its slot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bridge.books import bounced, chain, reserves
from bridge.books.booking import Basis
from bridge.books.payout import move_legs
from bridge.books.planning import Waiting
from bridge.model.chart import MARKETPLACE_RESERVES
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.documents import Document
from bridge.model.entries import BOUNCED, RESERVE, RESERVE_OPENING, JournalEntry, Purpose, Slot
from bridge.store.api import Reserve, Store, UnitOfWork

Change = tuple[JournalEntry | None, Sequence[JournalEntry]]
"""What should stand in a slot, and the live entries that do."""


def keep(store: Store, basis: Basis, actor: str) -> tuple[Delivery, ...]:
    """Make these entries what they should be, in one unit of work; returns the deliveries of new ones.

    Twice: a second call changes nothing, and writes nothing.
    """
    route = basis.ledger.route
    with store.reading() as uow:
        if not _changes(uow, route):
            return ()
    with store.unit(actor) as uow:
        uow.documents.lock(route.route_id)  # two runs over a route take their turns
        made = [entry for change in _changes(uow, route) if (entry := _put(uow, *change, basis))]
        unknown = [
            reserves.unknown(reserve, document, route)
            for reserve, document, is_first in _unheld(uow, route)
            if not is_first
        ]
        uow.findings.settle(route.route_id, unknown, basis.now, prefix=reserves.RESERVE_UNKNOWN)
        return tuple(delivery for entry in made for delivery in uow.deliveries.of_entry(entry.entry_id))


def _changes(uow: UnitOfWork, route: Route) -> list[Change]:
    """The slots in which something else stands than should."""
    standing: dict[Slot, list[JournalEntry]] = {}
    for kept in uow.entries.with_kind(route.route_id, RESERVE_OPENING, BOUNCED):
        standing.setdefault(kept.entry.slot, []).append(kept.entry)
    openings = (reserves.opening(reserve, document, route) for reserve, document, _ in _unheld(uow, route))
    changes: list[Change] = [
        (wanted, standing.pop(wanted.slot, [])) for wanted in (*openings, *bounced.settled(uow, route))
    ]
    changes += [(None, entries) for entries in standing.values()]
    return [change for change in changes if not _stands(*change)]


def _unheld(uow: UnitOfWork, route: Route) -> Iterator[tuple[Reserve, Document, bool]]:
    for each in reserves.unheld(uow.entries.reserves(route.route_id, MARKETPLACE_RESERVES, RESERVE)):
        kept = uow.documents.revision(each.reserve.document_id, each.reserve.revision)
        if kept is not None:
            yield each.reserve, kept.document, each.is_first


def _stands(wanted: JournalEntry | None, entries: Sequence[JournalEntry]) -> bool:
    if wanted is None:
        return not any(_sums(entries).values())
    return _sums(entries) == _sums([wanted]) and entries[-1].after == wanted.after


def _sums(entries: Iterable[JournalEntry]) -> Counter[str]:
    """What entries come to, by account."""
    sums = Counter[str]()
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account] += posting.amount_minor
    return sums


def _put(
    uow: UnitOfWork, wanted: JournalEntry | None, entries: Sequence[JournalEntry], basis: Basis
) -> JournalEntry | None:
    """Replace what was not sent, and enter what is then missing or too much; None where nothing is."""
    stays = []
    for entry in entries:
        if chain.is_replaceable(uow, entry):
            chain.withdraw(uow, entry)
            uow.entries.replace(entry.entry_id)
        else:
            stays.append(entry)
    legs = _sums([wanted] if wanted else [])
    legs.subtract(_sums(stays))
    if not any(legs.values()):
        return None
    like = wanted or stays[-1]
    narration = f"{like.narration}, corrected" if stays else like.narration
    made = msgspec.structs.replace(
        like,
        number=chain.next_number(uow, like.slot),
        narration=narration,
        postings=move_legs(like.postings[0].kind, narration, legs.items()),
        rule_version=basis.rulings.newest,
        sent_before=chain.sent_before(uow, like.slot),
        purpose=Purpose.JOURNAL if stays else like.purpose,
    )
    uow.entries.add(made)
    of_document = [kept.entry for kept in uow.entries.of_document(made.document_id) if kept.is_live]
    chain.owe(uow, made, basis.ledger, Waiting(chain.is_unclassified(of_document)), basis.now)
    return made
