"""WooCommerce's plugin does what it declares: the conformance kit over saved answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from bridge.model.documents import DocumentKind
from bridge.plugin import SourceOffer
from bridge.testing import Expected, SampleFile, SourceConformance
from bridge.testing.sources import ReadDocument
from bridge_woocommerce.source import offer
from plugins.woocommerce.tests.shop import SAMPLES, item, meta, order, recorded, refund, shipping

BUYER = "Lovelace-7f3a"
ADDRESS = {"first_name": BUYER, "email": f"{BUYER}@example.com", "phone": BUYER, "postcode": BUYER}
SOLD = order(
    75,
    "14.50",
    billing=ADDRESS,
    shipping=ADDRESS,
    customer_note=BUYER,
    line_items=[item(1, "10.00", name=BUYER)],
    shipping_lines=[shipping(2, "4.50")],
    meta_data=[meta("_stripe_fee", "0.49"), meta("_stripe_currency", "GBP"), meta("gift_message", BUYER)],
    refunds=[{"id": 88, "reason": BUYER, "total": "-3.00"}],
)
GIVEN_BACK = refund(88, "3.00", reason=BUYER, line_items=[item(11, "-3.00", name=BUYER)])
PAID = order(77)
GROWN = order(77, "14.00", line_items=[item(1), item(2, "4.00")])
RECORDED = {
    "us_exclusive/orders/page_1": ["woocommerce.refund.awaits_details"],
    "us_exclusive/orders/status_trash": [],
}


class TestWooCommerce(SourceConformance):
    """Answers with orders, with refunds, with both, and with an order that grew after it was paid."""

    module = "bridge_woocommerce"
    account = "us-shop.example"
    left_out: ClassVar[Mapping[str, str]] = {
        "excess_decimals": "the shop rounds half up what it tells with six decimals, and so does the plugin",
        "with_unknown_type": "an order's lines have no types: what they are is told by the list they stand in",
    }

    def offer(self) -> SourceOffer:
        return offer()

    def samples(self) -> Sequence[SampleFile]:
        back = recorded([GIVEN_BACK], path="/wp-json/wc/v3/orders/75/refunds")
        other = order(76, "100.00", line_items=[item(number) for number in range(1, 11)])
        written = json.dumps([recorded([SOLD, other]), back], indent=1).encode()
        expected = (
            Expected(DocumentKind.ORDER, "75", "GBP", 1450),
            Expected(DocumentKind.FEE, "75", "GBP", -49),
            Expected(DocumentKind.REFUND, "88", "GBP", -300),
            Expected(DocumentKind.ORDER, "76", "GBP", 10000),
        )
        files = (SampleFile.at(SAMPLES / f"{name}.json", held=held) for name, held in RECORDED.items())
        waiting = SampleFile.at(SAMPLES / "us_exclusive/refunds/all_dp6.json", held=["woocommerce.refund.awaits_order"])
        grown = (recorded([told], at=f"Thu, {day} Mar 2026 09:00:00 GMT") for day, told in ((12, PAID), (13, GROWN)))
        edited = SampleFile(
            "edited.json", json.dumps([*grown]).encode(), (Expected(DocumentKind.ORDER, "77", "GBP", 1400),)
        )
        return [SampleFile("answers.json", written, expected), edited, *files, waiting]

    def buyer_markers(self) -> Sequence[str]:
        return [BUYER]

    def with_amount(self, content: bytes, change: Callable[[str], str]) -> bytes:
        return content.replace(b'"4.50"', json.dumps(change("4.50")).encode())

    def repeat(self, content: bytes, times: int) -> bytes:
        """The same answers over and over, each about other orders."""
        copies = (
            content.replace(b": 75", b": 75%d" % copy).replace(b": 76", b": 76%d" % copy) for copy in range(times)
        )
        return b"[%b]" % b",".join(copies)

    def write(self, documents: Sequence[ReadDocument]) -> bytes:
        """A list of answers, each once: a fee stands in its order's."""
        return b"[%b]" % b",".join(dict.fromkeys(document.start.payload for document in documents))
