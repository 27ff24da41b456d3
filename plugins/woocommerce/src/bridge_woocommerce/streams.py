"""What a shop is asked for.

Both hold all orders, each with its refunds: what was changed in a window, as it happens, and what was placed in it, day
by day, which is counted again for two months: so that orders that are deleted for good are missed.
"""

from __future__ import annotations

from typing import Final

from bridge.plugin import Stream, WindowOf

CHANGED: Final = Stream(
    name="orders",
    owners=("order",),
    window=WindowOf.CHANGED,
    lag_seconds=120,
    overlap_seconds=900,
    longest_seconds=7 * 86_400,
)
PLACED: Final = Stream(
    name="placed",
    owners=("order",),
    window=WindowOf.CREATED,
    lag_seconds=120,
    overlap_seconds=900,
    shortest_seconds=86_400,
    cadence_seconds=86_400,
    recount_days=60,
)
STREAMS: Final = (CHANGED, PLACED)
