"""What a work comes to, before anything is written: the entries, what gives way to them, the vouchers they are owed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from bridge.books.engine import chains
from bridge.books.engine.arrived import arrivals, converted, is_converted
from bridge.books.engine.bank import bank_slot, banked
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.owing import owed
from bridge.books.engine.place import Place
from bridge.books.engine.walk import Part, Policy, Walk
from bridge.books.engine.work import Work, check_unchanged
from bridge.model.arrivals import Arrival, as_arrived
from bridge.model.deliveries import Delivery
from bridge.model.documents import PAYING, Problem
from bridge.model.entries import JournalEntry, OpenLegs, Slot
from bridge.model.findings import Finding
from bridge.store.api import KeptDocument, UnitOfWork


class Refusal(msgspec.Struct, frozen=True):
    """Why a document is not booked. problem: a question that somebody must answer first."""

    reason: str
    message: str
    problem: Problem | None = None


class Closed(msgspec.Struct, frozen=True):
    """The entries that parts have become, in order: what must be sent first comes first."""

    entries: tuple[JournalEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusal: Refusal | None = None
    open_before: Mapping[str, OpenLegs] = {}


class Closing(Policy, Protocol):
    """A policy that also knows how parts are closed, when all their lines are summed."""

    def close(self, uow: UnitOfWork, parts: Mapping[Slot, Part], walk: Walk) -> Closed: ...

    def is_unclassified(self, entry: JournalEntry, made: Sequence[JournalEntry]) -> bool:
        """Whether an entry waits because a line, of its own or of one beside it, is of no known kind."""
        ...


class Draft(msgspec.Struct, frozen=True):
    """What one unit writes.

    stands_on, documents, words, standing, open_before: what was read, as it must still be: see ``Basis.stands_on``, the
    documents, what people said of them (None where that is not asked), every slot that it is about, and what other
    entries had open of its orders. giving_way: entries that are
    replaced, with their vouchers. open_legs: by entry and order. booked: documents that are done with it. locks: what
    else it is alone with. then: what is done last.
    """

    stands_on: tuple[object, ...]
    documents: Mapping[str, KeptDocument] = {}
    words: Mapping[str, Arrival] | None = None
    standing: Mapping[Slot, Standing] = {}
    giving_way: tuple[JournalEntry, ...] = ()
    vouchers: tuple[Delivery, ...] = ()
    entries: tuple[JournalEntry, ...] = ()
    open_legs: Mapping[str, Mapping[str, OpenLegs]] = {}
    deliveries: tuple[Delivery, ...] = ()
    findings: tuple[Finding, ...] = ()
    walk: Walk | None = None
    parts: Mapping[Slot, Part] = {}
    booked: tuple[KeptDocument, ...] = ()
    refusal: Refusal | None = None
    locks: tuple[str, ...] = ()
    open_before: Mapping[str, OpenLegs] = {}
    then: Callable[[UnitOfWork], None] | None = None


def draft(uow: UnitOfWork, work: Work, policy_of: Callable[[Mapping[Slot, Part]], Closing], basis: Basis) -> Draft:
    """Work one out, from what the store now says; nothing is written, and nothing asked of a channel.

    Raises: StaleError when a document of it changed since it was read.
    """
    check_unchanged(uow, work.documents)
    stands_on = basis.stands_on(uow)
    done = tuple(kept for name, kept in sorted(work.documents.items()) if name in work.done)
    paying = [kept.document for kept in done if kept.document.identity.kind in PAYING]
    standing = chains.standing(uow, {*work.slots, *(bank_slot(each, basis.route) for each in paying)})
    places = {slot: place for slot in work.slots if (place := _place(work, standing[slot])) is not None}
    channel = basis.ledger.channel
    parts = {slot: Part(standing[slot], place, basis.route, channel) for slot, place in places.items()}
    policy = policy_of(parts)
    walk = Walk(uow, work, parts, policy)
    walk.sum(uow)
    closed = policy.close(uow, parts, walk)
    if closed.refusal is not None:
        return _refused(work, standing, closed.refusal, stands_on)
    going = [entry for part in parts.values() for entry in part.standing.giving_way]
    words = arrivals(uow, [document.document_id for document in paying], basis)
    made = list(closed.entries)
    for document in paying if not channel.tenders else ():
        if (word := words.get(document.document_id)) and is_converted(uow, document, word, basis):
            made = converted(made, document, word)
    findings = list(closed.findings)
    for document in (as_arrived(each, words.get(each.document_id)) for each in paying):
        bank = banked(document, standing[bank_slot(document, basis.route)], made, going, basis)
        going += bank.giving_way
        made += bank.entries
        findings += bank.findings
    what_is_owed = owed(
        uow, made, standing, lambda entry: policy.is_unclassified(entry, closed.entries), basis, going=going
    )
    return Draft(
        stands_on=stands_on,
        documents=work.documents,
        words=words,
        standing=standing,
        open_before=closed.open_before,
        giving_way=tuple(going),
        vouchers=vouchers_of(standing, going),
        entries=tuple(made),
        open_legs={sums.entry_id: sums.open_legs for part in parts.values() for sums in part.sums if sums.open_legs},
        deliveries=what_is_owed.deliveries,
        findings=(*findings, *what_is_owed.findings),
        walk=walk,
        parts=parts,
        booked=done,
    )


def _refused(work: Work, standing: Mapping[Slot, Standing], refusal: Refusal, stands_on: tuple[object, ...]) -> Draft:
    """What stood of it goes, the leg that moves it to the bank too; but where a part of that stays, all of it does."""
    is_whole = not any(each.stays for each in standing.values())
    going = tuple(entry for each in standing.values() for entry in each.giving_way if is_whole)
    return Draft(
        stands_on=stands_on,
        documents=work.documents,
        standing=standing,
        giving_way=going,
        vouchers=vouchers_of(standing, going),
        refusal=refusal,
    )


def vouchers_of(standing: Mapping[Slot, Standing], entries: Iterable[JournalEntry]) -> tuple[Delivery, ...]:
    """The vouchers of entries, the last entry of a chain first."""
    return tuple(each for entry in reversed([*entries]) for each in standing[entry.slot].vouchers[entry.entry_id])


def _place(work: Work, standing: Standing) -> Place | None:
    """As its lines say, else as what stands there says; None for a slot with neither."""
    if (place := work.places.get(standing.slot)) is not None or not standing.live:
        return place
    first = standing.live[0]
    return Place(standing.slot, first.booked_on, first.purpose, first.narration)
