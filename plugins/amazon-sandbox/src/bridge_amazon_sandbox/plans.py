"""The usage plans: a bucket of calls for each operation, filled up again at a rate.

Source: usage plans in Amazon's models, 2026-08-05 (``x-amzn-RateLimit-Limit`` and burst of each operation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class Plan(msgspec.Struct, frozen=True):
    """rate: calls a second. burst: how many the bucket holds."""

    rate: float
    burst: int


PLANS: Final[Mapping[str, Plan]] = {
    "getMarketplaceParticipations": Plan(0.016, 15),
    "getReports": Plan(0.0222, 10),
    "getReport": Plan(2, 15),
    "getReportDocument": Plan(0.0167, 15),
    "listTransactions": Plan(0.5, 10),
    "listBalances": Plan(0.5, 10),
    "listSummary": Plan(0.5, 10),
    "listPayouts": Plan(0.5, 10),
}
