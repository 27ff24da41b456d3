"""Every sample settlement, from the raw file through import, books, plan and rendering, as each ledger would get it.

The figures were worked out by hand from the rows of the files, in the order of the chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from inspect import cleandoc
from typing import Any

import pytest

from tests.books.book import Book, MakeBook
from tests.books.papers import PaperQuickBooks, PaperXero, shown
from tests.books.raw import SAMPLES

FOLDER = SAMPLES / "synthetic"
THIRD_PARTY = SAMPLES / "thirdparty/xieyi138-amazon-settlement-parser/settlement-sample.txt"
DOCUMENT: Mapping[str, Any] = {"bank_leg": "document"}
PARIS: Mapping[str, Any] = {"time_zone": "Europe/Paris", "tax_regime": "vat_standard"}
# A Canadian who keeps sales tax on accounts of its own, and said so for this country.
CANADIAN: Mapping[str, Any] = {
    "time_zone": "America/Toronto",
    "tax_regime": "us_sales_tax",
    "tax_regime_confirmed": "CA",
}
LONDON: Mapping[str, Any] = {"time_zone": "Europe/London", "tax_regime": "vat_standard"}


def bodies(book: Book, *names: str) -> list[str]:
    book.bring_in(*(FOLDER / name for name in names))
    return [shown(body) for body in book.bodies()]


def in_quickbooks(make_book: MakeBook, currency: str, *, is_taxed: bool = False, **route: object) -> Book:
    return make_book(ledger=PaperQuickBooks(currency, is_taxed=is_taxed), **route)


def in_xero(make_book: MakeBook, currency: str, *, is_taxed: bool = True, **route: object) -> Book:
    return make_book(ledger=PaperXero(currency, is_taxed=is_taxed), **{**DOCUMENT, **route})


AMERICAN = [
    cleandoc("""
        JournalEntry 2026-06-24
        1260 412.55
        1285 -412.55
    """),
    cleandoc("""
        JournalEntry 2026-06-30
        1260 -412.55
        2110 -7.55
        2110 7.55
        4000 -111.97
        4050 -5.99
        4100 1.85
        4110 5.99
        5100 12.60
        5200 18.44
        6000 16.53
        6120 39.99
        6200 41.07
        6210 6.12
        1280 387.92
    """),
    cleandoc("""
        JournalEntry 2026-07-08
        1260 120.00
        2110 1.19
        2110 -1.19
        4000 -258.00
        4050 -9.99
        4200 153.99
        4300 -25.80
        4500 11.42
        4500 -11.42
        5200 9.73
        5210 9.99
        5220 27.64
        6000 15.60
        6010 4.62
        6200 38.90
        1280 -387.92
        1200 301.24
    """),
    cleandoc("""
        Transfer 2026-07-10
        1000 301.24
    """),
]


def test_an_american_settlement_over_a_month_end(make_book: MakeBook) -> None:
    book = in_quickbooks(make_book, "USD")

    assert bodies(book, "us_v2_standard.txt") == AMERICAN


def test_an_american_settlement_as_documents_in_xero(make_book: MakeBook) -> None:
    """The first month is a document of nothing, the second the deposit; the opening is a journal."""
    book = in_xero(make_book, "USD", is_taxed=False)
    opening, june, july = bodies(book, "us_v2_standard.txt")

    assert opening.replace("ManualJournal", "JournalEntry") == AMERICAN[0]
    assert june.replace("ACCREC", "JournalEntry") == AMERICAN[1]
    assert july.replace("ACCREC", "JournalEntry") == AMERICAN[2].removesuffix("\n1200 301.24")


def test_a_canadian_debt_and_the_settlement_that_carries_it_in(make_book: MakeBook) -> None:
    """A Tax row of nothing beside nothing withheld; later 11.96 that Amazon withheld whole."""
    book = in_quickbooks(make_book, "CAD", **CANADIAN)

    assert bodies(book, "ca_v2_negative.txt", "ca_v2_after_negative.txt") == [
        cleandoc("""
            JournalEntry 2026-05-15
            4000 -35.00
            5100 287.80
            5200 6.12
            6000 5.25
            6030 0.17
            6120 33.89
            1200 -298.23
        """),
        cleandoc("""
            JournalEntry 2026-05-29
            1200 298.23
            1200 -298.23
            2110 -11.96
            2110 11.96
            4000 -92.00
            5200 17.29
            6000 13.80
            6200 1.30
            1200 59.61
        """),
        cleandoc("""
            Transfer 2026-05-31
            1000 59.61
        """),
    ]


def test_an_older_file_of_a_canadian_seller(make_book: MakeBook) -> None:
    """The layout before: 12.00 of tax on advertising is the seller's to claim, a payout of 0.01 went out by itself."""
    book = in_quickbooks(make_book, "CAD", **CANADIAN, first_day=date(2025, 1, 1))
    assert bodies(book, "ca_v1_flatfile.txt") == [
        cleandoc("""
            JournalEntry 2025-08-28
            1200 62.31
            1200 -62.31
            1200 0.01
            1450 12.00
            4000 -95.00
            4050 -6.99
            4110 6.99
            4200 60.00
            4500 -15.25
            5200 24.92
            5220 16.10
            6000 5.25
            6010 1.80
            6030 0.17
            6120 32.09
            6200 100.00
            1200 -142.09
        """)
    ]


