"""What is checked just before sending, against fresh facts of the ledger."""

from __future__ import annotations

from datetime import date

from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from tests.delivery.world import BOOKS, DAY, JUNE_30, World
from tests.fakes.ledger import TRANSFER, Fault


def test_voucher_whose_period_was_closed_since_planning_is_parked_and_never_sent(world: World) -> None:
    """F38: the lock date is asked for again just before sending."""
    world.desk.facts(BOOKS)
    world.owe("june")
    world.owe("july", dated_on=date(2026, 7, 1))
    world.ledger.locked_through = JUNE_30

    world.drain()

    june = world.delivery("june")
    assert (june.state, june.reason) == (DeliveryState.PARKED, Reason.PERIOD_LOCKED)
    assert "2026-06-30 lies in the period closed through 2026-06-30" in june.note
    assert (world.state("july"), world.sends()) == (DeliveryState.DELIVERED, 1)


def test_first_day_after_the_lock_date_is_open(world: World) -> None:
    """F38."""
    world.ledger.locked_through = date(2026, 6, 29)
    world.owe("june")
    world.drain()
    assert world.state("june") is DeliveryState.DELIVERED


def test_retry_after_the_period_was_reopened_delivers(world: World) -> None:
    """F38: and while it is still closed, a retry parks it again."""
    world.ledger.locked_through = JUNE_30
    world.owe("june")
    world.drain()
    world.clock.advance(DAY)
    world.say(InstructionKind.RETRY, "june")
    world.drain()
    assert (world.state("june"), world.sends()) == (DeliveryState.PARKED, 0)

    world.ledger.locked_through = None
    world.clock.advance(DAY)
    world.say(InstructionKind.RETRY, "june")
    world.drain()

    assert (world.state("june"), world.copies("june")) == (DeliveryState.DELIVERED, 1)


def test_voucher_on_an_account_made_inactive_is_parked_naming_it(world: World) -> None:
    """F46: inactive or deleted; nothing is reactivated silently."""
    world.owe("june")
    world.ledger.close_account("6000")

    world.drain()

    june = world.delivery("june")
    assert (june.state, june.reason, world.sends()) == (DeliveryState.PARKED, Reason.ACCOUNT_INACTIVE, 0)
    assert "6000 Marketplace referral fees" in june.note
    assert not next(one for one in world.ledger.accounts if one.number == "6000").is_active


def test_facts_are_asked_for_once_a_drain(world: World) -> None:
    for number in range(5):
        world.owe(f"june {number}")
    world.drain()
    assert world.ledger.requests.count("facts") == 1


def test_nothing_is_sent_while_the_facts_cannot_be_had(world: World) -> None:
    """F38: without the lock date nothing is known to be open."""
    world.owe("june")

    def out_of_reach(request: str) -> None:
        if request == "facts":
            world.ledger.is_authorized = False

    world.ledger.on_request = out_of_reach
    report = world.process().drain(BOOKS, actor="cli")
    assert (report.stopped, world.sends(), world.state("june")) == ("authorization", 0, DeliveryState.OWED)


def test_payout_somebody_entered_by_hand_is_parked_naming_the_other_object(world: World) -> None:
    """F08: a bank feed acceptance of the same amount within seven days."""
    ref = world.ledger.add_foreign(date(2026, 6, 24), (("1000", 86_60), ("4000", -86_60)), type="Deposit")
    world.owe_transfer("payout")

    world.drain()

    payout = world.delivery("payout")
    assert (payout.state, payout.reason, world.sends()) == (DeliveryState.PARKED, Reason.SAME_AMOUNT, 0)
    assert f"Deposit {ref} of 2026-06-24 (ledger id {ref})" in payout.note
    assert "86.60 USD" in payout.note


def test_same_amount_outside_the_days_or_another_amount_does_not_stop_a_payout(world: World) -> None:
    """F08."""
    world.ledger.add_foreign(date(2026, 6, 22), (("1000", 86_60), ("4000", -86_60)))
    world.ledger.add_foreign(JUNE_30, (("1000", 86_61), ("4000", -86_61)))
    world.owe_transfer("payout")
    world.drain()
    assert world.state("payout") is DeliveryState.DELIVERED


def test_two_payouts_of_one_amount_that_are_both_ours_both_go_out(world: World) -> None:
    world.owe_transfer("week 1")
    world.owe_transfer("week 2")
    world.drain()
    assert (world.copies("week 1"), world.copies("week 2")) == (1, 1)


def test_retry_says_that_the_other_object_is_another_matter(world: World) -> None:
    """F08: a person decides; the objection stays overruled through a failed attempt."""
    world.ledger.add_foreign(JUNE_30, (("1000", 86_60), ("4000", -86_60)))
    world.owe_transfer("payout")
    world.drain()
    world.say(InstructionKind.RETRY, "payout", "that one is the customer's cheque")
    world.ledger.fail_next_send(Fault.UNAVAILABLE)

    world.drain()
    assert world.state("payout") is DeliveryState.OWED
    world.settle()

    payout = world.delivery("payout")
    assert (payout.state, payout.released_by, world.copies("payout")) == (DeliveryState.DELIVERED, "ada", 1)


def test_retry_of_a_refusal_does_not_overrule_the_same_amount_check(world: World) -> None:
    """F08: while the payout was parked, the bookkeeper entered it by hand."""
    world.owe_transfer("payout")
    world.ledger.fail_next_send(Fault.REFUSE)
    world.drain()
    world.ledger.add_foreign(JUNE_30, (("1000", 86_60), ("1200", -86_60)), type=TRANSFER)
    world.clock.advance(DAY)
    world.say(InstructionKind.RETRY, "payout")

    world.drain()

    assert (world.state("payout"), world.delivery("payout").reason) == (
        DeliveryState.PARKED,
        Reason.SAME_AMOUNT,
    )


def test_payout_stays_owed_while_the_same_amount_check_has_no_answer(world: World) -> None:
    """F07, F08: not answered is not clear."""
    world.owe_transfer("payout")
    questions: list[str] = []

    def fail_the_check(request: str) -> None:
        questions.append(request)
        if request == "same_amount" and questions.count("same_amount") == 1:
            world.ledger.fail_next_read()

    world.ledger.on_request = fail_the_check
    world.process().drain(BOOKS, actor="cli")
    assert (world.state("payout"), world.sends()) == (DeliveryState.OWED, 0)

    world.settle()

    assert (world.state("payout"), world.copies("payout")) == (DeliveryState.DELIVERED, 1)
