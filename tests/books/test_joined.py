"""Documents that are booked together are remembered by little, and read again when their turn comes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from bridge.books.engine.joined import Joined
from bridge.books.engine.place import Place
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import Mode, Purpose, Slot
from bridge.store.api import KeptDocument
from bridge.store.sql import SqlStore
from tests.store import facts

DAY = date(2026, 6, 14)


def order(number: int, state: DocumentState = DocumentState.NEW) -> KeptDocument:
    identity = Identity("shopify", "acme.example", DocumentKind.ORDER, f"{number:012}")
    document = Document(
        identity=identity,
        revision=1,
        currency="USD",
        total_minor=1_000,
        opened_at=facts.NOON,
        closed_at=facts.NOON + timedelta(seconds=number),
        pays_at=None,
        line_count=1,
        content_hash=f"{number:064}",
        vault_hash=f"{number:064}",
        witness=Witness.API,
        plugin="shopify",
        plugin_version="1",
    )
    return KeptDocument(document, "c1", 1_000, state, facts.NOON)


def day(number: int) -> Place:
    on = DAY + timedelta(days=number)
    return Place(Slot("r1", Mode.DAY, on.isoformat(), "sales"), on, Purpose.JOURNAL, f"sales of {on}")


def joined(documents: Sequence[KeptDocument], days: int) -> Joined:
    found = Joined()
    for number, kept in enumerate(documents):
        found.add(kept, None, [day(number % days)], frozenset())
    return found


def test_a_document_that_waits_for_its_turn_takes_little_memory() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    found = Joined()
    for number in range(4_000):
        found.add(order(number), None, [day(number % 30)], frozenset())
    plans = found.plans()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert sum(len(plan.documents) for plan in plans) == 4_000
    assert taken / 4_000 < 400, "bytes a document: its id, and no more than a few numbers"


def test_what_a_changed_document_touches_is_booked_together_and_done_with_the_last() -> None:
    found = joined([order(1), order(2), order(3)], days=3)
    found.add(order(4), None, [day(2)], frozenset({day(0).slot}))
    found.add(order(5), None, [day(1), day(3)], frozenset())
    found.add(order(6), None, [], frozenset())

    plans = found.plans()

    assert [plan.name for plan in plans] == ["sales of 2026-06-14", "sales of 2026-06-15", "sales of 2026-06-17", ""]
    assert [plan.slots for plan in plans[:2]] == [(day(0).slot, day(2).slot), (day(1).slot,)]
    assert [plan.documents for plan in plans] == [(0, 3, 2), (1, 4), (4,), (5,)]
    assert [plan.done for plan in plans] == [(0, 3, 2), (1,), (4,), (5,)]


def test_a_document_is_read_as_it_stood_when_it_was_looked_at(store: SqlStore) -> None:
    """So that whoever checks whether it changed since sees that it did."""
    new = order(1)
    with store.unit("me") as unit:
        unit.documents.add_many([(new, facts.lines(1))])
    found = joined([new], days=1)
    with store.unit("me") as unit:
        unit.documents.set_state(new.document.document_id, 1, DocumentState.HELD, "gone")

    with store.reading() as unit:
        work = found.work(unit, found.plans())
        now = unit.documents.latest(new.document.document_id)

    assert work.documents == {new.document.document_id: new}
    assert work.done == {new.document.document_id}
    assert now == msgspec.structs.replace(new, state=DocumentState.HELD, reason="gone")
