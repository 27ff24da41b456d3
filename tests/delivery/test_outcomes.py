"""What each answer of a ledger leads to: the state, the code, and one object in the ledger in the end."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bridge.delivery import decide
from bridge.errors import InDoubtError
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import ECHO_DIFFERS, FindingState, Severity
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Parcel
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, HOUR, ROUTE, World
from tests.fakes.ledger import Fault


def test_delivered_voucher_keeps_the_ledgers_id_and_its_echo_as_baseline(world: World) -> None:
    world.owe("june")

    report = world.drain()

    delivery = world.delivery("june")
    (copy,) = world.ledger.objects()
    assert (delivery.state, delivery.ref, delivery.reason) == (DeliveryState.DELIVERED, copy.ref, "")
    assert (report.delivered, report.waiting, report.stopped, report.next_due_at) == (1, 0, "", None)
    with world.store.reading() as unit:
        assert unit.deliveries.baseline(BOOKS, copy.ref) == copy


def test_pressing_deliver_twice_sends_nothing_the_second_time(world: World) -> None:
    """F09: the same settlement three times in a ledger because a person pressed again."""
    world.owe("june")
    world.drain()
    requests = len(world.ledger.requests)

    again = world.drain()

    assert (again.delivered, world.copies("june")) == (0, 1)
    assert len(world.ledger.requests) == requests, "not even a question is needed"


def test_lost_answer_is_looked_up_before_anything_is_sent_again(world: World) -> None:
    """F01: request succeeded, reply lost."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)

    first = world.drain()

    assert (world.state("june"), first.in_doubt, world.sends()) == (DeliveryState.IN_DOUBT, 1, 1)
    assert first.next_due_at == world.clock.now() + timedelta(seconds=world.ledger.settle_seconds)
    world.clock.advance(world.ledger.settle_seconds)
    world.drain()
    assert (world.state("june"), world.copies("june"), world.sends()) == (DeliveryState.DELIVERED, 1, 1)


def test_second_send_follows_only_proven_absence_and_bears_the_same_header_key(world: World) -> None:
    """F01: were the lost request to land after all, the vendor would see one and the same."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.clock.advance(world.ledger.settle_seconds)

    world.drain()

    assert (world.state("june"), world.copies("june"), world.delivery("june").round) == (
        DeliveryState.DELIVERED,
        1,
        0,
    )
    first, second = world.ledger.header_keys
    assert first == second
    assert world.ledger.requests == ["facts", "send", "look_up", "facts", "send"]


def test_lost_request_that_lands_after_its_repeat_makes_no_second_transfer(make_world: MakeWorld) -> None:
    """F01: sent, silence, proven absent, sent again; then the first one lands. No number guards a transfer."""
    world = make_world(replays_header_keys=True)
    world.owe_transfer("payout", same_amount_days=0)
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.settle()
    voucher = world.delivery("payout").voucher
    assert voucher is not None

    world.ledger.send(voucher, world.ledger.header_keys[0])

    assert (world.state("payout"), world.copies("payout"), world.sends()) == (DeliveryState.DELIVERED, 1, 3)


def test_header_key_that_the_vendor_has_answered_to_is_not_used_again(world: World) -> None:
    """F01: QuickBooks' 600 says that the key is used up; the same key would get the same answer for ever."""
    world.owe("june")

    def refuses_the_first_key(parcel: Parcel) -> _KeyUsedError | None:
        return _KeyUsedError("voucher june", "the key is in use") if parcel.header_key.endswith("-0") else None

    world.ledger.refuses = refuses_the_first_key
    world.drain()
    assert world.delivery("june").reason == _KeyUsedError.code

    world.settle()

    june = world.delivery("june")
    assert (june.state, june.round, world.copies("june")) == (DeliveryState.DELIVERED, 1, 1)


def test_nothing_is_asked_before_the_ledger_has_settled(make_world: MakeWorld) -> None:
    """F01: an index that lags would swear that a committed voucher is absent."""
    world = make_world(settle_seconds=60, index_lag_seconds=59)
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()

    world.clock.advance(58)
    world.drain()
    assert "look_up" not in world.ledger.requests
    world.clock.advance(2)
    world.drain()

    assert (world.state("june"), world.copies("june"), world.sends()) == (DeliveryState.DELIVERED, 1, 1)


@pytest.mark.parametrize("fault", [Fault.COMMIT_THEN_BREAK, Fault.BREAK_BEFORE_COMMIT])
def test_plugins_own_mistake_after_the_send_began_is_a_doubt_not_a_refusal(world: World, fault: Fault) -> None:
    """D10: an exception of unknown meaning proves nothing."""
    world.owe("june")
    world.ledger.fail_next_send(fault)
    world.drain()
    assert (world.state("june"), world.delivery("june").reason) == (DeliveryState.IN_DOUBT, "plugin")

    world.settle()

    assert (world.state("june"), world.copies("june")) == (DeliveryState.DELIVERED, 1)


