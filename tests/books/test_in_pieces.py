"""Booking that stops by the clock, as a worker's does: the next run goes on, and the books are those of one run."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.books import BookRun, Books
from bridge.books import orders as order_books
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Mode
from bridge.model.lines import Line
from bridge.store.api import Store
from tests.books import book as books_of_amazon
from tests.books.book import Book
from tests.books.builders import settlement
from tests.books.mortal import Killed, Life, MortalStore
from tests.books.shop import LEDGER, ROUTE, Fact, MakeShop, Shop, at, money, order, payout, refund, sale
from tests.books.test_days_properties import facts


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One document is many: a piece is a day, if it is one that has an end."""
    monkeypatch.setattr(order_books, "_LOOKED_AT", 1)


def pieces(shop: Shop, store: Store | None = None) -> list[BookRun]:
    """Runs whose time is over when they begin, until one says that it is through."""
    runs: list[BookRun] = []
    while not runs or runs[-1].is_cut:
        assert len(runs) < 40, "it does not get on"
        runs.append(run_of(shop, shop.clock.now(), store))
    return runs


def run_of(shop: Shop, until: datetime | None, store: Store | None = None) -> BookRun:
    return Books(store or shop.store, shop.desk, shop.clock).run(ROUTE, actor="worker", until=until)


def of_days(*days: int) -> list[Fact]:
    return [order(f"{day}", f"2026-06-{day:02} 12:00", {"sale.product": 100 * day}) for day in days]


def vouchers(shop: Shop) -> Counter[tuple[str, str, str]]:
    """What stands of them in each state, whatever number they bear."""
    with shop.store.reading() as uow:
        found = [one for state in DeliveryState for one in uow.deliveries.with_state(LEDGER, state)]
    return Counter(
        (one.state, one.reason, str(one.voucher and (one.voucher.type, one.voucher.dated_on, one.voucher.lines)))
        for one in found
        if one.state is not DeliveryState.WITHDRAWN
    )


def test_each_piece_books_a_day_and_says_that_there_is_more(shop: Shop) -> None:
    shop.receive(*of_days(3, 1, 2))

    runs = pieces(shop)

    assert [[one.external_id for one in run.documents] for run in runs] == [["1"], ["2"], ["3"]]
    assert [run.is_cut for run in runs] == [True, True, False]
    assert sum(run.owed + run.held for run in runs) == 3


def test_without_a_time_all_is_booked_at_once(shop: Shop) -> None:
    shop.receive(*of_days(3, 1, 2))

    run = run_of(shop, None)

    assert (len(run.documents), run.is_cut) == (3, False)


def test_what_an_order_has_on_a_later_day_waits_for_that_day(shop: Shop) -> None:
    """Nothing of the fourth is booked before all of it is there: its entry is made once."""
    paid_later = [
        sale("9/a", "sale.product", 500, "2026-06-01 12:00", order_id="9"),
        money("9/b", "paypal", -200, "2026-06-01 12:00", order_id="9"),
        money("9/c", "paypal", -300, "2026-06-04 12:00", order_id="9"),
    ]
    first = order("9", "2026-06-01 12:00", {}, {}, paid_at=at("2026-06-01 12:00")).with_lines(paid_later)
    shop.receive(first, *of_days(2, 3, 4, 5))

    runs = pieces(shop)

    assert [len(run.documents) for run in runs] == [1, 1, 2, 1]
    assert {entry.number for entry in shop.entries()} == {1}
    assert shop.reasons()["9"] == "booked"
    shop.check()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(), min_size=2, max_size=7), st.sampled_from((Mode.DAY, Mode.ORDER)), st.booleans())
def test_pieces_book_what_one_run_books(make_shop: MakeShop, told: list[Fact], mode: Mode, is_sent: bool) -> None:
    """Down to the text of every entry: of documents that are new, and of such that changed what was sent."""
    shop, whole = make_shop(mode=mode), make_shop(mode=mode)
    for each in (shop, whole):
        each.book(*told[:1])
        if is_sent:
            each.deliver()
        each.receive(*told[1:])
    pieces(shop)
    run_of(whole, None)

    shop.check()
    assert shop.text() == whole.text()
    assert vouchers(shop) == vouchers(whole)


def _lived(shop: Shop) -> None:
    rows = [
        sale("P/fee", "fee.payment", -50, "2026-06-02 10:00"),
        Line(
            key="P/1",
            kind="settles",
            part=sale("x", "tip", 1, "2026-06-02 10:00").part,
            amount_minor=100,
            occurred_at=at("2026-06-02 10:00"),
            reference="card:1/card",
        ),
    ]
    shop.receive(
        *of_days(1, 2, 3),
        refund("R1", "1", "2026-06-03 09:00", {"refund.product": -30}),
        order("4", "2026-06-04 12:00", {"sale.product": 70}, {"paypal": 20}, paid_at=at("2026-06-05 08:00")),
        payout("P", "2026-06-03 00:00", rows),
    )


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER, Mode.PAYOUT])
def test_a_piece_that_dies_at_any_write_is_gone_on_from(make_shop: MakeShop, mode: Mode) -> None:
    whole = make_shop(mode=mode)
    _lived(whole)
    run_of(whole, None)
    for writes in count(step=3):
        shop = make_shop(mode=mode)
        _lived(shop)
        try:
            pieces(shop, MortalStore(shop.store, Life(writes)))
            has_died = False
        except Killed:
            has_died = True
        pieces(shop)

        shop.check_open()
        assert shop.balances() == whole.balances(), f"killed before write {writes + 1}"
        assert shop.reasons() == whole.reasons()
        if not has_died:
            break
    assert writes > 10


def test_what_waits_for_its_payout_is_held_once_and_keeps_nothing_from_its_turn(make_shop: MakeShop) -> None:
    """Orders that wait are looked at again when all that is new is done with, not before each piece of it."""
    shop = make_shop(mode=Mode.PAYOUT)
    shop.receive(
        *(order(f"{month}/{day}", f"2026-0{month}-{day:02} 12:00", {"tip": 5}) for month in (5, 6) for day in (1, 9))
    )

    runs = pieces(shop)

    assert len(runs) == 4
    assert set(Counter(one.external_id for run in runs for one in run.documents).values()) == {1}
    assert set(shop.reasons().values()) == {"held payout.awaited"}


def test_statements_are_booked_one_a_piece(book: Book) -> None:
    for day in (3, 5, 7):
        text = f"2026-06-0{day} sale.product {day}.00"
        book.receive(settlement(f"S{day}", text, opened=f"2026-06-0{day}", closed=f"2026-06-0{day + 1}"))
    told = [book.books().run(books_of_amazon.ROUTE, actor="worker", until=book.clock.now()) for _ in range(3)]

    assert [len(run.documents) for run in told] == [1, 1, 1]
    assert [run.is_cut for run in told] == [True, True, False]


def test_what_waits_is_looked_at_again_when_all_is_booked(shop: Shop) -> None:
    """A person's word is carried out by the last piece; none is lost."""
    shop.change_route(review=True)
    shop.book(*of_days(1))
    shop.change_route(review=False)
    shop.receive(*of_days(2, 3))

    first, last = pieces(shop)

    assert (first.owed, last.owed) == (1, 2)
