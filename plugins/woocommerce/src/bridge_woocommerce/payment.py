"""Pure: how the buyer of an order paid, and what moved."""

from __future__ import annotations

import msgspec

from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge_woocommerce.charges import Stamp, gateway_of, reference_of
from bridge_woocommerce.history import History


class Payment(msgspec.Struct, frozen=True):
    """Who took a buyer's money, and the reference of the payment."""

    gateway: str
    reference: str


def payment_of(order: History) -> Payment:
    """How the order was paid; a transaction may be written later than the payment."""
    gateway = gateway_of(order.first.order.payment_method)
    told = (one.order for one in order.contents if gateway_of(one.order.payment_method) == gateway)
    return Payment(gateway, next(filter(None, (reference_of(gateway, one.transaction_id) for one in told)), ""))


def moved(payment: Payment, stamp: Stamp, minor: int, part: Part, words: str, key: str = TENDER) -> Line:
    """Money between the buyer and who took it."""
    return msgspec.structs.replace(
        stamp.line(key, TENDER, minor, part),
        words=f"{words}|{payment.gateway}",
        attributes=((GATEWAY, payment.gateway),),
        reference=payment.reference,
    )
