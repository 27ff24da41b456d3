"""What is taken out again is out once, whatever fails on the way and whoever dies; what stays, stays whole."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bridge.delivery import Word
from bridge.errors import BridgeError, ConfigError
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, DAY, Killed, Life, World, id_of
from tests.fakes.ledger import Fault

_S = DeliveryState
BOTH = ("june", "payout")
FAULTS = [Fault.COMMIT_THEN_LOSE, Fault.LOSE_BEFORE_COMMIT, Fault.COMMIT_THEN_BREAK, Fault.BREAK_BEFORE_COMMIT]
KEPT = [Fault.UNAVAILABLE, Fault.REFUSE]


@pytest.fixture
def both(world: World) -> World:
    """A sale and its payout, both in the ledger."""
    deliver_both(world)
    return world


def deliver_both(world: World) -> None:
    world.owe("june")
    world.owe_transfer("payout", after=["june"], same_amount_days=0)
    world.drain()
    assert world.states(BOTH) == {_S.DELIVERED}


def undo(world: World, *names: str, is_again: bool = False, life: Life | None = None) -> None:
    """Press undo; a process whose life ends is gone."""
    world.clock.advance(1)
    process = world.process(life)
    try:
        process.undo(BOOKS, [id_of(name) for name in names], Word("ada", "wrong", is_again), actor="cli")
    finally:
        world.ledger.on_request = lambda _: None


def copies(world: World, name: str) -> int:
    """How many objects of a voucher stand; a voided one does not."""
    voucher = world.delivery(name).due_voucher
    return sum(not copy.is_voided for copy in world.ledger.with_key(voucher.key))


def said(world: World, name: str) -> list[InstructionKind]:
    with world.store.reading() as unit:
        return [one.kind for one in unit.instructions.of_subject(id_of(name))]


def test_killed_at_any_moment_it_is_out_once_more_is_said(make_world: MakeWorld) -> None:
    """D10: each step is finished by the next drain, the rest by the same word; each is booked again as wanted."""
    for ends_at in count(1):
        world = make_world()
        deliver_both(world)
        lived = True
        try:
            undo(world, *BOTH, is_again=True, life=Life(ends_at))
        except Killed:
            lived = False
        world.settle()
        for name in BOTH:
            assert world.state(name) in {_S.DELIVERED, _S.WITHDRAWN}, f"killed at moment {ends_at}"
            assert copies(world, name) == (world.state(name) is _S.DELIVERED), f"killed at moment {ends_at}"
        undo(world, *BOTH, is_again=True)

        assert world.states(BOTH) == {_S.WITHDRAWN}
        assert world.ledger.trial_balance() == {}
        assert {said(world, name)[-1] for name in BOTH} == {InstructionKind.BOOK_AGAIN}
        if lived:
            assert ends_at > 10, "there were moments to die at"
            return


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_answer_lost_again_and_again_stops_no_drain(both: World, fault: Fault) -> None:
    for _ in range(3):
        both.ledger.fail_next_undo(fault)
    both.owe("july")
    with pytest.raises(BridgeError):
        undo(both, *BOTH)
    assert both.state("payout") is _S.UNDOING
    first = both.drain()
    both.clock.advance(DAY)
    both.drain()
    both.settle()
    both.settle()

    assert first.delivered == 1, "what is due goes out beside it"
    assert (both.state("payout"), copies(both, "payout")) == (_S.WITHDRAWN, 0)
    assert (both.state("june"), copies(both, "june")) == (_S.DELIVERED, 1)


@pytest.mark.parametrize("fault", KEPT, ids=str)
def test_what_the_ledger_keeps_while_it_is_finished_stays_and_stops_no_drain(both: World, fault: Fault) -> None:
    both.ledger.fail_next_undo(Fault.LOSE_BEFORE_COMMIT)
    with pytest.raises(BridgeError):
        undo(both, *BOTH)
    both.ledger.fail_next_undo(fault)
    both.settle()

    assert (both.state("payout"), copies(both, "payout")) == (_S.DELIVERED, 1)
    assert "ledger" in both.delivery("payout").note


@pytest.mark.parametrize("is_matched", [False, True])
def test_what_is_matched_or_edited_before_it_is_finished_stays(both: World, is_matched: bool) -> None:
    """Killed on Friday, matched on Saturday: the drain on Monday takes out nothing that a person has used since."""
    both.ledger.fail_next_undo(Fault.LOSE_BEFORE_COMMIT)
    with pytest.raises(BridgeError):
        undo(both, "payout")
    ref = both.delivery("payout").ref
    if is_matched:
        both.ledger.matched[ref] = "it is matched"
    else:
        both.ledger.edit_amount(ref, 5)
    both.settle()

    assert (both.state("payout"), copies(both, "payout")) == (_S.DELIVERED, 1)
    assert ("matched" if is_matched else "edited") in both.delivery("payout").note


@pytest.mark.parametrize("is_known", [False, True])
def test_what_may_be_there_hinders_all(world: World, is_known: bool) -> None:
    """Of one in doubt nobody knows what there is to take out; left alone, half of it would stay."""
    world.owe("june")
    world.drain()
    world.owe("july")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    assert world.state("july") is _S.IN_DOUBT
    if is_known:
        world.settle()
        undo(world, "june", "july")
        assert world.ledger.trial_balance() == {}
        return
    with pytest.raises(ConfigError, match="not known yet") as refused:
        undo(world, "june", "july")
    assert refused.value.code == "undo.hindered"
    assert world.states(["june"]) == {_S.DELIVERED}


def test_what_is_not_sent_is_withdrawn_with_it_unless_all_is_booked_again(world: World) -> None:
    for name, is_again in (("one", False), ("two", True)):
        world.owe(name)
        world.drain()
        world.owe(f"{name} later")
        undo(world, name, f"{name} later", is_again=is_again)
    world.drain()

    assert world.state("one later") is _S.WITHDRAWN
    assert world.state("two later") is _S.DELIVERED


def test_where_one_is_hindered_nothing_is_withdrawn(both: World) -> None:
    both.ledger.matched[both.delivery("june").ref] = "it is matched"
    both.owe("later")
    with pytest.raises(ConfigError, match="matched"):
        undo(both, *BOTH, "later")
    both.drain()

    assert both.states([*BOTH, "later"]) == {_S.DELIVERED}


class Story(RuleBasedStateMachine):
    """Vouchers, undone and booked again, faults, deaths and waiting in any order."""

    make_world: MakeWorld

    def __init__(self) -> None:
        super().__init__()
        self.world: World = self.make_world(index_lag_seconds=30, batch_size=3)
        self.names: list[str] = []

    @rule(is_payout=st.booleans(), waits=st.booleans())
    def owe(self, is_payout: bool, waits: bool) -> None:
        name, after = f"v{len(self.names)}", self.names[-1:] if waits else []
        if is_payout:
            self.world.owe_transfer(name, after=after, same_amount_days=0)
        else:
            self.world.owe(name, after=after)
        self.names.append(name)

    @rule(fault=st.sampled_from([*FAULTS, *KEPT]), of_undo=st.booleans())
    def fail_the_next(self, fault: Fault, of_undo: bool) -> None:
        (self.world.ledger.fail_next_undo if of_undo else self.world.ledger.fail_next_send)(fault)

    @rule(seconds=st.sampled_from([1, 44, 121, DAY]))
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(ends_at=st.none() | st.integers(1, 40))
    def drain(self, ends_at: int | None) -> None:
        self.world.drain_until(Life(ends_at))

    @precondition(lambda self: self.names)
    @rule(of=st.sets(st.integers(0, 20), min_size=1), is_again=st.booleans(), ends_at=st.none() | st.integers(1, 40))
    def undo(self, of: set[int], is_again: bool, ends_at: int | None) -> None:
        names = sorted({self.names[number % len(self.names)] for number in of})
        try:
            undo(self.world, *names, is_again=is_again, life=Life(ends_at))
        except (Killed, BridgeError):
            return
        left = {self.world.state(name) for name in names} - {_S.WITHDRAWN}
        assert left <= {_S.OWED, _S.PARKED}, "what was there is out"

    @invariant()
    def what_is_delivered_stands_once_and_what_is_withdrawn_does_not(self) -> None:
        for name in self.names:
            there, state = copies(self.world, name), self.world.state(name)
            assert there <= 1
            assert there == 1 or state is not _S.DELIVERED, f"{name} is not there"
            assert there == 0 or state not in {_S.WITHDRAWN, _S.OWED, _S.PARKED}, f"{name} is {state}"

    def teardown(self) -> None:
        self.world.ledger.forget_faults()
        self.world.settle()
        for name in self.names:
            assert self.world.state(name) in {_S.DELIVERED, _S.WITHDRAWN, _S.PARKED, _S.OWED}
        self.what_is_delivered_stands_once_and_what_is_withdrawn_does_not()


def test_whatever_fails_in_whatever_order_what_is_undone_is_out(make_world: MakeWorld) -> None:
    machine = type("Machine", (Story,), {"make_world": staticmethod(make_world)})
    run_state_machine_as_test(machine, settings=settings(max_examples=8, stateful_step_count=15))
