"""What would be sent, exactly: every voucher that is held or owed, as the next run would have it."""

from __future__ import annotations

from datetime import date

import msgspec

from bridge.books import Foreseen
from bridge.desk.choosing import Paged, paged, sums
from bridge.desk.shown import LineTax, line_taxes
from bridge.desk.wording import voucher_shortly
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.plugin import Sink

AT_ONCE = 20
"""So many vouchers are on a page."""


class Preview(msgspec.Struct, frozen=True):
    """A voucher that is held or owed, with exactly what would be sent; body is None while it cannot be planned.

    taxes: one a line of the voucher.
    """

    delivery: Delivery
    entry: JournalEntry
    body: bytes | None
    taxes: tuple[LineTax, ...] = ()

    @property
    def why(self) -> str:
        """Why it is held, without commands to type."""
        return voucher_shortly(self.delivery)


class PreviewPage(msgspec.Struct, frozen=True):
    """A page of what would be sent. owed, held: how many vouchers and what they come to, by currency, of all."""

    page: Paged[Preview]
    owed: tuple[tuple[str, int], ...]
    held: tuple[tuple[str, int], ...]


def previews(foreseen: Foreseen, sink: Sink | None) -> tuple[Preview, ...]:
    """What is foreseen, in sending order. sink: renders the bodies; None where the ledger lets nobody in."""
    ordered = sorted(foreseen.vouchers, key=_sending_order)
    return tuple(_preview(foreseen, sink, delivery, entry) for delivery, entry in ordered)


def preview_page(foreseen: Foreseen, sink: Sink | None, number: int) -> PreviewPage:
    """A page of it. number: from 1."""
    page = paged(sorted(foreseen.vouchers, key=_sending_order), number, AT_ONCE)
    shown = tuple(_preview(foreseen, sink, delivery, entry) for delivery, entry in page.items)
    amounts = {state: _amounts(foreseen, state) for state in (DeliveryState.OWED, DeliveryState.HELD)}
    return PreviewPage(
        Paged(shown, page.number, page.pages, page.total), amounts[DeliveryState.OWED], amounts[DeliveryState.HELD]
    )


def _amounts(foreseen: Foreseen, state: DeliveryState) -> tuple[tuple[str, int], ...]:
    return sums(
        (delivery.voucher.currency, delivery.voucher.total_minor)
        for delivery, _ in foreseen.vouchers
        if delivery.voucher and delivery.state is state
    )


def _preview(foreseen: Foreseen, sink: Sink | None, delivery: Delivery, entry: JournalEntry) -> Preview:
    voucher = delivery.voucher
    return Preview(
        delivery,
        entry,
        sink.render(voucher, foreseen.refs) if sink and voucher else None,
        line_taxes(voucher, entry, foreseen.route, foreseen.facts) if voucher else (),
    )


def _sending_order(waiting: tuple[Delivery, JournalEntry]) -> tuple[bool, date, str, str, bool]:
    """What moves a payout follows the settlements; the rest goes by date, each payment behind what it pays."""
    delivery, entry = waiting
    voucher = delivery.voucher
    paid = (voucher.pays if voucher else "") or delivery.voucher_id
    day = voucher.dated_on if voucher else entry.booked_on
    return entry.moves_payout, day, entry.entry_id, paid, paid != delivery.voucher_id
