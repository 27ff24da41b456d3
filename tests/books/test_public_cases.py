"""Settlements that were reported in public to be booked wrongly: from the raw file to what each ledger gets (P..)."""

from __future__ import annotations

import json
from datetime import date
from inspect import cleandoc
from pathlib import Path

import pytest

from bridge.desk import LineTax
from bridge.model.rules import Rule
from tests.books.book import Book, MakeBook
from tests.books.papers import Paper, PaperQuickBooks, PaperXero, shown
from tests.books.raw import SAMPLES

PUBLIC = SAMPLES / "public"
LONDON = {"time_zone": "Europe/London", "tax_regime": "vat_standard"}


def british(make_book: MakeBook, ledger: str, **route: object) -> Book:
    """A British seller: with Xero one document a deposit, with QuickBooks a journal entry and a transfer."""
    paper: Paper = (PaperXero if ledger == "xero" else PaperQuickBooks)("GBP", is_taxed=True)
    legs = {"bank_leg": "document"} if ledger == "xero" else {}
    return make_book(ledger=paper, **{**LONDON, **legs, **route})


def file(name: str) -> Path:
    return next(PUBLIC.glob(f"{name}*"))


def first_body(book: Book) -> str:
    return shown(book.bodies()[0])


@pytest.mark.parametrize("in_rows", [None, True, False])
def test_p31_a_tax_row_rides_on_the_base_of_its_own_item(make_book: MakeBook, in_rows: bool | None) -> None:
    xero = british(make_book, "xero", vat_in_rows=in_rows)
    xero.bring_in(file("P31_amazon_gb_vat_row_a"))
    assert first_body(xero) == cleandoc("""
        ACCREC 2026-06-24
        4000 -25.00 OUTPUT2 -4.17
    """)

    quickbooks = british(make_book, "quickbooks", vat_in_rows=in_rows)
    quickbooks.bring_in(file("P31_amazon_gb_vat_row_a"))
    assert first_body(quickbooks) == cleandoc("""
        JournalEntry 2026-06-24
        4000 -25.00 20.0% S (Sales) -4.17
        1200 25.00
    """)


def test_p31_each_posting_is_explained_with_the_code_and_the_tax_that_its_line_bears(make_book: MakeBook) -> None:
    for ledger, code in (("xero", "OUTPUT2"), ("quickbooks", "20.0% S")):
        book = british(make_book, ledger, vat_in_rows=False)
        book.bring_in(file("P31_amazon_gb_vat_row_a"))
        explained, *_ = book.views().explain("28500000901")

        assert [one.tax for one in explained.postings] == [LineTax("sale:20", code, code, -417), LineTax()]
        book.change_route(tax_codes=(("sale:20", "another"),))
        explained, *_ = book.views().explain("28500000901")
        assert explained.postings[0].tax.name == code, "what the voucher bears, whatever the route says by now"


@pytest.mark.parametrize(
    ("in_rows", "xero_line", "quickbooks_line"),
    [
        (False, "4000 -99.99 OUTPUT2 -16.67", "4000 -99.99 20.0% S (Sales) -16.67"),
        (True, "4000 -99.99 ZERORATEDOUTPUT 0.00", "4000 -99.99 0.0% Z (Sales) 0.00"),
    ],
)
def test_p31_an_order_without_a_tax_row_is_what_the_answer_says(
    make_book: MakeBook, in_rows: bool, xero_line: str, quickbooks_line: str
) -> None:
    for ledger, line in (("xero", xero_line), ("quickbooks", quickbooks_line)):
        book = british(make_book, ledger, vat_in_rows=in_rows)
        book.bring_in(file("P31_amazon_gb_vat_row_b"))
        assert line in first_body(book).splitlines()


