"""Where time comes from: a value handed down, never asked of the machine in passing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

SKEW: Final = timedelta(hours=1)
"""What is dated further ahead than it may be, by more than this, was dated by a clock that was put back since."""


class Clock(Protocol):
    """Tells the time and waits; a test's clock does both without the machine's."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
