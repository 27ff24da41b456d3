"""Whose tax it is: the marketplace's where it withheld it, else the merchant's (F25)."""

from tests.books.book import Book
from tests.books.builders import settlement


def test_withheld_tax_passes_through_and_other_tax_is_the_merchants_to_remit(book: Book) -> None:
    text = """
        2026-06-02 tax.collected     8.00  order-1
        2026-06-02 tax.facilitator  -8.00  order-1
        2026-06-03 tax.collected     5.00  order-2
        2026-06-03 tax.facilitator   0.00  order-2
        2026-06-04 tax.collected     1.00
    """
    book.book(settlement("S1", text))

    assert book.balance("2110") == "0.00"
    assert book.balance("2100") == "-6.00"
    assert book.findings() == []


def test_withheld_and_collected_legs_stay_two_postings(book: Book) -> None:
    text = "2026-06-02 tax.collected 8.00 order-1\n2026-06-02 tax.facilitator -8.00 order-1"
    book.book(settlement("S1", text))

    kinds = [(posting.account, posting.kind, posting.amount_minor) for posting in book.entry_of("S1 2026-06").postings]
    assert kinds == [("2110", "tax.collected", -800), ("2110", "tax.facilitator", 800)]


def test_a_retrocharge_passes_through(book: Book) -> None:
    text = "2026-06-02 tax.retrocharge 3.00\n2026-06-02 tax.retrocharge -3.00"
    book.book(settlement("S1", text))

    assert [posting.account for posting in book.entry_of("S1 2026-06").postings] == ["2110"]


def test_what_collected_and_withheld_leave_over_goes_to_sales_tax_with_a_finding(book: Book) -> None:
    text = "2026-05-30 tax.collected 8.00 order-1\n2026-06-02 tax.facilitator -7.90 order-1"
    book.book(settlement("S1", text, opened="2026-05-20", closed="2026-06-14"))

    assert book.balance("2110") == "0.00"
    assert book.balance("2100") == "-0.10"
    residue = [
        (posting.account, posting.amount_minor)
        for posting in book.entry_of("S1 2026-06").postings
        if posting.kind == "tax.residue"
    ]
    assert residue == [("2110", 10), ("2100", -10)]
    [kept] = book.findings()
    assert (kept.finding.code, kept.finding.severity, kept.finding.amount_minor) == (
        "books.facilitator_residue",
        "warning",
        -10,
    )


def test_tax_on_fees_is_recoverable(book: Book) -> None:
    book.book(settlement("S1", "2026-06-02 tax.on_fees -1.20"))

    assert book.balance("1450") == "1.20"
