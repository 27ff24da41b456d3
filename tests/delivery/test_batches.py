"""Several vouchers in one call: who goes together, what each comes to, and what one that is bad does to the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import pytest

from bridge.delivery import drain
from bridge.delivery.batches import batches, together
from bridge.delivery.decide import MAX_ATTEMPTS
from bridge.errors import BridgeError, InDoubtError, PluginError, RateLimitedError, RejectedError
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.guarded_sink import GuardedSink
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from bridge.plugin import LookUp, Outcome, Parcel, SinkCapabilities, Sought
from bridge.store.sql import SqlStore
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, HOUR, JUNE_30, NAMES, Life, World, make_ledger
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.ledger import JOURNAL, TRANSFER, FakeLedger, Fault, fake_sink_offer
from tests.fakes.statements import statements

S = DeliveryState
BAD = "v3"
GOOD = tuple(name for name in NAMES if name != BAD)


def of(name: str, error: BridgeError) -> Callable[[Parcel], BridgeError | None]:
    """An error for one voucher, by what it is called here."""
    return lambda parcel: error if parcel.voucher.memo == name else None


# Who goes together


def test_what_is_due_goes_in_batches_of_one_type_and_what_waits_in_the_next(make_world: MakeWorld) -> None:
    world = make_world(batch_size=3, batch_of_one_type=True)
    for number in range(4):
        world.owe(f"invoice {number}")
        world.owe_transfer(f"payment {number}", after=[f"invoice {number}"], same_amount_days=0)

    report = world.drain()

    types = [{voucher.type for voucher in batch} for batch in world.ledger.batches]
    assert (report.delivered, world.sizes()) == (8, [3, 1, 3, 1])
    assert types == [{JOURNAL}, {JOURNAL}, {TRANSFER}, {TRANSFER}]


@pytest.mark.parametrize("at_once", [2, 7, 12, 200])
def test_calls_are_full_while_more_of_their_type_is_due(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """However few of what is due are read at a time: the rest of a type waits for the next of its like."""
    monkeypatch.setattr(drain, "AT_ONCE", at_once)
    world = make_world(batch_size=3, batch_of_one_type=True)
    for number in range(10):
        world.owe(f"invoice {number}")
        world.owe_transfer(f"payment {number}", after=[f"invoice {number}"], same_amount_days=0)

    assert world.drain().delivered == 20
    if at_once > 4:
        assert sorted(world.sizes()) == [1, 1, *[3] * 6]


def test_types_go_together_where_the_ledger_takes_them_so(make_world: MakeWorld) -> None:
    world = make_world(batch_size=3)
    for number in range(3):
        world.owe(f"sale {number}")
        world.owe_transfer(f"payout {number}", same_amount_days=0)
    world.drain()
    assert world.sizes() == [3, 3]


def test_fewer_go_together_after_each_attempt_that_came_to_nothing(eight: World) -> None:
    owed = eight.delivery("v0")
    tried = [msgspec.structs.replace(owed, attempts=attempts) for attempts in range(4)]
    assert [together(one, 50) for one in tried] == [50, 12, 3, 1]
    waited = [msgspec.structs.replace(one, reason="unavailable", attempts=3) for one in tried]
    assert {together(one, 50) for one in waited} == {50}
    assert together(msgspec.structs.replace(owed, reason="rate_limited", attempts=MAX_ATTEMPTS), 50) == 1


def test_what_was_begun_before_comes_first_and_all_of_it_comes_once(eight: World) -> None:
    owed = [eight.delivery(name) for name in NAMES]
    doubted = [msgspec.structs.replace(one, state=S.IN_DOUBT) for one in owed[3:5]]
    begun = [msgspec.structs.replace(one, state=S.SENDING) for one in owed[5:]]
    capabilities = SinkCapabilities(types=(JOURNAL,), number_length=21, tells_editor=False, batch_size=2)

    made = list(batches([*owed[:3], *doubted, *begun], capabilities))

    assert [(len(some), some[0].state) for some in made] == [
        (2, S.SENDING),
        (1, S.SENDING),
        (2, S.IN_DOUBT),
        (2, S.OWED),
        (1, S.OWED),
    ]


def test_limit_cuts_a_batch(eight: World) -> None:
    report = eight.drain(limit=3)
    assert (report.delivered, report.stopped, eight.sizes()) == (3, "delivery.limit", [3])


def test_a_turn_that_is_over_begins_no_further_batch_and_has_sent_one(make_world: MakeWorld) -> None:
    world = make_world(batch_size=3)
    for name in NAMES:
        world.owe(name)
    ends_at = world.clock.now() + timedelta(seconds=5)
    world.ledger.on_request = lambda _: world.clock.advance(6)
    turns = [world.process().drain(BOOKS, actor="cli", ends_at=ends_at) for _ in range(3)]

    assert [(one.delivered, one.is_cut) for one in turns] == [(3, True), (3, True), (2, False)]


# What it costs


def test_a_batch_is_two_audited_writes_and_one_call(eight: World) -> None:
    with eight.store.reading() as unit:
        before = len(list(unit.audit.rows()))

    eight.drain()

    with eight.store.reading() as unit:
        intents, outcomes = list(unit.audit.rows())[before:]
    assert (intents.notes.count("owed to sending"), outcomes.notes.count("sending to delivered")) == (8, 8)
    assert eight.ledger.requests == ["facts", "send"]


def test_a_drain_of_two_hundred_costs_less_than_one_statement_a_voucher(store: SqlStore, clock: FakeClock) -> None:
    """Twenty were told of it once, and four allowed; what a bulk insert sends past SQLAlchemy is one more a batch."""
    world = World(store, clock, make_ledger(clock, batch_size=50))
    for number in range(200):
        world.owe(f"v{number}")

    with statements() as sent:
        report = world.drain()

    assert (report.delivered, world.sizes()) == (200, [50] * 4)
    assert len(sent) < 200


def test_echoes_that_all_differ_are_found_in_bulk(make_world: MakeWorld) -> None:
    def cost(vouchers: int) -> int:
        world = make_world(batch_size=40)
        world.ledger.alters = lambda copy: msgspec.structs.replace(copy, dated_on=JUNE_30 + timedelta(days=1))
        for number in range(vouchers):
            world.owe(f"v{number}")
        with statements() as sent:
            assert world.drain().delivered == vouchers
        with world.store.reading() as unit:
            assert len(unit.findings.of_route("rte_amazon")) == vouchers
        return len(sent)

    assert cost(4) == cost(40)


# Outcomes, one by one


def test_half_of_a_batch_is_refused_and_the_other_half_is_there(eight: World) -> None:
    """F06: good siblings stay, and none is sent again."""
    refused = set(NAMES[::2])
    error = RejectedError("voucher", "the ledger refused it", "Correct it", code="fake.refused")
    eight.ledger.refuses = lambda parcel: error if parcel.voucher.memo in refused else None

    report = eight.drain()

    assert (report.delivered, report.parked, eight.sends()) == (4, 4, 1)
    assert (eight.states(NAMES[::2]), eight.states(NAMES[1::2])) == ({S.PARKED}, {S.DELIVERED})
    assert [eight.copies(name) for name in NAMES] == [0, 1] * 4


def test_a_number_that_is_taken_is_asked_about_once_for_all_of_a_batch(eight: World) -> None:
    """F02: a stranger's parks; our own, from a database that was lost, is delivered."""
    lost = [voucher for name in ("v1", "v2") if (voucher := eight.delivery(name).voucher)]
    for voucher in lost:
        eight.ledger.send(voucher, "of a database that was lost")
    eight.ledger.take_number("AMZ-v3")
    eight.ledger.requests.clear()

    eight.drain()

    assert eight.ledger.requests == ["facts", "send", "look_up"]
    assert (eight.state("v3"), eight.delivery("v3").reason) == (S.PARKED, Reason.NUMBER_TAKEN)
    assert eight.states(GOOD) == {S.DELIVERED}
    assert {eight.copies(name) for name in GOOD} == {1}


