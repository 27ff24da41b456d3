"""Pure: the shop's own lines to charges: products, shipping and fees of an order, or of a refund."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from bridge_woocommerce.charges import Charged
from bridge_woocommerce.facts import minor_or_zero
from bridge_woocommerce.meta import plain_name, refunded_item, token
from bridge_woocommerce.shapes import Fee, Item, Order, Refund, Shipping
from bridge_woocommerce.shares import split
from bridge_woocommerce.taxes import SHIPPING, Rate, cells_of

_TIP = re.compile(r"\b(tips?|gratuity|gratuities|trinkgeld|pourboire|propina|mancia|fooi)\b", re.IGNORECASE)


class Names(msgspec.Struct, frozen=True):
    """The kinds of line that one kind of document has."""

    product: str
    discount: str
    shipping: str
    other: str


SOLD = Names("sale.product", "discount.product", "sale.shipping", "sale.other")
GIVEN_BACK = Names("refund.product", "refund.discount", "refund.shipping", "refund.other")


def charges_of(told: Order | Refund, names: Names, rates: Mapping[str, Rate]) -> list[Charged]:
    """Everything that costs money, in order.

    What a fee takes off an order (or, given back, adds to a refund) is shared out over the rates it lowers.
    """
    currency = told.currency
    found = [_product(item, names, currency) for item in told.line_items]
    found += [_shipping(shipping, names, currency) for shipping in told.shipping_lines]
    for fee in told.fee_lines:
        charge = _fee(fee, names, currency)
        takes_off = charge.minor < 0 if names is SOLD else charge.minor > 0
        found += split(charge, found, rates) if takes_off else (charge,)
    return found


def _product(item: Item, names: Names, currency: str) -> Charged:
    """A product at its price before discounts; a discount on it is a line of its own."""
    total = minor_or_zero(item.total, currency)
    gross = minor_or_zero(item.subtotal, currency) if item.subtotal else total
    return Charged(
        key=str(item.id),
        kind=names.product,
        minor=gross,
        cells=cells_of(item.taxes, currency),
        discount_kind=names.discount,
        discount_minor=total - gross,
        sku=str(item.sku if item.sku is not None else "").strip()[:100],
        words="product",
        attributes=_quantity(item.quantity),
    )


def _shipping(shipping: Shipping, names: Names, currency: str) -> Charged:
    total, cells = minor_or_zero(shipping.total, currency), cells_of(shipping.taxes, currency)
    words = f"shipping|{token(shipping.method_id)}"
    return Charged(str(shipping.id), names.shipping, total, cells, SHIPPING, words=words)


def _fee(fee: Fee, names: Names, currency: str) -> Charged:
    total, cells = minor_or_zero(fee.total, currency), cells_of(fee.taxes, currency)
    name = plain_name(fee.name)
    if names is SOLD and total < 0:
        kind = names.discount
    elif names is GIVEN_BACK and total > 0:  # the order's discount taken back, else a part that the shop keeps
        kind = names.discount if refunded_item(fee.meta_data) else "restocking"
    else:
        kind = "tip" if _TIP.search(name) and not any(tax for _, tax in cells) else names.other
    return Charged(str(fee.id), kind, total, cells, words=f"fee|{name}")


def _quantity(quantity: Decimal | None) -> tuple[tuple[str, str], ...]:
    """How many, where the shop tells a sensible number; plugins sell fractions."""
    if quantity is None or not quantity.is_finite() or abs(quantity.adjusted()) > 12:
        return ()
    return (("quantity", format(quantity.normalize(), "f")),)


def kept_fees(fees: Sequence[Fee]) -> list[Fee]:
    """Fees as they are kept: of their free fields only the line they take back."""
    return [
        msgspec.structs.replace(
            fee, name=(fee.name or "")[:300], meta_data=msgspec.Raw(msgspec.json.encode(refunded_item(fee.meta_data)))
        )
        for fee in fees
    ]


def kept_shipping(lines: Sequence[Shipping]) -> list[Shipping]:
    return [msgspec.structs.replace(line, method_id=token(line.method_id)) for line in lines]
