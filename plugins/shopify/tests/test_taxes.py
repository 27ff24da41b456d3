"""Whose tax, at which rate, on which line: what Shopify tells is kept, what it leaves open is said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.line_tax import Liable, TaxComponent
from bridge_shopify.facts import Components
from plugins.shopify.tests.shop import (
    LATER,
    Json,
    agreement,
    bag,
    item,
    kinds,
    notes,
    order,
    orders,
    page,
    read,
    refund,
    sale,
    tax_line,
    transaction,
)


def taxed(*sales: Json, total: str, items: list[Json], **changes: Any) -> Json:
    return order([agreement(201, sales)], total, lineItems=page(items), **changes)


def test_the_taxes_of_a_sale_are_its_own_where_it_names_them() -> None:
    taxes = [("State", 0.04, "3.99", False), ("City", 0.045, "4.51", True)]
    node = taxed(sale(301, "108.50", "8.50", item=1, taxes=taxes), total="108.50", items=[item(1)])
    (document,) = read(orders(node))

    assert kinds(document)[1:3] == [("tax.collected", 399), ("tax.facilitator", 451)]
    assert [line.tax_rate for line in document.lines[:3]] == ["4", "4", "4.5"], "the base at the merchant's own rate"
    assert not document.lines[0].is_taxed_by_channel
    assert [line.words for line in document.lines[1:3]] == ["PRODUCT|ORDER|tax|State", "PRODUCT|ORDER|tax|City"]


def test_taxes_that_do_not_make_the_sales_tax_are_shared_by_the_lines_rates_losing_nothing() -> None:
    lines = [tax_line("State", 0.0625, "4.69"), tax_line("City", 0.02, "1.50")]
    back = sale(302, "-27.06", "-2.06", action="RETURN", item=1, taxes=[("State", 0.0625, "-9.99", False)])
    first = agreement(201, [sale(301, "81.19", "6.19", item=1)])
    node = order(
        [first, agreement(202, [back], LATER, "Refund", 601)],
        "81.19",
        "54.13",
        lineItems=page([item(1, "75.00", taxLines=lines)]),
        refunds=[refund(601)],
    )
    sold, refunded = read(orders(node))

    assert [minor for kind, minor in kinds(sold) if kind == "tax.collected"] == [469, 150]
    assert [minor for kind, minor in kinds(refunded) if kind == "tax.collected"] == [-156, -50]
    assert refunded.is_tied


@pytest.mark.parametrize(
    ("lines", "borne", "first"),
    [
        ([tax_line("GB VAT", 0.2, "20.00")], "20 by GB VAT", ["20 by GB VAT"]),
        (
            [tax_line("New York State Tax", 0.04, "4.00"), tax_line("New York County", 0.04875, "4.88")],
            "4 by New York State Tax, 4.875 by New York County",
            ["4 by New York State Tax", "4.875 by New York County"],
        ),
        (
            [tax_line("County", 0.01, "1.00"), tax_line("State", 0.053, "5.30", liable=True)],
            "1 by County, 5.3 by State (channel)",
            ["1 by County", "5.3 by State (channel)"],
        ),
        ([tax_line("Tax", None, "9.00", liable=None)], "? by Tax (unknown)", ["? by Tax (unknown)"]),
        (
            [tax_line("VAT", 0.05, "5.00"), tax_line("VAT", 0.1, "10.00", liable=None)],
            "5 by VAT, 10 by VAT (unknown)",
            ["5 by VAT", "10 by VAT (unknown)"],
        ),
    ],
)
def test_each_tax_line_is_a_component_that_goods_bear_and_its_own_line_names_first(
    lines: list[Json], borne: str, first: list[str]
) -> None:
    """C1: the party that owes is known for each of them."""
    tax = sum(Decimal(each["priceSet"]["shopMoney"]["amount"]) for each in lines)
    node = taxed(sale(301, f"{100 + tax}", f"{tax}", item=1), total=f"{100 + tax}", items=[item(1, taxLines=lines)])
    (document,) = read(orders(node))
    goods, *taxes = (line for line in document.lines if not line.part.is_money)

    assert ", ".join(map(in_words, goods.tax)) == borne
    assert [in_words(line.tax[0]) for line in taxes] == first
    assert {each.base for line in taxes for each in line.tax} == {"sale.product"}
    for line in taxes:
        assert len({each.liable is Liable.CHANNEL for each in line.tax}) == 1, "nobody's but the party's own"


def in_words(component: TaxComponent) -> str:
    liable = "" if component.liable is Liable.MERCHANT else f" ({component.liable})"
    return f"{component.rate or '?'} by {component.jurisdiction}{liable}"


@given(shares=st.lists(st.floats(0, 0.3), min_size=1, max_size=4))
def test_components_sum_up_to_the_rounded_sum_of_what_the_channel_says(shares: list[float]) -> None:
    """The channel's rates are binary fractions: rounded one by one, they would miss the rate of the whole."""
    told = [Decimal(repr(share)) for share in shares]
    (*components,) = Components()[tuple((f"{place}", share, False) for place, share in enumerate(told))]
    whole = (sum(told, Decimal(0)) * 100).quantize(Decimal("0.000001"))

    assert sum(Decimal(each.rate) for each in components) == whole
    for share, each in zip(told, components, strict=True):
        assert abs(share * 100 - Decimal(each.rate)) <= Decimal("0.0000025")


