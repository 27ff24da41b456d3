"""Pure: what a person must decide of an order: no money moved, and the shop's words changed all the same."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from bridge.model.money import decimal_text
from bridge.plugin import Concern, ConcernKind
from bridge_woocommerce.charges import UNKNOWN_GATEWAY, gateway_of
from bridge_woocommerce.history import History
from bridge_woocommerce.sales import Sale
from bridge_woocommerce.shapes import Refund

BINNED: Final = "trash"
_PAID_BY_HAND: Final = frozenset({"cod", "bacs", "cheque", UNKNOWN_GATEWAY})
_REFUNDED: Final = "refunded"
_GIVEN_UP: Final = frozenset({"cancelled", "failed"})


class GivenBack(msgspec.Struct, frozen=True):
    """What refunds of an order gave back of it, positive.

    shown: those that it shows. gone: those that it shows no more. settled: what all of them paid back of what the buyer
    had paid beyond the order. unpaid: what those that it shows took off before anybody had paid it.
    """

    shown_minor: int
    gone_minor: int = 0
    settled_minor: int = 0
    unpaid_minor: int = 0


def concerns_of(order: History, refunded: GivenBack) -> list[Concern]:
    """None of an order that was never paid, unless it was a sale all the same and is given up."""
    if order.paid_at is None:
        return _given_up(order, refunded) if order.is_agreed else []
    return [*_charge(order, refunded.settled_minor), *_given_up(order, refunded), *_unshown(order, refunded)]


def gone(refund: Refund, order: History, amount_minor: int, at: datetime) -> Concern:
    """A refund that is known, and that its order does not show since. amount_minor: of its document."""
    message = (
        f"refund {refund.id} over {_money(amount_minor, order)} stands in the books, and the shop's answer of "
        f"{at:%Y-%m-%d} about order {order.newest.order.id} does not show it any more. A record was deleted; that "
        "moved no money."
    )
    if not order.newest.refunds:
        message += " That answer shows no refund at all, which may be the shop's own fault: ask for the order again."
    return Concern(ConcernKind.GONE, at, amount_minor, message)


def never_told(refund_id: int, order: History, amount_minor: int, at: datetime) -> Concern:
    """A refund that its order showed for a while, and whose own answer never came. amount_minor: negative."""
    over = f" over {_money(amount_minor, order)}" * bool(amount_minor)
    message = (
        f"order {order.newest.order.id} showed a refund {refund_id}{over}, and does not since the answer of "
        f"{at:%Y-%m-%d}; its own answer was never brought. Nothing of it is in the books, unless a person had it "
        "booked alone. A record was deleted; that moved no money. Where the gateway paid it, enter it by hand."
    )
    return Concern(ConcernKind.GONE, at, amount_minor, message)


def by_hand(refund: Refund, order: History, amount_minor: int, at: datetime) -> Concern | None:
    """A refund that was entered without asking the gateway to pay. amount_minor: of its document.

    None where the buyer paid by hand: such a gateway is never asked, and the shop's no tells nothing.
    """
    if refund.refunded_payment is not False or order.paid_at is None or not amount_minor or is_paid_by_hand(order):
        return None
    gateway = gateway_of(order.first.order.payment_method)
    message = (
        f"refund {refund.id} of order {order.newest.order.id} over {_money(amount_minor, order)} was entered by hand: "
        f"the shop did not ask {gateway} to pay it. It is booked as paid by {gateway}, as the order was; until "
        "somebody paid, that much stays open on its clearing account."
    )
    return Concern(ConcernKind.MANUAL_REFUND, at, amount_minor, message)


def is_paid_by_hand(order: History) -> bool:
    """Whether no gateway charged its buyer: a person took the money, and told the shop so."""
    return gateway_of(order.first.order.payment_method) in _PAID_BY_HAND


def _charge(order: History, settled_minor: int) -> list[Concern]:
    """Whether what the order comes to now is what was charged, less what was paid back of what is beyond it."""
    sale, paid_minor = order.standing, order.received_minor + order.first.beside_minor
    left = sale.total_minor - paid_minor + settled_minor
    at = order.edits[-1].at if order.edits else order.first.as_of or order.first.placed_at
    if order.charged_minor is None:
        message = (
            f"order {sale.order.id}: what its gateway says it charged is neither its total of "
            f"{_money(sale.total_minor, order)} nor what refunds left of it. It was changed before it was first seen; "
            "its total is taken as what was charged."
        )
        return [Concern(ConcernKind.CHARGE_UNKNOWN, at, left, message)]
    if not left:
        return []
    was, owes = _money(paid_minor, order), _money(left, order)
    settled = f" {_money(settled_minor, order)} of that were paid back." * bool(settled_minor)
    message = (
        f"order {sale.order.id} was changed after it was paid: {was} were charged, and it comes to "
        f"{_money(sale.total_minor, order)} now.{settled} The buyer {'owes' if left > 0 else 'is owed'} {owes}."
    )
    return [Concern(ConcernKind.EDITED, at, left, message)]


def _given_up(order: History, refunded: GivenBack) -> list[Concern]:
    """An order that was paid, or was under way, and is in the bin or cancelled without having been refunded in whole.

    Whether a refund that is gone gave anything back is a question of its own, which a person answers.
    """
    status, left_minor = order.newest.order.status, order.standing.total_minor - refunded.shown_minor
    if left_minor <= 0 or not (status == BINNED or status in _GIVEN_UP):
        return []
    is_binned = status == BINNED

    def is_so(sale: Sale) -> bool:
        return sale.order.status == BINNED if is_binned else sale.order.status in _GIVEN_UP

    was = "was paid" if order.paid_at is not None else "was under way unpaid"
    message = (
        f"order {order.newest.order.id} {was} and is {'in the bin' if is_binned else status} now; "
        f"{_money(left_minor, order)} of it were not refunded. No money moved: its sale, tax and fee stay booked."
    )
    if refunded.gone_minor:
        message += f" Refunds over {_money(refunded.gone_minor, order)} that it does not show any more are not counted."
    kind = ConcernKind.BINNED if is_binned else ConcernKind.CANCELLED
    return [Concern(kind, order.since(is_so), left_minor, message)]


def _unshown(order: History, refunded: GivenBack) -> list[Concern]:
    """An order that the shop calls refunded, and whose refunds, as far as any are known, are less than it."""
    left_minor = order.standing.total_minor - refunded.shown_minor - refunded.gone_minor
    if order.newest.order.status != _REFUNDED or left_minor <= 1:
        return []
    message = (
        f"order {order.newest.order.id} is refunded, says the shop, and it shows no refund for "
        f"{_money(left_minor, order)} of it. As long as no refund says so, that much stays booked as sold."
    )
    return [
        Concern(ConcernKind.REFUND_UNSHOWN, order.since(lambda one: one.order.status == _REFUNDED), left_minor, message)
    ]


def _money(minor: int, order: History) -> str:
    currency = order.first.order.currency
    return f"{decimal_text(abs(minor), currency)} {currency}"
