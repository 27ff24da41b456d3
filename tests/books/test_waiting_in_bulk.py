"""What waits is read in bulk: to find that nothing is to be done costs as much for ten vouchers as for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.model.channel import Window, WindowState
from bridge.model.connections import LatePolicy
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.rules import Rule
from tests.books.book import DAY, Book, MakeBook
from tests.books.builders import Received, settlement
from tests.books.shop import MakeShop, Shop, order
from tests.fakes.statements import statements

FEW, MANY = 4, 40
CLOSED = datetime(2026, 6, 14, tzinfo=UTC)


def settlements(count: int, kind: str = "sale.product") -> list[Received]:
    """Paid out a day after another, the first of them in a month."""
    return [
        settlement(f"S{number}", f"2026-06-03 {kind} 10.{number:02}", pays=CLOSED + timedelta(days=30 + number))
        for number in range(count)
    ]


def held_for_review(book: Book, count: int) -> None:
    book.change_route(review=True)
    book.book(*settlements(count))


def owed(book: Book, count: int) -> None:
    book.book(*settlements(count))


def held_for_an_account(book: Book, count: int) -> None:
    book.ledger.close_account("4000")
    book.book(*settlements(count))


def held_since_before_newer_rules(book: Book, count: int) -> None:
    held_for_review(book, count)
    book.rules(Rule("labels", account="5240", kind="fee.storage"))


def unclassified(book: Book, count: int) -> None:
    book.book(*settlements(count, "unclassified"))


def transfers_to_another_bank_than_now(book: Book, count: int) -> None:
    """The settlements are in the ledger, so that nothing of them is booked anew."""
    book.book(*settlements(count))
    book.deliver()
    book.change_route(bank="1010")
    book.run()


def withdrawn_then_wanted_again_and_sent(book: Book, count: int) -> None:
    book.book(*settlements(count))
    names = [f"S{number} 2026-06" for number in range(count)]
    for kind in (InstructionKind.WITHDRAW, InstructionKind.BOOK_AGAIN):
        for name in names:
            book.decide(kind, name)
        book.run()
        book.clock.advance(1)
    book.deliver()


def parked(book: Book, count: int) -> None:
    book.change_route(late=LatePolicy.HOLD)
    book.book(*settlements(count))
    for number in range(count):
        book.park(f"S{number} 2026-06", "refused")


def taken_back(book: Book, count: int) -> None:
    book.book(*settlements(count))
    for number in range(count):
        book.decide(InstructionKind.WITHDRAW, f"S{number} 2026-06")
    book.run()


@pytest.mark.parametrize(
    "wait",
    [
        held_for_review,
        owed,
        held_for_an_account,
        held_since_before_newer_rules,
        unclassified,
        transfers_to_another_bank_than_now,
        withdrawn_then_wanted_again_and_sent,
        parked,
        taken_back,
    ],
    ids=lambda wait: wait.__name__.replace("_", " "),
)
def test_settlements_that_wait_cost_no_statement_each(make_book: MakeBook, wait: Callable[[Book, int], None]) -> None:
    def cost(count: int) -> tuple[int, int, int]:
        book = make_book()
        wait(book, count)
        before = book.deliveries()
        with statements() as sent:
            run = book.run()
        assert (run.documents, run.withdrawn, book.deliveries()) == ((), 0, before)
        waiting = {each.entry_id for each in before if each.state is not DeliveryState.DELIVERED}
        assert len(waiting) >= count
        with statements() as previewed:
            book.views().preview(book.route.name)
        with statements() as listed:
            book.views().held(is_all=True)
        return len(sent), len(previewed), len(listed)

    assert cost(FEW) == cost(MANY)


def days(shop: Shop, count: int) -> None:
    """An order a day, all of them over; but of none is the channel read to its end."""
    for number in range(count):
        day = datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(days=number)
        shop.receive(order(f"{number}", f"{day:%Y-%m-%d %H:%M}", {"sale.product": 100}))
    first = datetime(2026, 4, 1, tzinfo=UTC)
    with shop.store.unit("test") as uow:
        uow.windows.open(
            Window(shop.connection.connection_id, "orders", first, first + timedelta(1), WindowState.CLOSED)
        )
    shop.run()


@pytest.mark.parametrize("route", [{"review": True}, {"hold_back_hours": 30}], ids=["for review", "for its channel"])
def test_days_that_wait_cost_no_statement_each(make_shop: MakeShop, route: dict[str, object]) -> None:
    def cost(count: int) -> tuple[int, int]:
        shop = make_shop(**route)
        days(shop, count)
        shop.clock.advance(60 * DAY)
        shop.run()
        with statements() as sent:
            run = shop.run()
        assert (run.documents, [count for _, count in run.waiting]) == ((), [count])
        with statements() as previewed:
            assert len(shop.views().preview(shop.route.name)) == count
        return len(sent), len(previewed)

    assert cost(FEW) == cost(MANY)
