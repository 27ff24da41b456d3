"""What a person withdrew has a way back: booked again, it goes through all that any voucher goes through, once."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Mode
from bridge.model.findings import InstructionKind
from tests.books.book import Book, MakeBook
from tests.books.builders import Received, settlement
from tests.books.shop import MakeShop, order

AGAIN, WITHDRAW = InstructionKind.BOOK_AGAIN, InstructionKind.WITHDRAW
ONE, BANK = "S1 2026-06", "S1 bank"
WHEN = "2026-06-03 12:00"


def june() -> Received:
    return settlement(
        "S1",
        "2026-06-03 sale.product 10.00\n2026-06-03 fee.referral -1.50",
        opened="2026-06-01 12:00",
        closed="2026-06-14 20:00",
        pays="2026-06-16 12:00",
    )


@pytest.fixture
def withdrawn(book: Book) -> Book:
    """A settlement of which a person withdrew everything before it was sent."""
    book.book(june())
    book.books().decide(WITHDRAW, "S1", by="ann", reason="wrong month")
    book.run()
    assert {each.state for each in book.deliveries()} == {DeliveryState.WITHDRAWN}
    return book


def test_a_withdrawn_voucher_that_is_booked_again_is_sent(withdrawn: Book) -> None:
    withdrawn.clock.advance(1)
    withdrawn.decide(AGAIN, ONE)
    assert withdrawn.run().owed == 1
    assert withdrawn.deliver() == [ONE]


def test_a_whole_settlement_is_booked_again_by_its_own_id(withdrawn: Book) -> None:
    withdrawn.clock.advance(1)
    given = withdrawn.books().decide(AGAIN, "S1", by="ann", reason="right after all")
    withdrawn.run()

    assert len(given) == 2
    assert withdrawn.deliver() == [ONE, BANK]
    assert withdrawn.ledger.trial_balance() == {"1000": 850, "4000": -1000, "6000": 150}


def test_what_is_booked_again_is_carried_out_once(withdrawn: Book) -> None:
    withdrawn.clock.advance(1)
    withdrawn.decide(AGAIN, ONE)
    withdrawn.run()
    withdrawn.clock.advance(1)
    withdrawn.decide(WITHDRAW, ONE)
    withdrawn.run()
    withdrawn.run()

    assert withdrawn.delivery(ONE).state is DeliveryState.WITHDRAWN
    assert withdrawn.deliver() == []


def test_what_is_booked_again_waits_for_its_release_where_the_route_asks_for_one(make_book: MakeBook) -> None:
    book = make_book(review=True)
    book.book(june())
    book.decide(WITHDRAW, ONE)
    book.run()
    book.clock.advance(1)
    book.decide(AGAIN, ONE)
    book.run()

    delivery = book.delivery(ONE)
    assert (delivery.state, delivery.reason) == (DeliveryState.HELD, "review")


def test_what_was_refused_and_withdrawn_is_sent_again_under_a_new_header_key(book: Book) -> None:
    """A vendor that keeps refusals by header key would repeat the old one."""
    book.book(june())
    book.park(ONE, "rejected")
    parked = book.delivery(ONE)
    book.clock.advance(1)
    book.decide(WITHDRAW, ONE)
    book.carry_out(ONE)
    assert book.delivery(ONE).reason == "delivery.withdrawn"
    book.clock.advance(1)
    book.decide(AGAIN, ONE)
    book.run()

    again = book.delivery(ONE)
    assert (again.state, again.round) == (DeliveryState.OWED, parked.round + 1)


def test_a_withdrawal_that_was_not_carried_out_yet_is_taken_back(book: Book) -> None:
    book.book(june())
    book.decide(WITHDRAW, ONE)
    book.clock.advance(1)
    book.decide(AGAIN, ONE)
    book.run()

    assert book.deliver() == [ONE, BANK]


def test_a_withdrawal_of_a_parked_voucher_is_taken_back_before_it_is_carried_out(book: Book) -> None:
    book.book(june())
    book.park(ONE, "rejected")
    book.clock.advance(1)
    book.decide(WITHDRAW, ONE)
    book.clock.advance(1)
    book.decide(AGAIN, ONE)
    book.carry_out(ONE)
    book.run()

    assert book.delivery(ONE).state is DeliveryState.PARKED


def test_what_was_not_planned_when_it_was_withdrawn_is_planned_when_it_is_booked_again(book: Book) -> None:
    book.ledger.close_account("6000")
    book.book(june())
    assert book.delivery(ONE).voucher is None
    book.decide(WITHDRAW, ONE)
    book.run()
    book.ledger.reopen_account("6000")
    book.clock.advance(1)
    book.decide(AGAIN, ONE)
    book.run()

    assert book.deliver() == [ONE, BANK]


@pytest.mark.parametrize("kind", [WITHDRAW, InstructionKind.RETRY, AGAIN])
def test_of_what_is_delivered_it_is_said_what_to_do_in_the_ledger(book: Book, kind: InstructionKind) -> None:
    book.book(june())
    book.deliver()
    number = book.delivery(ONE).voucher.number  # type: ignore[union-attr]

    with pytest.raises(ConfigError, match="all 2 are delivered, which") as refused:
        book.books().decide(kind, "S1", by="ann", reason="wrong")

    assert f"It is in the ledger (JournalEntry {number}" in refused.value.next_step
    assert "`bridge undo` takes it out of there again" in refused.value.next_step


def test_of_what_is_withdrawn_the_way_back_is_said(withdrawn: Book) -> None:
    with pytest.raises(ConfigError, match="which release does not fit") as refused:
        withdrawn.books().decide(InstructionKind.RELEASE, "S1", by="ann", reason="go")

    assert "book_again" in refused.value.next_step


def test_what_bridge_withdrew_itself_is_not_booked_again(book: Book) -> None:
    failed = settlement(
        "S2", "2026-06-20 payout.failed 8.50", opened="2026-06-14 20:00", closed="2026-06-28 20:00", total="8.50"
    )
    book.receive(june())
    book.receive(failed)
    book.run()
    assert book.delivery(BANK).reason == "payout.failed"

    with pytest.raises(ConfigError, match=r"withdrawn \(payout.failed\), which book_again does not fit"):
        book.decide(AGAIN, BANK)


def test_a_day_that_a_later_entry_was_made_upon_is_not_booked_again(make_shop: MakeShop) -> None:
    """Both would bear one key; and the later one holds only what differs from the first."""
    shop = make_shop(mode=Mode.DAY)
    shop.book(order("1", WHEN, {"sale.product": 1000}))
    first = shop.entries()[0]
    with shop.store.reading() as uow:
        (delivery,) = uow.deliveries.of_entry(first.entry_id)
    shop.books().decide(WITHDRAW, delivery.voucher_id, by="ann", reason="entered by hand")
    shop.run()
    shop.book(order("2", WHEN, {"sale.product": 500}))
    shop.clock.advance(1)

    with pytest.raises(ConfigError, match="a later entry was made as if this one were in the ledger") as refused:
        shop.books().decide(AGAIN, delivery.voucher_id, by="ann", reason="not entered after all")

    assert refused.value.code == "book_again.overtaken"
    assert "bridge explain" in refused.value.next_step
