"""A process that dies before any one of its writes, and another that comes after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from bridge.model.findings import InstructionKind
from bridge.model.rules import Rule
from bridge.store.sql import open_store
from tests.books.book import ROUTE, Book
from tests.books.builders import settlement
from tests.books.mortal import Killed, Life, MortalStore
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger

AT = (datetime(2026, 6, 11, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
WRITES = (15, 20, 4)


def tell(book: Book, chapter: int) -> None:
    """What happens to the merchant, besides runs of the books."""
    if chapter == 0:
        text = "2026-05-30 sale.product 100.00\n2026-06-02 unclassified -3.00\n2026-06-03 fee.storage 0.00"
        book.receive(
            settlement("S1", text, opened="2026-05-20", closed="2026-06-10", pays="2026-06-12"),
            settlement("S2", "2026-06-02 tax.facilitator -1.00 order", opened="2026-05-20", closed="2026-06-03"),
        )
    elif chapter == 1:
        book.rules(Rule("labels", kind="unclassified", as_kind="fee.label"))
        text = "2026-06-15 payout.failed 97.00\n2026-06-16 sale.product 5.00"
        book.receive(settlement("S3", text, opened="2026-06-10", closed="2026-06-20", pays="2026-06-22"))
    else:
        book.decide(InstructionKind.WITHDRAW, "S2 2026-06")


@contextmanager
def opened(path: Path, chapter: int, *, is_set_up: bool = True) -> Iterator[Book]:
    """The books kept in a file, at the time of a chapter."""
    clock = FakeClock(AT[chapter])
    store = open_store(f"sqlite:///{path}", "local", clock)
    if not is_set_up:
        store.migrate()
    yield Book(store, clock, FakeLedger(clock), is_set_up=is_set_up)
    store.close()


def run_and_die(book: Book, writes: int) -> bool:
    """A run of a process that dies before its write after so many, and then one that lives; whether it died."""
    try:
        book.books(MortalStore(book.store, Life(writes))).run(ROUTE, actor="worker")
    except Killed:
        book.run()
        return True
    return False


@pytest.mark.parametrize("chapter", range(len(AT)))
def test_killed_before_any_write_and_run_again_gives_the_same_books(tmp_path: Path, chapter: int) -> None:
    """D10: the end is the same wherever the process died, down to ids, dates and states."""
    before, after = tmp_path / "before.db", tmp_path / "after.db"
    for earlier in range(chapter + 1):
        with opened(before, earlier, is_set_up=earlier > 0) as book:
            tell(book, earlier)
            if earlier < chapter:
                book.run()
    shutil.copy(before, after)
    with opened(after, chapter) as book:
        book.run()
        end = state(book)

    for writes in count():
        shutil.copy(before, after)
        with opened(after, chapter) as book:
            has_died = run_and_die(book, writes)
            assert state(book) == end, f"killed before write {writes + 1}"
        if not has_died:
            break
    assert writes == WRITES[chapter]


def test_a_second_run_writes_nothing(book: Book) -> None:
    """F09: pressing the button twice is a no-op, down to the audit log."""
    for chapter, at in enumerate(AT):
        book.clock.advance((at - book.clock.now()).total_seconds())
        tell(book, chapter)
        book.run()
    audited = book.audit_rows()
    run = book.run()

    assert (run.documents, run.owed, run.held, run.withdrawn) == ((), 0, 0, 0)
    assert book.audit_rows() == audited


def test_two_runs_at_once_book_a_document_once(book: Book) -> None:
    tell(book, 0)
    other = book.books()

    def overtake(*_: object) -> None:
        other.run(ROUTE, actor="worker")

    run = book.books().run(ROUTE, actor="cli", progress=overtake)
    assert len(run.documents) == 1
    assert len({entry.entry_id for entry in book.entries()}) == len(book.entries()) == 4


def test_progress_names_each_document(book: Book) -> None:
    tell(book, 0)
    seen: list[tuple[str, int, int]] = []
    book.books().run(ROUTE, actor="cli", progress=lambda *step: seen.append(step))

    assert seen == [("S2", 1, 2), ("S1", 2, 2)]


def state(book: Book) -> object:
    deliveries = sorted(
        (each.voucher_id, each.state.value, each.reason, each.note, each.voucher, each.round)
        for each in book.deliveries()
    )
    findings = sorted((kept.finding.finding_id, kept.state.value) for kept in book.findings())
    return book.balances(), book.booked_lines(), deliveries, findings, [entry.entry_id for entry in book.entries()]
