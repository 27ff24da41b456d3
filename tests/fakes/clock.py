"""A clock that stands until it is moved; waiting moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at a given instant. ``slept`` lists every wait in seconds; ``on_sleep`` is called as one ends."""

    def __init__(self, at: datetime = datetime(2026, 7, 1, 12, tzinfo=UTC)) -> None:
        self._at = at
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self._at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        self.on_sleep()

    def advance(self, seconds: float) -> None:
        """Move on without anybody waiting."""
        self._at += timedelta(seconds=seconds)
