"""What a refund says: its amount is the truth, its lines where they fit."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.model.lines import Part
from bridge_woocommerce.shapes import OrderFacts
from plugins.woocommerce.tests.shop import (
    Reading,
    fee,
    item,
    meta,
    one,
    order,
    read,
    recorded,
    refund,
    shipping,
    tax,
    tax_line,
)

MUG_BACK = item(9, "-10.00", [tax(1, "-2.00")], quantity=-1)


def amounts(found: Reading) -> dict[str, int]:
    return {line.kind: line.amount_minor for line in found.booked}


def given_back(**more: Any) -> Reading:
    """A refund beside its order."""
    return one([order(), refund(**more)], DocumentKind.REFUND)


def test_lines_that_fit_the_amount_say_what_for() -> None:
    found = given_back(amount="12.00", line_items=[MUG_BACK], tax_lines=[tax_line(1, 20, "-2.00")])

    assert (found.start.total_minor, found.off_minor, found.problems) == (-1200, 0, ())
    assert amounts(found) == {"refund.product": -1000, "tax.collected": -200}
    assert {line.tax_rate for line in found.booked} == {"20"}
    assert found.line("9:tax:1").tax_base == "refund.product"
    assert dict(found.line("9").attributes) == {"quantity": "-1"}


def test_money_goes_back_the_way_it_came() -> None:
    paid_back = given_back(refunded_payment=True).line("tender")

    assert (paid_back.part, paid_back.amount_minor, paid_back.reference) == (Part.REPAYMENT, 300, "stripe:ch_1")
    assert dict(paid_back.attributes) == {"gateway": "stripe", "refunded_payment": "yes"}


def test_an_amount_without_lines_is_a_concession() -> None:
    """F19."""
    found = given_back(amount="3.00")

    assert (amounts(found), found.problems) == ({"refund.goodwill": -300}, ())


@pytest.mark.parametrize(("total_tax", "rate"), [("0.00", "0"), ("2.00", "")])
def test_a_concession_on_an_untaxed_order_bears_no_tax(total_tax: str, rate: str) -> None:
    """Of a taxed one the shop does not tell the tax: it is left open, not guessed."""
    told = order(total="12.00" if total_tax != "0.00" else "10.00", total_tax=total_tax)

    assert one([told, refund()], DocumentKind.REFUND).line("goodwill").tax_rate == rate


@pytest.mark.parametrize(
    ("amount", "goodwill"), [("3.00", 900), ("15.00", -300), ("0.00", 1200), ("-0.00", 1200), ("", 1200)]
)
def test_where_lines_contradict_the_amount_the_amount_is_booked_and_the_rest_is_named(
    amount: str, goodwill: int
) -> None:
    """F19; woocommerce #68172: the API takes 3.00 with lines of 30.00."""
    found = given_back(amount=amount, line_items=[MUG_BACK], tax_lines=[tax_line(1, 20, "-2.00")])

    assert found.off_minor == 0
    assert amounts(found)["refund.goodwill"] == goodwill
    assert found.codes == ["woocommerce.refund_contradictory"]


def test_a_penny_between_lines_and_amount_is_rounding() -> None:
    """F18, woocommerce #64668."""
    found = given_back(amount="11.99", line_items=[MUG_BACK], tax_lines=[tax_line(1, 20, "-2.00")])

    assert amounts(found) == {"refund.product": -1000, "tax.collected": -200, "rounding": 1}
    assert not found.problems


@pytest.mark.parametrize("amount", ["", "-", "0.00", "-0.00"])
def test_a_refund_of_nothing_is_there_and_moves_nothing(amount: str) -> None:
    found = given_back(amount=amount)

    assert (found.start.total_minor, found.lines, found.problems) == (0, (), ())


def test_shipping_surcharges_and_tax_alone_come_back_as_themselves() -> None:
    found = given_back(
        amount="10.40",
        line_items=[item(9, "0.00", [tax(1, "-0.40")], quantity=0)],
        shipping_lines=[shipping(7, "-5.00", [tax(1, "-1.00")])],
        fee_lines=[fee(8, "-4.00")],
        tax_lines=[tax_line(1, 20, "-0.40", "-1.00")],
    )

    assert found.by_kind() == {
        "refund.shipping": -500,
        "refund.other": -400,
        "tax.collected": -140,
        "tender": 1040,
    }


