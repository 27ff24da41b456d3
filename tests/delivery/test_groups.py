"""Vouchers that belong together: order, resuming where it stopped, and never deleting."""

from __future__ import annotations

from bridge.delivery import DrainReport
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import DAY, World
from tests.fakes.ledger import TRANSFER, Fault

PARTS = ("may", "june")


def owe_settlement(world: World) -> None:
    world.owe_transfer("bank", after=PARTS)
    for part in PARTS:
        world.owe(part)


def states(world: World) -> list[DeliveryState]:
    return [world.state(name) for name in (*PARTS, "bank")]


def test_bank_leg_waits_for_every_part_of_its_settlement(world: World) -> None:
    owe_settlement(world)
    report: DrainReport = world.drain()
    assert report.delivered == 3
    assert [copy.type for copy in world.ledger.objects()][-1] == TRANSFER


def test_half_sent_settlement_resumes_with_the_first_missing_part(world: World) -> None:
    """F05: partially sent settlements, throttled in the middle."""
    owe_settlement(world)
    world.drain(limit=1)
    world.ledger.fail_next_send(Fault.THROTTLE, seconds=30)
    throttled = world.drain()
    assert (throttled.stopped, throttled.waiting, len(world.ledger.objects())) == ("rate_limited", 2, 1)

    world.settle()

    assert states(world) == [DeliveryState.DELIVERED] * 3
    assert [world.copies(name) for name in (*PARTS, "bank")] == [1, 1, 1]


def test_refused_part_keeps_the_bank_leg_waiting_and_its_good_sibling_standing(world: World) -> None:
    """F06: nothing good is deleted because a sibling failed; F05: the rest follows once it is mended."""
    owe_settlement(world)
    world.ledger.fail_next_send(Fault.REFUSE)
    report = world.drain(patience_seconds=DAY)

    assert sorted(states(world)) == [DeliveryState.DELIVERED, DeliveryState.OWED, DeliveryState.PARKED]
    assert world.state("bank") is DeliveryState.OWED
    assert (report.next_due_at, world.clock.slept) == (None, []), "waiting alone would not help"
    world.clock.advance(DAY)
    for part in PARTS:
        world.say(InstructionKind.RETRY, part)
    world.drain()
    assert states(world) == [DeliveryState.DELIVERED] * 3
    assert len(world.ledger.objects()) == 3


def test_part_in_doubt_keeps_the_bank_leg_waiting(world: World) -> None:
    """F05: what may not be there is not there yet."""
    owe_settlement(world)
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    assert (world.state("bank"), TRANSFER in [copy.type for copy in world.ledger.objects()]) == ("owed", False)

    world.drain(patience_seconds=world.ledger.settle_seconds)

    assert states(world) == [DeliveryState.DELIVERED] * 3
    assert len(world.ledger.objects()) == 3


def test_withdrawn_part_does_not_keep_the_bank_leg_forever(world: World) -> None:
    """A person booked that part by hand; the money reached the bank all the same."""
    owe_settlement(world)
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()
    world.clock.advance(DAY)
    parked = next(part for part in PARTS if world.state(part) is DeliveryState.PARKED)
    world.say(InstructionKind.WITHDRAW, parked)

    world.drain()

    assert (world.state(parked), world.copies(parked)) == (DeliveryState.WITHDRAWN, 0)
    assert world.state("bank") is DeliveryState.DELIVERED


def test_bank_leg_waits_for_a_part_that_is_not_planned_yet(world: World) -> None:
    world.owe_transfer("bank", after=["later"])
    assert world.drain().waiting == 1
    world.owe("later")
    assert world.drain().delivered == 2


def test_more_vouchers_than_are_read_at_once_all_go_out(make_world: MakeWorld) -> None:
    world = make_world(batch_size=50)
    world.owe_transfer("bank", after=["v000", "v219"])
    for number in range(220):
        world.owe(f"v{number:03d}")
    told: list[str] = []
    report = world.process().drain("books", actor="cli", progress=lambda one: told.append(one.voucher_id))
    assert (report.delivered, len(set(told)), len(world.ledger.objects())) == (221, 221, 221)
