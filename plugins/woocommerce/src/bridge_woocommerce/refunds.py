"""Pure: a refund to its document. Its amount is the truth; its order says what is in it.

Source: WooCommerce 10.5.0: the API takes any amount with any lines (woocommerce #68172), and a status set to refunded
by hand makes a refund of the whole remainder without lines.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from bridge.model.documents import Awaits, DocumentKind, Problem, Witness
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line, Part
from bridge.model.money import NOT_KNOWN, decimal_text
from bridge.plugin import DocumentStart, StandIn
from bridge.plugin.reading import FactError, Place, WholeDocument
from bridge_woocommerce.around import Around
from bridge_woocommerce.charges import Stamp, distinct
from bridge_woocommerce.concerns import by_hand, gone, is_paid_by_hand, never_told
from bridge_woocommerce.facts import instant, minor_or_zero, shown_amount, unit_of
from bridge_woocommerce.history import History, Shown
from bridge_woocommerce.kept import payload
from bridge_woocommerce.left import Remains
from bridge_woocommerce.orders import ignored, is_ignored, payload_of
from bridge_woocommerce.payment import Payment, moved, payment_of
from bridge_woocommerce.pieces import GIVEN_BACK, charges_of, kept
from bridge_woocommerce.pricing import GOODWILL, Priced, priced
from bridge_woocommerce.shapes import Refund
from bridge_woocommerce.taxes import rates_of

_ANY_CURRENCY: Final = "USD"
"""In which amounts are tried whose currency is not known: whether a text is an amount does not depend on it."""


class Given(msgspec.Struct, frozen=True):
    """A refund as the shop told it, minimised. told_at: when it was last told of by itself.

    shown: where only its order tells of it: as that shows it.
    """

    refund: Refund
    around: Around
    created_at: datetime
    shown: Shown | None = None

    @property
    def told_at(self) -> datetime:
        return self.around.told_at or self.created_at


def given(refund: Refund, around: Around) -> Given:
    """Raises: FactError for one that names no order, or no instant."""
    if not refund.parent_id:
        raise FactError("refund.order", "does not name its order")
    created_at = instant(refund.date_created_gmt)
    if created_at is None:
        raise FactError("file.dates", "has no date")
    return Given(msgspec.structs.replace(refund, **kept(refund)), around, created_at)


def given_as_shown(shown: Shown, order: History) -> Given:
    """A refund of which only its order tells: without lines, dated when it was first shown."""
    amount = decimal_text(shown.amount_minor or 0, order.first.order.currency)
    refund = Refund(shown.stub.id, amount, None, parent_id=order.newest.order.id)
    return Given(refund, Around(), shown.at, shown)


def amount_of(refund: Refund, currency: str) -> int:
    """What it gives back, positive. Raises: FactError for an amount that is none, or negative."""
    amount_minor = minor_or_zero(refund.amount, currency)
    if amount_minor < 0:
        raise FactError("file.amount", "has a negative amount")
    return amount_minor


def awaiting(told: Given, place: Place) -> WholeDocument:
    """The document of a refund whose order is not at hand: nothing of it is known but that it is there.

    Raises: FactError for an amount in it that is none: what is kept must be readable with the order.
    """
    refund = told.refund
    amount_of(refund, _ANY_CURRENCY)
    charges_of(refund, _ANY_CURRENCY, GIVEN_BACK, rates_of(refund.tax_lines, _ANY_CURRENCY))
    message = (
        f"refund {refund.id} over {shown_amount(refund.amount)}: its order {refund.parent_id} is not at hand, which "
        "tells the currency, the tax and how it was paid. It waits: bring the answer of "
        f"/wp-json/wc/v3/orders/{refund.parent_id}?dp=6."
    )
    where = place(f"refund {refund.id}")
    problem = Problem(code="woocommerce.refund.awaits_order", message=message, where=where, blocking=True)
    start = msgspec.structs.replace(_start(told, NOT_KNOWN, 0), awaits=Awaits.ORDER)
    return WholeDocument(start, problems=(problem,))


def awaiting_details(shown: Shown, order: History, place: Place) -> WholeDocument:
    """The document of a refund of which only its order tells: what it comes to, and neither when nor what for."""
    refund_id, newest, currency = shown.stub.id, order.newest.order, order.first.order.currency
    amount_minor = shown.amount_minor
    told = given_as_shown(shown, order)
    start = _as_shown(told, order, _start(told, currency, -(amount_minor or 0), payload_of(order)))
    start = msgspec.structs.replace(start, awaits=Awaits.DETAILS)
    if shown.gone_at is not None:
        concern = never_told(refund_id, order, -(amount_minor or 0), shown.gone_at)
        return WholeDocument(msgspec.structs.replace(start, total_minor=0), concerns=(concern,))
    over = f"over {decimal_text(amount_minor, currency)} {currency}" if amount_minor else "over an amount not told"
    message = (
        f"refund {refund_id} {over}: its order {newest.id} shows it, without date, lines and tax. It waits: bring the "
        f"answer of /wp-json/wc/v3/orders/{newest.id}/refunds?dp=6, or of /wp-json/wc/v3/refunds?dp=6. The order stays "
        "booked."
    )
    where = place(f"refund {refund_id}")
    problem = Problem(code="woocommerce.refund.awaits_details", message=message, where=where, blocking=True)
    return WholeDocument(start, problems=(problem,))


def alone(told: Given, stand_in: StandIn) -> WholeDocument:
    """The document of a refund whose order nobody can bring: a free amount without tax, as a person says."""
    amount_minor = amount_of(told.refund, stand_in.currency)
    stamp = Stamp(Part.REFUND, told.created_at, str(told.refund.parent_id))
    line = msgspec.structs.replace(
        stamp.line("goodwill:0", GOODWILL, -amount_minor), words="refund without its order", tax=taxed_at("0")
    )
    lines = [line, _repayment(told.refund, Payment(stand_in.gateway, ""), stamp, amount_minor)] if amount_minor else []
    start = msgspec.structs.replace(_start(told, stand_in.currency, -amount_minor), paid_at=told.created_at)
    return WholeDocument(start, tuple(lines))


def refund_document(
    told: Given, order: History, remains: Remains, gone_at: datetime | None, place: Place
) -> tuple[WholeDocument, Priced]:
    """The document of a refund, and what it takes of what it found of the order.

    gone_at: since when its order does not show it any more. Raises: FactError for an amount that is none.
    """
    refund, currency = told.refund, order.first.order.currency
    amount_minor = amount_of(refund, currency)
    decimals = remains.sale.answer.around.decimals
    stamp = Stamp(Part.REFUND, told.created_at, str(refund.parent_id), unit_of(currency, decimals))
    found = priced(refund, remains, stamp, amount_minor, place)
    lines = [line for line, _ in found.taken if line.amount_minor]
    repaid_at = _repaid_at(told, order)
    if amount_minor and repaid_at is not None:
        stamp = msgspec.structs.replace(stamp, at=repaid_at)
        lines.append(_repayment(refund, payment_of(order), stamp, amount_minor))
    kept_as = payload_of(order) if told.shown is not None else None
    start = _as_shown(told, order, _start(told, currency, found.settled_minor - amount_minor, kept_as))
    if gone_at is not None:
        concern = gone(refund, order, -amount_minor, gone_at) if amount_minor else None
    else:
        concern = by_hand(refund, order, -amount_minor, told.created_at)
    built = WholeDocument(start, distinct(lines), found.problems, (concern,) if concern is not None else ())
    return (ignored(built) if is_ignored(order) else built), found


def _repaid_at(told: Given, order: History) -> datetime | None:
    """When money went back: of what was taken off before anybody paid, not before a gateway had charged it.

    None where none did: as long as nobody has paid, and where a person took no more than what was left.
    """
    if not order.is_before_payment(told.created_at):
        return told.created_at
    return None if is_paid_by_hand(order) else order.paid_at


def _as_shown(told: Given, order: History, start: DocumentStart) -> DocumentStart:
    """The start of a refund's document, with what its order tells."""
    newest = order.newest.order
    counts_at = order.paid_at if order.is_before_payment(told.created_at) else told.created_at
    return msgspec.structs.replace(
        start,
        title=f"Refund {told.refund.id} of order #{newest.number or newest.id}",
        paid_at=counts_at if order.paid_at is not None else None,
        agreed_at=order.agreed_at,
        as_of=max(told.told_at, order.newest.as_of or told.told_at),
    )


def _start(told: Given, currency: str, total_minor: int, kept_as: bytes | None = None) -> DocumentStart:
    """kept_as: its payload, where that is not the refund's own answer."""
    refund = told.refund
    return DocumentStart(
        kind=DocumentKind.REFUND,
        external_id=str(refund.id),
        currency=currency,
        total_minor=total_minor,
        opened_at=told.created_at,
        closed_at=told.created_at,
        title=f"Refund {refund.id} of order {refund.parent_id}",
        as_of=told.told_at,
        order_id=str(refund.parent_id),
        payload=payload([(refund, told.around)]) if kept_as is None else kept_as,
        witness=Witness.API,
    )


def _repayment(refund: Refund, payment: Payment, stamp: Stamp, amount_minor: int) -> Line:
    """The money on its way back. refunded_payment: whether the shop asked the gateway; no says nothing against it."""
    line = moved(payment, stamp, amount_minor, Part.REPAYMENT, "repayment")
    if refund.refunded_payment is None:
        return line
    asked = ("refunded_payment", "yes" if refund.refunded_payment else "no")
    return msgspec.structs.replace(line, attributes=(*line.attributes, asked))