def test_a_doubt_about_one_voucher_is_not_one_about_the_others(eight: World) -> None:
    eight.ledger.refuses = of(BAD, InDoubtError("voucher v3", "the answer says nothing about it"))
    eight.drain()
    assert (eight.state(BAD), eight.states(GOOD)) == (S.IN_DOUBT, {S.DELIVERED})


@pytest.mark.parametrize("fault", [Fault.COMMIT_THEN_LOSE, Fault.COMMIT_HALF, Fault.LOSE_BEFORE_COMMIT])
def test_a_lost_answer_puts_its_batch_in_doubt_and_one_look_up_ends_it(eight: World, fault: Fault) -> None:
    """F01: asked about in one call; only what is proven absent goes out again."""
    eight.ledger.fail_next_send(fault)
    first = eight.drain()
    assert (first.in_doubt, first.next_due_at) == (8, eight.clock.now() + timedelta(seconds=60))
    eight.ledger.requests.clear()

    eight.settle()

    assert eight.ledger.requests.count("look_up") == 1
    assert eight.states(NAMES) == {S.DELIVERED}
    assert {eight.copies(name) for name in NAMES} == {1}


def test_answers_for_another_order_of_vouchers_deliver_none_of_them(eight: World) -> None:
    """Each bears the key of another: what became of them is asked, and the right ids are kept."""
    eight.ledger.answers = lambda outcomes: outcomes[::-1]
    eight.drain()
    assert (eight.states(NAMES), {eight.delivery(name).reason for name in NAMES}) == ({S.IN_DOUBT}, {"plugin"})
    eight.ledger.answers = lambda outcomes: outcomes

    eight.settle()

    kept = {eight.delivery(name).ref: eight.delivery(name).due_voucher.key for name in NAMES}
    assert kept == {copy.ref: copy.key for copy in eight.ledger.objects()}
    assert eight.sends() == 1


