"""Reads which orders an account of open amounts is made of: what buyers owe after an edit, and what they are owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bridge.drift.explaining.clearing import Leg
from bridge.drift.explaining.explained import OpenItem
from bridge.drift.sides import Snapshot
from bridge.drift.sides.gathered import AT_A_TIME
from bridge.model.documents import DocumentKind
from bridge.model.periods import local_day

OWED_BY, OWED_TO = "order.open", "refund.owed"
WORDS = {OWED_BY: "owed by its buyer", OWED_TO: "owed to its buyer"}


def by_order(now: Snapshot, currency: str, legs: Sequence[Leg]) -> tuple[OpenItem, ...]:
    """The amounts open of each order, where our postings on an account are all of that kind, and come to as much.

    Nothing where they do not: some of them may be in the books and not in the ledger yet.
    """
    kinds = {leg.kind for leg in legs}
    if len(kinds) != 1 or not kinds <= WORDS.keys():
        return ()
    (kind,) = kinds
    orders = _orders(now, currency)
    found = []
    names = sorted(orders)
    for start in range(0, len(names), AT_A_TIME):
        for order_id, open_legs in now.unit.entries.open_legs(
            now.route.route_id, names[start : start + AT_A_TIME]
        ).items():
            minor = open_legs.owed_by_minor if kind == OWED_BY else open_legs.owed_to_minor
            title, since = orders[order_id]
            if minor:
                found.append(OpenItem(f"order {title}", since, 0, minor, WORDS[kind]))
    return tuple(found) if sum(item.amount_minor for item in found) == sum(leg.amount_minor for leg in legs) else ()


def _orders(now: Snapshot, currency: str) -> dict[str, tuple[str, date]]:
    """What each order is called, and its day."""
    found: dict[str, tuple[str, date]] = {}
    for kept in now.documents:
        document = kept.document
        if document.order_id and document.currency == currency:
            day = local_day(document.paid_at or document.closed_at, now.route.time_zone)
            if document.identity.kind is DocumentKind.ORDER and not document.is_reversal:
                found[document.order_id] = document.title or document.order_id, day
            else:
                found.setdefault(document.order_id, (document.order_id, day))
    return found
