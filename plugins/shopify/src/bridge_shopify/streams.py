"""What a shop can be asked for.

Orders are read by what was changed in a window, as it happens; and once more by when they were placed, some hours at a
time: those windows are counted again for a month, so that an order that is deleted is missed.
"""

from __future__ import annotations

import re
from typing import Final

from bridge.model.documents import DocumentKind
from bridge.model.reports import FigureName
from bridge.plugin import ChannelReport, NoticeTopic, Stream, WindowOf

ORDER, PAYOUT, DISPUTE = "order", "payout", "dispute"
READ_ORDERS, ALL_ORDERS = "read_orders", "read_all_orders"
READ_ACCOUNTS = "read_shopify_payments_accounts"
READ_PAYOUTS, READ_DISPUTES = "read_shopify_payments_payouts", "read_shopify_payments_disputes"
SCOPES: Final = (READ_ORDERS, ALL_ORDERS, READ_ACCOUNTS, READ_PAYOUTS, READ_DISPUTES)
"""All that the plugin can use. Without ``read_orders`` it asks for nothing."""
NUMBER: Final = re.compile(r"[0-9]{1,30}", re.ASCII)
"""A thing's number, as text."""
_HOUR, _DAY = 3_600, 86_400
SEEN_DAYS: Final = 60
"""How far back orders are seen without ``read_all_orders``."""

WITH_ORDERS: Final = (DocumentKind.ORDER, DocumentKind.REFUND)
_TRAILS: Final = 600
"""So many seconds the index of a search may trail."""
CHANGED: Final = Stream(
    name="orders",
    title="new and changed orders",
    owners=(ORDER,),
    brings=WITH_ORDERS,
    window=WindowOf.CHANGED,
    overlap_seconds=_TRAILS,
)
PLACED: Final = Stream(
    name="placed",
    title="orders by day placed",
    owners=(ORDER,),
    brings=WITH_ORDERS,
    window=WindowOf.CREATED,
    lag_seconds=_TRAILS,  # one that is listed late would make up for one that is deleted: the count is the same
    overlap_seconds=_TRAILS,
    shortest_seconds=6 * _HOUR,
    cadence_seconds=_DAY,
    recount_days=30,
)
PAYOUTS: Final = Stream(
    name="payouts",
    title="payouts",
    owners=(PAYOUT,),
    window=WindowOf.LISTED,
    overlap_seconds=3 * _DAY,
    shortest_seconds=_HOUR,
    cadence_seconds=6 * _HOUR,
    has_census=False,
    grants=(READ_PAYOUTS,),
)
DISPUTES: Final = Stream(
    name="disputes",
    title="disputes",
    owners=(DISPUTE,),
    brings=(DocumentKind.ADJUSTMENT,),
    window=WindowOf.CREATED,
    overlap_seconds=_DAY,
    shortest_seconds=_HOUR,
    cadence_seconds=6 * _HOUR,
    has_census=False,
    grants=(READ_DISPUTES,),
)
STREAMS: Final = (CHANGED, PLACED, PAYOUTS, DISPUTES)

DAYS, PAID_OUT = "days", "paid_out"
REPORTS: Final = (
    ChannelReport(name=DAYS, title="Orders by day", figures=(FigureName.PLACED,), streams=(CHANGED.name, PLACED.name)),
    ChannelReport(
        name=PAID_OUT, title="Payout summaries", figures=(FigureName.TOTAL,), streams=("payouts",), cadence_seconds=_DAY
    ),
)
_NEXT_STEP: Final = (
    "Let the app subscribe to it again (webhookSubscriptionCreate); where the app's configuration file subscribes, "
    "which Shopify does not list, accept this"
)
NOTICES: Final = (
    NoticeTopic("orders/updated", _NEXT_STEP),
    NoticeTopic("orders/delete", _NEXT_STEP),
    NoticeTopic("refunds/create", _NEXT_STEP),
    NoticeTopic("disputes/create", _NEXT_STEP, grants=(READ_DISPUTES,)),
    NoticeTopic("disputes/update", _NEXT_STEP, grants=(READ_DISPUTES,)),
)
