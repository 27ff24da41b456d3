"""Ledgers that ask us to wait, or are away: what is left alone, for how long, and that all arrives once."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bridge.delivery.report import LIMIT, PAUSED
from bridge.model.deliveries import DeliveryState
from tests.delivery.world import BOOKS, DAY, World
from tests.fakes.ledger import Fault

NAMES = tuple(f"v{number}" for number in range(8))


def owe_some(world: World) -> None:
    for name in NAMES:
        world.owe(name)


def test_throttled_ledger_is_left_alone_for_as_long_as_it_asked(world: World) -> None:
    """F44: one 429 means the whole ledger, not the next voucher."""
    owe_some(world)
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=40)
    process = world.process()

    report = process.drain(BOOKS, actor="worker")

    assert (report.stopped, world.sends()) == ("rate_limited", 1)
    assert report.next_due_at == world.clock.now() + timedelta(seconds=40)
    world.clock.advance(39)
    assert (process.drain(BOOKS, actor="worker").stopped, world.sends()) == (PAUSED, 1)
    world.clock.advance(1)
    assert process.drain(BOOKS, actor="worker").delivered == len(NAMES)
    assert all(world.copies(name) == 1 for name in NAMES)


def test_patient_drain_waits_out_a_throttle_and_keeps_its_lease(world: World) -> None:
    """F44: longer than the lease would last unrenewed."""
    owe_some(world)
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=500)

    report = world.drain(patience_seconds=600)

    assert (report.delivered, report.stopped, sum(world.clock.slept)) == (len(NAMES), "", 500)
    assert max(world.clock.slept) < 120
    assert all(world.copies(name) == 1 for name in NAMES)


def test_impatient_drain_does_not_wait(world: World) -> None:
    owe_some(world)
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=5)
    world.drain(patience_seconds=4)
    assert world.clock.slept == []


def test_ledger_out_of_reach_is_not_hammered(world: World) -> None:
    owe_some(world)
    for _ in range(3):
        world.ledger.fail_next_send(Fault.UNAVAILABLE)
    report = world.drain()
    assert (report.stopped, world.sends(), report.waiting) == ("unavailable", 3, len(NAMES))

    world.settle()

    assert all(world.copies(name) == 1 for name in NAMES)


def test_one_failure_does_not_stop_the_others(world: World) -> None:
    owe_some(world)
    world.ledger.fail_next_send(Fault.UNAVAILABLE)
    assert world.drain().delivered == len(NAMES) - 1


def test_every_failed_attempt_waits_longer_up_to_a_quarter_of_an_hour(world: World) -> None:
    world.owe("june")
    waits = []
    for _ in range(12):
        world.ledger.fail_next_send(Fault.UNAVAILABLE)
        world.drain()
        due_at = world.delivery("june").due_at
        assert due_at is not None
        waits.append(int((due_at - world.clock.now()).total_seconds()))
        world.clock.advance(waits[-1])
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]
    assert world.delivery("june").round == 0, "the ledger never answered: the header key stays"


def test_limit_ends_a_drain_after_so_many_steps(world: World) -> None:
    owe_some(world)
    report = world.drain(limit=3)
    assert (report.delivered, report.stopped, report.waiting) == (3, LIMIT, len(NAMES) - 3)


def test_drain_with_nothing_owed_ends_at_once_however_patient(world: World) -> None:
    report = world.drain(patience_seconds=DAY)
    assert (report.delivered, world.clock.slept, world.ledger.requests) == (0, [], [])


def test_report_counts_what_waits_for_whom(world: World) -> None:
    for name in ("a", "b", "c", "d"):
        world.owe(name)
    owed = world.delivery("d")
    with world.store.unit("books") as unit:
        held = msgspec.structs.replace(owed, state=DeliveryState.HELD, reason="review")
        unit.deliveries.move(owed, held)
    world.ledger.fail_next_send(Fault.REFUSE)
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.ledger.fail_next_send(Fault.UNAVAILABLE)

    report = world.drain()

    assert (report.parked, report.in_doubt, report.waiting, report.held) == (1, 1, 1, 1)
    assert report.standing[DeliveryState.PARKED] == 1


def test_absurd_wait_that_a_ledger_asks_for_is_cut_to_a_day(world: World) -> None:
    """F44."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=10**18)

    report = world.drain()

    assert report.next_due_at == world.delivery("june").due_at == world.clock.now() + timedelta(days=1)


def test_absurd_patience_is_cut_to_a_week(world: World) -> None:
    world.owe("june")
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=60)
    assert world.drain(patience_seconds=10**17).delivered == 1
