"""When a document counts for the books of a route: when it was paid, or, from a day on, when it was placed. Pure."""

from __future__ import annotations

from datetime import datetime

from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.periods import local_day

_SALES = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})


def counts_at(document: Document, route: Route) -> datetime | None:
    """From when on it is in the books; None while it is not. What happens to it later counts when it happens.

    An order from before the day on which a route began to book by placing counts when it is paid, as do all that
    their channel does not call sales before they are paid: so it never moves from one day to another.
    """
    return document.opened_at if is_placed(document, route) else document.paid_at


def is_placed(document: Document, route: Route) -> bool:
    """Whether it is booked without regard to payment."""
    if route.placed_from is None or document.agreed_at is None or document.identity.kind not in _SALES:
        return False
    return local_day(document.agreed_at, route.time_zone) >= max(route.placed_from, route.first_day)
