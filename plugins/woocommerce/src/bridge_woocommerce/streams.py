"""What a shop is asked for.

Both hold all orders, each with its refunds: what was changed in a window, as it happens, and what was placed in it,
some hours at a time, which is counted again for a month: so that orders that are deleted for good are missed. A day is
booked once both are read beyond it, so the second must not trail far.
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
    shortest_seconds=21_600,
    cadence_seconds=86_400,
    recount_days=30,
)
STREAMS: Final = (CHANGED, PLACED)