@pytest.mark.parametrize(
    ("in_rows", "lines"),
    [
        (False, ["4000 -124.99 OUTPUT2 -20.84"]),
        (True, ["4000 -99.99 ZERORATEDOUTPUT 0.00", "4000 -25.00 OUTPUT2 -4.17"]),
    ],
)
def test_p31_a_mixed_file_is_held_with_the_vat_at_stake_until_the_route_answers(
    make_book: MakeBook, in_rows: bool, lines: list[str]
) -> None:
    """One order's Tax row says nothing about another's; 16.67 of 99.99 are asked about."""
    book = british(make_book, "xero")
    (held,) = book.bring_in(file("P31_amazon_gb_vat_row_c")).documents
    assert (held.result, held.reason, book.entries()) == ("held", "settlement.vat_in_rows", [])
    assert "16.67 GBP of VAT are inside 99.99 GBP, or none at all" in held.message
    assert "Set vat_in_rows in [routes.amazon to books]" in held.message
    assert problems(book) == [("settlement.vat_in_rows", held.message)]

    book.change_route(vat_in_rows=in_rows)
    book.run()
    assert first_body(book).splitlines()[1:] == lines
    assert problems(book) == []


def test_p31_a_file_whose_orders_state_no_tax_is_held_until_the_route_answers(make_book: MakeBook) -> None:
    """An absent row states nothing, also where none has one."""
    book = british(make_book, "xero")
    (held,) = book.bring_in(file("P31_amazon_gb_vat_row_b")).documents
    assert (held.result, held.reason, book.entries()) == ("held", "settlement.vat_in_rows", [])
    assert held.message.startswith("none of its orders has a tax row: 16.67 GBP of VAT are inside 99.99 GBP, or none")

    book.change_route(vat_in_rows=False)
    book.run()
    assert first_body(book).splitlines()[1:] == ["4000 -99.99 OUTPUT2 -16.67"]


def test_p31_a_rule_answers_for_the_goods_it_names(make_book: MakeBook) -> None:
    """Exempt, export and outside the scope are treatments of their own; a zero rate is another."""
    book = british(make_book, "xero")
    book.rules(Rule("lamps", "4000", kind="sale.product", sku="ACME-LAMP-XL", tax="sale:exempt"))
    book.bring_in(file("P31_amazon_gb_vat_row_c"))

    assert first_body(book).splitlines()[1:] == ["4000 -25.00 OUTPUT2 -4.17", "4000 -99.99 EXEMPTOUTPUT 0.00"]


def test_p33_a_tax_row_of_nothing_states_the_zero_rate(make_book: MakeBook) -> None:
    for ledger, line in (
        ("xero", "4000 -20.83 ZERORATEDOUTPUT 0.00"),
        ("quickbooks", "4000 -20.83 0.0% Z (Sales) 0.00"),
    ):
        book = british(make_book, ledger)
        book.bring_in(file("P33_amazon_gb_tax_row_zero"))
        assert first_body(book).splitlines()[1] == line


@pytest.mark.parametrize(
    ("regime", "meant"),
    [
        (
            "not_registered",
            "Its route says that you are not registered, and who is not owes no tax: ask the marketplace",
        ),
        ("us_sales_tax", "You owe that part, and of bridge's tax regimes only gst_hst"),
    ],
)
def test_p34_what_the_seller_owes_beside_the_marketplace_is_held_and_named(
    make_book: MakeBook, regime: str, meant: str
) -> None:
    book = make_book(
        ledger=PaperQuickBooks("CAD", is_taxed=False),
        time_zone="America/Vancouver",
        tax_regime=regime,
        tax_regime_confirmed="CA",
    )
    (held,) = book.bring_in(file("P34_amazon_ca_partial_pst")).documents

    assert (held.result, held.reason, book.entries()) == ("held", "settlement.two_parties", [])
    assert held.message.startswith("the marketplace withheld only a part of its tax and left 5.00 CAD to you (")
    assert "12.00 CAD collected, 7.00 CAD withheld). " + meant in held.message
    assert problems(book) == [("settlement.two_parties", held.message)]


BOUNCED = [
    cleandoc("""
        ACCREC 2026-06-10
        4000 -100.00 ZERORATEDOUTPUT 0.00
    """),
    cleandoc("""
        ACCREC 2026-06-24
        1200 -100.00
        4000 -50.00 ZERORATEDOUTPUT 0.00
    """),
]