BRITISH_FEES = cleandoc("""
    5100 22.40
    5200 11.45
    5220 17.04 INPUT2 2.84
    6000 18.12
    6010 0.25
    6030 0.02
    6200 19.84
    6500 3.11
""")


@pytest.mark.parametrize(
    ("in_rows", "sales"),
    [
        (
            False,
            """
            4000 -124.99 OUTPUT2 -20.84
            4000 -8.25 ZERORATEDOUTPUT 0.00
            4050 -4.49 OUTPUT2 -0.75
            4110 4.49 OUTPUT2 0.75
            """,
        ),
        (
            True,
            """
            4000 -99.99 ZERORATEDOUTPUT 0.00
            4000 -25.00 OUTPUT2 -4.17
            4000 -8.25 ZERORATEDOUTPUT 0.00
            4050 -4.49 ZERORATEDOUTPUT 0.00
            4110 4.49 ZERORATEDOUTPUT 0.00
            """,
        ),
    ],
)
def test_a_british_settlement_as_one_document(make_book: MakeBook, in_rows: bool, sales: str) -> None:
    """What Amazon withheld is a supply to Amazon, and its refund too. Only storage states its VAT."""
    book = in_xero(make_book, "GBP", vat_in_rows=in_rows, **LONDON)
    (invoice,) = bodies(book, "gb_v2_dmy.txt")

    assert invoice == "\n".join(
        ["ACCREC 2026-06-24", cleandoc(sales), "4200 8.25 ZERORATEDOUTPUT 0.00", *BRITISH_FEES.splitlines()]
    )
    assert book.balance("1100") == "32.76"
    assert (book.balance("2110"), book.findings()) == ("0.00", [])


def test_a_british_settlement_as_a_journal_entry(make_book: MakeBook) -> None:
    book = in_quickbooks(make_book, "GBP", is_taxed=True, vat_in_rows=False, **LONDON)
    journal, transfer = bodies(book, "gb_v2_dmy.txt")

    assert journal == cleandoc("""
        JournalEntry 2026-06-24
        4000 -124.99 20.0% S (Sales) -20.84
        4000 -8.25 0.0% Z (Sales) 0.00
        4050 -4.49 20.0% S (Sales) -0.75
        4110 4.49 20.0% S (Sales) 0.75
        4200 8.25 0.0% Z (Sales) 0.00
        5100 22.40
        5200 11.45
        5220 17.04 20.0% S (Purchase) 2.84
        6000 18.12
        6010 0.25
        6030 0.02
        6200 19.84
        6500 3.11
        1200 32.76
    """)
    assert transfer == "Transfer 2026-06-26\n1000 32.76"


def test_a_british_settlement_that_mixes_asks_first(make_book: MakeBook) -> None:
    book = in_xero(make_book, "GBP", **LONDON)
    (held,) = book.bring_in(FOLDER / "gb_v2_dmy.txt").documents

    assert (held.reason, book.entries()) == ("settlement.vat_in_rows", [])
    assert "16.67 GBP of VAT are inside 99.99 GBP" in held.message


