"""Pure: the document of the fee that a gateway kept of an order."""

from __future__ import annotations

import msgspec

from bridge.model.documents import DocumentKind, Problem
from bridge.model.lines import Part
from bridge.model.money import decimal_text
from bridge.plugin import DocumentStart
from bridge.plugin.reading import WholeDocument
from bridge_woocommerce.charges import Stamp
from bridge_woocommerce.gateways import Fee, UnreadableFeeError, fee_of
from bridge_woocommerce.history import History
from bridge_woocommerce.payment import Payment, moved


def fee_document(
    order: History, sale: DocumentStart, payment: Payment, where: str
) -> tuple[WholeDocument | None, list[Problem]]:
    """The fee's document, if the order shows a fee; and what a person must know of it otherwise. sale: the order's."""
    newest = order.newest.order
    try:
        fee = fee_of(newest)
    except UnreadableFeeError as error:
        return None, [_unbooked(f"order {newest.id} has a gateway fee in {error.key!r} that cannot be read", where)]
    if fee is None:
        return None, []
    if not fee.currency:
        what = f"order {newest.id} in {newest.currency} has a gateway fee in {fee.key!r} without its currency"
        return None, [_unbooked(what, where)]
    document = _document(fee, payment, sale)
    return document, [_foreign(document.start, sale, where)] if fee.currency != newest.currency else []


def _document(fee: Fee, payment: Payment, sale: DocumentStart) -> WholeDocument:
    at = sale.paid_at or sale.opened_at
    stamp = Stamp(Part.FEE, at, sale.order_id)
    start = msgspec.structs.replace(
        sale,
        kind=DocumentKind.FEE,
        currency=fee.currency,
        total_minor=-fee.minor,
        opened_at=at,
        closed_at=at,
        title=f"Fee of {sale.title}",
        status="",
    )
    kept = moved(payment, stamp, fee.minor, Part.REPAYMENT, "fee kept")
    line = stamp.line("fee", "fee.payment", -fee.minor)
    line = msgspec.structs.replace(line, words=f"gateway fee|{payment.gateway}", attributes=kept.attributes)
    return WholeDocument(start, (line, kept))


def _unbooked(what: str, where: str) -> Problem:
    message = f"{what}. It is not booked: take it from the gateway's own report."
    return Problem(code="woocommerce.fee_unreadable", message=message, where=where, blocking=False)


def _foreign(fee: DocumentStart, sale: DocumentStart, where: str) -> Problem:
    amount = f"{decimal_text(-fee.total_minor, fee.currency)} {fee.currency}"
    message = (
        f"order {sale.order_id} is in {sale.currency}, its gateway's fee of {amount} in the currency of the gateway's "
        f"account. The fee is a document in {fee.currency}."
    )
    return Problem(code="woocommerce.fee_currency", message=message, where=where, blocking=False)
