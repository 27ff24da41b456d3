"""Leases: one holder at a time, whoever comes, dies or sleeps; who lost one can do nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bridge.errors import StaleError
from bridge.model.leases import Lease, LeaseKind
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.stores import OpenStore
from tests.store import facts

MINUTE = timedelta(minutes=1)
DRAIN, DRIFT, PULL, REFRESH = LeaseKind.DRAIN, LeaseKind.DRIFT, LeaseKind.PULL, LeaseKind.REFRESH


def test_a_lease_is_taken_by_one_and_its_epoch_rises(another: OpenStore) -> None:
    one, two, now = another(), another(), facts.NOON
    with one.unit("one") as unit:
        first = unit.leases.take(DRAIN, facts.LEDGER, "one", now, now + MINUTE)
        assert first == Lease(DRAIN, facts.LEDGER, "one", 1, now + MINUTE) == unit.leases.get(DRAIN, facts.LEDGER)
    with two.unit("two") as unit:
        assert unit.leases.take(DRAIN, facts.LEDGER, "two", now, now + MINUTE) is None
        late = unit.leases.take(DRAIN, facts.LEDGER, "two", now + MINUTE, now + 2 * MINUTE)
        assert late is not None
        assert late.epoch == 2
        assert unit.leases.renew(late, now + 3 * MINUTE).until == now + 3 * MINUTE
    with pytest.raises(StaleError), one.unit("one") as unit:
        unit.leases.renew(first, now + MINUTE)
    with one.unit("one") as unit:
        unit.leases.release(first)
        assert unit.leases.take(DRAIN, facts.LEDGER, "one", now, now + MINUTE) is None
    with two.unit("two") as unit:
        unit.leases.release(late)
        assert unit.leases.get(DRAIN, facts.LEDGER) is None
    with one.unit("one") as unit:
        again = unit.leases.take(DRAIN, facts.LEDGER, "one", now, now + MINUTE)
        assert again is not None
        assert again.epoch == 3


def test_what_is_done_to_one_connection_by_two_is_two_leases(store: SqlStore) -> None:
    now = facts.NOON
    with store.unit("worker") as unit:
        taken = [unit.leases.take(kind, "books", kind.value, now, now + MINUTE) for kind in LeaseKind]
        assert [lease.epoch for lease in taken if lease] == [1] * len(LeaseKind)
        assert unit.leases.take(PULL, "shop", "another", now, now + MINUTE)
        assert {(lease.kind, lease.subject) for lease in unit.leases.all()} == {
            (DRAIN, "books"),
            (DRIFT, "books"),
            (LeaseKind.DUTY, "books"),
            (LeaseKind.INTAKE, "books"),
            (PULL, "books"),
            (PULL, "shop"),
            (REFRESH, "books"),
            (LeaseKind.WORKER, "books"),
        }


def test_takings_of_which_none_is_given_back_are_counted(store: SqlStore) -> None:
    """What kills whoever does it is seen by that."""
    now = facts.NOON

    def take(after: timedelta) -> Lease:
        with store.unit("worker") as unit:
            lease = unit.leases.take(PULL, "shop", f"at {after}", now + after, now + after + MINUTE)
        assert lease is not None
        return lease

    taken = [take(number * MINUTE) for number in range(3)]
    with store.unit("worker") as unit:
        unit.leases.release(taken[-1])

    assert [lease.claims for lease in (*taken, take(3 * MINUTE))] == [1, 2, 3, 1]


def test_the_lease_of_a_dead_holder_is_taken_over_by_one(store: SqlStore) -> None:
    now = facts.NOON
    with store.unit("worker") as unit:
        dead = unit.leases.take(DRAIN, "books", "dead", now, now + MINUTE)
        assert unit.leases.take(DRAIN, "books", "one", now, now + MINUTE, instead_of=dead)
        assert unit.leases.take(DRAIN, "books", "two", now, now + MINUTE, instead_of=dead) is None


def test_units_that_only_take_and_give_back_leave_no_audit_row(store: SqlStore) -> None:
    now = facts.NOON
    with store.unit("worker") as unit:
        lease = unit.leases.take(DRAIN, "books", "worker", now, now + MINUTE)
        assert lease is not None
    with store.unit("worker") as unit:
        unit.leases.release(unit.leases.renew(lease, now + 2 * MINUTE))
    with store.unit("worker") as unit:
        unit.leases.take(DRAIN, "books", "worker", now, now + MINUTE)
        unit.routes.put(facts.route())

    with store.reading() as unit:
        (row,) = unit.audit.rows()
        assert unit.leases.last_at(now) == now
        assert unit.leases.last_at(now - MINUTE) is None
    assert "lease" not in row.notes
    assert "route.put" in row.notes


class Holders(RuleBasedStateMachine):
    """Two processes that want to drain one ledger, and remember every lease they ever had."""

    NUMBERS = count(1)
    WHO = st.sampled_from(["one", "two"])
    WHICH = st.integers(0, 30)

    stores: dict[str, SqlStore]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.ledger = f"ledger {next(self.NUMBERS)}"
        self.voucher = facts.delivery(f"entry of {self.ledger}", ledger=self.ledger)
        self.had: list[Lease] = []
        self.newest: Lease | None = None
        with self.stores["one"].unit("books") as unit:
            unit.deliveries.add(self.voucher)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def is_held(self) -> bool:
        return self.newest is not None and self.newest.until > self.now

    def one_of(self, which: int) -> Lease:
        return self.had[which % len(self.had)]

    def is_newest(self, lease: Lease) -> bool:
        return self.newest is not None and self.newest.epoch == lease.epoch

    @rule(seconds=st.sampled_from([1, 20, 60, 90]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(who=WHO, seconds=st.sampled_from([30, 60]), takes_for_dead=st.booleans())
    def take(self, who: str, seconds: int, *, takes_for_dead: bool) -> None:
        until, before = self.now + timedelta(seconds=seconds), max((one.epoch for one in self.had), default=0)
        other = self.newest if takes_for_dead else None
        with self.stores[who].unit(who) as unit:
            lease = unit.leases.take(DRAIN, self.ledger, who, self.now, until, instead_of=other)
        is_free = not self.is_held or (self.newest is not None and who == self.newest.holder)
        assert (lease is not None) == (is_free or takes_for_dead)
        if lease is not None:
            assert lease.epoch == before + 1
            self.newest = lease
            self.had.append(lease)

    @precondition(lambda self: self.had)
    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        lease, until = self.one_of(which), self.now + MINUTE
        try:
            with self.stores[lease.holder].unit(lease.holder) as unit:
                renewed = unit.leases.renew(lease, until)
        except StaleError:
            assert not self.is_newest(lease)
        else:
            assert self.is_newest(lease)
            self.newest = renewed

    @precondition(lambda self: self.had)
    @rule(which=WHICH)
    def release(self, which: int) -> None:
        lease = self.one_of(which)
        with self.stores[lease.holder].unit(lease.holder) as unit:
            unit.leases.release(lease)
        if self.is_newest(lease):
            self.newest = None

    @precondition(lambda self: self.had)
    @rule(which=WHICH)
    def save(self, which: int) -> None:
        lease = self.one_of(which)
        after = msgspec.structs.replace(self.voucher, due_at=self.now, note=f"by {lease.epoch}")
        try:
            with self.stores[lease.holder].unit(lease.holder) as unit:
                unit.deliveries.move(self.voucher, after, epoch=lease.epoch)
        except StaleError:
            assert not self.is_newest(lease)
        else:
            assert self.is_newest(lease)
            self.voucher = after

    @invariant()
    def whoever_asks_hears_of_one_holder(self) -> None:
        for store in self.stores.values():
            with store.reading() as unit:
                found = unit.leases.get(DRAIN, self.ledger)
                assert unit.deliveries.get(self.voucher.voucher_id) == self.voucher
            assert _facts(found) == _facts(self.newest)


def _facts(lease: Lease | None) -> Any:
    return lease and (lease.holder, lease.epoch, lease.until)


def test_two_holders_are_never_two_at_once_and_who_lost_can_do_nothing(another: OpenStore) -> None:
    machine = type("Machine", (Holders,), {"stores": {"one": another(), "two": another()}})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