def test_one_object_told_for_two_vouchers_is_neither(eight: World) -> None:
    """Nothing tells them apart: the echo bears no key, and no number."""
    unnamed = make_unnamed(eight)
    eight.ledger.answers = lambda outcomes: (unnamed(outcomes[1]), unnamed(outcomes[1]), *outcomes[2:])
    eight.drain()
    assert [eight.state(name) for name in NAMES].count(S.IN_DOUBT) == 2
    assert [eight.state(name) for name in NAMES].count(S.DELIVERED) == 6


def test_the_object_of_a_voucher_that_was_delivered_before_is_not_taken_for_another(eight: World) -> None:
    unnamed = make_unnamed(eight)
    eight.drain(limit=1)
    (known,) = eight.ledger.objects()
    eight.ledger.answers = lambda outcomes: (unnamed(known), *outcomes[1:])

    eight.drain()

    assert sorted(map(eight.state, NAMES)) == sorted([S.DELIVERED] * 7 + [S.IN_DOUBT])
    eight.settle()
    assert eight.states(NAMES) == {S.DELIVERED}


def make_unnamed(world: World) -> Callable[[Outcome], Outcome]:
    def unnamed(outcome: Outcome) -> Outcome:
        assert not isinstance(outcome, BridgeError)
        return msgspec.structs.replace(outcome, key="", number="")

    return unnamed


