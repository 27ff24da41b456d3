"""Reads which orders an account of open amounts is made of: what buyers owe after an edit, and what they are owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice

from bridge.drift.explaining.clearing import Leg
from bridge.drift.explaining.explained import OpenItem
from bridge.drift.sides import Snapshot
from bridge.drift.sides.gathered import AT_A_TIME
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.periods import local_day
from bridge.model.recognition import counts_at

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
    found, orders = dict[str, int](), dict[str, tuple[str, date]]()
    every = (kept.document for kept in now.documents)
    while some := list(islice(every, AT_A_TIME)):
        here = [document for document in some if document.order_id and document.currency == currency]
        names = sorted({document.order_id for document in here})
        for order_id, open_legs in now.unit.entries.open_legs(now.route.route_id, names).items():
            found[order_id] = open_legs.owed_by_minor if kind == OWED_BY else open_legs.owed_to_minor
        _name(orders, (document for document in here if found.get(document.order_id)), now.route)
    if sum(found.values()) != sum(leg.amount_minor for leg in legs):
        return ()
    return tuple(
        OpenItem(f"order {title}", since, 0, found[name], WORDS[kind])
        for name, (title, since) in sorted(orders.items())
    )


def _name(orders: dict[str, tuple[str, date]], documents: Iterable[Document], route: Route) -> None:
    """What each order is called, and its day."""
    for document in documents:
        day = local_day(counts_at(document, route) or document.closed_at, route.time_zone)
        if document.identity.kind is DocumentKind.ORDER and not document.is_reversal:
            orders[document.order_id] = document.title or document.order_id, day
        else:
            orders.setdefault(document.order_id, (document.order_id, day))
