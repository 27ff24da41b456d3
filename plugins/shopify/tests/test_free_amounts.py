"""Refunds that name no goods: the rest of an order as it stood, or goodwill at its mix of rates (C15)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.money import decimal_text
from plugins.shopify.tests.shop import (
    LATER,
    LATEST,
    Json,
    Read,
    agreement,
    bag,
    item,
    order,
    orders,
    page,
    read,
    refund,
    sale,
    tax_line,
    transaction,
)

VAT = [("VAT", 0.2, "20.00", False)]
GOODS = [
    sale(301, "120.00", "20.00", item=1, taxes=[("VAT", 0.2, "20.00", False)]),
    sale(302, "10.50", "0.50", item=2, taxes=[("VAT", 0.05, "0.50", False)]),
    sale(303, "6.00", item=3),
    sale(304, "12.00", "2.00", "3.00", line="SHIPPING", shipping=9, taxes=[("VAT", 0.2, "2.00", False)]),
]
TOTAL = 14850


def freely(*backs: Json, sales: list[Json] = GOODS, total: int = TOTAL, later: tuple[Json, ...] = ()) -> list[Read]:
    """An order, and refunds of its own agreements. backs: agreements of kind Refund."""
    gone = sum(
        int(each["totalAmount"]["shopMoney"]["amount"].replace(".", ""))
        for back in backs
        for each in back["sales"]["nodes"]
    )
    more = sum(
        int(each["totalAmount"]["shopMoney"]["amount"].replace(".", ""))
        for edit in later
        for each in edit["sales"]["nodes"]
    )
    node = order(
        [agreement(201, sales), *later, *backs],
        decimal_text(total + more, "USD"),
        decimal_text(total + more + gone, "USD"),
        lineItems=page([item(1), item(2), item(3)]),
        transactions=[transaction(501, decimal_text(total + more, "USD"))],
        refunds=[refund(int(back["refund"]["id"].rpartition("/")[2]), at=back["happenedAt"]) for back in backs],
    )
    found = read(orders(node))
    assert all(document.is_tied and not document.blocking for document in found)
    return found[1:]


def amount(text: str, number: int = 401, **more: Any) -> Json:
    return sale(number, text, line="ADJUSTMENT", action="RETURN", **more)


def given_back(number: int, *sales: Json, at: str = LATER) -> Json:
    return agreement(number + 1000, list(sales), at, "Refund", number)


def test_a_free_amount_is_goodwill_at_the_mix_of_the_order() -> None:
    (document,) = freely(given_back(601, amount("-14.85")))

    assert document.book() == (
        "refund.goodwill -0.60 at 0\n"
        "refund.goodwill -11.00 at 20\n"
        "tax.collected -2.20 at 20 on refund.goodwill\n"
        "refund.goodwill -1.00 at 5\n"
        "tax.collected -0.05 at 5 on refund.goodwill"
    )


def test_all_that_is_left_is_taken_back_as_it_was_sold() -> None:
    (document,) = freely(given_back(601, amount("-148.50")))

    assert document.book() == (
        "refund.product -100.00 at 20\n"
        "tax.collected -20.00 at 20 on refund.product\n"
        "refund.product -10.00 at 5\n"
        "tax.collected -0.50 at 5 on refund.product\n"
        "refund.product -6.00 at 0\n"
        "refund.shipping -13.00 at 20\n"
        "refund.discount 3.00 at 20\n"
        "tax.collected -2.00 at 20 on refund.shipping"
    )
    assert {line.sku for line in document.lines} == {"SKU-1", "SKU-2", "SKU-3", ""}


def test_a_named_line_goes_back_at_its_rate_and_the_rest_behind_it_as_it_stands() -> None:
    """In one refund, and in two."""
    named = sale(402, "-120.00", "-20.00", action="RETURN", item=1, taxes=[("VAT", 0.2, "-20.00", False)])
    (one,) = freely(given_back(601, named, amount("-28.50")))
    first, second = freely(given_back(601, named), given_back(602, amount("-28.50"), at=LATEST))

    assert one.book() == first.book() + "\n" + second.book()
    assert [(line.kind, line.amount_minor) for line in second.lines] == [
        ("refund.product", -1000),
        ("tax.collected", -50),
        ("refund.product", -600),
        ("refund.shipping", -1300),
        ("refund.discount", 300),
        ("tax.collected", -200),
    ]


def test_what_the_merchant_kept_of_named_goods_is_kept_at_their_rate() -> None:
    named = sale(402, "-120.00", "-20.00", action="RETURN", item=1, taxes=[("VAT", 0.2, "-20.00", False)])
    (document,) = freely(given_back(601, named, amount("24.00")))

    assert document.book() == (
        "refund.product -100.00 at 20\n"
        "tax.collected -20.00 at 20 on refund.product\n"
        "refund.other 20.00 at 20\n"
        "tax.collected 4.00 at 20 on refund.other"
    )


def test_more_than_the_order_has_left_bears_no_tax() -> None:
    (document,) = freely(given_back(601, amount("-150.00")))

    assert document.lines[0].amount_minor == -600 - 150
    assert sum(line.amount_minor for line in document.lines if line.kind == "tax.collected") == -2250


def test_goods_whose_tax_the_channel_owes_give_back_none_of_it_as_goodwill_and_all_of_it_with_the_order() -> None:
    """C1, C15."""
    sales = [sale(301, "120.00", "20.00", item=1, taxes=[("VAT", 0.2, "20.00", True)])]
    (some,) = freely(given_back(601, amount("-12.00")), sales=sales, total=12000)
    (whole,) = freely(given_back(601, amount("-120.00")), sales=sales, total=12000)

    assert some.book() == "refund.goodwill -12.00 at 0"
    assert some.lines[0].is_taxed_by_channel
    assert whole.book() == "refund.product -100.00 at 0\ntax.facilitator -20.00 at 20 on refund.product"
    assert whole.lines[0].is_taxed_by_channel


def test_gift_cards_tips_and_duties_bear_no_goodwill() -> None:
    sales = [
        sale(301, "12.00", "2.00", item=1, taxes=[("VAT", 0.2, "2.00", False)]),
        sale(302, "50.00", line="GIFT_CARD", item=2),
        sale(303, "5.00", line="TIP", item=3),
        sale(304, "8.00", line="DUTY", duty=4),
    ]
    (document,) = freely(given_back(601, amount("-6.00")), sales=sales, total=7500)

    assert document.book() == "refund.goodwill -5.00 at 20\ntax.collected -1.00 at 20 on refund.goodwill"


def test_a_later_edit_and_a_later_refund_change_no_earlier_one() -> None:
    first = given_back(601, amount("-14.85"))
    (before,) = freely(first)
    later = agreement(202, [sale(305, "500.00", item=2)], LATEST, "OrderEdit")
    after, _ = freely(first, given_back(602, amount("-20.00", 402), at="2026-09-20T10:00:00Z"), later=(later,))

    assert after.facts == before.facts


def test_a_stated_tax_of_an_amount_is_kept() -> None:
    (document,) = freely(
        given_back(601, amount("-12.00", totalTaxAmount=bag("-2.00")) | {"totalTaxAmount": bag("-2.00")})
    )

    assert [line.kind for line in document.lines] == ["refund.goodwill", "tax.collected"]
    assert document.lines[1].amount_minor == -200


@pytest.mark.parametrize(("named", "kind"), [(True, "refund.product"), (False, "refund.goodwill")])
def test_a_refund_without_agreement_and_without_lines_is_an_amount(named: bool, kind: str) -> None:
    """The whole of an order is its goods, a part of it goodwill."""
    repaid = "120.00" if named else "12.00"
    back = transaction(502, repaid, "REFUND", LATER)
    nothing: Json = {"refundLineItems": page([]), "refundShippingLines": page([]), "orderAdjustments": page([])}
    left = f"{120 - float(repaid):.2f}"
    node = order(
        [agreement(201, GOODS[:1])],
        "120.00",
        left,
        lineItems=page([item(1, taxLines=[tax_line("VAT", 0.2, "20.00")])]),
        transactions=[transaction(501, "120.00"), back],
        refunds=[refund(601, [back]) | nothing],
    )
    _, document = read(orders(node))

    assert not document.blocking
    assert [line.kind for line in document.lines] == [kind, "tax.collected", "tender"]
    assert document.lines[0].amount_minor == 5 * document.lines[1].amount_minor


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=5))
def test_amounts_one_after_another_never_give_back_more_tax_than_was_sold(amounts: list[int]) -> None:
    backs = [
        given_back(601 + place, amount(decimal_text(-minor, "USD"), 401 + place), at=f"2026-09-{10 + place}T10:00:00Z")
        for place, minor in enumerate(amounts)
    ]
    taxes: Counter[str] = Counter()
    for document in freely(*backs):
        for line in document.lines:
            if line.kind == "tax.collected":
                taxes[line.tax_rate] -= line.amount_minor

    assert taxes["20"] <= 2200
    assert taxes["5"] <= 50
    assert set(taxes) <= {"20", "5"}
