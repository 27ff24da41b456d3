"""What the fake shop holds, as plain objects in the shape of the schema: connections are lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.model.money import decimal_text

__all__ = [
    "PAYMENTS",
    "Back",
    "Dispute",
    "Edit",
    "Node",
    "Order",
    "Paid",
    "Payout",
    "Row",
    "Sold",
    "gid",
    "moments",
    "shares",
]

Node = dict[str, Any]
PAYMENTS, GIFT_CARD = "shopify_payments", "gift_card"
_SALES = {"PRODUCT": "ProductSale", "GIFT_CARD": "GiftCardSale", "TIP": "TipSale"}


@dataclass(frozen=True, slots=True)
class Sold:
    """A thing that was bought. minor: what it comes to, with its tax, less what was taken off it."""

    minor: int
    tax: int = 0
    percent: int = 0
    off: int = 0
    kind: str = "PRODUCT"


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment, or a repayment; amounts are positive."""

    number: int
    minor: int
    at: datetime
    gateway: str = PAYMENTS


@dataclass(slots=True)
class Edit:
    """More of an order, paid at once."""

    id: int
    minor: int
    at: datetime


@dataclass(slots=True)
class Back:
    """A refund, repaid at once.

    taken: of which things (their place, from 1) how much comes back, and how much of that is tax.
    """

    id: int
    at: datetime
    taken: list[tuple[int, int, int]]

    @property
    def minor(self) -> int:
        return sum(minor for _, minor, _ in self.taken)


@dataclass(slots=True)
class Order:
    """What a buyer bought. by_gift_card: how much of it a gift card pays. pays_in: the currency that the buyer sees."""

    id: int
    goods: list[Sold]
    at: datetime
    updated_at: datetime
    is_paid: bool = True
    by_gift_card: int = 0
    pays_in: str = ""
    is_test: bool = False
    edits: list[Edit] = field(default_factory=list)
    backs: list[Back] = field(default_factory=list)
    cancelled_at: datetime | None = None

    @property
    def minor(self) -> int:
        """What it came to when it was placed."""
        return sum(good.minor for good in self.goods)

    @property
    def charged(self) -> list[Paid]:
        first = [Paid(self.id * 1000 + 901, self.minor - self.by_gift_card, self.at)] if self.is_paid else []
        if first and self.by_gift_card:
            first.append(Paid(self.id * 1000 + 904, self.by_gift_card, self.at, GIFT_CARD))
        return first + [Paid(edit.id * 1000 + 902, edit.minor, edit.at) for edit in self.edits]

    @property
    def repaid(self) -> list[Paid]:
        return [Paid(back.id * 1000 + 903, back.minor, back.at) for back in self.backs]

    def node(self, currency: str) -> Node:
        return _Writer(currency).order(self)


@dataclass(slots=True)
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


@dataclass(slots=True)
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


