"""Tax by regime: on lines of its own, inside the line it was charged on, or part of price and cost (F25).

Amazon's part is read from Amazon's own rows: a pairing made by hand once hid that the plugin made none.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.books.tax.taxes import inclusive_tax, tax_inside
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line
from bridge.model.rules import Rule
from tests.books.book import Book, MakeBook
from tests.books.raw import report
from tests.books.shop import MakeShop, money, order, refund, sale

PRINCIPAL, TAX = "Order|ItemPrice|Principal", "Order|ItemPrice|Tax"
SHIPPING, SHIPPING_TAX = "Order|ItemPrice|Shipping", "Order|ItemPrice|ShippingTax"
OFF, TAX_OFF, SHIPPING_OFF = "Order|Promotion|Principal", "Order|Promotion|TaxDiscount", "Order|Promotion|Shipping"
BACK, TAX_BACK = "Refund|ItemPrice|Principal", "Refund|ItemPrice|Tax"
WITHHELD = "Order|ItemWithheldTax|MarketplaceFacilitatorVAT-Principal"
STORAGE = "FBAFees|FBA Inventory Storage Fee"
BRITISH = f"""
    2026-06-13  34  {PRINCIPAL}  20.83
    2026-06-13  34  {TAX}         4.17
    2026-06-13  34  Order|ItemFees|Commission  -3.12
    2026-06-11  31  {PRINCIPAL}   8.25
    2026-06-11  31  {TAX}         1.65
    2026-06-11  31  {WITHHELD}   -1.65
    2026-06-10  -  {STORAGE}|Base fee    -14.20
    2026-06-10  -  {STORAGE}|Tax on fee   -2.84
    2026-06-10  -  other-transaction|FBA Inventory Reimbursement|WAREHOUSE_DAMAGE  5.00
