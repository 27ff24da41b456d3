"""Pure: an order to its documents: the sale, and the fee its gateway kept."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.plugin import DocumentStart, KnownOrder
from bridge_woocommerce.built import Built, payload
from bridge_woocommerce.charges import UNKNOWN_GATEWAY, Stamp, distinct, gateway_of, lines_of, reference_of, rounding
from bridge_woocommerce.facts import instant, minor, minor_or_zero
from bridge_woocommerce.gateway_fees import fee_of
from bridge_woocommerce.meta import fees, packed, plain, token
from bridge_woocommerce.pieces import SOLD, charges_of, kept_fees, kept_shipping
from bridge_woocommerce.refusal import FactError, Place
from bridge_woocommerce.shapes import Order, OrderFacts
from bridge_woocommerce.taxes import rates_of

BINNED = "trash"
_GIVEN_UP = frozenset({"cancelled", "failed"})


def minimised(order: Order) -> Order:
    """The order without anything that is not on the list, also inside its free fields."""
    return msgspec.structs.replace(
        order,
        status=order.status.strip().casefold().removeprefix("wc-")[:40],
        number=plain(str(order.number))[:60],
        payment_method=token(order.payment_method).casefold(),
        transaction_id=token(order.transaction_id),
        shipping_lines=kept_shipping(order.shipping_lines),
        fee_lines=kept_fees(order.fee_lines),
        meta_data=packed(fees(order.meta_data)),
    )


def facts_of(order: Order) -> OrderFacts:
    """What refunds take from a minimised order. Raises: FactError."""
    gateway = gateway_of(order.payment_method)
    return OrderFacts(
        currency=order.currency,
        gateway=gateway,
        reference=reference_of(gateway, order.transaction_id),
        is_paid=instant(order.date_paid_gmt) is not None,
        is_binned=order.status == BINNED,
        is_untaxed=not minor_or_zero(order.total_tax, order.currency),
    )


def facts_of_known(order: KnownOrder) -> OrderFacts:
    """The same of an order that came before. A shop names one gateway an order."""
    gateway, reference = order.payments[0] if order.payments else (UNKNOWN_GATEWAY, "")
    return OrderFacts(
        currency=order.currency,
        gateway=gateway,
        reference=reference,
        is_paid=order.paid_at is not None,
        is_binned=order.is_ignored,
        is_untaxed=not set(order.tax_rates) - {"0"},
    )


def order_documents(order: Order, told_at: datetime | None, place: Place, shop_currency: str) -> list[Built]:
    """The documents of a minimised order.

    Raises: FactError for an amount or instant that is none.
    """
    paid_at, modified_at = instant(order.date_paid_gmt), instant(order.date_modified_gmt)
    placed_at = instant(order.date_created_gmt) or paid_at or modified_at
    if placed_at is None:
        raise FactError("has no date at all", code="woocommerce.file.dates")
    stamp = Stamp(Part.SALE, placed_at, str(order.id), order.status == BINNED)
    lines, total_minor = _sale(order, stamp)
    kept = payload(order, told_at)
    start = DocumentStart(
        kind=DocumentKind.ORDER,
        external_id=str(order.id),
        currency=order.currency,
        total_minor=total_minor,
        opened_at=placed_at,
        closed_at=placed_at,
        title=f"#{order.number or order.id}",
        paid_at=paid_at,
        as_of=told_at or modified_at,
        order_id=str(order.id),
        status=order.status,
        payload=kept,
        witness=Witness.API,
    )
    if paid_at is not None and total_minor:
        lines.append(_receipt(order, stamp, -total_minor))
    fee, problems = fee_of(order, start, stamp, place, shop_currency)
    if paid_at is not None and order.status in _GIVEN_UP and not order.refunds:
        problems.append(_given_up(order, place(f"order {order.id}")))
    return [Built(start, distinct(lines), tuple(problems)), *([fee] if fee is not None else [])]


def _sale(order: Order, stamp: Stamp) -> tuple[list[Line], int]:
    """All lines but the payment, and the total."""
    currency, rates = order.currency, rates_of(order.tax_lines, order.currency)
    total_minor, tax_minor = minor(order.total, currency), minor_or_zero(order.total_tax, currency)
    charges = charges_of(order, SOLD, rates)
    lines = lines_of(charges, rates, stamp, tax_minor)
    return lines + rounding(lines, total_minor, charges, stamp), total_minor


def _receipt(order: Order, stamp: Stamp, amount_minor: int) -> Line:
    gateway = gateway_of(order.payment_method)
    return msgspec.structs.replace(
        stamp.line(TENDER, TENDER, amount_minor, Part.RECEIPT),
        words=f"payment|{gateway}",
        attributes=((GATEWAY, gateway),),
        reference=reference_of(gateway, order.transaction_id),
    )


def _given_up(order: Order, where: str) -> Problem:
    message = (
        f"order {order.id} was paid and is now {order.status}, without a refund. The sale stays booked until the shop "
        "shows a refund: refund it there, or set the order back."
    )
    return Problem(code="woocommerce.paid_and_cancelled", message=message, where=where, blocking=False)
