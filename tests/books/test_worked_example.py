"""The settlement the accounting was worked out on, to the cent."""

from datetime import date

from tests.books.book import Book, MakeBook, plain
from tests.books.raw import sample

JUNE = {
    "1260": "-412.55",
    "1280": "387.92",
    "4000": "-111.97",
    "4050": "-5.99",
    "4100": "1.85",
    "4110": "5.99",
    "5100": "12.60",
    "5200": "18.44",
    "6000": "16.53",
    "6120": "39.99",
    "6200": "41.07",
    "6210": "6.12",
}
JULY = {
    "1200": "301.24",
    "1260": "120.00",
    "1280": "-387.92",
    "4000": "-258.00",
    "4050": "-9.99",
    "4200": "153.99",
    "4300": "-25.80",
    "5200": "9.73",
    "5210": "9.99",
    "5220": "27.64",
    "6000": "15.60",
    "6010": "4.62",
    "6200": "38.90",
}


def test_a_settlement_over_a_month_end_is_booked_month_by_month(book: Book) -> None:
    """F35: split by the merchant's calendar; the carry-forward returns to zero."""
    book.book(sample("us_v2_standard.txt"))

    assert book.accounts("28500000011 2026-06") == JUNE
    assert book.accounts("28500000011 2026-07") == JULY
    assert book.entry_of("28500000011 2026-06").booked_on == date(2026, 6, 30)
    assert book.entry_of("28500000011 2026-07").booked_on == date(2026, 7, 8)
    assert book.balance("1280") == "0.00"
    assert book.balance("2110") == "0.00"


def test_the_payout_moves_the_total_to_the_bank_on_the_deposit_date(book: Book) -> None:
    book.book(sample("us_v2_standard.txt"))

    assert book.entry("28500000011 bank") == plain("""
        2026-07-10 Payout of Amazon settlement 28500000011
            1000 Operating bank       301.24 USD   bank
            1200 Amazon clearing     -301.24 USD   bank
    """)
    assert book.balance("1200") == "0.00"


def test_a_calendar_in_utc_would_move_money_between_the_months(make_book: MakeBook) -> None:
    """F34: an account on another calendar carries another amount over."""
    book = make_book(time_zone="UTC")
    book.book(sample("us_v2_standard.txt"))

    assert book.accounts("28500000011 2026-06")["1280"] == "415.62"
    assert book.balance("1280") == "0.00"


def test_a_reimbursement_and_its_clawback_stay_two_postings_of_one_account(book: Book) -> None:
    book.book(sample("us_v2_standard.txt"))

    amounts = [
        (posting.kind, posting.amount_minor)
        for posting in book.entry_of("28500000011 2026-07").postings
        if posting.account == "4500"
    ]
    assert amounts == [("reimb.clawback", 1142), ("reimb.inventory", -1142)]


def test_every_line_of_the_file_is_booked_or_excluded_as_zero(book: Book) -> None:
    received = sample("us_v2_standard.txt")
    outcome = book.book(received).documents[0]

    assert outcome.lines_booked + sum(count for _, count in outcome.excluded) == len(received.lines) == 58
    assert outcome.excluded == (("zero", 4),)
    assert len(book.booked_lines()) == 54
