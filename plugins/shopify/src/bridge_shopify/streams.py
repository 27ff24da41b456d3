"""What a shop can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridge.plugin import Stream, WindowOf

ORDER, PAYOUT, DISPUTE = "order", "payout", "dispute"
SEEN_DAYS: Final = 60
ALL_ORDERS: Final = "read_all_orders"
NEEDS: Final[Mapping[str, str]] = {
    "orders": "read_orders",
    "payouts": "read_shopify_payments_payouts",
    "disputes": "read_shopify_payments_disputes",
}
"""The scope that each stream needs."""
_DAY: Final = 86_400

STREAMS: Final = (
    # The search's index trails, so a window begins ten minutes before the end of the last.
    Stream(name="orders", owners=(ORDER,), window=WindowOf.CHANGED, overlap_seconds=600),
    Stream(
        name="payouts",
        owners=(PAYOUT,),
        window=WindowOf.LISTED,
        overlap_seconds=3 * _DAY,
        shortest_seconds=3_600,
        cadence_seconds=6 * 3_600,
        has_census=False,
    ),
    Stream(
        name="disputes",
        owners=(DISPUTE,),
        window=WindowOf.CREATED,
        overlap_seconds=_DAY,
        shortest_seconds=3_600,
        cadence_seconds=6 * 3_600,
        has_census=False,
    ),
)
