"""A vendor's limits, kept before they are met."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from bridge.clock import Clock

_MARGIN = 1.02  # a call may reach the vendor a little later or sooner after the one before than it left us


class Budget:
    """How many calls may still leave now; whoever is over it waits its turn.

    Shape:    each limit is (what, how many, per seconds), and holds over every span of that length: a bucket that
              is full at the start of a vendor's minute and refills during it would let through nearly twice the
              limit. That costs no time, for the fastest schedule that never breaks a limit is just this one.
    Twice:    safe to share between threads; turns are given in the order they are asked for.
    """

    def __init__(self, limits: Iterable[tuple[str, int, int]], clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spans = [_Span(what, many, timedelta(seconds=per * _MARGIN)) for what, many, per in limits]

    def take(self, what: str = "requests") -> None:
        """Wait until one more of ``what`` may leave, and count it."""
        with self._lock:
            now = self._clock.now()
            spans = [span for span in self._spans if span.what == what]
            turn = max([now, *(span.next_turn() for span in spans if span.is_full())])
            for span in spans:
                span.turns.append(turn)
        if turn > now:
            self._clock.sleep((turn - now).total_seconds())


class _Span:
    """One limit, and the latest turns given under it."""

    def __init__(self, what: str, many: int, length: timedelta) -> None:
        self.what, self.length = what, length
        self.turns = deque[datetime](maxlen=many)

    def is_full(self) -> bool:
        return len(self.turns) == self.turns.maxlen

    def next_turn(self) -> datetime:
        return self.turns[0] + self.length
