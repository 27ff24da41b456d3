"""What is looked for before it is sent, for a whole batch in one call; and what people name instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bridge.delivery import Witness
from bridge.errors import RejectedError
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from bridge.plugin import LookUp, Present, Sought
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, JUNE_30, NAMES, World
from tests.fakes.ledger import Fault

S = DeliveryState


def test_a_database_that_is_the_one_that_sent_last_asks_nothing_before_it_sends(make_world: MakeWorld) -> None:
    """Decision 0057: the days of these came after its first, so no database before it can have sent them."""
    world = make_world(batch_size=8, has_unique_numbers=False)
    later = world.clock.now().date() + timedelta(days=30)
    for name in NAMES:
        world.owe(name, dated_on=later)
    world.drain()
    assert world.ledger.requests == ["facts", "send"]


def test_what_a_database_before_this_one_may_have_sent_is_looked_for_in_one_call(make_world: MakeWorld) -> None:
    """F01: lost with the file beside it, and built anew: no number would refuse them a second time."""
    lost, world = make_world(batch_size=8, has_unique_numbers=False), make_world()
    for name in NAMES:
        lost.owe(name)
    lost.drain(limit=5)
    world.use(lost.ledger)
    for name in NAMES:
        world.owe(name)
    world.ledger.requests.clear()

    report = world.drain()

    assert (report.delivered, world.ledger.requests) == (8, ["facts", "look_up", "send"])
    assert ({world.copies(name) for name in NAMES}, world.sizes()) == ({1}, [5, 3])


def test_a_restored_backup_doubles_nothing_in_batches(make_world: MakeWorld) -> None:
    """F01, decision 0039: what was sent since is found by its key, or parked beside what is like it, in a few calls."""
    lost, world = make_world(batch_size=8, has_unique_numbers=False), make_world()
    owe_unlike(lost)
    lost.drain(limit=5)
    sent = [name for name in NAMES if lost.state(name) is S.DELIVERED]
    lost.ledger.rewrite(lost.delivery(sent[0]).ref)
    world.use(lost.ledger)
    owe_unlike(world)
    Witness(world.store, world.clock, world.head_file).restored(by="ada", reason="the backup of last night")
    world.ledger.requests.clear()

    report = world.drain()

    assert world.ledger.requests == ["facts", "observe", "look_up", "send"]
    assert (world.state(sent[0]), world.delivery(sent[0]).reason) == (S.PARKED, Reason.ALIKE)
    assert ({world.copies(name) for name in NAMES if name != sent[0]}, len(world.ledger.objects())) == ({1}, 8)
    assert report.told[0].startswith("8 looked for in the ledger before sending, 4 found there")


def owe_unlike(world: World) -> None:
    """Of eight amounts and days."""
    for number, name in enumerate(NAMES, start=1):
        lines = (("1200", 100 * number), ("4000", -100 * number))
        world.owe(name, lines, dated_on=JUNE_30 - timedelta(days=number))


def test_people_name_several_objects_and_each_is_taken_or_told_why_not(make_world: MakeWorld) -> None:
    world = make_world(batch_size=8)
    names = ("a", "b", "c")
    for name in names:
        world.owe(name)
    world.ledger.refuses = lambda _: RejectedError("voucher", "the ledger refused it", "Correct it")
    world.drain()
    world.clock.advance(60)
    ref = world.ledger.add_foreign(JUNE_30, (("1200", 1), ("4000", -1)))
    for name, said in (("a", ref), ("b", "nowhere"), ("c", "nowhere either")):
        world.say(InstructionKind.ADOPT, name, ref=said)

    report = world.drain()

    assert (report.delivered, [world.state(name) for name in names]) == (1, [S.DELIVERED, S.PARKED, S.PARKED])
    assert (world.delivery("a").ref, "no JournalEntry nowhere," in world.delivery("b").note) == (ref, True)


def test_one_object_is_not_taken_for_two_vouchers_on_a_persons_word(make_world: MakeWorld) -> None:
    world = make_world(batch_size=8)
    for name in ("a", "b"):
        world.owe(name)
    world.ledger.refuses = lambda _: RejectedError("voucher", "the ledger refused it", "Correct it")
    world.drain()
    world.clock.advance(60)
    ref = world.ledger.add_foreign(JUNE_30, (("1200", 1), ("4000", -1)))
    for name in ("a", "b"):
        world.say(InstructionKind.ADOPT, name, ref=ref)

    world.drain()

    assert world.states(("a", "b")) == {S.PARKED}
    assert "is another voucher's" in world.delivery("a").note


def test_what_came_to_nothing_before_is_looked_for_again_where_no_number_guards_it(make_world: MakeWorld) -> None:
    """F01: proven absent, and due some time later: the first request may have landed since."""
    world = make_world(batch_size=8, has_unique_numbers=False)
    later = world.clock.now().date() + timedelta(days=30)
    for name in NAMES:
        world.owe(name, dated_on=later)
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.clock.advance(60)
    world.ledger.requests.clear()
    lost = world.delivery("v0").due_voucher

    def land_late(request: str) -> None:
        if request == "facts":
            world.ledger.on_request = lambda _: None
            world.ledger.send(lost, "the first request, delayed in the network")

    world.ledger.on_request = land_late
    world.process().drain(BOOKS, actor="cli")

    assert world.ledger.requests[:3] == ["look_up", "facts", "send"]
    assert ({world.copies(name) for name in NAMES}, world.states(NAMES)) == ({1}, {S.DELIVERED})


def test_a_look_up_without_an_answer_sends_none_of_its_batch(make_world: MakeWorld) -> None:
    """F07: not answered is not absent."""
    world = make_world(batch_size=8, has_unique_numbers=False)
    for name in NAMES:
        world.owe(name)
    world.ledger.fail_next_read()
    world.drain(limit=8)
    assert (world.states(NAMES), world.sends()) == ({S.OWED}, 0)
    world.settle()
    assert ({world.copies(name) for name in NAMES}, world.states(NAMES)) == ({1}, {S.DELIVERED})


def test_an_answer_for_another_voucher_is_no_proof_that_this_one_is_there(eight: World) -> None:
    """F01: it stays in doubt, and is asked about again."""
    eight.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    eight.drain()
    eight.clock.advance(60)
    ask = eight.ledger.look_up_batch

    def of_others(sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        answers = ask(sought)
        assert all(isinstance(answer, Present) for answer in answers)
        return answers[::-1]

    eight.ledger.look_up_batch = of_others  # type: ignore[method-assign]
    eight.drain()
    assert eight.states(NAMES) == {S.IN_DOUBT}
    eight.ledger.look_up_batch = ask  # type: ignore[method-assign]

    eight.settle()

    assert (eight.states(NAMES), eight.sends()) == ({S.DELIVERED}, 1)
