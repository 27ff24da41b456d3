"""Money beside the lines: gift cards and store credit of extensions lower a total without a line."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.model.documents import DocumentKind
from plugins.woocommerce.tests.shop import Reading, fee, item, meta, one, order, read, refund, tax, tax_line

CODE = "AAAA-BBBB-CCCC-DDDD"


def tenders(found: Reading) -> dict[str, int]:
    return {dict(line.attributes)["gateway"]: -line.amount_minor for line in found.lines if line.part.is_money}


def lowered(total: str = "35.00", **more: Any) -> dict[str, Any]:
    """Goods of 60.00 on an order with a lower total."""
    return order(total=total, line_items=[item(1, "60.00")], **more)


@pytest.mark.parametrize(
    ("more", "gateway"),
    [
        ({"gift_cards": [{"id": 7, "code": CODE, "amount": 25}]}, "gift_card"),
        ({"gift_cards": [{"id": 7, "code": CODE, "amount": "20.00"}, {"code": CODE, "amount": 5.0}]}, "gift_card"),
        ({"pw_gift_cards_redeemed": [{"number": CODE, "amount": "25"}]}, "gift_card"),
        ({"meta_data": [meta("_ywgc_applied_gift_cards", {CODE: 25})]}, "gift_card"),
        ({"meta_data": [meta("smart_coupons_contribution", {CODE: "25.00"})]}, "store_credit"),
        ({"meta_data": [meta("_funds_used", "25.00")]}, "store_credit"),
    ],
)
def test_what_an_extension_took_is_a_tender_and_no_code_of_a_card_is_kept(more: dict[str, Any], gateway: str) -> None:
    """C13, P12."""
    found = one(lowered(**more))

    assert (found.start.total_minor, found.off_minor, found.problems) == (6000, 0, ())
    assert found.by_rate() == {("sale.product", "0"): 6000}
    assert tenders(found) == {"stripe": 3500, gateway: 2500}
    assert CODE.encode() not in found.start.payload
    (again,) = read([__import__("json").loads(found.start.payload)])
    assert (again.start, again.lines) == (found.start, found.lines)


def test_an_order_paid_by_gift_card_alone_has_no_other_payment() -> None:
    found = one(lowered("0.00", gift_cards=[{"amount": 60}], payment_method="", transaction_id=""))

    assert tenders(found) == {"gift_card": 6000}


@pytest.mark.parametrize(
    "more",
    [
        {"fee_lines": [fee(2, "-25.00", name="Gift card")], "gift_cards": [{"amount": 25}]},
        {
            "line_items": [item(1, "35.00", subtotal="60.00")],
            "meta_data": [meta("smart_coupons_contribution", {"x": 25})],
        },
        {"line_items": [item(1, "35.00")], "meta_data": [meta("_funds_used", "0.01")]},
    ],
)
def test_what_stands_in_the_lines_already_is_no_tender_once_more(more: dict[str, Any]) -> None:
    found = one(order(**{"total": "35.00", "line_items": [item(1, "60.00")], **more}))

    assert (found.start.total_minor, found.off_minor) == (3500, 0)
    assert tenders(found) == {"stripe": 3500}


@pytest.mark.parametrize("cards", [[], [{"amount": 24}], [{"amount": "many"}], "none", {"amount": 25}])
def test_a_total_below_its_lines_without_a_reason_that_shows_is_held_and_names_what_it_may_be(cards: Any) -> None:
    """P12: not "fetch it again", which would not help."""
    found = one(lowered(gift_cards=cards))

    (problem,) = found.problems
    assert (problem.code, problem.blocking) == ("woocommerce.money_beside_lines", True)
    assert "25.00 USD" in problem.message or "25.00 GBP" in problem.message
    assert "gift cards, store credit, a deposit" in problem.message
    assert found.off_minor == 0
    assert found.line("beside").kind == "unclassified"


def test_a_total_above_its_lines_lacks_lines_and_is_left_for_the_host_to_hold() -> None:
    found = one(order(total="61.00", line_items=[item(1, "60.00")]))

    assert (found.off_minor, found.problems) == (-100, ())


def test_a_refund_of_all_that_the_gateway_had_gives_back_that_share_of_each_line() -> None:
    """The card's share is not told of: it stays sold until the shop says otherwise."""
    sold = order(
        total="47.00",
        total_tax="12.00",
        line_items=[item(1, "60.00", [tax(1, "12.00")])],
        tax_lines=[tax_line(1, 20, "12.00")],
        gift_cards=[{"amount": 25}],
    )
    (back,) = [each for each in read([sold, refund(88, "47.00")]) if each.start.kind is DocumentKind.REFUND]

    assert back.by_rate() == {("refund.product", "20"): -3917, ("tax.collected", "20"): -783}
    assert tenders(back) == {"stripe": -4700}
