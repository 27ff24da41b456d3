"""What a shop is asked for.

Orders, each with its refunds: those that were changed in a window, as it happens, and those that were placed in it,
some hours at a time. Refunds by themselves, for deleting one changes nothing of its order. What was placed, or given
back, is counted again for a month, so that what is deleted for good is missed. For as long orders are read again, once
a day, where an edit moves no date (``sweep``). A day is booked once all are read beyond it, so none must trail far.
Its own revenue report proves all that.
"""

from __future__ import annotations

from typing import Final

from bridge.model.documents import DocumentKind
from bridge.model.reports import FigureName
from bridge.plugin import ChannelReport, NoticeTopic, Stream, WindowOf

WITH_ORDERS: Final = (DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE)
CHANGED: Final = Stream(
    name="orders",
    title="new and changed orders",
    owners=("order",),
    brings=WITH_ORDERS,
    window=WindowOf.CHANGED,
    lag_seconds=120,
    overlap_seconds=900,
    longest_seconds=7 * 86_400,
)
PLACED: Final = Stream(
    name="placed",
    title="orders by day placed",
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
    title="refunds",
    owners=("refund",),
    window=WindowOf.CREATED,
    lag_seconds=120,
    overlap_seconds=900,
    shortest_seconds=21_600,
    cadence_seconds=86_400,
    recount_days=30,
)
EDITED: Final = Stream(
    name="edits",
    title="late edits of orders",
    owners=("order",),
    window=WindowOf.LISTED,
    lag_seconds=120,
    shortest_seconds=21_600,
    longest_seconds=36_500 * 86_400,
    cadence_seconds=86_400,
    has_census=False,
    brings=WITH_ORDERS,
)
STREAMS: Final = (CHANGED, PLACED, REFUNDED, EDITED)
REPORTS: Final = (
    ChannelReport(
        name="revenue",
        title="Revenue report",
        figures=(FigureName.PAID, FigureName.TAKINGS),
        streams=tuple(stream.name for stream in STREAMS),
        adds_currencies=True,
        caveat=(
            "WooCommerce leaves out orders that were cancelled after they were paid, and some that were restored from "
            "the bin; it keeps refunds that were deleted, and shows what orders come to now, not what was paid for them"
        ),
    ),
)
_SWITCH_ON: Final = "In the shop, under WooCommerce, Settings, Advanced, Webhooks, set its status to Active, or add it"
NOTICES: Final = tuple(NoticeTopic(topic, _SWITCH_ON) for topic in ("order.created", "order.updated", "order.deleted"))
"""Refunds are told with their order."""