@pytest.mark.parametrize("answers", [lambda all_of_them: all_of_them[1:], list, lambda _: None])
def test_a_batch_that_is_answered_short_is_in_doubt_as_a_whole(
    eight: World, answers: Callable[[tuple[Outcome, ...]], object]
) -> None:
    eight.ledger.answers = answers  # type: ignore[assignment]
    guarded = GuardedSink(eight.ledger, Guard("fake", BOOKS, hosts=NO_HOSTS, seconds=60), ())
    eight.desk = FakeDesk(eight.clock, sinks={BOOKS: guarded}, sink_offers={BOOKS: fake_sink_offer(eight.ledger)})
    eight.drain()
    assert (eight.states(NAMES), eight.delivery(BAD).reason) == ({S.IN_DOUBT}, "plugin.contract")

    eight.settle()

    assert (eight.states(NAMES), {eight.copies(name) for name in NAMES}, eight.sends()) == ({S.DELIVERED}, {1}, 1)
    assert {eight.delivery(name).round for name in NAMES} == {0}, "no answer, as far as we know: the header key stays"


# One that spoils a whole call


def test_one_that_has_a_whole_call_refused_is_parked_and_its_neighbours_go_out(eight: World) -> None:
    """A refusal that names nobody, a body too large: bounded, and at once."""
    eight.ledger.spoils = of(BAD, RejectedError("8 vouchers", "the call is refused", "Ask us", code="fake.body"))

    report = eight.drain()

    assert (eight.state(BAD), eight.delivery(BAD).reason) == (S.PARKED, "fake.body")
    assert (report.delivered, eight.states(GOOD), {eight.copies(name) for name in GOOD}) == (7, {S.DELIVERED}, {1})
    assert eight.sizes() == [8] + [2] * 4 + [1] * 2


def test_one_that_leaves_every_call_in_doubt_is_given_up_and_its_neighbours_go_out(make_world: MakeWorld) -> None:
    world = make_world(batch_size=16)
    names = [f"v{number}" for number in range(16)]
    for name in names:
        world.owe(name)
    world.ledger.spoils = of(BAD, InDoubtError("16 vouchers", "no answer came"))

    world.drain(patience_seconds=8 * HOUR)

    assert (world.state(BAD), world.delivery(BAD).reason) == (S.PARKED, Reason.NEVER_LANDS)
    others = [name for name in names if name != BAD]
    assert (world.states(others), {world.copies(name) for name in others}) == ({S.DELIVERED}, {1})
    assert max(world.delivery(name).attempts for name in others) <= 3
    assert world.sizes() == [16] + [4] * 4 + [1] * 4 + [1] * 3


def test_one_that_spoils_a_look_up_leaves_only_itself_unknown(make_world: MakeWorld) -> None:
    class Choking(FakeLedger):
        def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
            if any(one.voucher.memo == BAD for one in sought):
                self._arrive("look_up")
                raise PluginError("sink fake", "raised KeyError", "Report this to the plugin's author")
            return super().look_up_batch(sought)

    world = make_world()
    world.use(Choking(world.clock, connection=BOOKS, batch_size=8))
    for name in NAMES:
        world.owe(name)
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    world.clock.advance(HOUR)
    world.ledger.requests.clear()

    world.drain()

    assert (world.state(BAD), world.states(GOOD)) == (S.IN_DOUBT, {S.DELIVERED})
    assert world.ledger.requests.count("look_up") == 7


# The whole ledger


def test_a_throttled_batch_is_owed_again_and_one_call_was_enough_to_know(eight: World) -> None:
    """F44."""
    eight.ledger.fail_next_send(Fault.THROTTLE, seconds=40)

    report = eight.drain()

    assert (report.stopped, report.waiting, eight.sends()) == ("rate_limited", 8, 1)
    assert report.next_due_at == eight.clock.now() + timedelta(seconds=40)
    eight.settle()
    assert (eight.states(NAMES), eight.sizes()) == ({S.DELIVERED}, [8, 8])


def test_three_batches_that_do_not_get_through_are_enough(make_world: MakeWorld) -> None:
    world = make_world(batch_size=2)
    for name in NAMES:
        world.owe(name)
    for _ in range(4):
        world.ledger.fail_next_send(Fault.UNAVAILABLE)
    report = world.drain()
    assert (report.stopped, world.sends(), report.waiting) == ("unavailable", 3, 8)


