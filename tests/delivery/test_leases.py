"""Two who would drain one ledger, and the one who slept too long."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bridge.delivery import Deliverer, DrainReport
from bridge.delivery.report import BUSY
from bridge.delivery.service import LEASE_SECONDS
from bridge.errors import ConfigError
from bridge.host.holder import holder_name
from bridge.model.deliveries import DeliveryState
from bridge.transport.limits import LONGEST_WAIT
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, DAY, Killed, Life, World
from tests.fakes.ledger import Fault

LEASE_LOST = "delivery.lease_lost"


def test_second_drainer_is_told_who_drains_and_until_when(either_world: World) -> None:
    world = either_world
    world.owe("june")
    told: list[DrainReport] = []
    rival = world.process(holder="rival")

    def ask_in(request: str) -> None:
        if request == "send":
            told.append(rival.drain(BOOKS, actor="cli"))

    world.ledger.on_request = ask_in
    report = world.process(holder="worker 7").drain(BOOKS, actor="worker")

    assert (report.delivered, told[0].stopped, told[0].delivered) == (1, BUSY, 0)
    assert "worker 7" in told[0].note
    assert told[0].next_due_at is not None
    assert world.copies("june") == 1


def test_lease_is_given_back_at_the_end_and_after_an_error(world: World) -> None:
    def break_down(request: str) -> None:
        raise ZeroDivisionError

    world.owe("june")
    world.ledger.on_request = break_down
    with pytest.raises(ZeroDivisionError):
        world.process().drain(BOOKS, actor="cli")
    assert world.drain().delivered == 1
    assert world.drain().stopped == ""


def test_lease_of_a_dead_process_lapses(world: World) -> None:
    """D10."""
    world.owe("june")
    assert not world.drain_until(Life(ends_at=6))
    assert world.drain().stopped == BUSY

    world.clock.advance(LEASE_SECONDS + 1)

    assert world.drain(patience_seconds=60).stopped == ""
    assert (world.state("june"), world.copies("june")) == (DeliveryState.DELIVERED, 1)


def test_process_that_slept_past_its_lease_sends_nothing(world: World) -> None:
    """D10: between its intent and its send another took over."""
    world.owe("june")
    rival = world.process(holder="rival")
    sleeper = world.process(_Sleeper(world, rival), holder="sleeper")

    report = sleeper.drain(BOOKS, actor="worker")

    assert (report.stopped, world.copies("june"), world.sends()) == (LEASE_LOST, 1, 1)
    assert world.state("june") is DeliveryState.DELIVERED


def test_process_whose_lease_passed_on_saves_no_intent(world: World) -> None:
    """D10: the epoch fences the save itself, also where the other has not touched the row."""
    world.owe("june")
    rival = world.process(holder="rival")

    def sleep(request: str) -> None:
        if request == "facts":
            world.clock.advance(300)
            rival.drain(BOOKS, actor="worker", limit=0)

    world.ledger.on_request = sleep
    report = world.process(holder="sleeper").drain(BOOKS, actor="worker")

    june = world.delivery("june")
    assert (report.stopped, june.state, june.attempts, world.sends()) == (LEASE_LOST, DeliveryState.OWED, 0, 0)


@pytest.mark.parametrize("name", ["june", "payout"])
def test_drainer_frozen_inside_its_send_writes_nothing_more_to_the_store(world: World, name: str) -> None:
    """D10, the one window that remains: frozen between the last look at its lease and its request.

    A number is refused the second time. What carries none (a transfer) then stands twice where the vendor forgot the
    header key, with the same key, where
    the next drift run finds it; the store knows one.
    """
    world.owe("june") if name == "june" else world.owe_transfer("payout")
    rival = world.process(holder="rival")
    frozen: list[DrainReport] = []

    def freeze(request: str) -> None:
        if request == "send" and not frozen:
            world.clock.advance(300)
            world.ledger.on_request = lambda _: None
            frozen.append(rival.drain(BOOKS, actor="worker", patience_seconds=DAY))

    world.ledger.on_request = freeze
    report = world.process(holder="frozen").drain(BOOKS, actor="worker")

    assert (report.stopped, frozen[0].delivered) == (LEASE_LOST, 1)
    assert world.copies(name) == (1 if name == "june" else 2)
    delivered = world.delivery(name)
    assert delivered.state is DeliveryState.DELIVERED
    assert delivered.ref == world.ledger.objects()[0].ref
    assert world.drain().delivered == 0


def test_transfer_of_a_frozen_drainer_stands_once_where_the_vendor_replays(make_world: MakeWorld) -> None:
    """D10: both bear the same header key, for silence raises no round."""
    world = make_world(replays_header_keys=True)
    world.owe_transfer("payout")
    rival = world.process(holder="rival")
    frozen: list[DrainReport] = []

    def freeze(request: str) -> None:
        if request == "send" and not frozen:
            world.clock.advance(300)
            world.ledger.on_request = lambda _: None
            frozen.append(rival.drain(BOOKS, actor="worker", patience_seconds=DAY))

    world.ledger.on_request = freeze
    report = world.process(holder="frozen").drain(BOOKS, actor="worker")

    assert (report.stopped, frozen[0].delivered, world.copies("payout")) == (LEASE_LOST, 1, 1)


def test_lease_is_renewed_while_a_long_drain_goes_on(world: World) -> None:
    """Each send takes a while; the whole takes longer than the lease."""
    for number in range(10):
        world.owe(f"v{number}")
    rival = world.process(holder="rival")
    told: list[str] = []

    def take_a_while(request: str) -> None:
        if request == "send":
            world.clock.advance(50)
            told.append(rival.drain(BOOKS, actor="cli").stopped)

    world.ledger.on_request = take_a_while
    report = world.process().drain(BOOKS, actor="worker")

    assert (report.delivered, set(told)) == (10, {BUSY})


def test_lease_is_renewed_while_a_patient_drain_waits(world: World) -> None:
    world.owe("june")
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=500)
    rival = world.process(holder="rival")
    told: list[str] = []
    world.clock.on_sleep = lambda: told.append(rival.drain(BOOKS, actor="cli").stopped)

    report = world.process().drain(BOOKS, actor="worker", patience_seconds=600)

    assert (report.delivered, set(told)) == (1, {BUSY})


def test_holder_that_died_on_this_machine_is_not_waited_for(world: World) -> None:
    """D10: killed, and started again at once."""
    world.owe("june")
    machine, pid, started, random = holder_name().rsplit("/", 3)
    dead = world.process(Life(ends_at=6), holder=f"{machine}/{pid}/{int(started) - 1}/{random}")
    with pytest.raises(Killed):
        dead.drain(BOOKS, actor="worker")

    report = world.drain(patience_seconds=60)

    assert (report.stopped, world.state("june"), world.copies("june")) == ("", DeliveryState.DELIVERED, 1)


def test_many_drainers_at_once_deliver_each_voucher_once(either_world: World) -> None:
    """F01, D10: threads that race for the lease over a real database."""
    world = either_world
    names = [f"v{number}" for number in range(12)]
    for name in names:
        world.owe(name)
    start = threading.Barrier(4)

    def race(process: Deliverer) -> None:
        start.wait()
        for _ in range(3):
            process.drain(BOOKS, actor="worker")

    threads = [threading.Thread(target=race, args=(world.process(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.settle()

    assert [world.copies(name) for name in names] == [1] * 12
    assert {world.state(name) for name in names} == {DeliveryState.DELIVERED}


def test_unknown_ledger_is_refused(world: World) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        world.process().drain("nowhere", actor="cli")


class _Sleeper(Life):
    """Falls asleep once its intent is saved, and wakes when a rival has done the work."""

    def __init__(self, world: World, rival: Deliverer) -> None:
        super().__init__()
        self._world, self._rival = world, rival
        self._slept = False

    def moment(self, name: str) -> None:
        super().moment(name)
        if name == "unit is saved" and not self._slept and self._world.state("june") is DeliveryState.SENDING:
            self._slept = True
            self._world.clock.advance(300)
            self._rival.drain(BOOKS, actor="worker", patience_seconds=DAY)


def test_a_lease_outlasts_the_wait_of_a_call_for_its_turn() -> None:
    """F01: what is sent under a lease that lapsed while it waited may be sent by another too."""
    assert timedelta(seconds=LEASE_SECONDS) / 2 > LONGEST_WAIT
