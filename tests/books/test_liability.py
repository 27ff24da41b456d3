"""Whose tax it is: the marketplace's where it withheld it, else the merchant's (F25). From Amazon's own rows."""

import pytest

from bridge.model.rules import Rule
from tests.books.book import Book, MakeBook
from tests.books.raw import report

TAX, WITHHELD = "Order|ItemPrice|Tax", "Order|ItemWithheldTax|MarketplaceFacilitatorTax-Principal"


def rows(*collected_and_withheld: tuple[str, str], day: str = "2026-06-02") -> str:
    """Orders of 100.00, each with the tax that was collected and what of it was withheld."""
    return "\n".join(
        f"{day}  {number}  Order|ItemPrice|Principal  100.00\n{day}  {number}  {TAX}  {collected}\n"
        + (f"{day}  {number}  {WITHHELD}  {withheld}" if withheld else "")
        for number, (collected, withheld) in enumerate(collected_and_withheld, start=1)
    )


def test_withheld_tax_passes_through_and_other_tax_is_the_merchants_to_remit(book: Book) -> None:
    """A withheld row of 0.00 is no withholding."""
    book.book(report(rows(("8.00", "-8.00"), ("5.00", "0.00"), ("1.00", ""))))

    assert book.balance("2110") == "0.00"
    assert book.balance("2100") == "-6.00"
    assert book.findings() == []


def test_withheld_and_collected_legs_stay_two_postings(book: Book) -> None:
    book.book(report(rows(("8.00", "-8.00"))))

    kinds = [(posting.account, posting.kind, posting.amount_minor) for posting in book.entry_of("S1 2026-06").postings]
    assert kinds[:2] == [("2110", "tax.collected", -800), ("2110", "tax.facilitator", 800)]


def test_a_retrocharge_passes_through(book: Book) -> None:
    words = "Order_Retrocharge|ItemPrice|Tax", "Order_Retrocharge|ItemWithheldTax|MarketplaceFacilitatorTax-Principal"
    book.book(report(f"2026-06-02  1  {words[0]}  -1.60\n2026-06-02  1  {words[1]}  1.60"))

    assert [posting.account for posting in book.entry_of("S1 2026-06").postings] == ["2110"]


def test_tax_and_its_withholding_are_matched_by_item_whatever_part_of_it_they_name(book: Book) -> None:
    """C1: within one order and item; what was withheld of shipping may stand in the row of the product."""
    book.book(report(rows(("8.00", "-8.60")) + "\n2026-06-02  1  Order|ItemPrice|ShippingTax  0.60"))

    assert (book.balance("2110"), book.balance("2100"), book.findings()) == ("0.00", "0.00", [])


def test_what_rounding_leaves_goes_to_rounding_differences_without_a_finding(book: Book) -> None:
    """C1, C24: half a minor unit for each taxed row, rounded up."""
    book.book(report(rows(("8.00", "-7.99"), ("4.00", "-4.01"), ("3.00", "-2.99"))))

    assert (book.balance("2110"), book.balance("7990"), book.balance("2100")) == ("0.00", "-0.01", "0.00")
    assert [(p.account, p.amount_minor, p.tax_code) for p in book.entry_of("S1 2026-06").postings[-3:]] == [
        ("2110", 1, ""),
        ("7990", -1, ""),
        ("1200", 30001, ""),
    ]
    assert book.findings() == []


def test_what_is_left_over_beyond_rounding_stays_with_a_finding_that_names_each_item(book: Book) -> None:
    """C1: never on 2100, which is a debt to a state."""
    book.book(report(rows(("8.00", "-7.90"), ("5.00", "-5.00"), ("4.00", "-4.01")), closed="2026-06-14 12:00"))

    assert (book.balance("2110"), book.balance("2100"), book.balance("7990")) == ("-0.09", "0.00", "0.00")
    [kept] = book.findings()
    finding = kept.finding
    assert (finding.code, finding.severity, finding.amount_minor) == ("books.facilitator_residue", "warning", -9)
    assert finding.repair.startswith("It stands on 2110")
    assert finding.evidence == (
        ("Order|206-0000001-0000001|65161683650001|D1", "collected 8.00 USD", "withheld -7.90 USD"),
        ("Order|206-0000001-0000003|65161683650003|D3", "collected 4.00 USD", "withheld -4.01 USD"),
    )


def test_a_seller_of_american_goods_has_the_rest_of_a_shared_tax_on_the_pass_through_account(book: Book) -> None:
    """Lines cannot be split: all of it meets on 2110, and what is left is found."""
    book.book(report(rows(("12.00", "-7.00"))))

    assert (book.balance("2110"), book.balance("2100")) == ("-5.00", "0.00")
    assert [kept.finding.amount_minor for kept in book.findings()] == [-500]


