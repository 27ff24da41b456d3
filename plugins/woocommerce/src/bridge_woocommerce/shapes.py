"""What is read, and kept, of an order and of a refund: a field that is not named here does not exist for bridge.

Nothing of a buyer is named: no address, note, name of a customer, address of a computer; no name of a product either,
for shops write buyers' names there. Free fields (``meta_data``, gift cards) come in raw and are cut down in ``meta``.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

NO_META = msgspec.Raw(b"[]")


class Tax(msgspec.Struct, omit_defaults=True):
    """Tax of one rate on one line. total: empty where the rate does not apply to it. subtotal: before discounts."""

    id: int | str
    total: str | None = None
    subtotal: str | None = None


class Charge(msgspec.Struct, omit_defaults=True):
    """What every line has. total: after discounts, without tax. meta_data: of a refund's, which line it takes back."""

    id: int
    total: str | None = None
    total_tax: str | None = None
    taxes: list[Tax] = []
    meta_data: msgspec.Raw = NO_META


class Item(Charge, omit_defaults=True):
    """A product sold, or given back. subtotal: before discounts, without tax."""

    subtotal: str | None = None
    sku: str | int | None = None
    quantity: Decimal | None = None


class Shipping(Charge, omit_defaults=True):
    method_id: str | None = None


class Fee(Charge, omit_defaults=True):
    """A surcharge; negative where plugins write a discount, a voucher or store credit."""

    name: str | None = None


class TaxLine(msgspec.Struct, omit_defaults=True):
    """What one rate came to. rate_percent: not told by shops before 3.7."""

    rate_id: int | str
    rate_code: str | None = None
    rate_percent: Decimal | None = None
    tax_total: str | None = None
    shipping_tax_total: str | None = None


class Stub(msgspec.Struct, omit_defaults=True):
    """A refund as its order shows it: without date and lines, and with a negative total that may be none (``-``)."""

    id: int
    total: str | None = None


class Order(msgspec.Struct):
    """prices_include_tax: how the shop enters its prices; None where an answer does not tell.

    gift_cards: of the official extension. pw_gift_cards_redeemed: of PW Gift Cards. Both lower the total beside the
    lines.
    """

    id: int
    status: str
    currency: str
    total: str
    total_tax: str
    date_created_gmt: str | None
    date_paid_gmt: str | None
    line_items: list[Item]
    shipping_lines: list[Shipping]
    fee_lines: list[Fee]
    tax_lines: list[TaxLine]
    date_modified_gmt: str | None = None
    prices_include_tax: bool | None = None
    number: str | int = ""
    payment_method: str | None = None
    transaction_id: str | None = None
    refunds: list[Stub] = []
    gift_cards: msgspec.Raw = NO_META
    pw_gift_cards_redeemed: msgspec.Raw = NO_META
    meta_data: msgspec.Raw = NO_META


class Refund(msgspec.Struct):
    """amount: positive, and the truth; its lines are negative and may be none, some, or contradict it.

    parent_id: its order; 0 in the answer about one order. Its currency is its order's: it tells none.
    refunded_payment: whether the shop asked the gateway to pay; None where an answer does not tell.
    """

    id: int
    amount: str
    date_created_gmt: str | None
    parent_id: int = 0
    refunded_payment: bool | None = None
    line_items: list[Item] = []
    shipping_lines: list[Shipping] = []
    fee_lines: list[Fee] = []
    tax_lines: list[TaxLine] = []
