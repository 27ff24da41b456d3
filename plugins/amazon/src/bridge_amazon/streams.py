"""What a seller account is asked for, and what it is asked about itself.

Amazon makes a settlement report when a settlement closes, keeps it for 90 days, and lists it by when it was made. One
that is listed late, or is not done when it is first seen, is within the overlap, or is asked for by its id. A deferred
transaction may be listed two days late, and nothing tells that it came free: the last weeks are read anew each day.
"""

from __future__ import annotations

from typing import Final

from bridge.model.documents import DocumentKind
from bridge.model.reports import FigureName
from bridge.plugin import ChannelReport, Stream, WindowOf

REACH_DAYS: Final = 90
READ_ANEW_DAYS: Final = 45
"""Of what is deferred: seven days behind a delivery, and thirty of an invoice, are well within them."""
SETTLEMENT: Final = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
"""The type of report that is a settlement."""
SETTLEMENTS: Final = Stream(
    name="settlements",
    title="settlements",
    owners=("report",),
    window=WindowOf.LISTED,
    lag_seconds=120,
    overlap_seconds=2 * 86_400,
    shortest_seconds=21_600,
    reach_days=REACH_DAYS,
    cadence_seconds=21_600,
    has_census=False,
    brings=(DocumentKind.SETTLEMENT,),
    is_once=True,
)
DEFERRED: Final = Stream(
    name="deferred",
    title="deferred transactions",
    owners=("day",),
    window=WindowOf.LISTED,
    lag_seconds=48 * 3_600,
    overlap_seconds=READ_ANEW_DAYS * 86_400,
    shortest_seconds=86_400,
    longest_seconds=(READ_ANEW_DAYS + 60) * 86_400,
    reach_days=REACH_DAYS,
    cadence_seconds=86_400,
    has_census=False,
    tells_pending=True,
)
STREAMS: Final = (SETTLEMENTS, DEFERRED)

PAID_OUT: Final = ChannelReport(
    name="payouts",
    title="Payouts",
    figures=(FigureName.TOTAL,),
    streams=("settlements",),
    caveat="A payout that failed or was cancelled counts as nothing: its money is not on its way to the bank. One that "
    "was paid on demand counts to the settlement that Amazon names beside it",
)
HELD_BACK: Final = ChannelReport(
    name="deferred",
    title="Deferred balance",
    figures=(FigureName.DEFERRED,),
    streams=("deferred",),
    caveat="Amazon gives its balances by the day, and does not say by which clock a day ends: a transaction of the "
    "last hour may stand on the other side",
)
REPORTS: Final = (PAID_OUT, HELD_BACK)
