"""Processes that share one vendor's limits over one database."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bridge.clock import SystemClock
from bridge.host.budgets import Budgets
from bridge.model.budgets import Limit
from bridge.model.connections import Connection, Side
from bridge.store.sql import SqlStore, open_store
from bridge.transport import Budget
from tests.fakes.clock import FakeClock
from tests.fakes.stores import Database, OpenStore

BOOKS = Connection(name="books", plugin="xero", side=Side.SINK, account="one")
OTHERS = Connection(name="other-books", plugin="xero", side=Side.SINK, account="two")
MINUTE = Limit("requests", 60, 60)
OF_APP = Limit("requests", 90, 60, is_of_app=True)


def budget(store: SqlStore, clock: FakeClock | SystemClock, *limits: Limit, of: Connection = BOOKS) -> Budget:
    """As another process has it."""
    found = Budgets(store, clock).of(of, limits)
    assert found is not None
    return found


class NoPatience(FakeClock):
    """Nobody waits by it."""

    def sleep(self, seconds: float) -> None:
        raise TimeoutError


class ShiftsEnd(SystemClock):
    """The machine's own, by which nobody waits beyond a certain time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def sleep(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._end:
            raise TimeoutError
        super().sleep(seconds)


def calls(one: Budget) -> int:
    """How many leave at this moment."""
    many = 0
    with suppress(TimeoutError):
        while True:
            one.take()
            many += 1
    return many


def test_two_processes_share_what_an_account_is_allowed(another: OpenStore) -> None:
    clock = NoPatience()
    one, two = budget(another(), clock, MINUTE), budget(another("another organisation"), clock, MINUTE)
    for _ in range(20):
        one.take()
        two.take()

    assert calls(one) + calls(two) in range(20 - 6, 21)


def test_each_account_has_its_own_and_the_application_one_for_all(another: OpenStore) -> None:
    clock = NoPatience()
    ours = budget(another(), clock, MINUTE, OF_APP)
    theirs = budget(another(), clock, MINUTE, OF_APP, of=OTHERS)

    assert calls(ours) == 60
    assert calls(theirs) in range(30 - 6, 31)


def test_one_process_has_one_budget_an_account(sqlite_store: SqlStore, clock: FakeClock) -> None:
    budgets = Budgets(sqlite_store, clock)

    assert budgets.of(BOOKS, (MINUTE,)) is budgets.of(BOOKS, (MINUTE,))
    assert budgets.of(BOOKS, (MINUTE,)) is not budgets.of(OTHERS, (MINUTE,))
    assert budgets.of(BOOKS, ()) is None


def test_a_block_is_a_few_statements_and_no_audit_row(store: SqlStore, clock: FakeClock) -> None:
    limits = (Limit("requests", 500, 60), Limit("requests", 9, 1))
    one = budget(store, clock, *limits)
    for _ in range(40):
        one.take()
        clock.advance(0.25)
    told: list[str] = []
    sa.event.listen(sa.Engine, "before_cursor_execute", note := lambda *said: told.append(said[2]))
    for _ in range(120):
        one.take()
        clock.advance(0.25)
    sa.event.remove(sa.Engine, "before_cursor_execute", note)

    written = [words for words in told if words.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(written) <= 2 * 120 / 15
    assert len(told) <= 6 * 120 / 15
    with store.reading() as unit:
        assert unit.audit.verify()[0] == 0


def most_in_a_span(left_at: Sequence[datetime], seconds: float) -> int:
    return max(
        sum(first <= at < first + timedelta(seconds=seconds) for at in left_at[place:])
        for place, first in enumerate(left_at)
    )


@pytest.mark.parametrize("limits", [(Limit("requests", 12, 1),), (Limit("requests", 3, 1), Limit("requests", 5, 2))])
def test_threads_of_two_processes_together_are_never_over_the_limit(
    database: Database, limits: tuple[Limit, ...]
) -> None:
    """F44, in real time: two stores over one database, two threads each."""
    stores = [open_store(database.url, "local", SystemClock()) for _ in range(2)]
    left_at: list[datetime] = []
    clock = ShiftsEnd(3)

    def call(one: Budget) -> None:
        with suppress(TimeoutError):
            while True:
                one.take()
                left_at.append(clock.now())

    threads = [
        threading.Thread(target=call, args=(one,))
        for one in [budget(store, clock, *limits) for store in stores]
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()

    assert len(left_at) > limits[0].many
    for limit in limits:  # a tenth less long, for a thread may be late in writing down that it was let through
        assert most_in_a_span(sorted(left_at), limit.seconds * 0.9) <= limit.many