@dataclass(slots=True)
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
        return {
            "id": gid("Order", order.id),
            "name": f"#{order.id}",
            "createdAt": moments(order.at),
            "processedAt": moments(order.at),
            "updatedAt": moments(order.updated_at),
            "cancelledAt": moments(order.cancelled_at) if order.cancelled_at else None,
            "sourceName": "web",
            "currencyCode": self.currency,
            "presentmentCurrencyCode": order.pays_in or self.currency,
            "test": order.is_test,
            "displayFinancialStatus": _status(order, total, back),
            "requiresShipping": True,
            "shippingAddress": {"countryCodeV2": "US"},
            "billingAddress": {"countryCodeV2": "US"},
            "totalPriceSet": self.bag(total),
            "currentTotalPriceSet": self.bag(total - back),
            "totalReceivedSet": self.bag(0 if order.is_test else sum(paid.minor for paid in order.charged)),
            "lineItems": [self.item(order.id, place, good) for place, good in enumerate(order.goods, start=1)],
            "transactions": [
                *(self.transaction(paid, "SALE", is_test=order.is_test) for paid in order.charged),
                *(self.transaction(paid, "REFUND", is_test=order.is_test) for paid in order.repaid),
            ],
            "refunds": [self.refund(order, one, paid) for one, paid in zip(order.backs, order.repaid, strict=True)],
            "agreements": self.agreements(order),
        }

    def item(self, order: int, place: int, good: Sold) -> Node:
        found: Node = {"id": gid("LineItem", order * 1000 + place), "sku": f"SKU-{place}", "quantity": 1}
        found |= {
            "originalTotalSet": self.bag(good.minor - good.tax + good.off),
            "isGiftCard": good.kind == "GIFT_CARD",
        }
        if good.off:
            found["discountAllocations"] = [{"allocatedAmountSet": self.bag(good.off)}]
        return {**found, "taxLines": [self.tax(good, good.tax)] if good.percent else []}

    def tax(self, good: Sold, minor: int) -> Node:
        """The one tax there is. Rates are floats to Shopify."""
        rate = {"rate": good.percent / 100, "ratePercentage": float(good.percent)}
        return {"title": "Sales tax", **rate, "channelLiable": False, "priceSet": self.bag(minor)}

    def transaction(self, paid: Paid, kind: str, *, is_test: bool = False) -> Node:
        return {
            "id": gid("OrderTransaction", paid.number),
            "kind": kind,
            "status": "SUCCESS",
            "gateway": paid.gateway,
            "test": is_test,
            "processedAt": moments(paid.at),
            "amountSet": self.bag(paid.minor),
        }

    def refund(self, order: Order, back: Back, paid: Paid) -> Node:
        return {
            "id": gid("Refund", back.id),
            "createdAt": moments(back.at),
            "processedAt": moments(back.at),
            "order": {"id": gid("Order", order.id)},
            "totalRefundedSet": self.bag(back.minor),
            "refundLineItems": [
                {
                    "id": gid("RefundLineItem", back.id * 1000 + number),
                    "quantity": 1,
                    "lineItem": {"id": gid("LineItem", order.id * 1000 + place)},
                    "subtotalSet": self.bag(minor - tax),
                    "totalTaxSet": self.bag(tax),
                }
                for number, (place, minor, tax) in enumerate(back.taken, start=1)
            ],
            "transactions": [self.transaction(paid, "REFUND", is_test=order.is_test)],
        }

    def agreements(self, order: Order) -> list[Node]:
        sold = [self.sale(order.id * 1000 + place, order.id, place, good) for place, good in enumerate(order.goods, 1)]
        found = [self.agreement("Order", order.id, order.at, sold)]
        for edit in order.edits:
            more = [self.sale(edit.id * 1000 + 1, order.id, 1, Sold(edit.minor))]
            found.append(self.agreement("OrderEdit", edit.id, edit.at, more))
        for back in order.backs:
            given = [
                self.sale(back.id * 1000 + number, order.id, place, _given_back(order, place, minor, tax))
                for number, (place, minor, tax) in enumerate(back.taken, 1)
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

    def sale(self, number: int, order: int, place: int, good: Sold) -> Node:
        found: Node = {
            "__typename": _SALES[good.kind],
            "id": gid("Sale", number),
            "actionType": "ORDER" if good.minor >= 0 else "RETURN",
            "lineType": good.kind,
            "totalAmount": self.bag(good.minor),
            "lineItem": {"id": gid("LineItem", order * 1000 + place)},
        }
        if good.off:
            found["totalDiscountAmountBeforeTaxes"] = self.bag(good.off)
        if good.percent:
            found["totalTaxAmount"] = self.bag(good.tax)
            found["taxes"] = [{"amount": self.bag(good.tax), "taxLine": self.tax(good, good.tax)}]
        return found


def _given_back(order: Order, place: int, minor: int, tax: int) -> Sold:
    """As much of a thing as comes back."""
    good = order.goods[min(place, len(order.goods)) - 1]
    return Sold(-minor, -tax, good.percent, kind=good.kind)


def _status(order: Order, total: int, back: int) -> str:
    if not order.is_paid:
        return "PENDING"
    return "REFUNDED" if back == total else "PARTIALLY_REFUNDED" if back else "PAID"


def shares(minor: int, parts: int) -> list[int]:
    """The amount in so many parts, the earlier ones a unit larger where it does not divide."""
    share, rest = divmod(minor, parts)
    return [share + (place < rest) for place in range(parts)]
