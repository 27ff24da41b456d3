"""Pure: the shop's own lines to charges: products, shipping and fees of an order, or of a refund."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from bridge_woocommerce.charges import Charged
from bridge_woocommerce.facts import lost_micros, minor_or_zero
from bridge_woocommerce.meta import packed, plain_name, refunded_item, token
from bridge_woocommerce.shapes import NO_META, Charge, Fee, Item, Order, Refund, Shipping
from bridge_woocommerce.shares import split
from bridge_woocommerce.taxes import SHIPPING, Cells, Rate, cells_of, discounted_of

RESTOCKING: Final = "restocking"
TIP: Final = "tip"
_TIP = re.compile(r"\b(tips?|gratuity|gratuities|trinkgeld|pourboire|propina|mancia|fooi)\b", re.IGNORECASE)


class Names(msgspec.Struct, frozen=True):
    """The kinds of line that one kind of document has."""

    product: str
    discount: str
    shipping: str
    other: str


SOLD = Names("sale.product", "discount.product", "sale.shipping", "sale.other")
GIVEN_BACK = Names("refund.product", "refund.discount", "refund.shipping", "refund.other")


def charges_of(told: Order | Refund, currency: str, names: Names, rates: Mapping[str, Rate]) -> list[Charged]:
    """Everything that costs money, in order.

    What a fee takes off an order (or, given back, adds to a refund) is shared out over the rates it lowers.
    """
    found = [_product(item, names, currency) for item in told.line_items]
    found += [_shipping(shipping, names, currency) for shipping in told.shipping_lines]
    for fee in told.fee_lines:
        charge = _fee(fee, names, currency)
        takes_off = charge.minor < 0 if names is SOLD else charge.minor > 0
        found += split(charge, found, rates) if takes_off else (charge,)
    return found


def _product(item: Item, names: Names, currency: str) -> Charged:
    """A product at its price before discounts; a discount on it is a line of its own."""
    net, net_lost = _amount(item.total, currency)
    gross, lost = _amount(item.subtotal or item.total, currency)
    return Charged(
        key=str(item.id),
        kind=names.product,
        minor=gross,
        cells=cells_of(item.taxes, currency),
        discount_kind=names.discount,
        discount_minor=net - gross,
        discount_cells=_discounted(item, net - gross, currency),
        lost=(lost, net_lost - lost),
        sold=_sold(item, names),
        sku=str(item.sku if item.sku is not None else "").strip()[:100],
        words="product",
        attributes=_quantity(item.quantity),
    )


def _amount(text: str | None, currency: str) -> tuple[int, int]:
    """An amount in minor units, and what its rounding left out."""
    return minor_or_zero(text, currency), lost_micros(text, currency)


def _discounted(item: Item, discount_minor: int, currency: str) -> Cells:
    """The tax that a discount took off; none where what the shop states is not of the discount's sign."""
    return tuple(cell for cell in discounted_of(item.taxes, currency) if cell[1] * discount_minor > 0)


def _shipping(shipping: Shipping, names: Names, currency: str) -> Charged:
    (total, lost), cells = _amount(shipping.total, currency), cells_of(shipping.taxes, currency)
    words, sold = f"shipping|{token(shipping.method_id)}", _sold(shipping, names)
    return Charged(str(shipping.id), names.shipping, total, cells, SHIPPING, lost=(lost, 0), sold=sold, words=words)


def _fee(fee: Fee, names: Names, currency: str) -> Charged:
    (total, lost), cells = _amount(fee.total, currency), cells_of(fee.taxes, currency)
    name = plain_name(fee.name)
    if names is SOLD and total < 0:
        kind = names.discount
    elif names is GIVEN_BACK and total > 0:  # the order's discount taken back, else a part that the shop keeps
        kind = names.discount if _sold(fee, names) else RESTOCKING
    else:
        kind = TIP if _TIP.search(name) and not any(tax for _, tax in cells) else names.other
    sold, words = _sold(fee, names), f"fee|{name}"
    return Charged(str(fee.id), kind, total, cells, lost=(lost, 0), sold=sold, words=words)


def _sold(line: Charge, names: Names) -> str:
    """The key of the sold line that a line of a refund takes back."""
    found = refunded_item(line.meta_data) if names is GIVEN_BACK else []
    return found[0].value if found else ""


def _quantity(quantity: Decimal | None) -> tuple[tuple[str, str], ...]:
    """How many, where the shop tells a sensible number; plugins sell fractions."""
    if quantity is None or not quantity.is_finite() or abs(quantity.adjusted()) > 12:
        return ()
    return (("quantity", format(quantity.normalize(), "f")),)


_L = TypeVar("_L", Item, Shipping, Fee)


def kept(told: Order | Refund) -> dict[str, list[Item] | list[Shipping] | list[Fee]]:
    """The lines as they are kept: of the free fields of a refund's lines only the line each takes back."""
    return {
        "line_items": [_kept(item, told) for item in told.line_items],
        "shipping_lines": [_kept(line, told, method_id=token(line.method_id)) for line in told.shipping_lines],
        "fee_lines": [_kept(fee, told, name=(fee.name or "")[:300]) for fee in told.fee_lines],
    }


def _kept(line: _L, told: Order | Refund, **changes: str) -> _L:
    meta = refunded_item(line.meta_data) if isinstance(told, Refund) else []
    return msgspec.structs.replace(line, meta_data=packed(meta) if meta else NO_META, **changes)
