"""A clock that all workers have in common: the database's, between two looks at it by this machine's own."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.clock import Clock


class SharedClock:
    """This machine's clock, put right by what the database says. Leases of several machines then end at one time."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.off = clock, timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self.off

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def put_right(self, moment: datetime) -> None:
        """moment: what time it is by the database."""
        self.off = moment - self._clock.now()
