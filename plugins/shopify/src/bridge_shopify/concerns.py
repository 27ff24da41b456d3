"""Pure: what a person should decide about an order that is booked all the same: none of it moved money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bridge.plugin import Concern, ConcernKind
from bridge_shopify.objections import Standing


def concerns(standing: Standing, agreed: Sequence[tuple[datetime, int]], paid_at: datetime | None) -> Iterator[Concern]:
    """Of an order that was paid: that it is cancelled and not given back, or was changed since and not settled.

    Of one that was not: that it is cancelled, and its sale was not taken back. That matters where it is booked unpaid.

    agreed: instant and total of the order and of each edit.
    """
    cancelled_at = standing.order.cancelled_at
    was_touched = cancelled_at is not None or len(agreed) > 1
    if not was_touched or standing.order.test or standing.missing_minor:
        return
    lines = [line for each in (standing.sale, *standing.backs) for line in each.found]
    received = -sum(line.amount_minor for line in lines if line.part.is_money)
    owed = sum(line.amount_minor for line in lines)
    if paid_at is None:
        if cancelled_at is not None and received + owed > 0:
            yield _given_up(standing, cancelled_at, received + owed)
        return
    edits = [at for at, minor in agreed if at > paid_at and minor]
    if cancelled_at is not None and received > 0 and received + owed > 0:
        message = (
            f"It was cancelled on {cancelled_at:%Y-%m-%d}, and {standing.text(received)} of what was paid for it was "
            "not given back. No money moved: sale, tax and fee stay in the books. Refund it in the shop, or decide "
            "what becomes of the money."
        )
        yield Concern(ConcernKind.CANCELLED, cancelled_at, received + owed, message)
    elif edits and owed:
        whose, what = ("by", "collect it, or change the order back") if owed > 0 else ("to", "refund it")
        message = (
            f"It was changed on {max(edits):%Y-%m-%d}, after it was paid: {standing.text(abs(owed))} is owed {whose} "
            f"the buyer. It stays so until money moves: {what} in the shop."
        )
        yield Concern(ConcernKind.EDITED, max(edits), owed, message)


def _given_up(standing: Standing, at: datetime, sold_minor: int) -> Concern:
    message = (
        f"It was cancelled on {at:%Y-%m-%d} before it was paid in full, and {standing.text(sold_minor)} of it was not "
        "taken back: no refund or return says that it is no sale. Sale and tax stay in the books."
    )
    return Concern(ConcernKind.CANCELLED, at, sold_minor, message)
