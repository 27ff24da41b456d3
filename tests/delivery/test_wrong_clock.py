"""A clock that was a year ahead once: what it left behind is told, and freed by one command."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bridge.delivery import jump, put_right, times
from bridge.delivery.decide import intent, parked
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.leases import LeaseKind
from tests.delivery.world import BOOKS, DAY, World, id_of
from tests.fakes.ledger import Fault

YEAR = timedelta(days=365)


def beyond(world: World) -> list[tuple[str, str]]:
    return [(one.what, one.name) for one in times(world.store, world.clock).beyond]


def leave(world: World, *moves: Delivery) -> None:
    """Leave a voucher as a process would have that knew no better."""
    for after in moves:
        with world.store.unit("a year ahead") as unit:
            unit.deliveries.move(world.delivery("june"), after)


@pytest.fixture
def doubted(either_world: World) -> World:
    """A voucher that went into doubt while the clock was a year ahead."""
    world = either_world
    world.owe("june")
    world.clock.advance(YEAR.total_seconds())
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.clock.advance(-YEAR.total_seconds())
    assert world.state("june") is DeliveryState.IN_DOUBT
    return world


def test_a_voucher_in_doubt_until_next_year_is_told_and_freed(doubted: World) -> None:
    assert doubted.settle().in_doubt == 1, "nothing is due"
    assert beyond(doubted) == [("voucher", id_of("june"))]

    done = put_right(doubted.store, doubted.clock, "ada")

    assert [one.name for one in done] == [id_of("june")]
    assert doubted.drain(patience_seconds=DAY).delivered == 1
    assert (doubted.copies("june"), doubted.sends()) == (1, 2)
    assert beyond(doubted) == []
    assert put_right(doubted.store, doubted.clock, "ada") == ()


def test_a_voucher_whose_sending_was_cut_off_a_year_ahead_is_looked_up_and_not_sent_twice(world: World) -> None:
    world.owe("june")
    leave(world, intent(world.delivery("june"), world.clock.now() + YEAR))
    world.settle()
    assert world.state("june") is DeliveryState.SENDING

    put_right(world.store, world.clock, "ada")

    assert world.settle().delivered == 1
    assert world.copies("june") == 1


def test_a_voucher_parked_at_a_time_to_come_is_freed_for_what_people_say_then(world: World) -> None:
    world.owe("june")
    ahead = world.clock.now() + YEAR
    sending = intent(world.delivery("june"), world.clock.now())
    leave(world, sending, parked(sending, "refused", "a note", ahead))
    world.say(InstructionKind.RETRY, "june")
    world.settle()
    assert world.state("june") is DeliveryState.PARKED, "what is said now would count as said before"

    put_right(world.store, world.clock, "ada")
    world.clock.advance(1)
    world.say(InstructionKind.RETRY, "june")

    assert world.drain().delivered == 1


def test_a_decision_given_a_year_ahead_neither_counts_nor_hinders_the_next(world: World) -> None:
    """It would be newest, and carried out again and again, for a year."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()
    with world.store.unit("ada") as unit:
        ahead = world.clock.now() + YEAR
        unit.instructions.add(Instruction(InstructionKind.RETRY, id_of("june"), "ada", "mended", ahead))
    world.settle()
    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 1)
    assert beyond(world) == [("decision", f"retry {id_of('june')}")]

    world.say(InstructionKind.WITHDRAW, "june")
    world.drain()

    assert world.state("june") is DeliveryState.WITHDRAWN


def test_leases_that_last_until_next_year_are_told_and_freed(world: World) -> None:
    world.owe("june")
    now = world.clock.now()
    with world.store.unit("elsewhere") as unit:
        unit.leases.take(LeaseKind.DRAIN, BOOKS, "a machine elsewhere", now, now + YEAR)
        unit.leases.take(LeaseKind.DRIFT, BOOKS, "the same", now, now + YEAR)
    assert world.drain().delivered == 0
    assert beyond(world) == [("lease", BOOKS), ("lease", f"drift {BOOKS}")]

    put_right(world.store, world.clock, "ada")

    assert world.drain().delivered == 1
    assert beyond(world) == []


def test_a_refresh_of_a_token_that_lasts_until_next_year_is_told_and_freed(world: World) -> None:
    now = world.clock.now()
    with world.store.unit("elsewhere") as unit:
        assert unit.leases.take(LeaseKind.REFRESH, BOOKS, "elsewhere", now + YEAR, now + YEAR)
    assert beyond(world) == [("sign-in", BOOKS)]

    put_right(world.store, world.clock, "ada")

    with world.store.unit("here") as unit:
        assert unit.leases.take(LeaseKind.REFRESH, BOOKS, "here", now, now + timedelta(seconds=60))


def test_the_longest_wait_that_a_ledger_may_ask_for_is_no_wrong_clock(world: World) -> None:
    world.owe("june")
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=7 * DAY)
    world.drain()

    assert beyond(world) == []


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-YEAR, "the last run was at 2026-07-01 12:00 UTC by its clock, and now it is 2025-07-01 12:00 UTC"),
        (YEAR, "nothing was written since 2026-07-01 12:00 UTC, 365 days ago"),
        (timedelta(days=30), ""),
        (timedelta(minutes=-1), ""),
    ],
)
def test_a_jump_of_the_clock_between_two_runs_is_noticed(world: World, passed: timedelta, words: str) -> None:
    world.owe("june")
    world.clock.advance(passed.total_seconds())

    assert jump(world.store, world.clock) == words


def test_nothing_is_odd_about_the_first_run(world: World) -> None:
    assert msgspec.structs.replace(times(world.store, world.clock), last_at=None).jump == ""
