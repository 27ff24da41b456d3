"""Orders and refunds without agreements: by their lines, if those make the totals; else they wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugins.shopify.tests.shop import (
    LATER,
    Json,
    agreement,
    bag,
    item,
    kinds,
    order,
    orders,
    page,
    read,
    refund,
    sale,
    sample,
    tax_line,
    transaction,
)


def off(text: str) -> list[Json]:
    return [{"allocatedAmountSet": bag(text)}]


def test_samples_without_their_agreements_give_the_same_sums_by_kind() -> None:
    for name in ("orders_us_tax_exclusive.json", "orders_gb_tax_inclusive.json"):
        answer = json.loads(sample(name))
        for node in answer["data"]["orders"]["nodes"]:
            del node["agreements"]

        with_, without = read(sample(name)), read(answer)

        assert [document.name for document in without] == [document.name for document in with_]
        for expected, document in zip(with_, without, strict=True):
            assert document.is_tied
            assert not document.blocking
            assert sums(document.lines) == sums(expected.lines)
            assert document.start.paid_at == expected.start.paid_at


def sums(lines: Any) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for line in lines:
        found[line.kind, line.tax_rate] = found.get((line.kind, line.tax_rate), 0) + line.amount_minor
    return found


def test_discounts_duties_fees_and_a_tip_are_told_from_the_lines() -> None:
    duty = {"id": "gid://shopify/Duty/801", "price": bag("10.00"), "taxLines": []}
    fee = {"id": "gid://shopify/AdditionalFee/901", "price": bag("3.00"), "taxLines": []}
    goods = item(1, "100.00", discountAllocations=off("20.00"), taxLines=[tax_line("VAT", 0.2, "16.00")], duties=[duty])
    tip = item(2, "5.00", sku=None)
    card = item(3, "25.00", isGiftCard=True)
    node = order(
        None,
        "139.00",
        lineItems=page([goods, tip, card]),
        additionalFees=[fee],
        totalTipReceivedSet=bag("5.00"),
    )
    (document,) = read(orders(node))

    assert kinds(document) == [
        ("sale.product", 10000),
        ("discount.product", -2000),
        ("tax.collected", 1600),
        ("duty", 1000),
        ("tip", 500),
        ("gift_card", 2500),
        ("sale.other", 300),
        ("tender", -13900),
    ]
    assert document.is_tied
    assert not document.blocking


def test_a_discount_in_a_tax_inclusive_shop_is_taken_without_its_tax() -> None:
    goods = item(1, "120.00", discountAllocations=off("24.00"), taxLines=[tax_line("VAT", 0.2, "16.00")])
    (document,) = read(orders(order(None, "96.00", lineItems=page([goods]), taxesIncluded=True)))

    assert kinds(document)[:3] == [("sale.product", 10000), ("discount.product", -2000), ("tax.collected", 1600)]


@pytest.mark.parametrize(("total", "is_rounded"), [("100.01", True), ("99.99", True), ("100.02", False)])
def test_a_residual_within_the_cap_is_rounding_and_beyond_it_holds(total: str, is_rounded: bool) -> None:
    """C24."""
    goods = item(1, "90.00", taxLines=[tax_line("VAT", 0.1, "10.00")])
    (document,) = read(orders(order(None, total, lineItems=page([goods]))))

    assert ("rounding" in dict(kinds(document))) is is_rounded
    assert document.blocking == ([] if is_rounded else ["shopify.order.total"])
    assert document.is_tied is is_rounded


def test_a_refund_without_agreement_is_read_by_its_lines_where_they_make_the_current_total() -> None:
    """F19: goods, shipping and an adjustment in one refund."""
    lines = {
        "refundLineItems": page(
            [
                {
                    "id": "gid://shopify/RefundLineItem/651",
                    "quantity": 1,
                    "lineItem": {"id": "gid://shopify/LineItem/1"},
                    "subtotalSet": bag("40.00"),
                    "totalTaxSet": bag("4.00"),
                }
            ]
        ),
        "refundShippingLines": page(
            [{"id": "gid://shopify/RefundShippingLine/652", "subtotalAmountSet": bag("5.00"), "taxAmountSet": bag("0")}]
        ),
        "orderAdjustments": page(
            [
                {
                    "id": "gid://shopify/OrderAdjustment/653",
                    "reason": "REFUND_DISCREPANCY",
                    "amountSet": bag("-1.00"),
                    "taxAmountSet": bag("0.00"),
                }
            ]
        ),
    }
    repaid = transaction(2, "50.00", "REFUND", LATER)
    goods = item(1, "100.00", quantity=2, taxLines=[tax_line("T", 0.1, "8.00")], discountAllocations=off("20.00"))
    node = order(
        [agreement(201, [sale(301, "88.00", "8.00", "20.00", item=1), sale(302, "5.00", line="SHIPPING")])],
        "93.00",
        "43.00",
        lineItems=page([goods]),
        transactions=[transaction(1, "93.00"), repaid],
        refunds=[refund(601, [repaid]) | lines],
    )
    _, document = read(orders(node))

    assert kinds(document) == [
        ("refund.product", -5000),
        ("refund.discount", 1000),
        ("tax.collected", -400),
        ("refund.shipping", -500),
        ("refund.goodwill", -91),
        ("tax.collected", -9),
        ("tender", 5000),
    ]
    assert document.is_tied
    assert not document.blocking


def test_a_refund_of_goods_that_an_edit_took_off_is_not_counted_twice() -> None:
    """Its lines stand in an agreement already: the agreements make the current total without it."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, "-40.00", action="RETURN", item=1)], LATER, "OrderEdit")
    repaid = transaction(2, "40.00", "REFUND", LATER)
    back = {
        "refundLineItems": page(
            [{"lineItem": {"id": "gid://shopify/LineItem/1"}, "subtotalSet": bag("40.00"), "totalTaxSet": bag("0.00")}]
        )
    }
    node = order(
        [first, edit],
        "60.00",
        transactions=[transaction(1, "100.00"), repaid],
        refunds=[refund(601, [repaid]) | back],
    )
    sold, refunded = read(orders(node))

    assert sold.start.total_minor == 6000
    assert (refunded.start.total_minor, kinds(refunded)) == (0, [("tender", 4000)])
    assert not sold.blocking


def test_a_bulk_file_without_agreements_holds_orders_whose_refunds_it_cannot_tell() -> None:
    node = order(None, "100.00", "60.00", refunds=[refund(601, None, totalRefundedSet=bag("40.00"))])
    (document,) = read(orders(node))

    assert document.blocking == ["shopify.order.total"]
    assert "40.00 USD more than its current total of 60.00 USD" in document.problems[0].message


def test_duties_of_a_refund_go_back() -> None:
    node = order(
        [agreement(201, [sale(301, "100.00", item=1), sale(302, "9.00", line="DUTY")])],
        "109.00",
        "100.00",
        refunds=[refund(601, [], duties=[{"amountSet": bag("9.00")}])],
    )
    _, document = read(orders(node))

    assert kinds(document) == [("duty", -900)]