def test_tax_that_shopify_remits_is_facilitator_tax() -> None:
    """C1."""
    lines = [tax_line("VA State Tax", 0.053, "5.30", liable=True)]
    node = taxed(sale(301, "105.30", "5.30", item=1), total="105.30", items=[item(1, taxLines=lines)])
    (document,) = read(orders(node))

    assert kinds(document)[1] == ("tax.facilitator", 530)
    assert [line.tax_rate for line in document.lines[:2]] == ["0", "5.3"]
    assert document.lines[0].is_taxed_by_channel
    assert document.codes == []


def test_a_merchants_tax_of_nothing_leaves_the_base_to_the_channel() -> None:
    lines = [tax_line("State", 0.053, "5.30", liable=True), tax_line("County", 0, "0.00")]
    node = taxed(sale(301, "105.30", "5.30", item=1), total="105.30", items=[item(1, taxLines=lines)])
    (document,) = read(orders(node))

    assert document.lines[0].is_taxed_by_channel


ADDRESSES: list[tuple[Json, str | None]] = [
    ({"shippingAddress": {"countryCodeV2": "US"}, "billingAddress": {"countryCodeV2": "GB"}}, "US"),
    ({"shippingAddress": None, "billingAddress": {"countryCodeV2": "US"}, "requiresShipping": False}, "US"),
    ({"shippingAddress": None, "billingAddress": {"countryCodeV2": "US"}, "requiresShipping": True}, None),
    ({"shippingAddress": {"countryCodeV2": None}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("addresses", "country"), ADDRESSES)
def test_goods_went_where_they_were_shipped_and_what_is_not_shipped_where_the_buyer_is(
    addresses: Json, country: str | None
) -> None:
    """C1: of what a buyer picks up, nobody says where it went."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = agreement(202, [sale(302, "-40.00", action="RETURN", item=1)], LATER, "Refund", 601)
    node = order([first, back], "100.00", "60.00", refunds=[refund(601)], **addresses)

    sold, refunded = read(orders(node))
    for line in (sold.lines[0], refunded.lines[0]):
        assert dict(line.attributes).get("ship_to") == country


def test_tax_of_unknown_liability_is_collected_marked_and_told_once_a_file() -> None:
    """C1: null is never guessed silently."""
    lines = [tax_line("Tax", 0.1, "10.00", liable=None)]
    node = taxed(sale(301, "110.00", "10.00", item=1), total="110.00", items=[item(1, taxLines=lines)])
    other = node | {"id": "gid://shopify/Order/2", "name": "#2"}
    answer = orders(node, other)
    first, second = read(answer)

    line = first.lines[1]
    assert (line.kind, dict(line.facts)["liable"]) == ("tax.collected", "unknown")
    assert (first.codes, second.codes) == ([], [])
    (note,) = notes(answer)
    assert (note.code, note.message[:32]) == ("shopify.tax.liability", "2 line(s) of tax in 2 order(s) d")


@pytest.mark.parametrize(
    ("lines", "tax", "rate"),
    [
        ([], "0.00", "0"),
        ([tax_line("VAT", 0.0)], "0.00", "0"),
        ([tax_line("VAT", 0.2, "10.00")], "10.00", "20"),
        ([tax_line("NJ", 0.06625, "6.63")], "6.63", "6.625"),
        ([tax_line("A", 0.0725, "7.25"), tax_line("B", 0.01, "1.00")], "8.25", "8.25"),
        ([tax_line("A", None, "7.25")], "7.25", ""),
        ([tax_line("A", None, "7.25") | {"ratePercentage": 7.249999999999999}], "7.25", "7.25"),
        (None, "7.00", ""),
    ],
)
def test_a_base_line_and_its_taxes_bear_the_sum_of_the_rates_as_told(
    lines: list[Json] | None, tax: str, rate: str
) -> None:
    goods = item(1) if lines is None else item(1, taxLines=lines)
    if lines is None:
        del goods["taxLines"]
    total = f"{100 + float(tax):.2f}"
    (document,) = read(orders(taxed(sale(301, total, tax, item=1), total=total, items=[goods])))

    assert {line.tax_rate for line in document.lines if not line.part.is_money} == {rate}
    assert {line.tax_base for line in document.lines if line.kind == "tax.collected"} <= {"sale.product"}
    assert {line.sku for line in document.lines if not line.part.is_money} == {"SKU-1"}


def test_tax_is_inside_the_total_whether_or_not_prices_include_it() -> None:
    lines = [tax_line("VAT", 0.2, "20.00")]
    sales = [sale(301, "120.00", "20.00", discount="5.00", item=1)]
    for is_included in (True, False):
        node = taxed(*sales, total="120.00", items=[item(1, taxLines=lines)], taxesIncluded=is_included)
        (document,) = read(orders(node))

        assert kinds(document)[:3] == [("sale.product", 10500), ("discount.product", -500), ("tax.collected", 2000)]


def shipping_line(number: int, *lines: Json) -> Json:
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "isRemoved": False,
        "originalPriceSet": bag("5.00"),
        "discountAllocations": [],
        "taxLines": list(lines),
    }


@pytest.mark.parametrize(
    ("shipping", "rate", "kind"),
    [
        ([shipping_line(1, tax_line("VAT", 0.2)), shipping_line(2, tax_line("VAT", 0.2))], "20", "tax.collected"),
        ([shipping_line(1, tax_line("VAT", 0.05)), shipping_line(2, tax_line("VAT", 0.2))], "20", "tax.collected"),
        ([shipping_line(1, tax_line("VAT", 0.05)), shipping_line(2, tax_line("VAT", 0.07))], "", "tax.collected"),
        ([shipping_line(1, tax_line("VAT", 0.2, liable=True))], "0", "tax.facilitator"),
    ],
)
def test_returned_shipping_names_no_line_and_takes_the_rate_that_explains_its_tax(
    shipping: list[Json], rate: str, kind: str
) -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = sale(302, "-2.50", "-0.42", line="SHIPPING", action="RETURN")
    node = order(
        [first, agreement(202, [back], LATER, "Refund", 601)],
        "100.00",
        "97.50",
        shippingLines=page(shipping),
        refunds=[refund(601)],
    )
    _, document = read(orders(node))

    assert document.lines[0].tax_rate == rate
    assert document.lines[1].kind == kind
    assert document.is_tied


def test_a_discounted_sale_and_its_discount_bear_the_same_rate() -> None:
    lines = [tax_line("VAT", 0.2, "16.00")]
    node = taxed(sale(301, "96.00", "16.00", "20.00", item=1), total="96.00", items=[item(1, taxLines=lines)])
    (document,) = read(orders(node))

    assert [(line.kind, line.tax_rate) for line in document.lines[:2]] == [
        ("sale.product", "20"),
        ("discount.product", "20"),
    ]


def test_a_nonsense_rate_is_unknown_and_breaks_nothing() -> None:
    for rate in ("NaN", "sNaN", "1E+400", "Infinity", "-0.2"):
        line = tax_line("VAT", 0.2, "20.00") | {"rate": rate, "ratePercentage": rate}
        other = tax_line("City", 0.1, "10.00")
        node = taxed(sale(301, "129.00", "29.00", item=1), total="129.00", items=[item(1, taxLines=[line, other])])
        (document,) = read(orders(node))

        assert document.is_tied
        assert document.lines[0].tax_rate == ""


def test_a_duty_is_taxed_by_its_own_lines() -> None:
    duty = {"id": "gid://shopify/Duty/801", "price": bag("10.00"), "taxLines": [tax_line("GST", 0.1, "1.00")]}
    sales = [sale(301, "100.00", item=1), sale(302, "11.00", "1.00", line="DUTY", duty=801)]
    (document,) = read(orders(taxed(*sales, total="111.00", items=[item(1, duties=[duty])])))

    assert kinds(document)[1:3] == [("duty", 1000), ("tax.collected", 100)]
    assert document.lines[2].tax_base == "duty"


def test_a_refund_transaction_keeps_the_tax_of_goodwill_with_the_orders_common_rate() -> None:
    lines = [tax_line("VAT", 0.2, "20.00")]
    first = agreement(201, [sale(301, "120.00", "20.00", item=1)])
    back = sale(302, "-12.00", "-2.00", line="ADJUSTMENT", action="RETURN")
    repaid = transaction(502, "12.00", "REFUND", LATER)
    node = order(
        [first, agreement(202, [back], LATER, "Refund", 601)],
        "120.00",
        "108.00",
        lineItems=page([item(1, taxLines=lines)]),
        transactions=[transaction(501, "120.00"), repaid],
        refunds=[refund(601, [repaid])],
    )
    _, document = read(orders(node))

    assert kinds(document) == [("refund.goodwill", -1000), ("tax.collected", -200), ("tender", 1200)]
    assert document.lines[0].tax_rate == "20"
