"""Several writers at once, in threads and in processes, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.errors import InvariantError, StaleError
from bridge.model.deliveries import DeliveryState
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store import facts

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from bridge.clock import SystemClock
from bridge.store.sql import open_store
from tests.store import facts

name, url = sys.argv[1:]
store = open_store(url, "local", SystemClock())
for number in range(25):
    with store.unit(name) as unit:
        unit.routes.put(facts.route(f"{name}-{number}"))
        unit.copies.add(name, [facts.copy(str(number))])
store.close()
"""


def test_two_processes_write_at_once_and_the_audit_stays_one_chain(store: SqlStore, database_url: str) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name, database_url], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    said = [writer.communicate(timeout=60)[1] for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0], said
    with store.reading() as unit:
        assert unit.audit.verify()[0] == 50
        assert len(unit.routes.all()) == 50
        assert {row.actor for row in unit.audit.rows()} == {"one", "two"}


def test_of_many_threads_that_send_one_voucher_one_wins(another: OpenStore) -> None:
    """Exactly one may call the ledger; the others read again and find it on its way."""
    owed = facts.delivery()
    with another().unit("books") as unit:
        unit.deliveries.add(owed)
    start = threading.Barrier(6)

    def attempt(store: SqlStore) -> bool:
        start.wait()
        try:
            with store.unit("worker") as unit:
                unit.deliveries.move(owed, facts.moved(owed, DeliveryState.SENDING, attempts=1))
        except StaleError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        won = list(threads.map(attempt, [another() for _ in range(6)]))
    assert won.count(True) == 1


def test_of_two_that_book_one_document_one_wins(another: OpenStore) -> None:
    """Promise 1 under a race: the schema lets one booking of a line through."""
    some = facts.lines(200)
    stores = [another(), another()]
    with stores[0].unit("ingest") as unit:
        facts.save(unit, some)
    start = threading.Barrier(2)

    def book(place: int) -> bool:
        ours = facts.entry(place=facts.slot(group=f"group-{place}"))
        start.wait()
        try:
            with stores[place].unit("books") as unit:
                unit.entries.add(ours)
                facts.bind(unit, facts.SETTLEMENT.document_id, 1, facts.booked(some, ours.entry_id))
        except InvariantError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(book, range(2))) == [False, True]
    with stores[0].reading() as unit:
        (winner,) = unit.entries.of_route(facts.route().route_id)
        assert list(unit.entries.lines_of(winner.entry.entry_id, 1)) == [some]


def test_of_two_that_save_one_revision_one_wins(another: OpenStore) -> None:
    start = threading.Barrier(2)
    some = facts.lines(50)

    def save(store: SqlStore) -> bool:
        start.wait()
        try:
            with store.unit("ingest") as unit:
                facts.save(unit, some)
        except StaleError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(save, [another(), another()])) == [False, True]


def test_who_holds_a_documents_lock_is_alone_with_it(another: OpenStore) -> None:
    """Both raise the revision they read: neither reads before the other is through."""
    stores = [another(), another()]
    with stores[0].unit("ingest") as unit:
        facts.save(unit, facts.lines(1))
    document_id = facts.SETTLEMENT.document_id
    start = threading.Barrier(2)

    def add_next(store: SqlStore) -> int:
        start.wait()
        with store.unit("ingest") as unit:
            unit.documents.lock(document_id)
            latest = unit.documents.latest(document_id)
            assert latest is not None
            number = latest.document.revision + 1
            some = facts.lines(1)
            facts.save(unit, some, facts.document(some, revision=number))
            return number

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(add_next, stores)) == [2, 3]


@pytest.mark.parametrize("rounds", [3])
def test_readers_are_not_in_the_way_of_writers(another: OpenStore, rounds: int) -> None:
    reader, writer = another(), another()
    for number in range(rounds):
        with reader.reading() as reading:
            assert len(reading.routes.all()) == number
            with writer.unit("cli") as unit:
                unit.routes.put(facts.route(f"route-{number}"))
            assert len(reading.routes.all()) == number