@pytest.mark.parametrize(
    ("currency", "regime"),
    [("CAD", "us_sales_tax"), ("GBP", "vat_standard"), ("USD", "not_registered"), ("USD", "vat_standard")],
)
def test_tax_that_two_parties_owe_is_held_where_no_regime_gives_the_merchants_part_its_code(
    make_book: MakeBook, currency: str, regime: str
) -> None:
    """P34 and its like: the seller's part on 2100, without a code, was wrong in every country but one."""
    where = {"country": "US" if regime == "us_sales_tax" else "GB", "tax_regime": regime}
    book = make_book(currency=currency, **where)
    received = report(rows(("12.00", "-7.00"), ("8.00", "-8.00"), ("2.00", "-1.50")), currency=currency)
    outcome = book.book(received).documents[0]

    assert (outcome.result, outcome.reason) == ("held", "settlement.two_parties")
    assert f"only a part of its tax and left 5.50 {currency} to you (" in outcome.message
    assert f"12.00 {currency} collected, 7.00 {currency} withheld, and 1 more" in outcome.message
    assert book.entries() == []


def test_a_cent_between_collected_and_withheld_is_rounding_in_any_regime(make_book: MakeBook) -> None:
    book = make_book(currency="GBP", tax_regime="vat_standard")
    book.book(report(rows(("20.01", "-20.00")), currency="GBP"))

    assert (book.balance("2110"), book.balance("7990")) == ("0.00", "-0.01")


def test_tax_on_fees_is_recoverable(book: Book) -> None:
    book.book(report("2026-06-02  -  FBAFees|FBA Inventory Storage Fee|Tax on fee  -1.20"))

    assert book.balance("1450") == "1.20"


def test_a_rule_that_names_a_row_as_withheld_tax_makes_it_meet_the_tax_of_its_item(book: Book) -> None:
    """Rows that nobody had classified belonged to no group, whatever the unit tests made by hand."""
    book.book(report(rows(("8.00", "")) + "\n2026-06-02  1  Order|ItemWithheldTax|MoonTax-Principal  -8.00"))
    assert (book.balance("2100"), book.balance("1990")) == ("-8.00", "8.00")

    book.rules(Rule("moon", kind="unclassified", words="*|MoonTax-Principal", as_kind="tax.facilitator"))
    book.run()
    assert (book.balance("2110"), book.balance("2100"), book.balance("1990")) == ("0.00", "0.00", "0.00")


CANADIAN = {"currency": "CAD", "country": "CA", "tax_regime": "gst_hst", "standard_rate": "", "bank_leg": "none"}
SHIPPED = """
    2026-06-02  9  Order|ItemPrice|Principal    100.00
    2026-06-02  9  Order|ItemPrice|Tax           12.00
    2026-06-02  9  Order|ItemPrice|Shipping      10.00
    2026-06-02  9  Order|ItemPrice|ShippingTax    1.20
    2026-06-02  9  Order|ItemWithheldTax|MarketplaceFacilitatorTax-Principal  -7.70
"""


def taxed(book: Book) -> list[tuple[str, str, int, str, int]]:
    postings = book.entry_of("S1 2026-06").postings
    return [(each.account, each.kind, each.amount_minor, each.tax_code, each.tax_minor) for each in postings][:-1]


def test_beside_the_marketplace_the_merchants_part_stays_on_what_was_sold(make_book: MakeBook) -> None:
    """C1: of 13.20 collected 7.70 were withheld; 5.50 are GST of 110.00. What was withheld names no part of it."""
    book = make_book(**CANADIAN)
    book.book(report(SHIPPED, currency="CAD"))

    assert taxed(book) == [
        ("4000", "sale.product", -10430, "sale:5", -430),
        ("4050", "sale.shipping", -1120, "sale:5", -120),
    ]
    assert (book.balance("2110"), book.findings()) == ("0.00", [])


def test_a_refund_gives_back_the_merchants_part_too(make_book: MakeBook) -> None:
    book = make_book(**CANADIAN)
    rows_back = """
        2026-06-05  9/1  Refund|ItemPrice|Principal  -100.00
        2026-06-05  9/1  Refund|ItemPrice|Tax         -12.00
        2026-06-05  9/1  Refund|ItemWithheldTax|MarketplaceFacilitatorTax-Principal  7.00
    """
    book.book(report(rows_back, currency="CAD"))

    assert taxed(book) == [("4200", "refund.product", 10500, "sale:5", 500)]


@pytest.mark.parametrize(
    ("collected", "withheld", "code"),
    [("13.00", "", "sale:13"), ("14.98", "", "sale:14.975"), ("15.00", "", "sale:15"), ("0.00", "", "sale:0")],
)
def test_a_canadian_rate_is_the_nearest_that_the_country_has(
    make_book: MakeBook, collected: str, withheld: str, code: str
) -> None:
    """14.975 and 15 are within a hundredth of each other."""
    book = make_book(**CANADIAN)
    book.book(report(rows((collected, withheld)), currency="CAD"))

    assert [posting[3] for posting in taxed(book)] == [code]


def test_where_all_of_it_was_withheld_the_goods_are_a_supply_to_the_marketplace(make_book: MakeBook) -> None:
    book = make_book(**CANADIAN)
    book.book(report(rows(("13.00", "-13.00")), currency="CAD"))

    assert [posting[3] for posting in taxed(book) if posting[0] == "4000"] == ["sale:deemed_supply"]
    assert book.balance("2110") == "0.00"
