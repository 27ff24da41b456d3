"""Pure: the fee a gateway wrote on an order, once, however many of its keys hold it.

Source: keys of WooPayments, the Stripe gateway, PayPal Payments and the older PayPal gateway, as answers of WooCommerce
10.5.0 and public code show them. Fees of refunds (``_ppcp_paypal_refund_fees``) are not read: what they mean is not
documented.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind, Problem
from bridge.model.lines import GATEWAY, TENDER, Part
from bridge.model.money import decimal_text, exponent
from bridge.plugin import DocumentStart
from bridge_woocommerce.built import Built
from bridge_woocommerce.charges import Stamp, gateway_of, reference_of
from bridge_woocommerce.facts import minor
from bridge_woocommerce.meta import PAYPAL_FEES, UNREADABLE, Entry, fees
from bridge_woocommerce.refusal import FactError, Place
from bridge_woocommerce.shapes import Order


class Key(msgspec.Struct, frozen=True):
    """Where a gateway writes its fee. gateways: whose key it is. currency: the key with its currency."""

    name: str
    gateways: tuple[str, ...]
    currency: str = ""


_PAYPAL = ("ppcp*", "*paypal*")
KEYS = (
    Key("_wcpay_transaction_fee", ("woocommerce_payments*",)),
    Key("_stripe_fee", ("stripe*",), "_stripe_currency"),
    Key("Stripe Fee", ("stripe*",), "_stripe_currency"),
    Key(PAYPAL_FEES, _PAYPAL),
    Key("PayPal Transaction Fee", _PAYPAL),
    Key("_paypal_transaction_fee", _PAYPAL),
)


class Fee(msgspec.Struct, frozen=True):
    """currency: empty where the gateway does not name it."""

    minor: int
    currency: str


def fee_of(
    order: Order, sale: DocumentStart, stamp: Stamp, place: Place, shop_currency: str
) -> tuple[Built | None, list[Problem]]:
    """The fee's document, if the order shows a fee; and what a person must know of the fee otherwise.

    The keys of the order's own gateway come first, in the order of ``KEYS``; the first that tells a fee is believed.
    """
    told = {entry.key: entry for entry in reversed(fees(order.meta_data))}
    gateway = gateway_of(order.payment_method)
    where = place(f"order {order.id}")
    for key in sorted(KEYS, key=lambda key: not any(fnmatchcase(gateway, pattern) for pattern in key.gateways)):
        if (entry := told.get(key.name)) is None:
            continue
        try:
            fee = _read(entry, told.get(key.currency), order.currency)
        except (FactError, DocumentError):
            return None, [_unreadable(order, key, where)]
        if not fee.minor:
            continue
        if not fee.currency and key.currency and shop_currency and shop_currency != order.currency:
            return None, [_without_currency(order, key, where)]
        document = _document(order, fee, gateway, msgspec.structs.replace(stamp, part=Part.FEE), sale)
        is_foreign = document.start.currency != order.currency
        return document, [_foreign(order, document.start, where)] if is_foreign else []
    return None, []


def _read(entry: Entry, currency: Entry | None, order_currency: str) -> Fee:
    """Raises: FactError, DocumentError for what is no amount or no currency."""
    if entry.value == UNREADABLE or (currency is not None and currency.value == UNREADABLE):
        raise FactError("cannot be read", code="woocommerce.file.amount")
    told = entry.currency or (currency.value if currency is not None else "")
    exponent(told or order_currency)
    return Fee(minor(entry.value, told or order_currency), told)


def _document(order: Order, fee: Fee, gateway: str, stamp: Stamp, sale: DocumentStart) -> Built:
    at = sale.paid_at or sale.opened_at
    stamp = msgspec.structs.replace(stamp, at=at)
    start = msgspec.structs.replace(
        sale,
        kind=DocumentKind.FEE,
        currency=fee.currency or order.currency,
        total_minor=-fee.minor,
        opened_at=at,
        closed_at=at,
        title=f"Fee of {sale.title}",
        status="",
    )
    kept = msgspec.structs.replace(
        stamp.line(TENDER, TENDER, fee.minor, Part.REPAYMENT),
        words=f"fee kept|{gateway}",
        attributes=((GATEWAY, gateway),),
        reference=reference_of(gateway, order.transaction_id),
    )
    line = msgspec.structs.replace(
        stamp.line("fee", "fee.payment", -fee.minor), words=f"gateway fee|{gateway}", attributes=kept.attributes
    )
    return Built(start, (line, kept))


def _unreadable(order: Order, key: Key, where: str) -> Problem:
    message = f"order {order.id} has a gateway fee in {key.name!r} that cannot be read. It is not booked."
    return Problem(code="woocommerce.fee_unreadable", message=message, where=where, blocking=False)


def _without_currency(order: Order, key: Key, where: str) -> Problem:
    message = (
        f"order {order.id} in {order.currency} has a gateway fee in {key.name!r} without its currency. It is not "
        "booked: take it from the gateway's own report."
    )
    return Problem(code="woocommerce.fee_unreadable", message=message, where=where, blocking=False)


def _foreign(order: Order, fee: DocumentStart, where: str) -> Problem:
    amount = f"{decimal_text(-fee.total_minor, fee.currency)} {fee.currency}"
    message = (
        f"order {order.id} is in {order.currency}, its gateway's fee of {amount} in the currency of the gateway's "
        f"account. The fee is a document in {fee.currency}."
    )
    return Problem(code="woocommerce.fee_currency", message=message, where=where, blocking=False)
