"""Entries that no settlement calls for by itself, but several together: openings of reserves, invoices that bounced.

They are worked out anew from all that is booked, whatever order the files came in. What changed meanwhile is replaced
where nothing of it was sent, and else put right by a further entry of its slot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bridge.books.beside import bounced, reserves
from bridge.books.engine import chains
from bridge.books.engine.bank import move_legs
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.draft import Draft, vouchers_of
from bridge.books.engine.owing import owed
from bridge.books.engine.unit import write
from bridge.errors import StaleError
from bridge.model.chart import MARKETPLACE_RESERVES
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.documents import Document
from bridge.model.entries import BOUNCED, RESERVE, RESERVE_OPENING, JournalEntry, Purpose, Slot
from bridge.store.api import Reserve, Store, UnitOfWork

Change = tuple[Slot, JournalEntry | None, Sequence[JournalEntry]]
"""A slot, what should stand in it, and the live entries that do."""


def keep(store: Store, basis: Basis, actor: str) -> tuple[Delivery, ...]:
    """Make these entries what they should be, in one unit of work; returns the deliveries of new ones.

    Twice: a second call changes nothing, and writes nothing. Somebody quicker: the next run looks again.
    """
    with store.reading() as uow:
        changes = _changes(uow, basis.route)
        if not changes:
            return ()
        made = _draft(uow, changes, basis)
    try:
        write(store, made, basis, actor)
    except StaleError:
        return ()
    return made.deliveries


def _draft(uow: UnitOfWork, changes: Sequence[Change], basis: Basis) -> Draft:
    route = basis.route
    standing = chains.standing(uow, {slot for slot, *_ in changes})
    entries = [entry for slot, wanted, _ in changes if (entry := _entry(standing[slot], wanted, basis))]
    going = [entry for each in standing.values() for entry in each.giving_way]
    documents = uow.entries.of_documents(sorted({entry.document_id for entry in entries}))

    def is_unclassified(entry: JournalEntry) -> bool:
        beside = (kept.entry for kept in documents.get(entry.document_id, ()) if kept.is_live)
        return chains.is_unclassified((*beside, entry))

    due = owed(uow, entries, standing, is_unclassified, basis)
    return Draft(
        stands_on=basis.stands_on(uow),
        standing=standing,
        giving_way=tuple(going),
        vouchers=vouchers_of(standing, going),
        entries=tuple(entries),
        deliveries=due.deliveries,
        findings=due.findings,
        locks=(route.route_id,),  # two runs over a route take their turns
    )


def _changes(uow: UnitOfWork, route: Route) -> list[Change]:
    """The slots in which something else stands than should."""
    standing: dict[Slot, list[JournalEntry]] = {}
    for kept in uow.entries.with_kind(route.route_id, RESERVE_OPENING, BOUNCED):
        standing.setdefault(kept.entry.slot, []).append(kept.entry)
    openings = (reserves.opening(reserve, document, route) for reserve, document in _unheld(uow, route))
    changes: list[Change] = [
        (wanted.slot, wanted, standing.pop(wanted.slot, [])) for wanted in (*openings, *bounced.settled(uow, route))
    ]
    changes += [(slot, None, entries) for slot, entries in standing.items()]
    return [change for change in changes if not _stands(*change[1:])]


def _unheld(uow: UnitOfWork, route: Route) -> Iterator[tuple[Reserve, Document]]:
    """The reserves that no settlement here held, each with the one that gives it back."""
    for each in reserves.unheld(uow.entries.reserves(route.route_id, MARKETPLACE_RESERVES, RESERVE)):
        kept = uow.documents.revision(each.document_id, each.revision)
        if kept is not None:
            yield each, kept.document


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


def _entry(standing: Standing, wanted: JournalEntry | None, basis: Basis) -> JournalEntry | None:
    """What is missing in a slot, or too much, beside what stays there; None where nothing is."""
    legs = _sums([wanted] if wanted else [])
    legs.subtract(_sums(standing.stays))
    if not any(legs.values()):
        return None
    like = wanted or standing.stays[-1]
    narration = f"{like.narration}, corrected" if standing.stays else like.narration
    return msgspec.structs.replace(
        like,
        number=standing.number(),
        narration=narration,
        postings=move_legs(like.postings[0].kind, narration, legs.items()),
        rule_version=basis.rulings.newest,
        sent_before=standing.chain.sent_before,
        purpose=Purpose.JOURNAL if standing.stays else like.purpose,
    )
