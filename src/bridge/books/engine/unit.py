"""The unit that writes a draft, if what it stood on still holds; of a large statement several.

Lines of one document beyond some two hundred thousand are bound in units of fifty thousand, under entries that do not
stand yet: who else writes waits a moment at most. The last unit lets them stand. What a kill leaves is an entry that
does not, whose lines are open: the next run books them again, in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bridge.books.engine import chains
from bridge.books.engine.arrived import arrivals
from bridge.books.engine.basis import Basis
from bridge.books.engine.draft import Draft
from bridge.books.engine.walk import Walk
from bridge.books.engine.work import check_unchanged
from bridge.errors import StaleError
from bridge.model.documents import Document, DocumentState, Problem
from bridge.model.entries import NOTHING_OPEN, Slot
from bridge.store.api import KeptDocument, Store, UnitOfWork

LARGE = 200_000
AT_A_TIME = 50_000


def write(store: Store, draft: Draft, basis: Basis, actor: str) -> None:
    """Write it all, or nothing that stands.

    Raises: StaleError when a document, a chain, a rule or the route changed since it was made.
    """
    if draft.walk is not None and draft.walk.is_alone and len(draft.documents) == 1:
        (kept,) = draft.documents.values()
        if kept.document.line_count > LARGE and _is_newest(store, kept.document):
            _write_at_length(store, draft, draft.walk, kept.document, basis, actor)
            return
    with store.unit(actor) as uow:
        _check(uow, draft, basis, _marks(draft))
        _make_way(uow, draft)
        if draft.entries:
            uow.entries.add_many(draft.entries)
        if draft.walk is not None:
            draft.walk.bind(uow)
        _finish(uow, draft, basis)


def hold(uow: UnitOfWork, kept: KeptDocument, reason: str, problems: Sequence[Problem]) -> None:
    """Hold a document for a reason, and keep what its reader must know; nothing is written where all is so already."""
    key = kept.document.document_id, kept.document.revision
    if (kept.state, kept.reason) != (DocumentState.HELD, reason):
        uow.documents.set_state(*key, DocumentState.HELD, reason)
    say(uow, kept, problems)


def say(uow: UnitOfWork, kept: KeptDocument, problems: Sequence[Problem]) -> None:
    """Keep these problems of a document in place of others."""
    if tuple(problems) != kept.problems:
        uow.documents.set_problems(kept.document.document_id, kept.document.revision, problems)


def _is_newest(store: Store, document: Document) -> bool:
    """Whether a next run would look at it, were it left half-way: at earlier content no run does."""
    with store.reading() as uow:
        newest = uow.documents.latest(document.document_id)
    return newest is not None and newest.document.revision == document.revision


def _write_at_length(store: Store, draft: Draft, walk: Walk, document: Document, basis: Basis, actor: str) -> None:
    marks = _marks(draft)
    with store.unit(actor) as uow:
        _check(uow, draft, basis, marks)
        _make_way(uow, draft)
        uow.entries.add_many(draft.entries, is_live=False)
        if draft.giving_way:
            _say_new(uow, draft.documents.values())
        marks = _marks_of(uow, draft)
    draft = msgspec.structs.replace(draft, documents=_as_opened(draft))
    for within in _stretches(store, document):
        with store.unit(actor) as uow:
            _check(uow, draft, basis, marks)
            walk.bind(uow, within)
            if not within[1]:
                uow.entries.make_live([entry.entry_id for entry in draft.entries])
                _finish(uow, draft, basis)


def _stretches(store: Store, document: Document) -> Iterator[tuple[str, str]]:
    """The keys of a document's lines in stretches, each as long as a unit may be; the last is open."""
    last = ""
    while True:
        with store.reading() as uow:
            first, last = last, uow.entries.key_behind(document.document_id, document.revision, last, AT_A_TIME)
        yield first, last
        if not last:
            return


def _as_opened(draft: Draft) -> Mapping[str, KeptDocument]:
    if not draft.giving_way:
        return draft.documents
    return {name: msgspec.structs.replace(kept, state=DocumentState.NEW) for name, kept in draft.documents.items()}


def _say_new(uow: UnitOfWork, documents: Iterable[KeptDocument]) -> None:
    """What stood of them has given way: should the next unit never come, they are booked as new ones are."""
    for kept in documents:
        uow.documents.set_state(kept.document.document_id, kept.document.revision, DocumentState.NEW, kept.reason)


def _check(uow: UnitOfWork, draft: Draft, basis: Basis, marks: Mapping[Slot, tuple[object, ...]]) -> None:
    """Be alone with what the draft is about, and refuse it when that is otherwise by now."""
    orders = (f"{basis.route.route_id} {order_id}" for order_id in draft.open_before)
    uow.documents.lock_many(sorted({*draft.documents, *orders, *draft.locks}))
    check_unchanged(uow, draft.documents)
    if _marks_of(uow, draft) != marks:
        raise _stale("an entry of it")
    going = [entry.entry_id for entry in draft.giving_way]
    open_now = uow.entries.open_legs(basis.route.route_id, sorted(draft.open_before), beside=going)
    if draft.open_before and any(open_now.get(name, NOTHING_OPEN) != legs for name, legs in draft.open_before.items()):
        raise _stale("what is open of an order")
    if draft.words is not None and arrivals(uow, draft.documents.keys(), basis) != draft.words:
        raise _stale("what reached the bank of it")
    if basis.stands_on(uow) != draft.stands_on:
        raise _stale(f"route {basis.route.name}, or its rules,")


def _stale(thing: str) -> StaleError:
    return StaleError(thing, "changed while it was being booked", "Book again")


def _marks(draft: Draft) -> Mapping[Slot, tuple[object, ...]]:
    return {slot: each.mark for slot, each in draft.standing.items()}


def _marks_of(uow: UnitOfWork, draft: Draft) -> Mapping[Slot, tuple[object, ...]]:
    return {slot: each.mark for slot, each in chains.standing(uow, draft.standing.keys()).items()}


def _make_way(uow: UnitOfWork, draft: Draft) -> None:
    chains.withdraw(uow, draft.vouchers)
    if draft.giving_way:
        uow.entries.replace([entry.entry_id for entry in draft.giving_way])


def _finish(uow: UnitOfWork, draft: Draft, basis: Basis) -> None:
    """What follows once every line is bound: what is open, what is owed, what is said."""
    uow.entries.add_open_legs(basis.route.route_id, draft.open_legs)
    if draft.deliveries:
        uow.deliveries.add_many(draft.deliveries)
    for finding in draft.findings:
        uow.findings.add(finding, basis.now)
    if draft.booked:
        uow.documents.set_states(_keys(draft.booked), DocumentState.BOOKED, "")
    if draft.then is not None:
        draft.then(uow)


def _keys(kept: Iterable[KeptDocument]) -> list[tuple[str, int]]:
    return [(each.document.document_id, each.document.revision) for each in kept]
