"""Two imports at once of pages that overlap: each order is saved once, and the later content is the one that counts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from bridge.ingest import Importer, Outcome
from bridge.model.documents import DocumentState
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.stores import OpenStore
from tests.ingest.channel import CLOSED, CONNECTION, Fact, SmallSource, Sold, offer, write_facts


def page(path: Path, minor: int, hours: int, *, is_reversed: bool = False) -> Path:
    as_of = CLOSED + timedelta(hours=hours)
    facts = [Fact(f"{number:04d}", [Sold(minor)], {"card": minor}, as_of=as_of) for number in range(600)]
    return write_facts(path, *(facts[::-1] if is_reversed else facts))


def test_overlapping_pages_taken_in_at_once_leave_each_order_once_as_it_was_last(
    another: OpenStore, tmp_path: Path
) -> None:
    pages = [page(tmp_path / "1.json", 100, 1), page(tmp_path / "2.json", 200, 2, is_reversed=True)]
    stores = [another(), another()]
    with stores[0].unit("test") as unit:
        unit.connections.put(CONNECTION)
    start = threading.Barrier(2)

    def take(place: int) -> set[Outcome]:
        source, clock = SmallSource(), FakeClock()
        desk = FakeDesk(clock, sources={"shop": source}, source_offers={"shop": offer(source)})
        start.wait()
        found = Importer(stores[place], desk, clock).import_file("shop", pages[place], actor="ada")
        assert found.error is None
        return {document.outcome for document in found.documents}

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(take, range(2)))

    assert outcomes[1] == {Outcome.NEW}
    assert outcomes[0] in ({Outcome.NEW}, {Outcome.KNOWN})
    with stores[0].reading() as unit:
        kept = tuple(unit.documents.of_connection(CONNECTION.connection_id))
        histories = unit.documents.heads([each.document.document_id for each in kept])
        assert {(each.document.total_minor, each.state) for each in kept} == {(200, DocumentState.NEW)}
        assert len(kept) == 600
        assert {len(history) for history in histories.values()} == {2 if outcomes[0] == {Outcome.NEW} else 1}
        assert unit.audit.verify()[0] == 3
