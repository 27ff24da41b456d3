"""What a seller account is asked for.

Amazon makes a settlement report when a settlement closes, keeps it for 90 days, and lists it by when it was made. One
that is listed late, or is not done when it is first seen, is within the overlap, or is asked for by its id.
"""

from __future__ import annotations

from typing import Final

from bridge.model.documents import DocumentKind
from bridge.plugin import Stream, WindowOf

REACH_DAYS: Final = 90
SETTLEMENTS: Final = Stream(
    name="settlements",
    owners=("report",),
    window=WindowOf.LISTED,
    lag_seconds=120,
    overlap_seconds=2 * 86_400,
    shortest_seconds=21_600,
    reach_days=REACH_DAYS,
    cadence_seconds=21_600,
    has_census=False,
    brings=(DocumentKind.SETTLEMENT,),
)
STREAMS: Final = (SETTLEMENTS,)
