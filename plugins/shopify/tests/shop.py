"""A shop made to order: answers of the API as a test thinks of them, and what the plugin makes of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from bridge.model.documents import DocumentKind, Problem
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.plugin import Concern, DocumentCheck, DocumentEnd, DocumentLines, DocumentStart, FileNotes, FilePart, Source
from bridge_shopify.source import ShopifySource

SAMPLES = Path(__file__).parent / "samples" / "synthetic"
AT, LATER, LATEST = "2026-09-01T10:00:00Z", "2026-09-05T11:00:00Z", "2026-09-09T12:00:00Z"
ORDER_ID = 450000009001
Json = dict[str, Any]


class MemoryFile:
    """A file that a person brought, in memory."""

    charset = ""

    def __init__(self, content: bytes | str | Json, name: str = "brought.json") -> None:
        if isinstance(content, dict):
            content = json.dumps(content)
        self.content = content.encode() if isinstance(content, str) else content
        self.name, self.size = name, len(self.content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class Read(msgspec.Struct, frozen=True):
    """One document, read whole."""

    start: DocumentStart
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    concerns: tuple[Concern, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.start.kind} {self.start.external_id}"

    @property
    def is_tied(self) -> bool:
        """Whether its lines make its total, receipts and repayments aside."""
        return sum(line.amount_minor for line in self.lines if not line.part.is_money) == self.start.total_minor

    @property
    def facts(self) -> tuple[object, ...]:
        """The document without what depends on how it was asked for."""
        return msgspec.structs.replace(self.start, payload=b""), self.lines

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    @property
    def blocking(self) -> list[str]:
        return [problem.code for problem in self.problems if problem.blocking]

    def book(self) -> str:
        """Its lines, one a row: kind, amount, rate."""
        rows = (
            f"{line.kind} {decimal_text(line.amount_minor, self.start.currency)}"
            + (f" at {line.tax_rate}" if line.tax_rate else "")
            + (f" on {line.tax_base}" if line.tax_base else "")
            for line in self.lines
        )
        return "\n".join(rows)


def read(content: bytes | str | Json, source: Source | None = None) -> list[Read]:
    """Every document of a file."""
    parts = (source or ShopifySource()).read_file(MemoryFile(content))
    return list(documents(parts))


def documents(parts: Iterator[FilePart]) -> Iterator[Read]:
    start: DocumentStart | None = None
    lines: list[Line] = []
    for part in parts:
        if isinstance(part, DocumentStart):
            start, lines = part, []
        elif isinstance(part, DocumentLines):
            lines += part.lines
        elif isinstance(part, DocumentEnd):
            assert start is not None
            yield Read(start, tuple(lines), part.problems, part.concerns)
            start = None
    assert start is None


def checks(content: bytes | str | Json) -> list[DocumentCheck]:
    """What a file that only checks says."""
    parts = list(ShopifySource().read_file(MemoryFile(content)))
    return [part for part in parts if isinstance(part, DocumentCheck)]


def notes(content: bytes | str | Json) -> list[Problem]:
    """What is said of a file as a whole."""
    parts = list(ShopifySource().read_file(MemoryFile(content)))
    return [problem for part in parts if isinstance(part, FileNotes) for problem in part.problems]


def note_codes(content: bytes | str | Json) -> list[str]:
    return [problem.code for problem in notes(content)]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


# Answers


def amount(text: str, currency: str = "USD") -> Json:
    return {"amount": text, "currencyCode": currency}


def bag(text: str, currency: str = "USD") -> Json:
    return {"shopMoney": amount(text, currency), "presentmentMoney": amount("999999.99", "EUR")}


def page(nodes: Sequence[Json], *, more: bool = False) -> Json:
    return {"pageInfo": {"hasNextPage": more, "endCursor": "x"}, "nodes": list(nodes)}


def tax_line(title: str, rate: float | None, text: str = "0.00", liable: bool | None = False) -> Json:
    return {
        "title": title,
        "rate": rate,
        "ratePercentage": None if rate is None else rate * 100,
        "channelLiable": liable,
        "source": "Shopify",
        "priceSet": bag(text),
    }


def sale(
    number: int,
    total: str,
    tax: str = "0.00",
    discount: str = "0.00",
    line: str = "PRODUCT",
    action: str = "ORDER",
    **more: Any,
) -> Json:
    """more: lineItem and its like, by what they are (``item=1``); ``taxes`` as (title, rate, amount, liable)."""
    refs = {"item": ("lineItem", "LineItem"), "shipping": ("shippingLine", "ShippingLine"), "duty": ("duty", "Duty")}
    found: Json = {
        "__typename": "ProductSale",
        "id": f"gid://shopify/Sale/{number}",
        "actionType": action,
        "lineType": line,
        "quantity": 1,
        "totalAmount": bag(total),
        "totalTaxAmount": bag(tax),
        "totalDiscountAmountBeforeTaxes": bag(discount),
        "totalDiscountAmountAfterTaxes": bag(discount),
    }
    for name, (field, kind) in refs.items():
        if name in more:
            found[field] = {"id": f"gid://shopify/{kind}/{more[name]}"}
    if "taxes" in more:
        found["taxes"] = [
            {"amount": bag(text), "taxLine": tax_line(title, rate, text, liable)}
            for title, rate, text, liable in more["taxes"]
        ]
    return found


def agreement(number: int, sales: Sequence[Json], at: str = AT, kind: str = "Order", of: int = 0) -> Json:
    """kind: Order, OrderEdit, Refund or Return. of: the refund's or return's number."""
    found: Json = {
        "__typename": f"{kind}Agreement",
        "id": f"gid://shopify/{kind}Agreement/{number}",
        "happenedAt": at,
        "reason": kind.upper(),
        "sales": page(sales),
    }
    if of:
        found[kind.lower()] = {"id": f"gid://shopify/{kind}/{of}"}
    return found


def transaction(number: int, text: str, kind: str = "SALE", at: str = AT, **changes: Any) -> Json:
    found: Json = {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "test": False,
        "processedAt": at,
        "amountSet": bag(text),
        "amountRoundingSet": None,
    }
    return found | changes


def refund(number: int, transactions: Sequence[Json] | None = (), at: str = LATER, **changes: Any) -> Json:
    """transactions: None for a header only, as in bulk files."""
    total = sum(float(each["amountSet"]["shopMoney"]["amount"]) for each in transactions or ())
    found: Json = {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": at,
        "processedAt": at,
        "note": None,
        "totalRefundedSet": bag(f"{total:.2f}"),
        "duties": [],
    }
    if transactions is not None:
        found["transactions"] = page(transactions)
    return found | changes


def item(number: int, price: str = "100.00", **changes: Any) -> Json:
    found: Json = {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": f"SKU-{number}",
        "quantity": 1,
        "isGiftCard": False,
        "originalTotalSet": bag(price),
        "discountAllocations": [],
        "taxLines": [],
        "duties": [],
    }
    return found | changes


def order(agreements: Sequence[Json] | None, total: str, current: str | None = None, **changes: Any) -> Json:
    """An order that is what ``total`` says before returns, and ``current`` after them."""
    found: Json = {
        "id": f"gid://shopify/Order/{ORDER_ID}",
        "name": "#9001",
        "createdAt": AT,
        "processedAt": AT,
        "updatedAt": LATEST,
        "test": False,
        "sourceName": "web",
        "currencyCode": "USD",
        "taxesIncluded": False,
        "displayFinancialStatus": "PAID",
        "totalPriceSet": bag(total),
        "currentTotalPriceSet": bag(current or total),
        "additionalFees": [],
        "lineItems": page([item(1)]),
        "shippingLines": page([]),
        "transactions": [transaction(501, total)],
        "refunds": [],
    }
    if agreements is not None:
        found["agreements"] = page(agreements)
    return found | changes


def orders(*nodes: Json, more: bool = False) -> Json:
    return {"data": {"orders": page(nodes, more=more)}}


def sold(total: str = "100.00", **changes: Any) -> Json:
    """An order of one product without tax, paid when it was placed."""
    return order([agreement(201, [sale(301, total, item=1)])], total, **changes)


# Shopify Payments


def row(
    number: int, text: str, kind: str = "CHARGE", fee: str = "0.00", payout: int | None = 5001, **changes: Any
) -> Json:
    """One balance transaction, net being amount less fee."""
    net = f"{float(text) - float(fee):.2f}"
    found: Json = {
        "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}",
        "type": kind,
        "sourceType": kind,
        "sourceId": "8001",
        "sourceOrderTransactionId": None,
        "adjustmentReason": None,
        "transactionDate": AT,
        "test": False,
        "amount": amount(text),
        "fee": amount(fee),
        "net": amount(net),
        "associatedOrder": None,
        "associatedPayout": {
            "id": f"gid://shopify/ShopifyPaymentsPayout/{payout}" if payout else None,
            "status": "PAID",
        },
        "adjustmentsOrders": [],
    }
    return found | changes


def payout(number: int, net: str, **changes: Any) -> Json:
    found: Json = {
        "id": f"gid://shopify/ShopifyPaymentsPayout/{number}",
        "issuedAt": "2026-09-07T00:00:00Z",
        "status": "PAID",
        "transactionType": "DEPOSIT",
        "externalTraceId": "TRACE",
        "net": amount(net),
    }
    return found | changes


def dispute(number: int, text: str, status: str, **changes: Any) -> Json:
    found: Json = {
        "id": f"gid://shopify/ShopifyPaymentsDispute/{number}",
        "type": "CHARGEBACK",
        "status": status,
        "finalizedOn": "2026-10-02",
        "amount": amount(text),
        "order": {"id": f"gid://shopify/Order/{ORDER_ID}", "name": "#9001"},
    }
    return found | changes


def account(payouts: Sequence[Json] = (), rows: Sequence[Json] | None = (), disputes: Sequence[Json] = ()) -> Json:
    """rows: None where the answer was not asked for them."""
    found: Json = {"payouts": page(payouts), "disputes": page(disputes)}
    if rows is not None:
        found["balanceTransactions"] = page(rows)
    return {"data": {"shopifyPaymentsAccount": found}}


def kinds(document: Read) -> list[tuple[str, int]]:
    return [(line.kind, line.amount_minor) for line in document.lines]


def of_kind(found: Sequence[Read], kind: DocumentKind) -> list[Read]:
    return [each for each in found if each.start.kind is kind]
