"""Reserves of settlements: what is given back was held before, here or before the books began (C17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.deliveries import DeliveryState
from bridge.model.rules import Rule
from tests.books.book import Book, MakeBook, plain
from tests.books.builders import Received
from tests.books.raw import report, sample

GIVEN_BACK = "other-transaction|other-transaction|Previous Reserve Amount Balance"
HELD = "other-transaction|other-transaction|Current Reserve Amount"


def settled(number: int, given_back: str, held: str, *, currency: str = "USD") -> Received:
    """The n-th settlement of a fortnight: a sale of 500.00, the reserve before it given back, its own held."""
    opened = date(2026, 2, 1) + timedelta(days=14 * number)
    closed = opened + timedelta(days=14)
    rows = f"{opened}  1  Order|ItemPrice|Principal  500.00\n"
    rows += f"{opened} 00:00  -  {GIVEN_BACK}  {given_back}\n" if given_back else ""
    rows += f"{closed} 00:00  -  {HELD}  -{held}\n" if held else ""
    days = {"opened": f"{opened}", "closed": f"{closed} 00:00", "pays": f"{closed}"}
    return report(rows, f"R{number}", currency=currency, **days)


CHAIN = (settled(0, "80.00", "100.00"), settled(1, "100.00", "120.00"), settled(2, "120.00", "90.00"))


def openings(book: Book) -> list[tuple[str, int]]:
    """(settlement, amount) of what stands as opened."""
    return [
        (entry.slot.group, entry.postings[0].amount_minor) for entry in book.entries() if entry.slot.part == "opening"
    ]


def test_a_reserve_from_before_the_books_is_opened_by_the_settlement_that_gives_it_back(book: Book) -> None:
    """1260 would stand at -412.55 over the end of June."""
    book.book(sample("us_v2_standard.txt"))

    assert book.entry("28500000011 opening") == plain("""
        2026-06-24 Reserve from before Amazon settlement 28500000011
            1260 Marketplace reserves held    412.55 USD   reserve.opening
            1285 Opening clearing            -412.55 USD   reserve.opening
    """)
    assert (book.balance("1260"), book.balance("1285")) == ("120.00", "-412.55")
    assert book.findings() == []


def test_what_a_settlement_here_held_is_no_opening(book: Book) -> None:
    book.book(*CHAIN)

    assert openings(book) == [("R0", 8000)]
    assert (book.balance("1260"), book.balance("1285")) == ("90.00", "-80.00")


def test_a_reserve_from_before_the_first_day_was_never_on_the_account(make_book: MakeBook) -> None:
    """Its row is from before the books: it goes to opening clearing like all that is."""
    book = make_book(first_day=date(2026, 2, 10))
    book.book(CHAIN[0])

    assert openings(book) == []
    assert book.balance("1260") == "100.00"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_the_order_of_the_files_the_same_is_opened(make_book: MakeBook, order: Sequence[int]) -> None:
    """An older settlement that comes later takes back the opening that stood in for it."""
    book = make_book()
    for number in order:
        book.book(CHAIN[number])

    assert openings(book) == [("R0", 8000)]
    assert (book.balance("1260"), book.balance("1285")) == ("90.00", "-80.00")
    standing = [each for each in book.deliveries() if each.state is not DeliveryState.WITHDRAWN]
    assert len(standing) == len(book.entries())


def test_an_opening_that_was_sent_is_undone_by_an_entry_of_its_own(book: Book) -> None:
    book.book(CHAIN[1])
    book.clock.advance(86_400 * 300)
    book.run()
    book.deliver()
    book.book(CHAIN[0])
    book.deliver()

    assert openings(book) == [("R0", 8000), ("R1", 10000), ("R1", -10000)]
    assert (book.balance("1260"), book.balance("1285")) == ("120.00", "-80.00")
    assert book.ledger.trial_balance()["1285"] == -8000
    audited = book.audit_rows()
    assert (book.run().owed, book.audit_rows()) == (0, audited)


def test_a_gap_between_settlements_is_opened_until_it_is_closed(book: Book) -> None:
    book.book(CHAIN[0], CHAIN[2])
    assert openings(book) == [("R0", 8000), ("R2", 12000)]

    book.book(CHAIN[1])
    assert openings(book) == [("R0", 8000)]


def test_each_currency_and_each_marketplace_has_reserves_of_its_own(make_book: MakeBook) -> None:
    book = make_book(currency="EUR", tax_regime="not_registered")
    book.book(
        settled(0, "80.00", "100.00", currency="EUR"),
        settled(1, "33.00", "44.00", currency="EUR"),
        settled(2, "100.00", "120.00", currency="EUR"),
        settled(3, "44.00", "", currency="EUR"),
        settled(4, "70.00", "", currency="GBP"),
    )

    assert openings(book) == [("R0", 8000), ("R1", 3300), ("R4", 7000)]


AMOUNTS = st.sampled_from(("", "10.00", "20.00", "30.00"))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=4), st.data())
def test_any_chain_in_any_order_ends_the_same_and_holds_what_is_held_last(
    make_book: MakeBook, chain: list[tuple[str, str]], data: st.DataObject
) -> None:
    received = [settled(number, *one) for number, one in enumerate(chain)]
    at_once, one_by_one = make_book(), make_book()
    at_once.book(*received)
    for one in data.draw(st.permutations(received)):
        one_by_one.book(one)

    assert one_by_one.balances() == at_once.balances()
    assert openings(one_by_one) == openings(at_once)
    assert at_once.balance_minor("1260") >= 0


def test_newer_rules_that_name_nothing_of_it_book_a_settlement_anew_once(book: Book) -> None:
    """Its opening stays as it was, by the rules of its day."""
    unknown_words = "other-transaction|other-transaction|Label v3"
    rows = f"2026-02-01  1  Order|ItemPrice|Principal  500.00\n2026-02-01  -  {GIVEN_BACK}  80.00"
    book.book(report(f"{rows}\n2026-02-02  -  {unknown_words}  -7.20", opened="2026-02-01", closed="2026-02-15"))
    book.rules(Rule("others", kind="unclassified", words="*|Other", as_kind="fee.label"))
    book.run()
    after = book.audit_rows()
    again = book.run()

    assert again.documents == ()
    assert book.audit_rows() == after
