"""Pure: an order to its documents: the sale, and the fee its gateway kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.lines import TENDER, Line, Part
from bridge.plugin import DocumentStart
from bridge.plugin.reading import Place, WholeDocument
from bridge_woocommerce.charges import Stamp, distinct
from bridge_woocommerce.concerns import BINNED, GivenBack, concerns_of, is_paid_by_hand
from bridge_woocommerce.fees import fee_document
from bridge_woocommerce.history import History
from bridge_woocommerce.kept import payload
from bridge_woocommerce.payment import Payment, moved, payment_of
from bridge_woocommerce.sales import unexplained

IGNORED: Final = "ignored"


def is_ignored(order: History) -> bool:
    """Whether nothing of an order is booked: it is in the bin, and was neither paid nor under way."""
    return order.paid_at is None and not order.is_agreed and order.newest.order.status == BINNED


def order_documents(order: History, gone: Collection[int], refunded: GivenBack, place: Place) -> list[WholeDocument]:
    """The sale, and the fee if there is one.

    gone: the ids of known refunds that it does not show any more. refunded: what all gave back.
    """
    sale, newest = order.first, order.newest.order
    where = place(f"order {newest.id}")
    stamp = Stamp(Part.SALE, sale.placed_at, str(newest.id))
    start = DocumentStart(
        kind=DocumentKind.ORDER,
        external_id=str(newest.id),
        currency=sale.order.currency,
        total_minor=order.standing.total_minor,
        opened_at=sale.placed_at,
        closed_at=sale.placed_at,
        title=f"#{newest.number or newest.id}",
        paid_at=order.paid_at,
        as_of=order.newest.as_of,
        order_id=str(newest.id),
        status=newest.status,
        payload=payload_of(order),
        witness=Witness.API,
        agreed_at=order.agreed_at,
    )
    lines = [*order.lines, *_refunds_shown(order, gone, stamp), *_receipts(order, refunded, stamp)]
    problems = [*unexplained(order.standing, place), *_other_currency(order, where)]
    fee, told = fee_document(order, start, payment_of(order), where)
    found = [WholeDocument(start, distinct(lines), (*problems, *told), tuple(concerns_of(order, refunded)))]
    found += [fee] if fee is not None else []
    return [ignored(built) for built in found] if is_ignored(order) else found


def ignored(built: WholeDocument) -> WholeDocument:
    """The document with nothing to book in it."""
    return msgspec.structs.replace(
        built, lines=tuple(msgspec.structs.replace(line, kind=IGNORED) for line in built.lines)
    )


def payload_of(order: History) -> bytes:
    """What is kept of an order; a refund that only it shows is kept with it."""
    return payload([(sale.order, sale.answer.around) for sale in order.kept])


def _refunds_shown(order: History, gone: Collection[int], stamp: Stamp) -> list[Line]:
    """Which refunds the order shows, as a line of nothing: an answer that shows another set is another content.

    Else that answer would be known already and not kept, and with it the day on which a refund was first seen gone.
    """
    shown = sorted(order.newest.refunds)
    if not (shown or gone):
        return []
    words = "|".join(["refunds", *map(str, shown), *(f"gone {number}" for number in sorted(gone))])
    return [msgspec.structs.replace(stamp.line("refunds", IGNORED, 0), words=words)]


def _receipts(order: History, refunded: GivenBack, stamp: Stamp) -> list[Line]:
    """What was paid: by the gateway as charged, and beside it; of what was a sale before, when it was paid.

    A gateway charges the whole total, whatever was taken off it before; who pays a person pays what is due.
    """
    if order.paid_at is None:
        return []
    if order.is_agreed:
        stamp = msgspec.structs.replace(stamp, at=max(order.paid_at, stamp.at))
    off_minor = refunded.unpaid_minor if is_paid_by_hand(order) else 0
    told = [(TENDER, payment_of(order), order.received_minor - off_minor)]
    told += [(f"{TENDER}:{gateway}", Payment(gateway, ""), minor) for gateway, minor in order.first.beside]
    return [moved(payment, stamp, -minor, Part.RECEIPT, "payment", key) for key, payment, minor in told if minor]


def _other_currency(order: History, where: str) -> list[Problem]:
    if not order.has_other_currency:
        return []
    before, now = order.first.order.currency, order.newest.order.currency
    message = (
        f"order {order.newest.order.id} was paid in {before}, and the shop says {now} by now. It is held: what is "
        "booked of it stays. Set its currency back in the shop, or correct the books by hand."
    )
    return [Problem(code="woocommerce.currency_changed", message=message, where=where, blocking=True)]