def test_tax_without_rates_comes_from_the_lines() -> None:
    """Older answers show no tax lines on refunds."""
    back = item(9, "-10.00", total_tax="-2.00")

    assert amounts(given_back(amount="12.00", line_items=[back])) == {"refund.product": -1000, "tax.collected": -200}


def test_a_discount_on_what_comes_back_is_told_apart() -> None:
    """C15, as far as the shop tells: mostly it names the discounted price alone."""
    back = item(9, "-9.00", subtotal="-10.00")

    assert amounts(given_back(amount="9.00", line_items=[back])) == {"refund.product": -1000, "refund.discount": 100}


def test_what_the_shop_keeps_is_a_restocking_fee_or_the_discount_taken_back() -> None:
    kept = fee(8, "1.00", name="Restocking")
    discount = fee(7, "0.50", meta_data=[meta("_refunded_item_id", "55")])
    found = given_back(amount="8.50", line_items=[item(9, "-10.00")], fee_lines=[kept, discount])

    assert amounts(found) == {"refund.product": -1000, "restocking": 100, "refund.discount": 50}


def test_a_tip_given_back_is_a_tip() -> None:
    assert amounts(given_back(amount="4.00", fee_lines=[fee(8, "-4.00", name="Tip")])) == {"tip": -400}


# Whose refund


@pytest.mark.parametrize(
    "told",
    [
        refund(parent_id=75),
        recorded([{**refund(), "parent_id": 0}], path="/wp-json/wc/v3/orders/75/refunds?per_page=100"),
        recorded({**refund(), "parent_id": 0}, path="/wp-json/wc/v3/orders/75/refunds/88"),
        {**refund(), "parent_id": 0, "_links": {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/75"}]}},
    ],
)
def test_the_order_is_named_by_the_refund_the_path_or_the_link(told: Any) -> None:
    assert one(told, DocumentKind.REFUND, currency="GBP").start.order_id == "75"


def test_a_refund_of_no_order_is_refused() -> None:
    with pytest.raises(DocumentError) as refused:
        read({**refund(), "parent_id": 0}, currency="GBP")
    assert refused.value.code == "woocommerce.refund.order"
    assert "refund 88" in str(refused.value)


# In which currency


def test_a_refund_is_in_the_currency_of_its_order() -> None:
    """F27: the answer does not name it; beside its order nothing is guessed."""
    found = read(
        [recorded([refund()], path="/wp-json/wc/v3/refunds"), recorded([order(currency="EUR")])], currency="GBP"
    )

    assert {each.name: each.start.currency for each in found} == {
        (DocumentKind.ORDER, "75"): "EUR",
        (DocumentKind.REFUND, "88"): "EUR",
    }


def test_without_its_order_and_without_a_declared_currency_a_refund_is_refused() -> None:
    with pytest.raises(DocumentError, match="currency") as refused:
        read([refund()])
    assert refused.value.code == "woocommerce.refund.currency"


def test_in_a_shop_of_one_currency_a_refund_stands_alone_and_its_gateway_stays_open() -> None:
    found = one([refund()], DocumentKind.REFUND, currency="GBP")

    assert found.start.currency == "GBP"
    assert found.start.paid_at == found.start.opened_at
    assert [line.kind for line in found.lines] == ["refund.goodwill"]
    assert found.codes == ["woocommerce.refund_without_order"]


def test_an_order_taken_in_before_tells_what_the_refund_does_not() -> None:
    known = {"75": OrderFacts("EUR", "ppcp-gateway", "ppcp-gateway:CAP1", is_untaxed=True)}
    (found,) = read([refund()], currency="GBP", known=known.get)

    assert found.start.currency == "EUR"
    assert found.line("tender").reference == "ppcp-gateway:CAP1"
    assert found.problems == ()


def test_an_order_in_another_currency_than_declared_is_named() -> None:
    assert one(order(currency="EUR"), currency="GBP").codes == ["woocommerce.other_currency"]


def test_a_refund_of_an_unpaid_order_is_unpaid() -> None:
    assert one([order(date_paid_gmt=None), refund()], DocumentKind.REFUND).start.paid_at is None
