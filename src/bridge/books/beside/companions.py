"""Entries that no settlement calls for by itself, but several together, or a person: openings, invoices that bounced.

They are worked out anew from all that is booked, whatever order the files came in. What changed meanwhile is replaced
where nothing of it was sent, and else put right by a further entry of its slot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bridge.books.beside import before, bounced, opening, reserves
from bridge.books.engine import chains
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.draft import Draft, vouchers_of
from bridge.books.engine.legs import closing
from bridge.books.engine.owing import owed
from bridge.books.engine.unit import write
from bridge.errors import StaleError
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.entries import BOUNCED, OPENING_ITEM, RESERVE_OPENING, Half, JournalEntry, Purpose, Slot
from bridge.store.api import Store, UnitOfWork

Change = tuple[Slot, JournalEntry | None, Sequence[JournalEntry]]
"""A slot, what should stand in it, and the live entries that do."""
Leg = tuple[str, str, str]
"""An account, a kind, and the words of an item; empty where an account has one amount of that kind."""


def keep(store: Store, basis: Basis, actor: str) -> tuple[Delivery, ...]:
    """Make these entries what they should be, in one unit of work; returns the deliveries of new ones.

    Twice: a second call changes nothing, and writes nothing. Somebody quicker: the next run looks again.
    """
    with store.reading() as uow:
        changes = _changes(uow, basis)
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


def _changes(uow: UnitOfWork, basis: Basis) -> list[Change]:
    """The slots in which something else stands than should."""
    standing: dict[Slot, list[JournalEntry]] = {}
    for entry in _standing(uow, basis):
        standing.setdefault(entry.slot, []).append(entry)
    changes: list[Change] = [(wanted.slot, wanted, standing.pop(wanted.slot, [])) for wanted in _wanted(uow, basis)]
    changes += [(slot, None, entries) for slot, entries in standing.items()]
    return [change for change in changes if not _stands(*change[1:])]


def _standing(uow: UnitOfWork, basis: Basis) -> Iterator[JournalEntry]:
    yield from before.standing(uow, basis.route)
    if _tells_settlements(basis):
        for kept in uow.entries.with_kind(basis.route.route_id, RESERVE_OPENING, BOUNCED):
            yield kept.entry


def _wanted(uow: UnitOfWork, basis: Basis) -> Iterator[JournalEntry]:
    """What should stand. A reserve that the accepted opening holds is not opened by its settlement too."""
    route = basis.route
    is_accepted = before.accepted(uow, route) is not None
    if is_accepted:
        told = before.items(uow, route)
        yield from opening.entries(told, route, before.home_currency(uow, route, told))
    if _tells_settlements(basis):
        yield from _reserves(uow, route, is_accepted=is_accepted)
        yield from bounced.settled(uow, route)


def _reserves(uow: UnitOfWork, route: Route, *, is_accepted: bool) -> Iterator[JournalEntry]:
    for reserve, document in reserves.unheld_in(uow, route):
        if not (is_accepted and before.is_of_first_day(document, route)):
            yield reserves.opening(reserve, document, route)


def _tells_settlements(basis: Basis) -> bool:
    """Whether its channel holds reserves back and leaves invoices open; one that reports orders does neither."""
    return not basis.ledger.channel.tenders


def _stands(wanted: JournalEntry | None, entries: Sequence[JournalEntry]) -> bool:
    if wanted is None:
        return not any(_sums(entries).values())
    return _sums(entries) == _sums([wanted]) and entries[-1].after == wanted.after


def _sums(entries: Iterable[JournalEntry]) -> Counter[Leg]:
    """What entries come to, by account; of the first day item by item."""
    sums = Counter[Leg]()
    for entry in entries:
        for posting in entry.postings:
            words = posting.description if posting.kind == OPENING_ITEM else ""
            sums[posting.account, posting.kind, words] += posting.amount_minor
    return Counter({leg: minor for leg, minor in sums.items() if minor})


def _entry(standing: Standing, wanted: JournalEntry | None, basis: Basis) -> JournalEntry | None:
    """What is missing in a slot, or too much, beside what stays there; None where nothing is."""
    legs = _sums([wanted] if wanted else [])
    legs.subtract(_sums(standing.stays))
    if not any(legs.values()):
        return None
    like = wanted or standing.stays[-1]
    narration = f"{like.narration}, corrected" if standing.stays else like.narration
    closings = [(account, kind, minor, words or narration, Half.NONE) for (account, kind, words), minor in legs.items()]
    return msgspec.structs.replace(
        like,
        number=standing.number(),
        narration=narration,
        postings=tuple(closing(closings, 0)),
        rule_version=basis.rulings.newest,
        sent_before=standing.chain.sent_before,
        purpose=Purpose.JOURNAL if standing.stays else like.purpose,
    )
