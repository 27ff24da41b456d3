"""What a shop is asked for.

Orders, each with its refunds: those that were changed in a window, as it happens, and those that were placed in it,
some hours at a time. Refunds by themselves, for deleting one changes nothing of its order. What was placed, or given
back, is counted again for a month, so that what is deleted for good is missed. A day is booked once all are read beyond
it, so none must trail far.
"""

from __future__ import annotations

from typing import Final

from bridge.model.documents import DocumentKind
from bridge.plugin import Stream, WindowOf

WITH_ORDERS: Final = (DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE)
CHANGED: Final = Stream(
    name="orders",
    owners=("order",),
    brings=WITH_ORDERS,
    window=WindowOf.CHANGED,
    lag_seconds=120,
    overlap_seconds=900,
    longest_seconds=7 * 86_400,
)
PLACED: Final = Stream(
    name="placed",
    owners=("order",),
    brings=WITH_ORDERS,
    window=WindowOf.CREATED,
    lag_seconds=120,
    overlap_seconds=900,
    shortest_seconds=21_600,
    cadence_seconds=86_400,
    recount_days=30,
)
REFUNDED: Final = Stream(
    name="refunds",
    owners=("refund",),
    window=WindowOf.CREATED,
    lag_seconds=120,
    overlap_seconds=900,
    shortest_seconds=21_600,
    cadence_seconds=86_400,
    recount_days=30,
)
STREAMS: Final = (CHANGED, PLACED, REFUNDED)
