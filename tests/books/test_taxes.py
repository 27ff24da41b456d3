"""Tax by regime: on lines of its own, inside the line it was charged on, or part of price and cost (F25)."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bridge.books.taxes import inclusive_tax, tax_inside
from bridge.model.lines import Line
from bridge.model.rules import Rule
from tests.books.book import Book, MakeBook
from tests.books.builders import line, settlement
from tests.books.shop import MakeShop, money, order, refund, sale

BRITISH = (
    line("1", "sale.product", "20.83", "2026-06-13", tax_group="0034"),
    msgspec.structs.replace(
        line("2", "tax.collected", "4.17", "2026-06-13", tax_group="0034"), tax_base="sale.product"
    ),
    line("3", "fee.referral", "-3.12", "2026-06-13"),
    line("4", "sale.product", "8.25", "2026-06-11", tax_group="0031"),
    msgspec.structs.replace(
        line("5", "tax.collected", "1.65", "2026-06-11", tax_group="0031"), tax_base="sale.product"
    ),
    line("6", "tax.facilitator", "-1.65", "2026-06-11", tax_group="0031"),
    line("7", "fee.storage", "-14.20", "2026-06-10"),
    msgspec.structs.replace(line("8", "tax.on_fees", "-2.84", "2026-06-10"), tax_base="fee.storage"),
    line("9", "reimb.inventory", "5.00", "2026-06-10"),
)


def _postings(book: Book) -> list[tuple[str, str, int, str, int]]:
    return [
        (posting.account, posting.kind, posting.amount_minor, posting.tax_code, posting.tax_minor)
        for posting in book.entry_of("S1 2026-06").postings
    ]


def test_vat_rides_on_the_line_it_was_charged_on(make_book: MakeBook) -> None:
    book = make_book(country="GB", tax_regime="vat_standard")
    book.book(settlement("S1", BRITISH))

    assert _postings(book) == [
        ("2110", "tax.collected", -165, "", 0),
        ("2110", "tax.facilitator", 165, "none", 0),
        ("4000", "sale.product", -825, "sale:0", 0),
        ("4000", "sale.product", -2500, "sale:20", -417),
        ("4500", "reimb.inventory", -500, "none", 0),
        ("5220", "fee.storage", 1704, "purchase:20", 284),
        ("6000", "fee.referral", 312, "purchase:20", 52),
        ("1200", "settlement.total", 1809, "", 0),
    ]


def test_where_a_settlement_states_no_tax_at_all_the_price_holds_it(make_book: MakeBook) -> None:
    book = make_book(country="GB", tax_regime="vat_standard")
    book.book(settlement("S1", (line("1", "sale.product", "25.00", "2026-06-13", tax_group="1"),)))

    assert _postings(book)[0] == ("4000", "sale.product", -2500, "sale:20", -417)


def test_without_registration_tax_is_price_and_cost(make_book: MakeBook) -> None:
    book = make_book(tax_regime="not_registered")
    book.book(settlement("S1", BRITISH))

    assert _postings(book)[2:6] == [
        ("4000", "sale.product", -3325, "", 0),
        ("4500", "reimb.inventory", -500, "", 0),
        ("5220", "fee.storage", 1704, "", 0),
        ("6000", "fee.referral", 312, "", 0),
    ]


def test_a_rule_names_the_treatment_of_what_a_channel_tells_no_rate_for(make_book: MakeBook) -> None:

    book = make_book(country="GB", tax_regime="vat_standard")
    book.rules(Rule("books", "4000", kind="sale.product", sku="BOOK-*", tax="sale:0"))
    book.book(settlement("S1", (line("1", "sale.product", "25.00", "2026-06-13", sku="BOOK-1"),)))

    assert _postings(book)[0] == ("4000", "sale.product", -2500, "sale:0", 0)


def test_several_rates_of_one_day_are_postings_of_their_own(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    lines: list[Line] = []
    for name, rate, net, tax in (("a", "20", 1000, 200), ("b", "5", 1000, 50), ("c", "20", 500, 100)):
        lines.append(sale(name, "sale.product", net, "2026-06-03 12:00", tax_rate=rate))
        lines.append(
            sale(f"{name}:tax", "tax.collected", tax, "2026-06-03 12:00", tax_base="sale.product", tax_rate=rate)
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
