"""Pure: what waits as it should: it is counted, and no finding."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.drift.told import Told
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.reasons import Reason


class Waiting(msgspec.Struct, frozen=True):
    """So many documents or entries that wait for one reason. words: ``3 orders not paid``."""

    reason: str
    count: int
    words: str


_OF_DOCUMENTS: Mapping[str, Mapping[DocumentKind, tuple[str, str]]] = {
    Reason.UNPAID: {
        DocumentKind.ORDER: ("order not paid", "orders not paid"),
        DocumentKind.REFUND: ("refund of an order that is not paid", "refunds of orders that are not paid"),
        DocumentKind.FEE: ("fee of an order that is not paid", "fees of orders that are not paid"),
    },
    Reason.PAYOUT_AWAITED: {
        DocumentKind.ORDER: ("order in no payout yet", "orders in no payout yet"),
        DocumentKind.REFUND: ("refund in no payout yet", "refunds in no payout yet"),
    },
}
_OF_ENTRIES = {
    Reason.HOLD_BACK: ("entry whose day is not over or held back", "entries whose days are not over or held back"),
    Reason.NOT_PAID: ("payout on its way to the bank", "payouts on their way to the bank"),
}


def waiting(documents: Mapping[tuple[DocumentKind, str], int], ours: Told) -> tuple[Waiting, ...]:
    """What waits: documents by kind and reason, entries by reason."""
    found = []
    for (kind, reason), count in sorted(documents.items()):
        words = _OF_DOCUMENTS.get(reason, {}).get(kind, (f"{kind}: {reason}", f"{kind}: {reason}"))
        found.append(_waiting(reason, count, words))
    for reason, words in _OF_ENTRIES.items():
        held = {
            delivery.entry_id
            for delivery in ours.vouchers.values()
            if delivery.state is DeliveryState.HELD and delivery.reason == reason and delivery.entry_id in ours.entries
        }
        if held:
            found.append(_waiting(reason, len(held), words))
    return tuple(found)


def _waiting(reason: str, count: int, words: tuple[str, str]) -> Waiting:
    return Waiting(reason, count, f"{count} {words[0] if count == 1 else words[1]}")
