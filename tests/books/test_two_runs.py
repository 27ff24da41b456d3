"""Two runs of the books at once, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from bridge.books import BookRun, Meant, orders
from bridge.books.waiting.seen import voucher_as_seen
from bridge.model.findings import InstructionKind
from bridge.model.rules import Rule
from bridge.store.api import Store, UnitOfWork
from tests.books.book import ROUTE, Book
from tests.books.builders import settlement
from tests.books.mortal import RacingStore
from tests.books.shop import MakeShop, at, money, order, sale
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
            together.wait(60)

    def run(_: int) -> BookRun:
        return book.books(RacingStore(another(), meet)).run(ROUTE, actor="cli")

    with ThreadPoolExecutor(2) as threads:
        runs = list(threads.map(run, range(2)))

    assert sorted(len(run.documents) for run in runs) == [0, 1]
    assert book.document_state(received) == (("booked", "") if is_balanced else ("held", "settlement.unbalanced"))
    assert len(book.entries()) == (2 if is_balanced else 0)


def test_a_document_whose_first_day_was_overtaken_is_not_done_with_its_second(make_shop: MakeShop) -> None:
    """It is paid on another day than it was sold; twice the rules change while its first day is booked."""
    shop = make_shop()
    lines = [sale("1/a", "sale.product", 500, "2026-06-02 12:00"), money("1/b", "paypal", -500, "2026-06-04 12:00")]
    shop.receive(order("1", "2026-06-02 12:00", {}, {}, paid_at=at("2026-06-02 12:00")).with_lines(lines))
    times = iter(range(2))

    def act() -> None:
        if (number := next(times, None)) is not None:
            shop.rules(Rule(f"tips {number}", kind="tip", account="4000"))

    shop.run(RacingStore(shop.store, act))
    shop.run()

    assert shop.balances() == {"1230": 500, "4000": -500}
    shop.check()


def test_content_that_came_and_was_booked_meanwhile_is_not_booked_over(make_shop: MakeShop) -> None:
    """The order moves to another day while its first content is booked: the days have nothing in common."""
    shop = make_shop()
    shop.receive(order("1", "2026-06-02 12:00", {"sale.product": 1000}))
    news = [order("1", "2026-06-03 12:00", {"sale.product": 1000})]

    def act() -> None:
        if news:
            shop.book(news.pop())

    shop.run(RacingStore(shop.store, act))
    shop.run()

    assert shop.balances() == {"1210": 1000, "4000": -1000}
    assert [str(entry.booked_on) for entry in shop.entries()] == ["2026-06-03"]
    shop.check()


def test_a_document_that_was_booked_by_half_is_whole_when_its_days_are_others(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second day was overtaken; then the route's calendar changes, and a neighbour has its first day built anew."""
    shop = make_shop()
    lines = [sale("1/a", "sale.product", 500, "2026-06-04 02:00"), money("1/b", "paypal", -500, "2026-06-06 12:00")]
    shop.receive(order("1", "2026-06-03 12:00", {}, {}, paid_at=at("2026-06-03 12:00")).with_lines(lines))
    units = count(1)

    def act() -> None:
        if (number := next(units)) in {1, 3}:
            shop.rules(Rule(f"tips {number}", kind="tip", account="4000"))

    shop.run(RacingStore(shop.store, act))
    assert shop.balances()["4000"] == -500
    shop.change_route(time_zone="America/Los_Angeles")
    shop.receive(order("2", "2026-06-01 12:00", {"sale.product": 70}), order("3", "2026-06-04 12:00", {"tip": 7}))
    monkeypatch.setattr(orders, "_SLOTS", 2)
    shop.run()

    assert shop.balances() == {"1210": 77, "1230": 500, "4000": -577}
    shop.check()


class MeetingStore(RacingStore):
    """The real store, where each of two waits before it commits until the other is as far, or cannot be."""

    def __init__(self, store: Store, together: threading.Barrier) -> None:
        super().__init__(store, lambda: None)
        self._together = together

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        with super().unit(actor) as uow:
            yield uow
            with suppress(threading.BrokenBarrierError):
                self._together.wait(0.5)


@pytest.mark.parametrize("is_pilot", [False, True])
def test_of_two_people_who_say_the_same_at_the_same_moment_one_is_heard(another: OpenStore, is_pilot: bool) -> None:
    """Both saw it before either said a word: whoever comes second is told, and nothing is said twice."""
    fake = FakeClock()
    book = Book(another(), fake, FakeLedger(fake))
    book.receive(settlement("S1", "2026-06-03 sale.product 10.00"))
    book.run()
    owed = book.delivery("S1 2026-06")
    together = threading.Barrier(2)

    def say(name: str) -> bool:
        books = book.books(MeetingStore(another(), together))
        if is_pilot:
            books.say_of_pilot(InstructionKind.PILOT, [owed.voucher_id], by=name, reason="looked at")
            return name == "ann"
        meant = Meant(owed.voucher_id, voucher_as_seen(owed, ()))
        (told,) = books.decide_each(InstructionKind.WITHDRAW, [meant], by=name, reason="looked at")
        return told.refusal is None

    with ThreadPoolExecutor(2) as threads:
        heard = list(threads.map(say, ("ann", "ben")))

    assert sorted(heard) == [False, True]
    with another().reading() as unit:
        assert len(unit.instructions.of_subject(owed.voucher_id)) == 1
