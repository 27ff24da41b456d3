"""An engine without threads or tables: what was offered is handed out when the test says so, each token once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.work.worker.engine import Offer


class PlainEngine:
    """See ``work.worker.engine.Engine``."""

    def __init__(self) -> None:
        self.waiting: list[Offer] = []
        self._tokens: set[str] = set()
        self.is_stopped = False

    def start(self, do: Callable[[str], None]) -> None:
        self.do = do

    def offer(self, offers: Sequence[Offer], now: datetime) -> None:
        self.waiting += [one for one in offers if one.token not in self._tokens]
        self._tokens |= {one.token for one in offers}

    def hand_out(self) -> list[str]:
        """All that waits, in its order."""
        some, self.waiting = self.waiting, []
        for one in some:
            self.do(one.key)
        return [one.key for one in some]

    def stop(self, seconds: int) -> None:
        self.is_stopped = True