def test_unknown_never_causes_a_write(world: World) -> None:
    """F07: a read that fails is not an absence, however often it fails."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    waits = []
    for _ in range(6):
        world.ledger.fail_next_read()
        due_at = world.delivery("june").due_at
        assert due_at is not None
        waits.append(due_at - world.clock.now())
        world.clock.advance(waits[-1].total_seconds())
        world.drain()
        assert (world.state("june"), world.sends()) == (DeliveryState.IN_DOUBT, 1)
    assert waits[1:] == sorted(waits[1:]), "it is asked less and less often"

    world.settle()

    assert (world.state("june"), world.copies("june"), world.sends()) == (DeliveryState.DELIVERED, 1, 1)


def test_refusal_parks_one_voucher_with_its_code_and_the_run_goes_on(world: World) -> None:
    """F06: good siblings stay, and none is deleted."""
    for name in ("april", "may", "june"):
        world.owe(name)
    world.ledger.fail_next_send(Fault.REFUSE, code="quickbooks.6000")

    report = world.drain()

    states = sorted(world.state(name) for name in ("april", "may", "june"))
    assert states == [DeliveryState.DELIVERED, DeliveryState.DELIVERED, DeliveryState.PARKED]
    assert (report.delivered, report.parked, len(world.ledger.objects())) == (2, 1, 2)
    (parked,) = (d for d in map(world.delivery, ("april", "may", "june")) if d.state is DeliveryState.PARKED)
    assert parked.reason == "quickbooks.6000"
    assert parked.note.endswith("Correct it.")


def test_parked_voucher_is_not_sent_again_by_itself(world: World) -> None:
    world.owe("june")
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()

    world.settle()

    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 1)


def test_strangers_number_parks_the_voucher(world: World) -> None:
    """F02: the number is taken, and what carries it is not ours."""
    world.owe("june")
    world.ledger.take_number("AMZ-june")

    world.drain()

    delivery = world.delivery("june")
    assert (delivery.state, delivery.reason) == (DeliveryState.PARKED, Reason.NUMBER_TAKEN)
    assert "number AMZ-june is taken" in delivery.note
    assert world.copies("june") == 0


def test_number_taken_by_our_own_earlier_send_means_delivered(world: World, make_world: MakeWorld) -> None:
    """F02: a rebuilt database meets its own voucher in the ledger."""
    rebuilt = make_world()
    rebuilt.use(world.ledger)
    for each in (world, rebuilt):
        each.owe("june")
        each.drain()

    (copy,) = world.ledger.objects()
    assert (rebuilt.state("june"), rebuilt.delivery("june").ref) == (DeliveryState.DELIVERED, copy.ref)


def test_voucher_without_a_number_is_looked_up_before_its_first_send(world: World, make_world: MakeWorld) -> None:
    """F01: a rebuilt database knows nothing of the transfer that stands, and no number would refuse another."""
    rebuilt = make_world()
    rebuilt.use(world.ledger)
    for each in (world, rebuilt):
        each.owe_transfer("payout")
        each.drain()

    (copy,) = world.ledger.objects()
    assert (rebuilt.state("payout"), rebuilt.delivery("payout").ref) == (DeliveryState.DELIVERED, copy.ref)


def test_voucher_is_looked_up_before_its_first_send_where_numbers_may_stand_twice(
    make_world: MakeWorld,
) -> None:
    """F01, F02: a company that does not warn of duplicate numbers."""
    world, rebuilt = make_world(has_unique_numbers=False), make_world()
    rebuilt.use(world.ledger)
    for each in (world, rebuilt):
        each.owe("june")
        each.drain()

    assert (rebuilt.state("june"), rebuilt.copies("june")) == (DeliveryState.DELIVERED, 1)


def test_number_taken_after_an_unclear_send_is_asked_again_once_the_index_has_caught_up(
    make_world: MakeWorld,
) -> None:
    """F02: what carries the number may be our own send that landed late; only a settled look-up tells."""
    world = make_world(settle_seconds=60, index_lag_seconds=50)
    world.owe("june")
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.clock.advance(60)
    voucher = world.delivery("june").voucher
    assert voucher is not None
    late = [True]

    def lands_late(request: str) -> None:
        if request == "send" and late:
            late.clear()
            world.ledger.send(voucher, "the first send, delayed in the network")

    world.ledger.on_request = lands_late
    world.process().drain(BOOKS, actor="cli")
    assert (world.state("june"), world.delivery("june").reason) == (
        DeliveryState.IN_DOUBT,
        Reason.NUMBER_TAKEN,
    )
    world.settle()

    assert (world.state("june"), world.copies("june")) == (DeliveryState.DELIVERED, 1)


def test_number_taken_by_a_stranger_meanwhile_parks_after_the_second_look(world: World) -> None:
    """F02: asked again, still not ours."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)
    world.drain()
    world.ledger.take_number("AMZ-june")

    world.settle()

    delivery = world.delivery("june")
    assert (delivery.state, delivery.reason) == (DeliveryState.PARKED, Reason.NUMBER_TAKEN)
    assert (world.copies("june"), world.sends()) == (0, 2)


