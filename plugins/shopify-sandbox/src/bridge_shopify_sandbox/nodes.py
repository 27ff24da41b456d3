"""What the fake shop holds, as plain objects in the shape of the schema: connections are lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.model.money import decimal_text

__all__ = ["Back", "Dispute", "Edit", "Node", "Order", "Payout", "Row", "gid", "moments"]

Node = dict[str, Any]


@dataclass
class Edit:
    """More of an order, paid at once."""

    id: int
    minor: int
    at: datetime


@dataclass
class Back:
    """A refund, repaid at once."""

    id: int
    minor: int
    at: datetime
    lines: int = 1


@dataclass
class Order:
    """What a buyer bought: so many things that come to the amount."""

    id: int
    minor: int
    items: int
    at: datetime
    updated_at: datetime
    is_paid: bool = True
    edits: list[Edit] = field(default_factory=list)
    backs: list[Back] = field(default_factory=list)
    cancelled_at: datetime | None = None

    @property
    def charged(self) -> list[tuple[int, int, datetime]]:
        """Transaction, amount and instant of each payment."""
        first = [(self.id * 1000 + 901, self.minor, self.at)] if self.is_paid else []
        return first + [(edit.id * 1000 + 902, edit.minor, edit.at) for edit in self.edits]

    @property
    def repaid(self) -> list[tuple[int, int, datetime]]:
        """Transaction, amount and instant of each repayment; amounts are positive."""
        return [(back.id * 1000 + 903, back.minor, back.at) for back in self.backs]

    def node(self, currency: str) -> Node:
        return _Writer(currency).order(self)


@dataclass
class Row:
    """A row of the balance. payout: 0 while it is in none. source: of a dispute, its number."""

    id: int
    type: str
    minor: int
    fee: int
    at: datetime
    order: int = 0
    transaction: int = 0
    payout: int = 0
    source: int = 0

    def node(self, currency: str) -> Node:
        writer = _Writer(currency)
        return {
            "id": gid("ShopifyPaymentsBalanceTransaction", self.id),
            "type": self.type,
            "sourceType": self._source_type(),
            "sourceId": str(self.source) if self.source else None,
            "sourceOrderTransactionId": str(self.transaction) if self.transaction else None,
            "transactionDate": moments(self.at),
            "test": False,
            "amount": writer.money(self.minor),
            "fee": writer.money(self.fee),
            "net": writer.money(self.minor - self.fee),
            "associatedOrder": {"id": gid("Order", self.order)} if self.order else None,
            "associatedPayout": {"id": gid("ShopifyPaymentsPayout", self.payout) if self.payout else None},
            "adjustmentsOrders": [],
        }

    def _source_type(self) -> str | None:
        if self.source:
            return "DISPUTE"
        return self.type if self.type in {"CHARGE", "REFUND", "TRANSFER"} else None


@dataclass
class Payout:
    """Money on its way to the bank."""

    id: int
    minor: int
    at: datetime
    status: str

    def node(self, currency: str) -> Node:
        return {
            "__typename": "ShopifyPaymentsPayout",
            "id": gid("ShopifyPaymentsPayout", self.id),
            "issuedAt": moments(self.at),
            "status": self.status,
            "transactionType": "DEPOSIT" if self.minor >= 0 else "WITHDRAWAL",
            "net": _Writer(currency).money(abs(self.minor)),
            "summary": {"chargesGross": _Writer(currency).money(self.minor)},
        }


@dataclass
class Dispute:
    """What a buyer's bank took back."""

    id: int
    order: int
    minor: int
    at: datetime
    status: str
    ended_at: datetime | None = None

    def node(self, currency: str) -> Node:
        return {
            "id": gid("ShopifyPaymentsDispute", self.id),
            "type": "CHARGEBACK",
            "status": self.status,
            "initiatedAt": moments(self.at),
            "finalizedOn": moments(self.ended_at) if self.ended_at else None,
            "amount": _Writer(currency).money(self.minor),
            "order": {"id": gid("Order", self.order)},
        }


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def moments(at: datetime) -> str:
    """An instant as the API writes it, in whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Writer:
    """Amounts in the shop's currency, and what is made of them."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def money(self, minor: int) -> Node:
        return {"amount": decimal_text(minor, self.currency), "currencyCode": self.currency}

    def bag(self, minor: int) -> Node:
        return {"shopMoney": self.money(minor)}

    def order(self, order: Order) -> Node:
        total = order.minor + sum(edit.minor for edit in order.edits)
        back = sum(one.minor for one in order.backs)
        shares = _shares(order.minor, order.items)
        return {
            "id": gid("Order", order.id),
            "name": f"#{order.id}",
            "createdAt": moments(order.at),
            "processedAt": moments(order.at),
            "updatedAt": moments(order.updated_at),
            "cancelledAt": moments(order.cancelled_at) if order.cancelled_at else None,
            "sourceName": "web",
            "currencyCode": self.currency,
            "presentmentCurrencyCode": self.currency,
            "displayFinancialStatus": _status(order, total, back),
            "requiresShipping": True,
            "shippingAddress": {"countryCodeV2": "US"},
            "billingAddress": {"countryCodeV2": "US"},
            "totalPriceSet": self.bag(total),
            "currentTotalPriceSet": self.bag(total - back),
            "totalReceivedSet": self.bag(sum(minor for _, minor, _ in order.charged)),
            "lineItems": [self.item(order.id, place, minor) for place, minor in enumerate(shares, start=1)],
            "transactions": [
                *(self.transaction(*charge, kind="SALE") for charge in order.charged),
                *(self.transaction(*repaid, kind="REFUND") for repaid in order.repaid),
            ],
            "refunds": [self.refund(order.id, one, order.repaid[place]) for place, one in enumerate(order.backs)],
            "agreements": self.agreements(order, shares),
        }

    def item(self, order: int, place: int, minor: int) -> Node:
        found = {"id": gid("LineItem", order * 1000 + place), "sku": f"SKU-{place}", "quantity": 1}
        return {**found, "originalTotalSet": self.bag(minor)}

    def transaction(self, number: int, minor: int, at: datetime, kind: str) -> Node:
        return {
            "id": gid("OrderTransaction", number),
            "kind": kind,
            "status": "SUCCESS",
            "gateway": "shopify_payments",
            "processedAt": moments(at),
            "amountSet": self.bag(minor),
        }

    def refund(self, order: int, back: Back, repaid: tuple[int, int, datetime]) -> Node:
        shares = _shares(back.minor, back.lines)
        return {
            "id": gid("Refund", back.id),
            "createdAt": moments(back.at),
            "processedAt": moments(back.at),
            "order": {"id": gid("Order", order)},
            "totalRefundedSet": self.bag(back.minor),
            "refundLineItems": [
                {
                    "id": gid("RefundLineItem", back.id * 1000 + place),
                    "quantity": 1,
                    "lineItem": {"id": gid("LineItem", order * 1000 + place)},
                    "subtotalSet": self.bag(minor),
                }
                for place, minor in enumerate(shares, start=1)
            ],
            "transactions": [self.transaction(*repaid, kind="REFUND")],
        }

    def agreements(self, order: Order, shares: list[int]) -> list[Node]:
        sold = [self.sale(order.id * 1000 + place, order.id, place, minor) for place, minor in enumerate(shares, 1)]
        found = [self.agreement("Order", order.id, order.at, sold)]
        for edit in order.edits:
            more = [self.sale(edit.id * 1000 + 1, order.id, 1, edit.minor)]
            found.append(self.agreement("OrderEdit", edit.id, edit.at, more))
        for back in order.backs:
            given = [
                self.sale(back.id * 1000 + place, order.id, place, -minor)
                for place, minor in enumerate(_shares(back.minor, back.lines), 1)
            ]
            agreed = self.agreement("Refund", back.id, back.at, given)
            found.append({**agreed, "refund": {"id": gid("Refund", back.id)}})
        return found

    def agreement(self, kind: str, number: int, at: datetime, sales: list[Node]) -> Node:
        return {
            "__typename": f"{kind}Agreement",
            "id": gid(f"{kind}Agreement", number),
            "happenedAt": moments(at),
            "reason": {"Order": "ORDER", "OrderEdit": "ORDER_EDIT", "Refund": "REFUND"}[kind],
            "sales": sales,
        }

    def sale(self, number: int, order: int, item: int, minor: int) -> Node:
        return {
            "__typename": "ProductSale",
            "id": gid("Sale", number),
            "actionType": "ORDER" if minor >= 0 else "RETURN",
            "lineType": "PRODUCT",
            "totalAmount": self.bag(minor),
            "lineItem": {"id": gid("LineItem", order * 1000 + item)},
        }


def _status(order: Order, total: int, back: int) -> str:
    if not order.is_paid:
        return "PENDING"
    return "REFUNDED" if back == total else "PARTIALLY_REFUNDED" if back else "PAID"


def _shares(minor: int, parts: int) -> list[int]:
    """The amount in so many parts, the earlier ones a unit larger where it does not divide."""
    share, rest = divmod(minor, parts)
    return [share + (place < rest) for place in range(parts)]