def test_a_british_seller_without_registration(make_book: MakeBook) -> None:
    """Tax is price and cost; what Amazon withheld still passes through."""
    book = in_xero(make_book, "GBP", time_zone="Europe/London", tax_regime="not_registered")
    (invoice,) = bodies(book, "gb_v2_dmy.txt")

    assert invoice == cleandoc("""
        ACCREC 2026-06-24
        4000 -133.24
        4050 -4.49
        4110 4.49
        4200 8.25
        5100 22.40
        5200 11.45
        5220 17.04
        6000 18.12
        6010 0.25
        6030 0.02
        6200 19.84
        6500 3.11
    """)


FRENCH = """
    1290 35.20
    2110 -0.67
    2110 0.67
    4000 -1149.00 {full} -191.50
    4000 -12.50 {zero} 0.00
    4050 -3.33 {zero} 0.00
    4200 12.50 {zero} 0.00
    5200 17.35
    6000 91.92
    6010 0.38
    6030 0.06
    6200 88.00
"""


def test_a_french_settlement_with_decimal_commas_in_both_ledgers(make_book: MakeBook) -> None:
    """2110 nets 2.50 collected and given back; shipping was not refunded: 0.67 on either side.

    Outside the United Kingdom no code serves supplies to a channel: they bear what is said of zero-rated sales.
    """
    xero = in_xero(make_book, "EUR", vat_in_rows=False, tax_codes=(("sale:0", "ZERORATEDOUTPUT"),), **PARIS)
    zero_rated = (("sale:0", "0.0% Z"),)
    quickbooks = in_quickbooks(make_book, "EUR", is_taxed=True, vat_in_rows=False, tax_codes=zero_rated, **PARIS)

    rows = cleandoc(FRENCH.format(zero="ZERORATEDOUTPUT", full="OUTPUT2"))
    assert bodies(xero, "fr_v2_comma.txt") == [f"ACCREC 2026-06-26\n{rows}"]
    rows = cleandoc(FRENCH.format(zero="0.0% Z (Sales)", full="20.0% S (Sales)"))
    assert bodies(quickbooks, "fr_v2_comma.txt") == [
        f"JournalEntry 2026-06-26\n{rows}\n1200 919.42",
        "Transfer 2026-06-28\n1000 919.42",
    ]
    assert xero.balance("1100") == "919.42"


def test_a_supply_to_a_channel_waits_where_nobody_has_said_which_code_it_bears(make_book: MakeBook) -> None:
    book = in_xero(make_book, "EUR", vat_in_rows=False, **PARIS)
    book.bring_in(FOLDER / "fr_v2_comma.txt")
    (held,) = book.deliveries()

    assert (held.state, held.reason) == ("held", "tax_code.missing")
    assert "sale:deemed_supply (supplied to a channel that owes the tax itself): map it" in held.note

    book.change_route(tax_codes=(("sale:deemed_supply", "EXEMPTOUTPUT"), ("sale:0", "ZERORATEDOUTPUT")))
    book.run()
    assert "4000 -12.50 EXEMPTOUTPUT 0.00" in shown(book.bodies()[0])


def test_somebody_elses_sample_waits_with_what_it_does_not_name_in_suspense(make_book: MakeBook) -> None:
    """Five rows of unknown words; a reserve of 820.44 from before, and 420.00 held."""
    book = make_book(ledger=PaperQuickBooks("USD", is_taxed=False), time_zone="UTC")
    book.bring_in(THIRD_PARTY)

    assert book.accounts("28471003921 2026-06") == {
        "1200": "582.89",
        "1260": "-400.44",
        "1990": "100.62",
        "4000": "-474.49",
        "4050": "-7.99",
        "4200": "129.99",
        "5200": "4.75",
        "5210": "7.99",
        "6000": "51.68",
        "6010": "5.00",
    }
    assert book.accounts("28471003921 opening") == {"1260": "820.44", "1285": "-820.44"}
    assert {each.reason for each in book.deliveries()} == {"unclassified", "payout.not_paid"}
