"""What a shop can be asked for."""

from __future__ import annotations

from typing import Final

from bridge.model.documents import DocumentKind
from bridge.model.reports import FigureName
from bridge.plugin import ChannelReport, Stream, WindowOf

ORDER, PAYOUT, DISPUTE = "order", "payout", "dispute"
_DAY: Final = 86_400

STREAMS: Final = (
    # The search's index trails, so a window begins ten minutes before the end of the last.
    Stream(
        name="orders",
        owners=(ORDER,),
        brings=(DocumentKind.ORDER, DocumentKind.REFUND),
        window=WindowOf.CHANGED,
        overlap_seconds=600,
    ),
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
        brings=(DocumentKind.ADJUSTMENT,),
        window=WindowOf.CREATED,
        overlap_seconds=_DAY,
        shortest_seconds=3_600,
        cadence_seconds=6 * 3_600,
        has_census=False,
    ),
)

DAYS, PAID_OUT = "days", "paid_out"
REPORTS: Final = (
    ChannelReport(name=DAYS, title="Orders by day", figures=(FigureName.PLACED,), streams=("orders",)),
    ChannelReport(
        name=PAID_OUT, title="Payout summaries", figures=(FigureName.TOTAL,), streams=("payouts",), cadence_seconds=_DAY
    ),
)