def test_voucher_deleted_in_the_ledger_while_in_doubt_is_not_put_back(world: World) -> None:
    """F07: deleted by somebody is not the same as never arrived."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    world.ledger.delete(world.ledger.objects()[0].ref)

    world.settle()

    assert (world.state("june"), world.delivery("june").reason) == (DeliveryState.PARKED, Reason.DELETED)
    assert (world.copies("june"), world.sends()) == (0, 1)


def test_voucher_that_never_lands_is_parked_after_a_few_attempts(world: World) -> None:
    world.owe("june")
    for _ in range(decide.MAX_ATTEMPTS + 3):
        world.ledger.fail_next_send(Fault.LOSE_BEFORE_COMMIT)

    report = world.drain(patience_seconds=4 * HOUR)

    delivery = world.delivery("june")
    assert (delivery.state, delivery.reason) == (DeliveryState.PARKED, Reason.NEVER_LANDS)
    assert (world.sends(), report.parked) == (decide.MAX_ATTEMPTS, 1)


def test_echo_that_differs_is_delivered_kept_as_baseline_and_reported(world: World) -> None:
    def rounds_up(copy: LedgerCopy) -> LedgerCopy:
        first, *others, last = copy.lines
        return msgspec.structs.replace(
            copy,
            lines=(
                msgspec.structs.replace(first, amount_minor=first.amount_minor + 1),
                *others,
                msgspec.structs.replace(last, amount_minor=last.amount_minor - 1),
            ),
        )

    world.owe("june")
    world.ledger.alters = rounds_up
    world.drain()

    (copy,) = world.ledger.objects()
    assert world.state("june") is DeliveryState.DELIVERED
    with world.store.reading() as unit:
        (kept,) = unit.findings.of_route(ROUTE, FindingState.OPEN)
        assert unit.deliveries.baseline(BOOKS, copy.ref) == copy
    finding = kept.finding
    assert (finding.code, finding.severity, finding.amount_minor) == (ECHO_DIFFERS, Severity.ERROR, 1)
    assert ("total", "90.00", "90.01") in finding.evidence


def test_echo_found_by_look_up_is_compared_too(world: World) -> None:
    """F45: a person edited it between our send and our question."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    world.ledger.edit_amount(world.ledger.objects()[0].ref, 500)

    world.settle()

    assert world.state("june") is DeliveryState.DELIVERED
    with world.store.reading() as unit:
        (kept,) = unit.findings.of_route(ROUTE, FindingState.OPEN)
    assert (kept.finding.amount_minor, kept.finding.subject) == (500, world.delivery("june").voucher_id)


def test_echo_in_other_order_and_other_words_is_the_same(world: World) -> None:
    world.owe("june")
    world.ledger.alters = lambda copy: msgspec.structs.replace(copy, lines=copy.lines[::-1], memo="theirs")
    world.drain()

    with world.store.reading() as unit:
        assert unit.findings.of_route(ROUTE, FindingState.OPEN) == ()


def test_lost_authorization_stops_the_ledger_with_nothing_lost(world: World) -> None:
    """F42: a 401 is an answer: nothing was written; the connection waits for a person."""
    world.owe("may")
    world.owe("june")

    def revoke(request: str) -> None:
        world.ledger.is_authorized = request == "facts"

    world.ledger.on_request = revoke
    report = world.process().drain(BOOKS, actor="worker")

    assert (report.stopped, report.waiting, report.delivered) == ("authorization", 2, 0)
    assert world.sends() == 1
    with world.store.reading() as unit:
        connection = unit.connections.get(BOOKS)
    assert connection.state == "unauthorized"
    assert "revoked" in connection.state_reason
    world.ledger.is_authorized = True
    world.settle()
    assert (world.copies("may"), world.copies("june")) == (1, 1)


def test_revoked_access_during_a_look_up_leaves_the_doubt(world: World) -> None:
    """F42, F07: what could not be asked stays in doubt."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    world.ledger.is_authorized = False
    world.clock.advance(HOUR)

    world.drain()

    assert (world.state("june"), world.sends()) == (DeliveryState.IN_DOUBT, 1)
    world.ledger.is_authorized = True
    world.settle()
    assert (world.state("june"), world.copies("june")) == (DeliveryState.DELIVERED, 1)


class _KeyUsedError(InDoubtError):
    code = "quickbooks.600"
