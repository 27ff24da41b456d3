"""A statement so large that it is bound in several units: who dies between them, who comes first, who gets a turn."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bridge.books import BookRun
from bridge.books.engine import unit
from bridge.books.outcome import Result
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from bridge.model.rules import Rule
from bridge.store.sql import binding, fates, open_store
from tests.books.book import ROUTE, Book, MakeBook
from tests.books.builders import Received, settlement
from tests.books.mortal import Killed, Life, MortalStore, RacingStore
from tests.books.reissues import again, assert_lines_add_up, reissue
from tests.books.shop import MakeShop, order
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.stores import OpenStore

FIRST = """
    2026-05-30 sale.product 100.00
    2026-05-30 fee.referral -15.00
    2026-05-31 fee.storage -4.00
    2026-06-02 sale.product 40.00
    2026-06-02 fee.referral -6.00
    2026-06-04 fee.storage 0.00
"""
SECOND = """
    2026-05-30 sale.product 100.00
    2026-05-30 fee.referral -14.00
    2026-06-01 fee.storage -4.00
    2026-06-02 sale.product 41.00
    2026-06-02 fee.referral -7.00
    2026-06-04 fee.storage -1.00
    2026-06-05 refund.product -2.00
"""
UNKNOWN = f"{FIRST}2026-06-05 unclassified -3.00"
LABELS = Rule("labels", kind="unclassified", as_kind="fee.label")
UNITS = 4
"""No story takes fewer."""
Story = Callable[[Book], None]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement is a large one: two lines a unit, and so many the store gives at once."""
    monkeypatch.setattr(unit, "LARGE", 1)
    monkeypatch.setattr(unit, "AT_A_TIME", 2)
    for part in (binding, fates):
        monkeypatch.setattr(part, "PAGE", 2)


def new(book: Book) -> None:
    book.receive(told(UNKNOWN))


def unsent(book: Book) -> None:
    """A settlement whose entries wait, and newer rules that book it anew."""
    book.book(told(UNKNOWN))
    book.rules(LABELS)


def issued_again(book: Book) -> None:
    """A settlement in the ledger, issued again, and a person who lets the books follow."""
    book.book(told(FIRST))
    book.deliver()
    finding_id = reissue(book, again(told(SECOND)))
    book.books().decide(InstructionKind.SUPPLEMENT, finding_id, by="ann", reason="checked")


STORIES = (new, unsent, issued_again)


@pytest.mark.parametrize("story", STORIES)
def test_killed_before_any_write_and_run_again_gives_the_same_books(
    make_book: MakeBook, tmp_path: Path, story: Story
) -> None:
    """But for the numbers of the entries: what died keeps its place in the chain, for no entry is overwritten."""
    before, after = tmp_path / "before.db", tmp_path / "after.db"
    with kept_in(before, is_new=True) as book:
        story(book)
    end = state(undisturbed(make_book, story))

    for writes in count():
        shutil.copy(before, after)
        with kept_in(after) as book:
            has_died = dies(book, writes)
            book.run()
            assert state(book) == end, f"killed before write {writes + 1}"
            assert_lines_add_up(book)
        if not has_died:
            break
    assert writes > UNITS


@pytest.mark.parametrize("story", STORIES)
def test_killed_again_and_again_it_still_ends_the_same(make_book: MakeBook, story: Story) -> None:
    book = make_book()
    story(book)
    for writes in count():
        if not dies(book, writes):
            break

    assert state(book) == state(undisturbed(make_book, story))
    assert_lines_add_up(book)


@pytest.mark.parametrize("story", STORIES)
def test_who_books_it_between_two_units_makes_the_first_lose(
    make_book: MakeBook, another: OpenStore, clock: FakeClock, story: Story
) -> None:
    end = state(undisturbed(make_book, story))
    for turn in range(1, UNITS + 1):
        book = Book(another(f"org-{turn}"), clock, FakeLedger(clock))
        story(book)
        second = book.books(another(f"org-{turn}"))
        run = disturbed(book, turn, partial(second.run, ROUTE, actor="worker"))

        assert [each.result for each in run.documents] in ([], [Result.LOST_RACE]), f"before unit {turn}"
        assert book.run().documents == ()
        assert state(book) == end, f"before unit {turn}"
        assert_lines_add_up(book)


