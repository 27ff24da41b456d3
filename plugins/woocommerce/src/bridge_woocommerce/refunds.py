"""Pure: a refund to its document. Its amount is the truth; its lines say what for, where they do.

Source: WooCommerce 10.5.0: the API takes any amount with any lines (woocommerce #68172), and a status set to refunded
by hand makes a refund of the whole remainder without lines.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.model.money import decimal_text
from bridge.plugin import DocumentStart
from bridge_woocommerce.built import Built, payload
from bridge_woocommerce.charges import Stamp, distinct, lines_of, rounding
from bridge_woocommerce.facts import instant, minor_or_zero
from bridge_woocommerce.pieces import GIVEN_BACK, charges_of, kept_fees, kept_shipping
from bridge_woocommerce.refusal import FactError, Place
from bridge_woocommerce.shapes import OrderFacts, Refund
from bridge_woocommerce.taxes import rates_of

GOODWILL = "refund.goodwill"


def minimised(refund: Refund, currency: str) -> Refund:
    """The refund without anything that is not on the list, its currency named."""
    return msgspec.structs.replace(
        refund,
        currency=currency,
        shipping_lines=kept_shipping(refund.shipping_lines),
        fee_lines=kept_fees(refund.fee_lines),
    )


def refund_document(refund: Refund, told_at: datetime | None, facts: OrderFacts | None, place: Place) -> Built:
    """The document of a minimised refund. facts: of its order; None where that is not at hand.

    Raises: FactError for an amount or instant that is none.
    """
    created_at = instant(refund.date_created_gmt)
    if created_at is None:
        raise FactError("has no date", code="woocommerce.file.dates")
    stamp = Stamp(Part.REFUND, created_at, str(refund.parent_id), facts is not None and facts.is_binned)
    total_minor = -minor_or_zero(refund.amount, refund.currency)
    lines, problems = _lines(refund, total_minor, stamp, facts, place)
    if total_minor and facts is not None:
        lines.append(_repayment(refund, facts, stamp, -total_minor))
    elif total_minor:
        problems.append(_order_unknown(refund, place))
    start = DocumentStart(
        kind=DocumentKind.REFUND,
        external_id=str(refund.id),
        currency=refund.currency,
        total_minor=total_minor,
        opened_at=created_at,
        closed_at=created_at,
        title=f"Refund {refund.id} of order {refund.parent_id}",
        paid_at=created_at if facts is None or facts.is_paid else None,
        as_of=told_at or created_at,
        order_id=str(refund.parent_id),
        payload=payload(refund, told_at, facts),
        witness=Witness.API,
    )
    return Built(start, distinct(lines), tuple(problems))


def _lines(
    refund: Refund, total_minor: int, stamp: Stamp, facts: OrderFacts | None, place: Place
) -> tuple[list[Line], list[Problem]]:
    """All lines but the repayment. What they miss of the amount is a concession, beyond what rounding explains."""
    currency, rates = refund.currency, rates_of(refund.tax_lines, refund.currency)
    charges = charges_of(refund, GIVEN_BACK, rates)
    stated = [*refund.line_items, *refund.shipping_lines, *refund.fee_lines]
    tax_minor = None if rates else sum(minor_or_zero(one.total_tax, currency) for one in stated)
    lines = lines_of(charges, rates, stamp, tax_minor)
    lines += rounding(lines, total_minor, charges, stamp)
    left = total_minor - sum(line.amount_minor for line in lines)
    if not left:
        return lines, []
    goodwill = msgspec.structs.replace(
        stamp.line("goodwill", GOODWILL, left),
        words="refund without lines",
        tax_rate="0" if facts is not None and facts.is_untaxed else "",
    )
    return [*lines, goodwill], [_contradictory(refund, left, place)] if lines else []


def _repayment(refund: Refund, facts: OrderFacts, stamp: Stamp, amount_minor: int) -> Line:
    """The money on its way back. refunded_payment: whether the shop asked the gateway; no says nothing against it."""
    return msgspec.structs.replace(
        stamp.line(TENDER, TENDER, amount_minor, Part.REPAYMENT),
        words=f"repayment|{facts.gateway}",
        attributes=((GATEWAY, facts.gateway), ("refunded_payment", "yes" if refund.refunded_payment else "no")),
        reference=facts.reference,
    )


def _contradictory(refund: Refund, left_minor: int, place: Place) -> Problem:
    left = f"{decimal_text(abs(left_minor), refund.currency)} {refund.currency}"
    message = (
        f"refund {refund.id} of order {refund.parent_id}: its lines are {left} away from its amount. The amount is "
        "booked, the difference as a concession (refund.goodwill)."
    )
    return Problem(
        code="woocommerce.refund_contradictory", message=message, where=place(f"refund {refund.id}"), blocking=False
    )


def _order_unknown(refund: Refund, place: Place) -> Problem:
    message = (
        f"refund {refund.id}: its order {refund.parent_id} is not at hand, so it is not known which gateway paid "
        "it back. It stays owed to the buyer in the books until this file is read again once the order was."
    )
    return Problem(
        code="woocommerce.refund_without_order", message=message, where=place(f"refund {refund.id}"), blocking=False
    )
