"""What was there before a route's first day: item by item, accepted by a person, booked once, put right later (S6)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.books import Item, Opening, Way
from bridge.errors import ConfigError
from bridge.model.connections import StatedItem
from bridge.model.deliveries import DeliveryState
from bridge.model.reports import BALANCES, Balance, BalanceName, Reading
from tests.books.book import LEDGER, ROUTE, Book, MakeBook, plain
from tests.books.builders import Received
from tests.books.mortal import Killed, Life, MortalStore
from tests.books.raw import report

FIRST_DAY = date(2026, 6, 15)
GIVEN_BACK = "other-transaction|other-transaction|Previous Reserve Amount Balance"
CARRIED_IN = "other-transaction|other-transaction|BalanceAdjustment"
SALE = "Order|ItemPrice|Principal"
OPENING = "first day opening USD"


def early(name: str = "E1", amount: str = "60.00", *, currency: str = "USD", pays: str = "2026-06-16") -> Received:
    """A settlement that closed the day before, and whose money comes to the bank later."""
    days = {"opened": "2026-06-01", "closed": "2026-06-14 20:00", "pays": pays}
    return report(f"2026-06-03  1  {SALE}  {amount}", name, currency=currency, **days)


def across() -> Received:
    """A settlement that began before the first day and closes after it."""
    rows = f"2026-06-14 21:00  2  {SALE}  40.00\n2026-06-20  3  {SALE}  70.00"
    return report(rows, "A1", opened="2026-06-14 20:00", closed="2026-06-28 20:00", pays="2026-06-30")


def on_the_day() -> Received:
    """A settlement that begins on the first day, and gives a reserve back that was held before."""
    rows = f"2026-06-15 08:00  -  {GIVEN_BACK}  25.00\n2026-06-20  3  {SALE}  70.00"
    return report(rows, "D1", opened="2026-06-15 08:00", closed="2026-06-28 20:00", pays="2026-06-30")


def opening_of(book: Book) -> Opening:
    return book.views().opening(ROUTE)


def accept(book: Book) -> Opening:
    return book.books().accept_opening(ROUTE, by="ann", reason="checked")


def journals(book: Book) -> list[tuple[str, int]]:
    """What the opening journals bring to each account, entry by entry."""
    return [
        (posting.account, posting.amount_minor)
        for entry in book.entries()
        if entry.slot.group == "first day"
        for posting in entry.postings
    ]


def codes(book: Book) -> list[str]:
    return [kept.finding.code for kept in book.findings() if kept.state == "open"]


@pytest.fixture
def book(make_book: MakeBook) -> Book:
    return make_book(first_day=FIRST_DAY)


def test_what_was_there_is_listed_and_booked_on_a_persons_word(book: Book) -> None:
    book.book(early(), across())
    before = opening_of(book)

    assert [(one.account, one.amount_minor, one.way, one.source) for one in before.items] == [
        ("1200", 60_00, Way.JOURNAL, "Amazon settlement E1"),
        ("1285", -40_00, Way.DOCUMENT, "Amazon settlement A1"),
    ]
    assert (before.opening_minor, before.items_minor, before.differs) == (0, 60_00, True)
    assert (journals(book), codes(book)) == ([], ["books.opening_differs"])

    after = accept(book)
    book.run()

    assert book.entry(OPENING) == plain("""
        2026-06-15 Opening of amazon to books, USD
            1200 Amazon clearing     60.00 USD   opening.item
            1285 Opening clearing   -60.00 USD   opening.item
    """)
    assert (after.differs, after.accepted_by, codes(book)) == (False, "ann", [])
    assert book.balance("1285") == "-100.00"


def test_accepted_twice_it_is_booked_once(book: Book) -> None:
    book.book(early())
    accept(book)
    audited = book.audit_rows()
    accept(book)
    book.run()

    assert journals(book) == [("1200", 60_00), ("1285", -60_00)]
    assert book.audit_rows() == audited + 1, "the finding that is gone"


def test_a_document_that_comes_late_is_booked_beside_what_was_sent(book: Book) -> None:
    book.book(early())
    accept(book)
    book.run()
    book.deliver()
    book.book(early("E2", "5.00"))

    assert journals(book) == [("1200", 60_00), ("1285", -60_00), ("1200", 5_00), ("1285", -5_00)]
    assert (opening_of(book).differs, codes(book)) == (False, [])
    book.deliver()
    assert book.ledger.trial_balance()["1285"] == -65_00


def test_what_was_not_sent_gives_way_to_what_is_known_later(book: Book) -> None:
    book.change_route(review=True)
    book.book(early())
    accept(book)
    book.book(early("E2", "5.00"))

    assert journals(book) == [("1200", 60_00), ("1200", 5_00), ("1285", -65_00)]
    assert sorted(one.state for one in book.deliveries()) == [DeliveryState.HELD, DeliveryState.WITHDRAWN]


@pytest.mark.parametrize("writes", range(8))
def test_killed_at_any_write_it_is_booked_once_by_the_next_run(book: Book, writes: int) -> None:
    book.book(early())
    with suppress(Killed):
        mortal = book.books(MortalStore(book.store, Life(writes)))
        mortal.accept_opening(ROUTE, by="ann", reason="checked")
    if not opening_of(book).accepted_by:
        accept(book)
    book.run()

    assert journals(book) == [("1200", 60_00), ("1285", -60_00)]
    assert codes(book) == []


def test_each_currency_has_a_journal_of_its_own(book: Book) -> None:
    """The clearing account's opening is stated in the ledger's currency, and compared in that alone."""
    with book.store.unit("test") as uow:
        uow.facts.put(book.desk.facts(LEDGER))
    book.book(early(), early("E9", "7.00", currency="EUR"))
    accept(book)

    assert journals(book) == [("1200", 7_00), ("1285", -7_00), ("1200", 60_00), ("1285", -60_00)]
    assert [entry.currency for entry in book.entries()] == ["EUR", "USD"]
    assert opening_of(book).items_minor == 60_00


def test_what_the_ledger_holds_already_is_taken_apart_and_not_brought_again(book: Book) -> None:
    book.change_route(opening_minor=60_00)
    book.book(early())
    assert (opening_of(book).differs, codes(book)) == (False, [])
    accept(book)

    assert journals(book) == [("1200", 60_00), ("1200", -60_00)]
    assert opening_of(book).opening_minor == 60_00


def test_an_opening_that_is_not_what_its_items_come_to_is_refused_with_both_amounts(book: Book) -> None:
    book.change_route(opening_minor=50_00)
    book.book(early())

    with pytest.raises(ConfigError, match=r"opens on 2026-06-15 with 50\.00 USD, and its items come to 60\.00") as said:
        accept(book)
    assert (said.value.code, codes(book)) == ("opening.differs", ["books.opening_differs"])

    book.change_route(opening_items=(StatedItem("1200", -10_00, "USD", "Taken by hand in May"),))
    accept(book)
    book.run()
    assert codes(book) == []


def test_a_first_day_that_has_not_come_is_accepted_by_nobody(book: Book) -> None:
    book.change_route(first_day=date(2026, 7, 20))

    with pytest.raises(ConfigError) as said:
        accept(book)
    assert said.value.code == "opening.early"


def test_a_reserve_of_the_first_day_moves_from_its_settlement_into_the_accepted_journal(book: Book) -> None:
    """C17: one of them gives way: it is never opened twice."""
    book.book(on_the_day())
    book.deliver()
    assert (book.balance("1260"), book.balance("1285")) == ("0.00", "-25.00")
    (reserve,) = opening_of(book).items
    assert (reserve.account, reserve.amount_minor, reserve.source) == ("1260", 25_00, "Amazon settlement D1")

    accept(book)
    book.deliver()

    assert journals(book) == [("1260", 25_00), ("1285", -25_00)]
    assert (book.balance("1260"), book.balance("1285")) == ("0.00", "-25.00")
    assert book.ledger.trial_balance()["1285"] == -25_00
    audited = book.audit_rows()
    assert (book.run().owed, book.audit_rows()) == (0, audited)


def test_what_the_channel_deferred_and_reserved_at_that_time_is_two_items(book: Book) -> None:
    """C17: two pools, never merged. What is to be paid out comes with its settlements."""
    as_of = datetime(2026, 6, 15, 9, tzinfo=UTC)
    told = (
        Balance(BalanceName.DEFERRED, 30_00, "USD"),
        Balance(BalanceName.RESERVED, 12_00, "USD"),
        Balance(BalanceName.AVAILABLE, 99_00, "USD"),
    )
    with book.store.unit("test") as uow:
        for days, balances in ((0, told), (5, (Balance(BalanceName.DEFERRED, 1_00, "USD"),))):
            at, span = as_of + timedelta(days=days), f"2026-06-{15 + days}"
            owner = book.connection.connection_id
            uow.readings.put(Reading(owner, BALANCES, span, at, at, at, at, balances=balances))
    accept(book)

    assert journals(book) == [("1260", 12_00), ("1270", 30_00), ("1285", -42_00)]
    (held,) = [one for one in opening_of(book).items if one.way is Way.DOCUMENT]
    assert (held.account, held.amount_minor) == ("1285", 99_00)


def test_what_no_channel_tells_is_asked(book: Book) -> None:
    asked = {one.what for one in opening_of(book).untold}
    assert asked == {"what the channel held", "reserves", "what was deferred", "open disputes"}

    book.change_route(opening_items=(StatedItem("1260", 20_00, "USD", "Held since April"),))
    assert "reserves" not in {one.what for one in opening_of(book).untold}
    assert [(one.what, one.source) for one in opening_of(book).items] == [
        ("Held since April", f"opening_items of route {ROUTE}")
    ]


def test_another_first_day_is_accepted_anew(book: Book) -> None:
    book.book(early())
    accept(book)
    book.change_route(first_day=date(2026, 6, 17))
    book.run()

    assert (journals(book), opening_of(book).accepted_by) == ([], "")


def test_money_that_reached_the_bank_before_is_no_item(book: Book) -> None:
    book.book(early(pays="2026-06-14"))

    assert opening_of(book).items == ()


def test_items_are_values(book: Book) -> None:
    """As they are handed over: the desk and the command line print them as they are."""
    book.book(early())

    (item,) = opening_of(book).items
    assert item == Item(
        "Amazon settlement E1: on its way to the bank",
        "1200",
        60_00,
        "USD",
        date(2026, 6, 16),
        "Amazon settlement E1",
    )
