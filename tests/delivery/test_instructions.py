"""What people decide about parked vouchers, carried out at the start of a drain."""

from __future__ import annotations

import pytest

from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import DAY, JUNE_30, World
from tests.fakes.ledger import Fault
from tests.fakes.statements import statements


def park(world: World, name: str = "june") -> None:
    world.owe(name)
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()
    world.clock.advance(DAY)
    assert world.state(name) is DeliveryState.PARKED


def test_retry_sends_again_under_a_new_round(world: World) -> None:
    """A vendor that keeps refusals by header key would repeat the old one."""
    park(world)
    world.say(InstructionKind.RETRY, "june")

    report = world.drain()

    assert (report.delivered, world.state("june"), world.copies("june")) == (1, DeliveryState.DELIVERED, 1)
    assert world.ledger.header_keys[0] != world.ledger.header_keys[1]
    assert world.delivery("june").released_by == "ada"


@pytest.mark.parametrize("code", ["account.inactive", "fake.account", "fake.tax_code"])
def test_retry_of_what_another_account_cures_has_books_plan_it_anew(world: World, code: str) -> None:
    """F46: mapped elsewhere meanwhile, the old body would be refused again, or post to the wrong account."""
    world.owe("june")
    world.ledger.fail_next_send(Fault.REFUSE, code=code)
    world.drain()
    world.clock.advance(DAY)
    world.say(InstructionKind.RETRY, "june")

    report = world.drain()

    june = world.delivery("june")
    assert (june.state, june.reason, report.held) == (DeliveryState.HELD, "account.missing", 1)
    assert (june.round, june.released_by, world.sends()) == (1, "ada", 1)


def test_withdrawn_voucher_is_never_sent_and_says_who_withdrew_it(world: World) -> None:
    park(world)
    world.say(InstructionKind.WITHDRAW, "june", "booked by hand")

    report = world.drain()
    world.settle()

    june = world.delivery("june")
    assert (june.state, report.withdrawn, world.sends()) == (DeliveryState.WITHDRAWN, 1, 1)
    assert june.note == "ada: booked by hand"


def test_instruction_is_carried_out_once(world: World) -> None:
    """The same retry does not send for ever what is refused again."""
    park(world)
    world.say(InstructionKind.RETRY, "june")
    world.clock.advance(1)
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()
    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 2)

    world.settle()

    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 2)


def test_latest_word_counts(world: World) -> None:
    park(world)
    world.say(InstructionKind.RETRY, "june")
    world.clock.advance(1)
    world.say(InstructionKind.WITHDRAW, "june")
    world.drain()
    assert world.state("june") is DeliveryState.WITHDRAWN


@pytest.mark.parametrize("kind", [InstructionKind.RELEASE, InstructionKind.ACCEPT])
def test_other_rooms_instructions_are_left_alone(world: World, kind: InstructionKind) -> None:
    park(world)
    world.say(kind, "june")
    world.drain()
    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 1)


def test_retry_of_a_delivered_voucher_changes_nothing(world: World) -> None:
    """F09."""
    world.owe("june")
    world.drain()
    world.say(InstructionKind.RETRY, "june")
    world.settle()
    assert (world.state("june"), world.copies("june"), world.sends()) == (DeliveryState.DELIVERED, 1, 1)


def test_books_withdrawing_a_voucher_first_wins(world: World) -> None:
    """Two rooms meet in the row: whoever comes second leaves it as it stands."""
    world.owe("june")

    def withdraw(request: str) -> None:
        if request == "facts":
            world.withdraw("june")

    world.ledger.on_request = withdraw
    report = world.process().drain("books", actor="worker")

    assert (report.stopped, world.state("june"), world.sends()) == ("", DeliveryState.WITHDRAWN, 0)


def test_an_owed_voucher_that_somebody_withdrew_is_not_sent_though_no_run_of_the_books_knew_yet(world: World) -> None:
    """The bookkeeper enters it by hand: sent as well, it would be there twice."""
    world.owe("june")
    world.say(InstructionKind.WITHDRAW, "june", "booked by hand")

    report = world.drain()

    june = world.delivery("june")
    assert (june.state, june.reason, world.sends()) == (DeliveryState.WITHDRAWN, "delivery.withdrawn", 0)
    assert (report.withdrawn, june.note) == (1, "ada: booked by hand")


def test_what_is_withdrawn_while_a_delivery_is_under_way_is_not_sent(world: World) -> None:
    world.owe("june")
    world.owe("july")

    def withdraw_the_other(request: str) -> None:
        owed = [name for name in ("june", "july") if world.state(name) is DeliveryState.OWED]
        if request == "send" and owed:
            world.say(InstructionKind.WITHDRAW, owed[0], "by hand")

    world.ledger.on_request = withdraw_the_other
    world.process().drain("books", actor="worker")

    assert {world.state("june"), world.state("july")} == {DeliveryState.DELIVERED, DeliveryState.WITHDRAWN}
    assert world.sends() == 1


def test_what_was_wanted_again_after_its_withdrawal_is_sent(world: World) -> None:
    world.owe("june")
    world.say(InstructionKind.WITHDRAW, "june", "by hand")
    world.clock.advance(1)
    world.say(InstructionKind.BOOK_AGAIN, "june", "it was not there")

    world.drain()

    assert world.state("june") is DeliveryState.DELIVERED


def test_a_withdrawal_is_carried_out_where_a_check_before_sending_would_park_the_voucher(world: World) -> None:
    """Parked, it would count as said before: the voucher would wait for another word, and go out after a retry."""
    world.owe("june")
    world.say(InstructionKind.WITHDRAW, "june", "booked by hand")
    world.clock.advance(1)
    world.ledger.locked_through = JUNE_30

    report = world.drain()

    june = world.delivery("june")
    assert (june.state, june.reason, june.note) == (
        DeliveryState.WITHDRAWN,
        "delivery.withdrawn",
        "ada: booked by hand",
    )
    assert (report.withdrawn, report.parked, world.sends()) == (1, 0, 0)


def test_what_is_withdrawn_while_it_is_checked_is_not_parked(world: World) -> None:
    world.owe("june")
    world.ledger.locked_through = JUNE_30

    def withdraw(request: str) -> None:
        if request == "facts":
            world.say(InstructionKind.WITHDRAW, "june", "by hand")
            world.clock.advance(1)

    world.ledger.on_request = withdraw
    world.process().drain("books", actor="worker")

    assert world.state("june") is DeliveryState.WITHDRAWN


@pytest.mark.parametrize("why", ["parked", "waits for another"])
def test_a_drain_with_nothing_to_do_costs_no_statement_a_voucher(make_world: MakeWorld, why: str) -> None:
    def cost(vouchers: int) -> int:
        world = make_world()
        after = ["nobody knows it yet"] if why == "waits for another" else []
        for number in range(vouchers):
            world.owe(f"v{number}", after=after)
        world.ledger.locked_through = JUNE_30
        world.settle()
        with statements() as sent:
            report = world.drain()
        assert report.standing == {DeliveryState.OWED if after else DeliveryState.PARKED: vouchers}
        return len(sent)

    assert cost(4) == cost(40)