def test_a_ledger_that_asks_one_voucher_of_a_batch_to_wait_is_left_alone(eight: World) -> None:
    """F44: what the others came to is saved first."""
    eight.ledger.refuses = of(BAD, RateLimitedError("the ledger", retry_after_seconds=50))

    report = eight.drain()

    assert (report.delivered, report.waiting, report.stopped) == (7, 1, "rate_limited")
    assert report.next_due_at == eight.clock.now() + timedelta(seconds=50)


def test_a_batch_that_is_not_let_in_counts_as_never_sent(eight: World) -> None:
    """F42."""

    def revoke(request: str) -> None:
        eight.ledger.is_authorized = request == "facts"

    eight.ledger.on_request = revoke
    report = eight.process().drain(BOOKS, actor="worker")

    assert (report.stopped, report.waiting, eight.states(NAMES)) == ("authorization", 8, {S.OWED})
    assert {eight.delivery(name).attempts for name in NAMES} == {0}
    with eight.store.reading() as unit:
        assert unit.connections.get(BOOKS).state == "unauthorized"
    eight.ledger.is_authorized = True
    eight.settle()
    assert (eight.states(NAMES), eight.sizes()) == ({S.DELIVERED}, [8])


# Others, meanwhile


def test_one_that_others_moved_meanwhile_is_left_and_the_others_go(eight: World) -> None:
    def withdraw(request: str) -> None:
        if request == "facts":
            eight.withdraw(BAD)

    eight.ledger.on_request = withdraw
    report = eight.process().drain(BOOKS, actor="worker")

    assert (report.stopped, report.delivered, eight.sizes()) == ("", 7, [7])
    assert (eight.state(BAD), eight.states(GOOD)) == (S.WITHDRAWN, {S.DELIVERED})


def test_one_that_a_person_has_taken_back_falls_out_of_its_batch(eight: World) -> None:
    eight.say(InstructionKind.WITHDRAW, BAD, "booked by hand")
    report = eight.drain()
    assert (report.withdrawn, report.delivered, eight.sizes()) == (1, 7, [7])
    assert eight.delivery(BAD).note == "ada: booked by hand"


def test_a_batch_whose_lease_was_lost_between_its_intents_and_its_call_is_not_sent(eight: World) -> None:
    """D10: another took over, asked, and sent them."""
    rival = eight.process(holder="rival")

    class Sleeper(Life):
        def moment(self, name: str) -> None:
            super().moment(name)
            if name == "unit is saved" and eight.states(NAMES) == {S.SENDING} and not eight.ledger.batches:
                eight.clock.advance(300)
                eight.ledger.on_request = lambda _: None
                rival.drain(BOOKS, actor="worker", patience_seconds=HOUR)

    report = eight.process(Sleeper(), holder="sleeper").drain(BOOKS, actor="worker")

    assert (report.stopped, eight.sends()) == ("delivery.lease_lost", 4)
    assert (eight.states(NAMES), {eight.copies(name) for name in NAMES}) == ({S.DELIVERED}, {1})


def test_checks_before_sending_are_made_for_each_and_the_rest_goes(make_world: MakeWorld) -> None:
    """F08, F38: closed, entered by hand, and clear, in one batch."""
    world = make_world(batch_size=8)
    world.ledger.locked_through = JUNE_30 - timedelta(days=1)
    world.owe("closed", dated_on=JUNE_30 - timedelta(days=5))
    world.owe_transfer("entered")
    world.owe("clear")
    world.ledger.add_foreign(JUNE_30, (("1000", 86_60), ("4000", -86_60)), type="Deposit")

    world.drain()

    assert [world.state(name) for name in ("closed", "entered", "clear")] == [S.PARKED, S.PARKED, S.DELIVERED]
    reasons = [world.delivery(name).reason for name in ("closed", "entered")]
    assert (reasons, world.sends()) == ([Reason.PERIOD_LOCKED, Reason.SAME_AMOUNT], 1)
