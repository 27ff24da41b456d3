"""The sandbox's clock: the real time until somebody sets it."""

import threading
from datetime import UTC, datetime, timedelta

from bridge.clock import Clock, SystemClock
from bridge.errors import ConfigError

__all__ = ["SandboxClock"]


class SandboxClock:
    """Tells the sandbox's time, which tests and people can set and move.

    Shape:    runs with the real time plus an offset, or stands still once ``set``.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        with self._lock:
            return self._frozen or self._clock.now() + self._offset

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    def set(self, at: datetime) -> None:
        """Stop the clock at ``at``; it moves by ``advance`` only."""
        if at.tzinfo is None:
            raise ConfigError("sandbox clock", f"{at.isoformat()} has no offset", "Add one, such as Z")
        with self._lock:
            self._frozen = at.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock by ``seconds``, whether it runs or stands."""
        step = timedelta(seconds=seconds)
        with self._lock:
            if self._frozen is None:
                self._offset += step
            else:
                self._frozen += step

    def run(self) -> None:
        """Go back to the real time."""
        with self._lock:
            self._offset = timedelta(0)
            self._frozen = None