"""
Posted = tuple[str, str, int, str, int]


def _postings(book: Book) -> list[Posted]:
    return [
        (posting.account, posting.kind, posting.amount_minor, posting.tax_code, posting.tax_minor)
        for posting in book.entry_of("S1 2026-06").postings
    ]


def british(make_book: MakeBook, rows: str, **route: object) -> list[Posted]:
    """The postings of a settlement in pounds, but for its total."""
    book = make_book(currency="GBP", **{"tax_regime": "vat_standard", **route})
    (outcome,) = book.book(report(rows, currency="GBP")).documents
    assert outcome.result == "booked", outcome.message
    return [posting for posting in _postings(book) if posting[1] != "settlement.total"]


def test_vat_rides_on_the_line_it_was_charged_on(make_book: MakeBook) -> None:
    """C2, C20. A commission that states no tax has none that may be claimed."""
    assert british(make_book, BRITISH) == [
        ("2110", "tax.collected", -165, "", 0),
        ("2110", "tax.facilitator", 165, "none", 0),
        ("4000", "sale.product", -2500, "sale:20", -417),
        ("4000", "sale.product", -825, "sale:deemed_supply", 0),
        ("4500", "reimb.inventory", -500, "none", 0),
        ("5220", "fee.storage", 1704, "purchase:20", 284),
        ("6000", "fee.referral", 312, "none", 0),
    ]


def test_where_a_settlement_states_no_tax_at_all_the_route_says_what_that_means(make_book: MakeBook) -> None:
    rows = f"2026-06-13  1  {PRINCIPAL}  25.00"

    assert british(make_book, rows, vat_in_rows=False) == [("4000", "sale.product", -2500, "sale:20", -417)]
    assert british(make_book, rows, vat_in_rows=True) == [("4000", "sale.product", -2500, "sale:0", 0)]


def test_tax_that_a_marketplace_withheld_says_nothing_of_what_the_merchant_states(make_book: MakeBook) -> None:
    rows = f"""
        2026-06-11  31  {PRINCIPAL}   8.25
        2026-06-11  31  {TAX}         1.65
        2026-06-11  31  {WITHHELD}   -1.65
        2026-06-12  32  {PRINCIPAL}  99.99
    """
    assert british(make_book, rows, vat_in_rows=False)[2:] == [
        ("4000", "sale.product", -9999, "sale:20", -1667),
        ("4000", "sale.product", -825, "sale:deemed_supply", 0),
    ]


def test_without_registration_tax_is_price_and_cost(make_book: MakeBook) -> None:
    assert british(make_book, BRITISH, tax_regime="not_registered")[2:] == [
        ("4000", "sale.product", -3325, "", 0),
        ("4500", "reimb.inventory", -500, "", 0),
        ("5220", "fee.storage", 1704, "", 0),
        ("6000", "fee.referral", 312, "", 0),
    ]


def test_the_vat_of_a_discounted_item_is_split_as_the_channel_states_it(make_book: MakeBook) -> None:
    rows = f"""
        2026-06-13  1  {PRINCIPAL}  20.83
        2026-06-13  1  {TAX}         4.17
        2026-06-13  1  {OFF}        -2.08
        2026-06-13  1  {TAX_OFF}    -0.42
    """
    assert british(make_book, rows) == [
        ("4000", "sale.product", -2500, "sale:20", -417),
        ("4100", "discount.product", 250, "sale:20", 42),
    ]


def test_tax_that_is_told_net_of_a_discount_gives_both_their_rate(make_book: MakeBook) -> None:
    """3.75 are 18 % of the price and 20 % of what was paid."""
    rows = f"""
        2026-06-13  1  {PRINCIPAL}  20.83
        2026-06-13  1  {OFF}        -2.08
        2026-06-13  1  {TAX}         3.75
    """
    assert british(make_book, rows) == [
        ("4000", "sale.product", -2458, "sale:20", -375),
        ("4100", "discount.product", 208, "sale:20", 0),
    ]


@pytest.mark.parametrize("is_product_discounted", [False, True])
def test_the_tax_of_free_shipping_rides_on_the_discount_that_is_there(
    make_book: MakeBook, is_product_discounted: bool
) -> None:
    """Amazon's TaxDiscount names no shipping; where the product has a discount too, the whole sale shows the rate."""
    off = f"2026-06-13  1  {OFF}  -2.00" if is_product_discounted else ""
    rows = f"""
        2026-06-13  1  {PRINCIPAL}     20.00
        2026-06-13  1  {TAX}            4.00
        2026-06-13  1  {SHIPPING}       3.33
        2026-06-13  1  {SHIPPING_TAX}   0.67
        2026-06-13  1  {SHIPPING_OFF}  -3.33
        2026-06-13  1  {TAX_OFF}       {"-1.07" if is_product_discounted else "-0.67"}
        {off}
    """
    wanted = [
        ("4000", "sale.product", -2400, "sale:20", -400),
        ("4050", "sale.shipping", -400, "sale:20", -67),
        ("4110", "discount.shipping", 400, "sale:20", 67),
    ]
    if is_product_discounted:
        wanted[2:] = [
            ("4100", "discount.product", 307, "sale:20", 107),
            ("4110", "discount.shipping", 333, "sale:20", 0),
        ]
    assert british(make_book, rows) == wanted


@pytest.mark.parametrize(
    ("base", "tax", "code"),
    [
        ("20.00", "1.00", "sale:5"),
        ("9.45", "0.52", "sale:5.5"),
        ("3.79", "0.21", "sale:5.5"),
        ("100.00", "2.10", "sale:2.1"),
        ("8.33", "1.66", "sale:20"),
        ("0.10", "0.02", "sale:20"),
        ("24.99", "4.98", "sale:20"),
        ("10.00", "1.63", "sale:16.3"),
    ],
)
def test_a_base_is_coded_at_the_rate_that_it_and_its_tax_imply(
    make_book: MakeBook, base: str, tax: str, code: str
) -> None:
    """The standard rate but for rounding, of a row or unit by unit; else the plainest that fits."""
    rows = f"2026-06-13  1  {PRINCIPAL}  {base}\n2026-06-13  1  {TAX}  {tax}"
    ((_, _, _, found, tax_minor),) = british(make_book, rows)

    assert (found, tax_minor) == (code, -int(Decimal(tax) * 100))


