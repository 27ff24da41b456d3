"""Slows down who tries: so many failures of one address, or at one target, and then none for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bridge.clock import Clock
from bridge.errors import TransientError

FAILURES, WITHIN = 10, timedelta(minutes=15)
MOST: Final = 20_000
"""Addresses and targets; beyond, what failed longest ago is forgotten first."""


class TooManyError(TransientError):
    """Too many attempts failed here."""

    code = "sign_in.too_many"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__("signing in", "too many attempts failed", f"Wait {seconds // 60 + 1} minutes and try again")


class Brake:
    """Counts failures in memory, so that an attack writes nothing: each process its own, and none outlives it.

    Threads may share it.
    """

    def __init__(self, clock: Clock, failures: int = FAILURES, most: int = MOST) -> None:
        self._clock, self._failures, self._most = clock, failures, most
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, *whom: str) -> None:
        """Raises: TooManyError while too many attempts of one of these failed."""
        now = self._clock.now()
        with self._lock:
            for one in whom:
                since, count = self._counts.get(one, (now, 0))
                if count >= self._failures and _is_recent(since, now):
                    raise TooManyError(int((since + WITHIN - now).total_seconds()))

    def failed(self, *whom: str) -> None:
        """An attempt of these failed."""
        now = self._clock.now()
        with self._lock:
            for one in whom:
                since, count = self._counts.pop(one, (now, 0))
                self._counts[one] = (since, count + 1) if _is_recent(since, now) else (now, 1)
            while len(self._counts) > self._most:
                self._counts.popitem(last=False)

    @property
    def counted(self) -> int:
        """How many addresses and targets it remembers."""
        return len(self._counts)


def _is_recent(since: datetime, now: datetime) -> bool:
    """Not where the clock was put back since: nobody waits an hour longer for that."""
    return since <= now < since + WITHIN
