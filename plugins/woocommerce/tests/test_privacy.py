"""Nothing of a buyer leaves the plugin: not in lines, titles, problems or refusals, nor in what is kept."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bridge.errors import DocumentError
from plugins.woocommerce.tests.shop import (
    SHOPS,
    fee,
    item,
    meta,
    order,
    read,
    read_bytes,
    recorded,
    refund,
    sample,
    shipping,
)

BUYER = "Lovelace-7f3a"
FIELDS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "email", "phone")
ADDRESS = dict.fromkeys(FIELDS, BUYER)


def marked(told: dict[str, Any]) -> dict[str, Any]:
    """The order or refund with a buyer's mark wherever a shop or a plugin may write one."""
    note = [meta("_billing_vat", BUYER), meta("gift_message", {"to": BUYER}), meta("_stripe_customer_id", BUYER)]
    lines = {
        "line_items": [item(1, name=BUYER, meta_data=note, parent_name=BUYER)],
        "shipping_lines": [
            {**shipping(2, "0.00"), "method_title": BUYER, "meta_data": note, "method_id": f"to {BUYER}"}
        ],
        "fee_lines": [fee(3, "0.00", meta_data=note)],
        "coupon_lines": [{"id": 4, "code": BUYER, "meta_data": note}],
    }
    fields = (
        "customer_note",
        "customer_ip_address",
        "customer_user_agent",
        "payment_method_title",
        "order_key",
        "reason",
    )
    return {
        **told,
        **lines,
        **dict.fromkeys(fields, BUYER),
        "customer_id": 7_300_411,
        "billing": ADDRESS,
        "shipping": ADDRESS,
        "transaction_id": f"cash from {BUYER}",
        "payment_url": f"https://shop.example/{BUYER}",
        "refunds": [{"id": 88, "reason": BUYER, "total": "-3.00"}],
        "gift_cards": [{"code": BUYER, "amount": "2.00"}, {"code": BUYER, "amount": BUYER}],
        "pw_gift_cards_redeemed": [{"number": BUYER, "amount": 2}],
        "meta_data": [
            *note,
            meta("_stripe_fee", f"ask {BUYER}"),
            meta("_ppcp_paypal_fees", {"payer": BUYER}),
            meta("_ywgc_applied_gift_cards", {BUYER: "2.00", f"{BUYER}2": BUYER}),
            meta("smart_coupons_contribution", {BUYER: 2}),
            meta("_funds_used", BUYER),
        ],
        "_links": {"customer": [{"href": f"https://shop.example/{BUYER}"}]},
    }


def test_nothing_of_a_buyer_comes_out() -> None:
    found = read([recorded([marked(order())]), recorded([marked(refund(amount="10.00"))])])

    assert len(found) == 2
    said = msgspec.json.encode(found) + b"".join(each.start.payload for each in found)
    assert BUYER.encode() not in said
    assert b"7300411" not in said
    assert said.count(b"SKU-1") > 0


@pytest.mark.parametrize("shop", SHOPS)
def test_nothing_of_the_recorded_buyers_is_kept(shop: str) -> None:
    buyers: set[str] = set()
    for told in json.loads(sample(f"{shop}/orders/all_dp6_oldest_first"))["body"]:
        words = {
            *told["billing"].values(),
            *told["shipping"].values(),
            told["customer_user_agent"],
            told["customer_note"],
        }
        buyers |= {word for word in words if len(word) > 5}
    kept = b"".join(each.start.payload for each in read_bytes(sample(f"{shop}/orders/all_dp6_oldest_first")))

    assert len(buyers) > 5
    assert [word for word in buyers if word.encode() in kept] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"total": f"10 for {BUYER}"},
        {"total": 10},
        {"date_paid_gmt": BUYER},
        {"currency": BUYER[:3]},
        {"status": None},
        {"line_items": BUYER},
        {"refunds": [{"id": BUYER}]},
    ],
)
def test_no_refusal_tells_of_a_buyer(broken: dict[str, Any]) -> None:
    with pytest.raises(DocumentError) as refused:
        read([{**marked(order()), **broken}])
    assert BUYER not in str(refused.value)
