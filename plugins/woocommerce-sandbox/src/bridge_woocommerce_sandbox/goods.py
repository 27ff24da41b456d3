"""Pure: lines of orders and refunds, and what they add up to. Tax is rounded by the line, half up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bridge.sandbox import JsonObject

TAX_ID: Final = 1
GOODS: Final[Mapping[str, object]] = {"name": "A mug for Ann Sample", "product_id": 11, "quantity": 1, "sku": "MUG"}
_CENT: Final = Decimal("0.01")


def text(amount: Decimal) -> str:
    """An amount as it is kept."""
    return f"{amount:.6f}"


def charge(line_id: int, amount: str, tax: str, more: Mapping[str, object], off: str = "0") -> JsonObject:
    """A line sold. amount: without tax. tax: in percent. off: what a coupon takes off."""
    before, after = Decimal(amount), Decimal(amount) - Decimal(off)
    told, undiscounted = (text((net * Decimal(tax) / 100).quantize(_CENT, ROUND_HALF_UP)) for net in (after, before))
    taxes = [{"id": TAX_ID, "total": told, "subtotal": undiscounted}] if Decimal(tax) else []
    amounts = {"subtotal": text(before), "subtotal_tax": undiscounted, "total": text(after), "total_tax": told}
    return {"id": line_id, **more, **amounts, "taxes": taxes, "meta_data": []}


def minus(line_id: int, sold: JsonObject) -> JsonObject:
    """The line of a refund that takes a whole line back."""
    names = ("subtotal", "subtotal_tax", "total", "total_tax")
    amounts = {name: text(-Decimal(sold[name])) for name in names}
    taxes = [{"id": tax["id"], "total": text(-Decimal(tax["total"]))} for tax in sold["taxes"]]
    taken = [{"id": line_id, "key": "_refunded_item_id", "value": str(sold["id"])}]
    return {**sold, **amounts, "id": line_id, "quantity": -1, "taxes": taxes, "meta_data": taken}


def priced(order: JsonObject, tax: str) -> JsonObject:
    """The order with its totals, from its lines. tax: the percentage of the one rate there is."""
    lines = [*order["line_items"], *order["shipping_lines"], *order["fee_lines"]]
    taxed = sum((Decimal(line["total_tax"]) for line in lines), Decimal(0))
    total = sum((Decimal(line["total"]) for line in lines), taxed)
    rate: JsonObject = {
        "id": 1,
        "rate_id": TAX_ID,
        "rate_code": "TAX-1",
        "rate_percent": Decimal(tax),
        "tax_total": text(taxed),
        "shipping_tax_total": text(Decimal(0)),
    }
    order |= {"total": text(total), "total_tax": text(taxed), "tax_lines": [rate] if taxed else []}
    return order