def test_items_of_one_order_have_rates_of_their_own(make_book: MakeBook) -> None:
    """A book at the zero rate, its gift wrap at the standard one, and a toy."""
    rows = f"""
        2026-06-13  1  {PRINCIPAL}  10.00
        2026-06-13  1  {TAX}         0.00
        2026-06-13  1  Order|ItemPrice|GiftWrap     2.50
        2026-06-13  1  Order|ItemPrice|GiftWrapTax  0.50
        2026-06-13  2  {PRINCIPAL}  30.00
        2026-06-13  2  {TAX}         6.00
    """
    assert british(make_book, rows) == [
        ("4000", "sale.product", -1000, "sale:0", 0),
        ("4000", "sale.product", -3600, "sale:20", -600),
        ("4060", "sale.other", -300, "sale:20", -50),
    ]


def test_a_refund_gives_tax_back_as_it_states_it(make_book: MakeBook) -> None:
    rows = f"""
        2026-06-13  1/7  {BACK}      -20.00
        2026-06-13  1/7  {TAX_BACK}   -1.00
        2026-06-13  2/8  {BACK}      -30.00
        2026-06-13  2/8  {TAX_BACK}    0.00
    """
    assert british(make_book, rows) == [
        ("4200", "refund.product", 3000, "sale:0", 0),
        ("4200", "refund.product", 2100, "sale:5", 100),
    ]


def test_tax_given_back_alone_is_its_base_back_at_its_rate_and_anew_without_tax(make_book: MakeBook) -> None:
    """C15. Box 1 falls by 4.17 and box 6 by nothing; each line of the ledger has its amount beside its tax."""
    assert british(make_book, f"2026-06-13  1/7  {TAX_BACK}  -4.17") == [
        ("4200", "refund.product", 417, "sale:0", 0),
        ("4200", "tax.alone", 2502, "sale:20", 417),
        ("4200", "tax.alone", -2502, "sale:0", 0),
    ]


def test_the_tax_of_a_fee_rides_on_that_fee(make_book: MakeBook) -> None:
    """Advertising tells its tax in other words than the rest."""
    rows = f"""
        2026-06-10  -  ServiceFee|Cost of Advertising|TransactionTotalAmount  -19.84
        2026-06-10  -  ServiceFee|Cost of Advertising|TaxAmount                -3.97
        2026-06-11  -  ServiceFee|Cost of Advertising|TransactionTotalAmount  -10.00
        2026-06-12  1  {PRINCIPAL}  60.00
    """
    assert british(make_book, rows, vat_in_rows=False)[1:] == [
        ("6200", "fee.advertising", 1000, "none", 0),
        ("6200", "fee.advertising", 2381, "purchase:20", 397),
    ]


def test_shipping_that_was_given_free_is_at_the_rate_its_own_tax_implies(make_book: MakeBook) -> None:
    """P01: what it and its discount come to tells none."""
    rows = f"""
        2026-06-12  1  {PRINCIPAL}                     100.00
        2026-06-12  1  {TAX}                             5.00
        2026-06-12  1  Order|ItemPrice|Shipping          4.00
        2026-06-12  1  Order|ItemPrice|ShippingTax       0.20
        2026-06-12  1  Order|Promotion|Shipping         -4.00
        2026-06-12  1  Order|Promotion|TaxDiscount      -0.20
    """
    assert british(make_book, rows) == [
        ("4000", "sale.product", -10500, "sale:5", -500),
        ("4050", "sale.shipping", -420, "sale:5", -20),
        ("4110", "discount.shipping", 420, "sale:5", 20),
    ]


def test_a_rule_names_the_treatment_of_what_a_channel_tells_no_rate_for(make_book: MakeBook) -> None:
    """Of goods, or of a fee whose VAT invoice a person holds."""
    book = make_book(currency="GBP", tax_regime="vat_standard")
    book.rules(
        Rule("books", "4000", kind="sale.product", sku="SKU-1", tax="sale:0"),
        Rule("invoiced", "6000", kind="fee.referral", tax="purchase:20"),
    )
    rows = f"2026-06-13  1  {PRINCIPAL}  25.00\n2026-06-13  1  Order|ItemFees|Commission  -3.12"
    book.book(report(rows, currency="GBP"))

    assert _postings(book)[:2] == [
        ("4000", "sale.product", -2500, "sale:0", 0),
        ("6000", "fee.referral", 312, "purchase:20", 52),
    ]


