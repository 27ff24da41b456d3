"""The allow-list: of an order, exactly these fields are read and kept, and none of them is a buyer's.

Names are Shopify's own. Source: GraphQL Admin API 2026-10. A field with a default may be missing from an answer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

Gid = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=200)]
Word = Annotated[str, Meta(max_length=80)]
At = Annotated[datetime, Meta(tz=True)]

T = TypeVar("T")


class Wire(Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """What every struct here is: read by name, strangers passed over, written without what is not there."""


class PageInfo(Wire, frozen=True):
    has_next_page: bool = False


class Edge(Wire, Generic[T], frozen=True):
    node: T


class Page(Wire, Generic[T], frozen=True):
    """A connection, asked for by ``nodes`` or by ``edges``."""

    nodes: list[T] | None = None
    edges: list[Edge[T]] | None = None
    page_info: PageInfo | None = None

    def items(self) -> list[T]:
        if self.nodes is not None:
            return self.nodes
        return [edge.node for edge in self.edges or ()]

    @property
    def is_cut(self) -> bool:
        """Whether something is missing: there are further pages, or its nodes were not asked for."""
        return (self.page_info is not None and self.page_info.has_next_page) or (
            self.nodes is None and self.edges is None
        )


class Money(Wire, frozen=True):
    amount: Annotated[str, Meta(max_length=40)]
    currency_code: Annotated[str, Meta(max_length=12)]


class Bag(Wire, frozen=True):
    """An amount as the shop sees it. What the buyer saw (presentmentMoney) is not read."""

    shop_money: Money


class Ref(Wire, frozen=True):
    id: Gid


class TaxLine(Wire, frozen=True):
    """rate: a share (0.2); rate_percentage: the same in percent. channel_liable: None where it is not known."""

    title: Text = ""
    rate: Decimal | None = None
    rate_percentage: Decimal | None = None
    channel_liable: bool | None = None
    price_set: Bag | None = None

    @property
    def share(self) -> Decimal | None:
        """What part of the price it is, 0 to 1; None where that is not told."""
        if self.rate is not None:
            share = self.rate
        elif self.rate_percentage is not None and self.rate_percentage.is_finite():
            share = self.rate_percentage / 100
        else:
            return None
        return share if share.is_finite() and 0 <= share <= 1 else None


class SaleTax(Wire, frozen=True):
    amount: Bag
    tax_line: TaxLine


class Sale(Wire, frozen=True):
    id: Gid
    action_type: Word
    line_type: Word
    total_amount: Bag
    total_tax_amount: Bag
    total_discount_amount_before_taxes: Bag | None = None
    taxes: list[SaleTax] | None = None
    line_item: Ref | None = None
    shipping_line: Ref | None = None
    duty: Ref | None = None
    additional_fee: Ref | None = None


class Agreement(Wire, frozen=True):
    id: Gid
    happened_at: At
    typename: Word = field(default="", name="__typename")
    reason: Word | None = None
    refund: Ref | None = None
    return_: Ref | None = field(default=None, name="return")
    sales: Page[Sale] | None = None


class Allocation(Wire, frozen=True):
    allocated_amount_set: Bag


class Charge(Wire, frozen=True):
    """A duty, or an additional fee."""

    id: Gid
    price: Bag | None = None
    tax_lines: list[TaxLine] | None = None


class LineItem(Wire, frozen=True):
    id: Gid
    sku: Text | None = None
    quantity: int = 0
    is_gift_card: bool = False
    original_total_set: Bag | None = None
    discount_allocations: list[Allocation] = []
    tax_lines: list[TaxLine] | None = None
    duties: list[Charge] = []


class ShippingLine(Wire, frozen=True):
    id: Gid | None = None
    is_removed: bool = False
    original_price_set: Bag | None = None
    discount_allocations: list[Allocation] = []
    tax_lines: list[TaxLine] | None = None


class Transaction(Wire, frozen=True):
    id: Gid
    kind: Word
    status: Word
    amount_set: Bag
    gateway: Text | None = None
    test: bool = False
    processed_at: At | None = None
    amount_rounding_set: Bag | None = None


class RefundLineItem(Wire, frozen=True):
    line_item: Ref
    subtotal_set: Bag
    total_tax_set: Bag
    id: Gid | None = None
    quantity: int = 0


class RefundShippingLine(Wire, frozen=True):
    subtotal_amount_set: Bag
    tax_amount_set: Bag
    id: Gid | None = None


class OrderAdjustment(Wire, frozen=True):
    id: Gid
    amount_set: Bag
    tax_amount_set: Bag
    reason: Word | None = None


class RefundDuty(Wire, frozen=True):
    amount_set: Bag


class Refund(Wire, frozen=True):
    """In bulk files a header only: a bulk query cannot ask for connections inside a list."""

    id: Gid
    created_at: At | None = None
    processed_at: At | None = None
    total_refunded_set: Bag | None = None
    refund_line_items: Page[RefundLineItem] | None = None
    refund_shipping_lines: Page[RefundShippingLine] | None = None
    order_adjustments: Page[OrderAdjustment] | None = None
    duties: list[RefundDuty] | None = None
    transactions: Page[Transaction] | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether it is an amount and no more: it was asked what it is for, and says nothing."""
        asked = (self.refund_line_items, self.refund_shipping_lines, self.order_adjustments)
        return not self.duties and all(page is not None and not page.items() for page in asked)


class Address(Wire, frozen=True):
    """Of an address the country alone (ISO 3166, alpha-2), which decides how a sale is taxed."""

    country_code_v2: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None


class Order(Wire, frozen=True):
    """test is required: an order that does not say so might be one."""

    id: Gid
    name: Text
    created_at: At
    currency_code: Annotated[str, Meta(max_length=12)]
    test: bool
    taxes_included: bool
    total_price_set: Bag
    current_total_price_set: Bag
    transactions: list[Transaction]
    processed_at: At | None = None
    updated_at: At | None = None
    cancelled_at: At | None = None
    source_name: Word | None = None
    presentment_currency_code: Annotated[str, Meta(max_length=12)] = ""
    requires_shipping: bool = True
    shipping_address: Address | None = None
    billing_address: Address | None = None
    display_financial_status: Word | None = None
    total_received_set: Bag | None = None
    total_tip_received_set: Bag | None = None
    additional_fees: list[Charge] = []
    line_items: Page[LineItem] | None = None
    shipping_lines: Page[ShippingLine] | None = None
    refunds: list[Refund] = []
    agreements: Page[Agreement] | None = None


class Domain(Wire, frozen=True):
    host: Text


class Shop(Wire, frozen=True):
    """Whose answer it is, where it was asked."""

    myshopify_domain: Text = ""
    primary_domain: Domain | None = None


class OrderData(Wire, frozen=True):
    order: Order


class OrderAnswer(Wire, frozen=True):
    """What is kept of an order, in the form in which the API answers for one: such a file can be read again.

    as_of: the instant for which it holds, where the API itself was asked.
    """

    data: OrderData
    as_of: At | None = None
