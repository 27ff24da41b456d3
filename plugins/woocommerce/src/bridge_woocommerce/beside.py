"""Pure: money that lowers an order's total beside its lines: gift cards and store credit of the shop's extensions.

What was taken is in fields of the extensions, none of which says whether the total was lowered by it: some extensions
write a negative line as well. So it is believed where it makes the lines add up to the total, and not otherwise.
Source: the official Gift Cards extension, PW, YITH, Smart Coupons, Account Funds: public code that reads their fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bridge.plugin import residual
from bridge.plugin.reading import FactError
from bridge_woocommerce.facts import minor
from bridge_woocommerce.meta import Card, Entry, cards, payments
from bridge_woocommerce.shapes import Order

GIFT_CARD: Final = "gift_card"
STORE_CREDIT: Final = "store_credit"
_FIELDS: Final = {
    "_ywgc_applied_gift_cards": GIFT_CARD,
    "smart_coupons_contribution": STORE_CREDIT,
    "_funds_used": STORE_CREDIT,
}

Tenders = tuple[tuple[str, int], ...]
"""What was taken, by gateway."""


def taken_beside(order: Order, lines_minor: int, total_minor: int, lines: int, unit_minor: int) -> Tenders:
    """What was paid beside the lines; nothing where that does not explain what is missing.

    lines: how many there are, of which each may be rounded.
    """
    missing = lines_minor - total_minor
    if missing <= 0 or residual(total_minor, lines_minor, lines, unit_minor):
        return ()
    told = [one for one in _told(order) if one[1] > 0]
    for some in (told, *([one] for one in told)):
        taken = sum(amount for _, amount in some)
        if some and (taken == missing or residual(missing, taken, lines, unit_minor)):
            return _by_gateway(some)
    return ()


def _told(order: Order) -> Iterator[tuple[str, int]]:
    """What each extension says it took."""
    for raw in (order.gift_cards, order.pw_gift_cards_redeemed):
        yield GIFT_CARD, _sum(cards(raw), order.currency)
    for entry in payments(order.meta_data):
        if entry.key in _FIELDS:
            yield _FIELDS[entry.key], _sum([entry], order.currency)


def _sum(entries: Sequence[Entry] | Sequence[Card], currency: str) -> int:
    """What they come to; 0 where one of them cannot be read."""
    texts = [text for one in entries for text in _texts(one)]
    try:
        return sum(minor(text, currency) for text in texts)
    except FactError:
        return 0


def _texts(one: Entry | Card) -> list[str]:
    if isinstance(one, Card):
        return [one.amount]
    return one.amounts or [one.value]


def _by_gateway(told: Sequence[tuple[str, int]]) -> Tenders:
    sums: dict[str, int] = {}
    for gateway, amount in told:
        sums[gateway] = sums.get(gateway, 0) + amount
    return tuple(sums.items())
