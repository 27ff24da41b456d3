"""Reads which orders an account of open amounts is made of: what buyers owe after an edit, and what they are owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from bridge.drift.clearing import Leg
from bridge.drift.explained import OpenItem
from bridge.model.connections import Route
from bridge.model.documents import DocumentKind
from bridge.model.periods import local_day
from bridge.store.api import KeptDocument, UnitOfWork

OWED_BY, OWED_TO = "order.open", "refund.owed"
WORDS = {OWED_BY: "owed by its buyer", OWED_TO: "owed to its buyer"}
_AT_A_TIME = 500


def by_order(
    unit: UnitOfWork, route: Route, documents: Iterable[KeptDocument], currency: str, legs: Sequence[Leg]
) -> tuple[OpenItem, ...]:
    """The amounts open of each order, where our postings on an account are all of that kind, and come to as much.

    Nothing where they do not: some of them may be in the books and not in the ledger yet.
    """
    kinds = {leg.kind for leg in legs}
    if len(kinds) != 1 or not kinds <= WORDS.keys():
        return ()
    (kind,) = kinds
    orders = _orders(route, documents, currency)
    found = []
    names = sorted(orders)
    for start in range(0, len(names), _AT_A_TIME):
        for order_id, open_legs in unit.entries.open_legs(route.route_id, names[start : start + _AT_A_TIME]).items():
            minor = open_legs.owed_by_minor if kind == OWED_BY else open_legs.owed_to_minor
            title, since = orders[order_id]
            if minor:
                found.append(OpenItem(f"order {title}", since, 0, minor, WORDS[kind]))
    return tuple(found) if sum(item.amount_minor for item in found) == sum(leg.amount_minor for leg in legs) else ()


def _orders(route: Route, documents: Iterable[KeptDocument], currency: str) -> dict[str, tuple[str, date]]:
    """What each order is called, and its day."""
    found: dict[str, tuple[str, date]] = {}
    for kept in documents:
        document = kept.document
        if document.order_id and document.currency == currency:
            day = local_day(document.paid_at or document.closed_at, route.time_zone)
            if document.identity.kind is DocumentKind.ORDER and not document.is_reversal:
                found[document.order_id] = document.title or document.order_id, day
            else:
                found.setdefault(document.order_id, (document.order_id, day))
    return found
