"""Shopify's plugin does what it declares: the conformance kit over answers, bulk files and exports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from bridge.plugin import SourceOffer
from bridge.testing import SampleFile, SourceConformance
from bridge.testing.sources import ReadDocument
from bridge_shopify.offer import offer
from plugins.shopify.tests.shop import (
    LATER,
    SAMPLES,
    agreement,
    order,
    orders,
    refund,
    sale,
    sold,
    transaction,
)

BUYER = "Zoe-Marked-Buyer"
RETURNED = order(
    [
        agreement(201, [sale(301, "100.00", item=1)]),
        agreement(202, [sale(302, "-40.00", action="RETURN", item=1)], LATER, "Refund", 601),
    ],
    "100.00",
    "60.00",
    email=f"{BUYER}@example.com",
    note=BUYER,
    transactions=[transaction(1, "100.00"), transaction(2, "40.00", "REFUND", LATER)],
    refunds=[refund(601, [transaction(2, "40.00", "REFUND", LATER)])],
)
OTHER = sold("12.50", id="gid://shopify/Order/450000009002", name="#9002")
NAMES = (
    "orders_us_tax_exclusive.json",
    "orders_gb_tax_inclusive.json",
    "bulk_orders_us.jsonl",
    "shopify_payments_us.json",
    "payment_transactions_export.csv",
    "payouts_export.csv",
    "orders_export.csv",
)


class TestShopify(SourceConformance):
    """Every type of file."""

    module = "bridge_shopify"
    left_out: ClassVar[Mapping[str, str]] = {
        "cut_between_lines": "no export and no bulk file says how many rows it has",
        "repeat": "an answer is held in memory whole, up to max_answer_megabytes; bulk files have a test of their own",
    }

    def offer(self) -> SourceOffer:
        return offer()

    def samples(self) -> Sequence[SampleFile]:
        written = json.dumps(orders(RETURNED, OTHER), indent=1).encode()
        return [SampleFile("answer.json", written), *(SampleFile.at(SAMPLES / name) for name in NAMES)]

    def buyer_markers(self) -> Sequence[str]:
        return [BUYER]

    def with_unknown_type(self, content: bytes) -> bytes:
        return content.replace(b'"lineType": "PRODUCT"', b'"lineType": "TELEPORT"')

    def with_amount(self, content: bytes, change: Callable[[str], str]) -> bytes:
        return content.replace(b'"amount": "12.50"', b'"amount": ' + json.dumps(change("12.50")).encode())

    def write(self, documents: Sequence[ReadDocument]) -> bytes:
        """One answer with the orders of these documents, each once: a refund stands in its order's."""
        payloads = dict.fromkeys(document.start.payload for document in documents)
        return json.dumps(orders(*(json.loads(payload)["data"]["order"] for payload in payloads))).encode()
