"""Two runs of the books at once, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.books import BookRun
from tests.books.book import ROUTE, Book
from tests.books.builders import settlement
from tests.books.mortal import RacingStore
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.stores import OpenStore


@pytest.mark.parametrize("is_balanced", [True, False])
def test_of_two_runs_at_once_one_books_and_the_other_finds_it_done(another: OpenStore, is_balanced: bool) -> None:
    fake = FakeClock()
    book = Book(another(), fake, FakeLedger(fake))
    received = settlement("S1", "2026-06-03 sale.product 10.00", total=None if is_balanced else "11.00")
    book.receive(received)
    together = threading.Barrier(2)
    waited = threading.local()

    def meet() -> None:
        if not getattr(waited, "is_done", False):
            waited.is_done = True
            together.wait(10)

    def run(_: int) -> BookRun:
        return book.books(RacingStore(another(), meet)).run(ROUTE, actor="cli")

    with ThreadPoolExecutor(2) as threads:
        runs = list(threads.map(run, range(2)))

    assert sorted(len(run.documents) for run in runs) == [0, 1]
    assert book.document_state(received) == (("booked", "") if is_balanced else ("held", "settlement.unbalanced"))
    assert len(book.entries()) == (2 if is_balanced else 0)