def test_rules_that_come_between_two_units_are_those_it_is_booked_by(book: Book) -> None:
    new(book)
    run = disturbed(book, 3, lambda: book.rules(LABELS))
    assert [each.result for each in run.documents] == [Result.LOST_RACE]
    assert book.entries() == []

    book.run()
    assert book.balance("5240") == "3.00"
    assert_lines_add_up(book)


@pytest.mark.parametrize("story", STORIES)
def test_another_writer_gets_its_turn_between_any_two_units(tmp_path: Path, story: Story) -> None:
    """And till the last of them the books say what they said, or nothing; never a part."""
    with kept_in(tmp_path / "books.db", is_new=True) as book, kept_in(tmp_path / "books.db") as other:
        story(book)
        before = other.balances()
        turns: list[object] = []

        def write() -> None:
            turns.append(other.balances())
            other.receive(settlement(f"N{len(turns)}", "2026-06-03 sale.product 1.00"))

        book.books(RacingStore(book.store, write)).run(ROUTE, actor="worker")
        after = other.balances()
        assert after != before
        assert all(turn in (before, {}, after) for turn in turns)
        other.run()
        others = {entry.slot.group for entry in other.entries()} - {"S1"}
    assert others == {f"N{turn}" for turn in range(1, len(turns) + 1)}
    assert len(turns) >= UNITS


def test_neighbours_that_are_booked_anew_are_lost_by_nobody_who_dies(make_shop: MakeShop) -> None:
    """A day's entry that waits gives way to one more order: its lines are of documents that no run looks at again."""
    when = "2026-06-03 12:00"
    booked = [order(str(number), when, {"sale.product": 100}) for number in range(4)]
    for writes in count():
        shop = make_shop()
        shop.book(*booked)
        shop.receive(order("9", when, {"sale.product": 1000}))
        try:
            shop.run(MortalStore(shop.store, Life(writes)))
        except Killed:
            shop.run()
        else:
            break
        assert shop.balances() == {"1210": 1400, "4000": -1400}, f"killed before write {writes + 1}"
        shop.check()
    assert writes


def test_content_that_is_not_the_newest_is_booked_anew_by_the_run_after_one_that_died(make_book: MakeBook) -> None:
    for writes in count():
        book = make_book()
        book.book(told(UNKNOWN))
        book.book(again(told(SECOND)))
        book.rules(LABELS)
        has_died = dies(book, writes)
        book.run()
        assert book.balance("5240") == "3.00", f"killed before write {writes + 1}"
        if not has_died:
            break
    assert writes


def told(text: str) -> Received:
    return settlement("S1", text, opened="2026-05-20", closed="2026-06-10", pays="2026-06-12")


@contextmanager
def kept_in(path: Path, *, is_new: bool = False) -> Iterator[Book]:
    """The books kept in a file, as a process of its own opens it."""
    clock = FakeClock()
    store = open_store(f"sqlite:///{path}", "local", clock)
    if is_new:
        store.migrate()
    yield Book(store, clock, FakeLedger(clock), is_set_up=not is_new)
    store.close()


def undisturbed(make_book: MakeBook, story: Story) -> Book:
    """Books that nobody meddled with, written in one unit."""
    book = make_book()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit, "LARGE", 1_000)
        story(book)
        book.run()
    return book


def dies(book: Book, writes: int) -> bool:
    """A run of a process that dies before its write after so many; whether it did."""
    try:
        book.books(MortalStore(book.store, Life(writes))).run(ROUTE, actor="worker")
    except Killed:
        return True
    return False


def disturbed(book: Book, turn: int, act: Callable[[], object]) -> BookRun:
    """A run before whose unit of this number somebody else acts."""
    turns = iter(range(1, 1_000))
    return book.books(RacingStore(book.store, lambda: act() if next(turns) == turn else None)).run(ROUTE, actor="cli")


def state(book: Book) -> object:
    """The books, and what the ledger is to get: ids of entries, and so of vouchers, come of their numbers."""
    entries = [
        (each.slot.part, each.intent_id, each.booked_on, each.narration, each.postings) for each in book.entries()
    ]
    vouchers = sorted(
        (each.voucher.key, each.state.value, each.reason, each.round, each.voucher.lines)
        for each in book.deliveries()
        if each.voucher and each.reason != Reason.REPLACED
    )
    findings = sorted((kept.finding.finding_id, kept.state.value) for kept in book.findings())
    return entries, book.booked_lines(), vouchers, findings
