"""The clock that stands still, under the name the store's tests know it by."""

from __future__ import annotations

from tests.fakes.clock import FakeClock as FixedClock

__all__ = ["FixedClock"]