@pytest.mark.parametrize("order", ["ab", "ba", "b then a"])
def test_p32_a_payout_that_bounced_settles_its_open_invoice_from_clearing(make_book: MakeBook, order: str) -> None:
    """Whichever file comes first: 150.00 are owed in the end, and clearing stands at nothing."""
    book = british(make_book, "xero", vat_in_rows=True)
    files = [file(f"P32_amazon_gb_bounced_{letter}") for letter in order if letter in "ab"]
    if order == "b then a":
        book.bring_in(files[0])
        assert book.balance("1100") == "150.00"
    book.bring_in(*files)

    invoice = book.delivery("28500000961 2026-06").voucher_id
    *invoices, payment = map(shown, book.bodies())
    assert sorted(invoices) == BOUNCED
    assert payment == f"Payment 2026-06-16 of {invoice}\n1200 100.00"
    bounced = book.delivery("28500000961 bounced").voucher
    assert bounced is not None
    assert (bounced.pays, bounced.after[0]) == (invoice, invoice)
    assert (book.balance("1100"), book.balance("1200")) == ("150.00", "0.00")

    again = book.run()
    assert (again.owed, book.balance("1100")) == (0, "150.00")


def test_p32_a_settlement_on_clearing_needs_no_such_payment(make_book: MakeBook) -> None:
    book = british(make_book, "quickbooks", vat_in_rows=True)
    book.bring_in(file("P32_amazon_gb_bounced_a"), file("P32_amazon_gb_bounced_b"))

    assert [entry.slot.part for entry in book.entries() if entry.slot.part not in {"2026-06", "bank"}] == []


@pytest.mark.parametrize("zone", ["America/Vancouver", "Pacific/Auckland", "UTC"])
@pytest.mark.parametrize(
    ("deposit", "day"), [("26.06.2026 06:33:36", "2026-06-26"), ("01.07.2026 06:33:36", "2026-07-01")]
)
def test_p35_a_deposit_date_is_the_day_the_statement_prints(
    make_book: MakeBook, tmp_path: Path, zone: str, deposit: str, day: str
) -> None:
    """On the first of a month, at 06:33 UTC, an instant would lie in the wrong month. The sale keeps its own day."""
    statement = tmp_path / "settlement.txt"
    statement.write_bytes(
        file("P31_amazon_gb_vat_row_a").read_bytes().replace(b"26.06.2026 06:33:36", deposit.encode())
    )
    closed = "2026-06-23" if zone == "America/Vancouver" else "2026-06-24"

    quickbooks = british(make_book, "quickbooks", time_zone=zone, vat_in_rows=False)
    quickbooks.bring_in(statement)
    assert [shown(body).splitlines()[0] for body in quickbooks.bodies()] == [
        f"JournalEntry {closed}",
        f"Transfer {day}",
    ]

    xero = british(make_book, "xero", time_zone=zone, vat_in_rows=False)
    xero.bring_in(statement)
    (invoice,) = json.loads(xero.bodies()[0])["Invoices"]
    assert (invoice["Type"], invoice["Date"], invoice["DueDate"]) == ("ACCREC", closed, day)


def test_p35_of_two_months_only_the_document_that_bears_the_total_is_due_at_the_deposit(make_book: MakeBook) -> None:
    """The month before is an invoice for nothing; a settlement on clearing leaves none open."""
    xero = british(make_book, "xero", vat_in_rows=False)
    xero.bring_in(file("P03_iso_days_where_dots_are_usual_b"))
    assert [entry.due_on is None for entry in xero.entries()] == [True, False]

    quickbooks = british(make_book, "quickbooks", vat_in_rows=False)
    quickbooks.bring_in(file("P03_iso_days_where_dots_are_usual_b"))
    assert [entry.due_on for entry in quickbooks.entries()] == [None, None, None]


