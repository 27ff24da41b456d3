"""What would be sent, exactly: every voucher that is held or owed, as the next run would have it."""

from __future__ import annotations

from datetime import date

import msgspec

from bridge.books import Foreseen
from bridge.desk.shown import LineTax, line_taxes
from bridge.model.deliveries import Delivery
from bridge.model.entries import JournalEntry
from bridge.plugin import Sink


class Preview(msgspec.Struct, frozen=True):
    """A voucher that is held or owed, with exactly what would be sent; body is None while it cannot be planned.

    taxes: one a line of the voucher.
    """

    delivery: Delivery
    entry: JournalEntry
    body: bytes | None
    taxes: tuple[LineTax, ...] = ()


def previews(foreseen: Foreseen, sink: Sink | None) -> tuple[Preview, ...]:
    """What is foreseen, in sending order. sink: renders the bodies; None where the ledger lets nobody in."""
    return tuple(
        Preview(
            delivery,
            entry,
            sink.render(delivery.voucher, foreseen.refs) if sink and delivery.voucher else None,
            line_taxes(delivery.voucher, entry, foreseen.route, foreseen.facts) if delivery.voucher else (),
        )
        for delivery, entry in sorted(foreseen.vouchers, key=_sending_order)
    )


def _sending_order(waiting: tuple[Delivery, JournalEntry]) -> tuple[bool, date, str, str, bool]:
    """What moves a payout follows the settlements; the rest goes by date, each payment behind what it pays."""
    delivery, entry = waiting
    voucher = delivery.voucher
    paid = (voucher.pays if voucher else "") or delivery.voucher_id
    day = voucher.dated_on if voucher else entry.booked_on
    return entry.moves_payout, day, entry.entry_id, paid, paid != delivery.voucher_id
