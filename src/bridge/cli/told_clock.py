"""The clock of a command: whoever waits by it for long does not do so in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bridge.clock import Clock

_LONG_SECONDS = 5


def to_nobody(_until: datetime) -> None:
    """Where nothing is under way that a wait would be part of."""


class ToldClock:
    """A clock whose long waits are told before they begin. tell: who is told until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tell: Callable[[datetime], None] = to_nobody

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if seconds >= _LONG_SECONDS:
            self.tell(self.now() + timedelta(seconds=seconds))
        self._clock.sleep(seconds)