def test_p35_a_document_moved_into_an_open_period_is_due_no_day_before_it(make_book: MakeBook) -> None:
    xero = british(make_book, "xero", vat_in_rows=False, late="next_open_day")
    xero.ledger.locked_through = date(2026, 6, 30)
    xero.bring_in(file("P31_amazon_gb_vat_row_a"))

    (invoice,) = json.loads(xero.bodies()[0])["Invoices"]
    assert (invoice["Date"], invoice["DueDate"]) == ("2026-07-01", "2026-07-01")


FIRST, CARRYING = "JournalEntry 2026-06-30", "1280 26.27"
CARRIED = ["JournalEntry 2026-07-08\n1280 -26.27\n1200 26.27", "Transfer 2026-07-10\n1000 26.27"]


@pytest.mark.parametrize(
    ("name", "currency", "first", "after"),
    [
        (
            "P03_iso_days_where_dots_are_usual_a",
            "GBP",
            ("JournalEntry 2026-03-15", "1200 26.27"),
            ["Transfer 2026-03-17\n1000 26.27"],
        ),
        ("P03_iso_days_where_dots_are_usual_b", "CAD", (FIRST, CARRYING), CARRIED),
        *((f"P06_settlement_saved_by_a_spreadsheet_{letter}", "USD", (FIRST, CARRYING), CARRIED) for letter in "abc"),
    ],
)
def test_p03_p06_files_that_lost_nothing_are_booked_as_the_original_would_be(
    make_book: MakeBook, name: str, currency: str, first: tuple[str, str], after: list[str]
) -> None:
    """On the days that the file prints. All but the first cross the end of June, and carry it over."""
    book = make_book(ledger=PaperQuickBooks(currency, is_taxed=False), time_zone="UTC", tax_regime="not_registered")
    book.bring_in(file(name))

    sales = ["4000 -29.99", "4050 -3.99", "5200 3.21", "6000 4.50"]
    assert [shown(body) for body in book.bodies()] == ["\n".join([first[0], *sales, first[1]]), *after]
    assert book.balance("1280") == "0.00"


def test_p01_gst_of_amazon_in_stands_in_no_suspense(make_book: MakeBook) -> None:
    """Tax of its own lines: collected on 2100, on fees to be claimed on 1450, withheld from income on 1460.

    Two parts of one settlement: what June moved is carried into July, which bears the total and pays it out.
    """
    book = make_book(ledger=PaperQuickBooks("INR", is_taxed=False), time_zone="Asia/Kolkata", tax_regime="us_sales_tax")
    book.bring_in(file("P01_amazon_in_words"))

    assert [(entry.slot.part, str(entry.booked_on)) for entry in book.entries()] == [
        ("2026-06", "2026-06-30"),
        ("2026-07", "2026-07-08"),
        ("bank", "2026-07-10"),
    ]
    assert book.accounts("30000000016 2026-06") == {
        "1280": "437.09",
        "1450": "31.32",
        "1460": "3.59",
        "2100": "-98.54",
        "4000": "-847.46",
        "4050": "-40.00",
        "4110": "40.00",
        "4200": "300.00",
        "5200": "64.00",
        "6000": "70.00",
        "6010": "15.00",
        "6020": "25.00",
    }
    assert book.accounts("30000000016 2026-07") == {"1200": "437.09", "1280": "-437.09"}
    assert book.accounts("30000000016 bank") == {"1000": "437.09", "1200": "-437.09"}
    assert [shown(body).splitlines()[0] for body in book.bodies()] == [
        "JournalEntry 2026-06-30",
        "JournalEntry 2026-07-08",
        "Transfer 2026-07-10",
    ]
    assert (book.balance("1990"), len(book.booked_lines())) == ("0.00", 27)


def problems(book: Book) -> list[tuple[str, str]]:
    """What `bridge held` tells of the route's documents."""
    with book.store.reading() as uow:
        kept = uow.documents.of_connection(book.connection.connection_id)
        return [(problem.code, problem.message) for one in kept for problem in one.problems]
