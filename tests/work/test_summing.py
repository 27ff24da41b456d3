"""How a route stands, summed up by several at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bridge.model.connections import Connection, Side
from bridge.store.sql import SqlStore
from bridge.work.summing import Summing
from tests.fakes.clock import FakeClock
from tests.store import facts


class Interrupted(FakeClock):
    """Something else is done before it first says what time it is."""

    def __init__(self, now: datetime, meanwhile: Callable[[], None]) -> None:
        super().__init__(now)
        self.meanwhile, self.asked = meanwhile, 0

    def now(self) -> datetime:
        self.asked += 1
        if self.asked == 1:
            self.meanwhile()
        return super().now()


def summing(store: SqlStore, clock: FakeClock) -> Summing:
    return Summing(store, clock, lambda _: ())


def test_who_is_overtaken_reads_once_more_though_the_other_by_a_clock_that_is_ahead(store: SqlStore) -> None:
    with store.unit("ann") as unit:
        unit.connections.put(facts.connection())
        unit.connections.put(Connection(facts.LEDGER, "ledgers", Side.SINK, "1"))
        unit.routes.put(facts.route())
    ahead = summing(store, FakeClock(facts.NOON + timedelta(days=132)))
    clock = Interrupted(facts.NOON, lambda: ahead.all(actor="ben"))

    summing(store, clock).all(actor="ann")

    with store.reading() as unit:
        (kept,) = unit.summaries.all().values()
    assert (kept.summary.at, clock.asked) == (facts.NOON, 2)