SOLD = st.tuples(st.integers(50, 50_000), st.sampled_from((None, "0", "5", "20")), st.booleans())


def _rows(number: int, net: int, rate: str | None, is_discounted: bool) -> str:
    """An item at its price; a tenth of it off where it is discounted; its tax, where it states one."""
    cells = [(PRINCIPAL, net)] + ([(OFF, -(net // 10))] if is_discounted else [])
    if rate is not None:
        cells.append((TAX, round(sum(minor for _, minor in cells) * int(rate) / 100)))
    return "\n".join(f"2026-06-13  {number}  {words}  {Decimal(minor) / 100:.2f}" for words, minor in cells)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(SOLD, min_size=2, max_size=6))
def test_what_one_order_says_never_changes_another(
    make_book: MakeBook, sold: list[tuple[int, str | None, bool]]
) -> None:
    """Orders booked in one file come to what each of them comes to by itself."""
    texts = [_rows(number, *one) for number, one in enumerate(sold, start=1)]

    def sums(text: str) -> Counter[tuple[str, str, str]]:
        found: Counter[tuple[str, str, str]] = Counter()
        for account, _, amount, code, tax in british(make_book, text, vat_in_rows=True):
            found[account, code, "amount"] += amount
            found[account, code, "tax"] += tax
        return found

    apart: Counter[tuple[str, str, str]] = Counter()
    for text in texts:
        apart.update(sums(text))
    assert sums("\n".join(texts)) == apart


def test_several_rates_of_one_day_are_postings_of_their_own(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    lines: list[Line] = []
    for name, rate, net, tax in (("a", "20", 1000, 200), ("b", "5", 1000, 50), ("c", "20", 500, 100)):
        lines.append(sale(name, "sale.product", net, "2026-06-03 12:00", tax=taxed_at(rate)))
        lines.append(
            sale(f"{name}:tax", "tax.collected", tax, "2026-06-03 12:00", tax=taxed_at(rate, base="sale.product"))
        )
    lines.append(money("t", "card", -2850, "2026-06-03 12:00"))
    shop.book(order("1", "2026-06-03 12:00", {}, {}).with_lines(lines))

    sold = [
        (each.tax_code, each.amount_minor, each.tax_minor)
        for each in shop.entries()[0].postings
        if each.kind != "tender"
    ]
    assert sold == [("sale:20", -1800, -300), ("sale:5", -1050, -50)]
    shop.check()


@given(st.integers(-(10**9), 10**9), st.sampled_from(("20", "5", "8.875", "19")))
def test_tax_inside_an_amount_and_what_is_left_give_the_rate_again(amount: int, rate: str) -> None:
    tax = inclusive_tax(amount, Decimal(rate))

    assert abs((amount - tax) * Decimal(rate) / 100 - tax) <= 1
    assert tax == -inclusive_tax(-amount, Decimal(rate))


@given(st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=8))
def test_stated_tax_is_never_computed_again(nets: list[int]) -> None:
    """Whatever fees were stated with their tax, to the cent by fee: the tax is what was stated."""
    taxes = [round(net / 5) for net in nets]
    if any(net and not tax for net, tax in zip(nets, taxes, strict=True)):
        return
    inside = tax_inside(sum(taxes), sum(nets), sum(taxes), len(nets) * 2, "purchase:20")

    assert abs(inside - sum(taxes)) <= len(nets)


def test_a_refund_without_a_rate_holds_the_standard_rate(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    shop.book(refund("R1", "1", "2026-06-03 12:00", {"refund.goodwill": -1200}))

    (entry,) = shop.entries()
    assert [(each.tax_code, each.amount_minor, each.tax_minor) for each in entry.postings] == [
        ("none", -1200, 0),
        ("sale:20", 1200, 200),
    ]
