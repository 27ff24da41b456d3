"""The usage plans: a bucket of calls for each operation, filled up again at a rate.

Source: usage plans in Amazon's models, 2026-08-05 (``x-amzn-RateLimit-Limit`` and burst of each operation).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
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
}


class Buckets:
    """Full at first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._filled: dict[str, tuple[float, datetime]] = {}

    def take(self, operation: str, now: datetime) -> bool:
        """Whether one more call may be made; it is counted then."""
        plan = PLANS[operation]
        with self._lock:
            level, at = self._filled.get(operation, (float(plan.burst), now))
            level = min(float(plan.burst), level + max(0.0, (now - at).total_seconds()) * plan.rate)
            may = level >= 1
            self._filled[operation] = (level - 1 if may else level, now)
        return may
