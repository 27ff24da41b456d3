"""Every cent of the clearing account has an age and a reason, and what has none is never hidden."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.books import Books
from bridge.model.connections import BankLeg, StatedItem
from bridge.model.findings import InstructionKind, Severity
from tests.books.builders import Received, settlement
from tests.drift.firm import ROUTE, Firm, MakeFirm, codes, is_explained, items, only, paid
from tests.fakes.ledger import Fault

DEBT_REASON = "owed to the channel: the next settlement carries it in"
CARD_REASON = "taken by the channel from the seller's card: code the card's bank-feed line to this account"


def in_debt(name: str = "D1") -> Received:
    """Fees larger than sales: nothing is paid out, 298.23 is owed."""
    return settlement(
        name,
        "2026-05-25 sale.product 10.00\n2026-05-26 fee.storage -308.23",
        opened="2026-05-22 20:00",
        closed="2026-06-05 20:00",
    )


def out_of_debt(name: str = "D2", card: str = "") -> Received:
    """Carries the debt in; what is left is paid out."""
    charged = f"2026-06-05 balance.paid {card}" if card else ""
    return settlement(
        name,
        f"""
        2026-06-05 balance.carried_in -298.23
        {charged}
        2026-06-07 sale.product 400.00
        2026-06-08 fee.referral -42.16
        """,
        opened="2026-06-05 20:00",
        closed="2026-06-19 20:00",
        pays="2026-06-21 12:00",
    )


def test_what_a_settlement_owes_stands_open_until_the_next_carries_it_in(firm: Firm) -> None:
    firm.bring_in(in_debt())
    first = firm.check()
    firm.bring_in(out_of_debt())
    second = firm.check()

    assert items(first) == [("settlement D1", "-298.23", DEBT_REASON)]
    assert first.clearing.items[0].since == date(2026, 6, 5)
    assert first.clearing.items[0].age_days == 26
    assert codes(first) == codes(second) == []
    assert items(second) == []
    assert is_explained(first)
    assert is_explained(second)


def test_a_card_charge_stands_open_until_the_cards_own_line_is_coded_here(firm: Firm) -> None:
    """The report asks for that line; once it is there, it is no stranger."""
    firm.bring_in(in_debt(), out_of_debt(card="298.23"))
    asked = firm.check()
    ref = firm.ledger.add_foreign(date(2026, 6, 7), [("1200", 298_23), ("2050", -298_23)], type="Purchase")
    done = firm.check()

    assert items(asked) == [("settlement D2: card charge", "-298.23", CARD_REASON)]
    assert asked.is_reconciled
    assert codes(done) == []
    assert items(done) == []
    assert [(one.what, one.ref) for one in done.clearing.settled] == [("settlement D2: card charge", ref)]
    assert is_explained(asked)
    assert is_explained(done)


def test_several_card_charges_are_settled_one_by_one(firm: Firm) -> None:
    firm.bring_in(in_debt(), out_of_debt(card="98.23\n2026-06-06 balance.paid 200.00"))
    firm.ledger.add_foreign(date(2026, 6, 7), [("1200", 98_23), ("2050", -98_23)], type="Purchase")

    report = firm.check()

    assert codes(report) == []
    assert items(report) == [("settlement D2: card charge", "-200.00", CARD_REASON)]
    assert is_explained(report)


def test_a_wrong_amount_settles_nothing(firm: Firm) -> None:
    firm.bring_in(in_debt(), out_of_debt(card="298.23"))
    firm.ledger.add_foreign(date(2026, 6, 7), [("1200", 289_23), ("2050", -289_23)], number="C-1")

    report = firm.check()

    assert codes(report) == ["foreign"]
    assert sorted(amount for _, amount, _ in items(report)) == ["-298.23", "289.23"]
    assert is_explained(report)


def test_a_debt_from_before_the_first_settlement_is_named(firm: Firm) -> None:
    firm.bring_in(out_of_debt())

    assert items(firm.check()) == [
        ("settlement D2: carried in", "298.23", "a debt that no settlement known to bridge left open")
    ]


def test_a_debt_that_the_opening_balance_states_is_set_off_against_it(make_firm: MakeFirm) -> None:
    firm = make_firm(opening_minor=-298_23, first_day=date(2026, 6, 1))
    firm.ledger.add_foreign(date(2026, 5, 31), [("5200", 298_23), ("1200", -298_23)])
    before = firm.check()
    firm.bring_in(out_of_debt())
    after = firm.check()

    assert items(before) == [("opening balance", "-298.23", "as stated on the route")]
    assert items(after) == []
    assert codes(before) == codes(after) == []
    assert is_explained(before)
    assert is_explained(after)


def test_a_payout_on_its_way_says_when_it_is_due(firm: Firm) -> None:
    firm.bring_in(paid("S1", opened="2026-06-16 12:00", closed="2026-06-29 20:00", pays="2026-07-03 12:00"))

    report = firm.check()

    assert items(report) == [("settlement S1", "85.00", "on its way to the bank, due 2026-07-03")]
    assert codes(report) == []
    assert report.is_reconciled
    assert is_explained(report)


def test_a_transfer_that_was_refused_says_so(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    firm.ledger.refuse("Transfer")
    firm.deliver()

    report = firm.check()

    assert codes(report) == ["not_delivered"]
    assert items(report) == [
        ("settlement S1", "85.00", "its transfer is not posted: was refused or stopped and waits for a person")
    ]
    assert is_explained(report)


def test_a_payout_that_failed_is_answered_by_the_settlement_that_takes_it_back(firm: Firm) -> None:
    firm.receive(paid("S1", opened="2026-06-01 12:00", closed="2026-06-12 20:00", pays="2026-07-02 12:00"))
    firm.run()
    firm.deliver()
    again = paid("S2", opened="2026-06-12 20:00", closed="2026-06-28 20:00", pays="2026-06-30 12:00", more=FAILED)
    firm.bring_in(again)

    report = firm.check()

    assert codes(report) == []
    assert items(report) == []
    assert is_explained(report)


def test_a_payout_that_failed_after_its_transfer_was_posted_says_what_to_do(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    again = paid("S2", opened="2026-06-14 20:00", closed="2026-06-28 20:00", pays="2026-06-30 12:00", more=FAILED)
    firm.bring_in(again)
    firm.run()

    report = firm.check()

    assert codes(report) == ["books.payout_bounced"]
    ((what, amount, reason),) = items(report)
    assert (what, amount) == ("settlement S2: payout that came back", "-85.00")
    assert "reverse the transfer" in reason
    assert is_explained(report)


def test_the_banks_return_of_a_failed_payout_settles_it(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    again = paid("S2", opened="2026-06-14 20:00", closed="2026-06-28 20:00", pays="2026-06-30 12:00", more=FAILED)
    firm.bring_in(again)
    firm.ledger.add_foreign(date(2026, 6, 19), [("1200", 85_00), ("1000", -85_00)], type="Deposit")

    report = firm.check()

    assert "foreign" not in codes(report)
    assert items(report) == []
    assert is_explained(report)


def test_a_verification_deposit_waits_for_its_bank_line(firm: Firm) -> None:
    firm.bring_in(paid("S1", more="2026-06-02 payout -0.37"))

    report = firm.check()

    ((what, amount, reason),) = items(report)
    assert (what, amount) == ("settlement S1: deposit outside it", "0.37")
    assert "bank-feed line" in reason
    assert is_explained(report)


def test_without_a_bank_leg_the_bank_line_coded_to_clearing_settles_the_payout(make_firm: MakeFirm) -> None:
    firm = make_firm(bank_leg=BankLeg.NONE)
    firm.bring_in(paid("S1"), paid("S2", "200.00", opened="2026-06-14 20:00", closed="2026-06-28 20:00"))
    deposit = firm.ledger.add_foreign(date(2026, 6, 17), [("1000", 85_00), ("1200", -85_00)], type="Deposit")

    report = firm.check()

    assert codes(report) == []
    assert items(report) == [
        (
            "settlement S2",
            "185.00",
            "paid out by the channel: its bank-feed line is not coded to this account yet",
        )
    ]
    assert [one.ref for one in report.clearing.settled] == [deposit]
    assert report.is_reconciled
    assert is_explained(report)


@pytest.mark.parametrize(
    ("banked", "named"),
    [
        ((), [("settlement S1", "86.00")]),
        ((86_00,), []),
        ((85_00,), [("settlement S1: difference to its former total", "1.00")]),
        ((85_00, 1_00), []),
    ],
)
def test_what_a_total_that_was_issued_again_differs_by_is_a_part_of_it_until_the_former_one_is_paid(
    make_firm: MakeFirm, banked: tuple[int, ...], named: list[tuple[str, str]]
) -> None:
    firm = make_firm(bank_leg=BankLeg.NONE)
    firm.bring_in(paid("S1"))
    firm.issue_again(paid("S1", "101.00", revision=2))
    for amount in banked:
        firm.ledger.add_foreign(date(2026, 6, 17), [("1000", amount), ("1200", -amount)], type="Deposit")

    report = firm.check()

    assert [(what, amount) for what, amount, _ in items(report)] == named
    assert all(tie.is_tied for tie in report.ties)
    assert is_explained(report)


def test_a_payout_that_nothing_matches_is_late_five_bank_days_after_its_deposit_date(make_firm: MakeFirm) -> None:
    firm = make_firm(bank_leg=BankLeg.NONE)
    firm.bring_in(paid("S1", closed="2026-06-21 20:00", pays="2026-06-24 12:00"))
    assert codes(firm.check()) == []

    firm.pass_days(1)
    report = firm.check()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.payout_unmatched", Severity.WARNING, 85_00)
    assert not report.is_reconciled


def test_a_payout_whose_transfer_a_person_withdrew_is_late_too(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    firm.decide(InstructionKind.WITHDRAW, "S1 bank")
    firm.run()
    firm.deliver()

    report = firm.check()

    assert codes(report) == ["withdrawn"]
    found = only(report).finding
    assert (found.severity, found.amount_minor, found.account) == (Severity.ERROR, -85_00, "1200 Amazon clearing")
    assert "no posted bank entry matches its payout" in found.title
    assert "its transfer was withdrawn" in items(report)[0][2]


def test_an_opening_balance_that_is_not_the_ledgers_is_unexplained_to_the_cent(make_firm: MakeFirm) -> None:
    """D14: and never hidden."""
    was_there = StatedItem("1200", 10_00, "USD", "A deposit that the bank has not shown yet")
    firm = make_firm(opening_minor=10_00, opening_items=(was_there,))
    firm.bring_in(paid("S1"))

    report = firm.check()

    assert codes(report) == ["unexplained"]
    assert only(report).finding.amount_minor == report.clearing.unexplained_minor == -10_00
    assert not report.is_reconciled


def test_a_stated_opening_that_is_accepted_is_shown_item_by_item(make_firm: MakeFirm) -> None:
    """S6: the first line of the explanation; each item is open until its bank line is coded."""
    firm = make_firm(opening_minor=85_00, first_day=date(2026, 6, 15))
    firm.ledger.add_foreign(date(2026, 6, 14), [("1200", 85_00), ("4000", -85_00)])
    firm.bring_in(paid("S1"))
    stated = firm.check()
    Books(firm.store, firm.desk, firm.clock).accept_opening(ROUTE, by="ann", reason="checked")
    firm.deliver()
    accepted = firm.check()

    assert items(stated) == [("opening balance", "85.00", "as stated on the route")]
    (item,) = accepted.clearing.items
    assert (item.what, item.amount_minor) == ("opening: Amazon settlement S1: on its way to the bank", 85_00)
    for report in (stated, accepted):
        assert (report.clearing.opening_minor, report.clearing.in_minor, codes(report)) == (85_00, 0, [])

    firm.ledger.add_foreign(date(2026, 6, 16), [("1000", 85_00), ("1200", -85_00)], type="Deposit")
    assert firm.check().clearing.items == ()


def test_money_dated_before_the_first_day_is_unexplained_until_the_opening_says_so(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.add_foreign(date(2025, 12, 31), [("1200", 7_77), ("4000", -7_77)])
    before = firm.check()
    firm.change_route(opening_minor=7_77)
    after = firm.check()

    assert codes(before) == ["unexplained"]
    assert codes(after) == []
    assert items(after) == [("opening balance", "7.77", "as stated on the route")]


def test_a_ledger_that_tells_no_balance_is_never_called_reconciled(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.tells_balances = False

    report = firm.check()

    assert codes(report) == []
    assert report.clearing.balance_minor is None
    assert not report.is_reconciled


def test_two_open_items_of_one_amount_are_settled_by_the_nearest_and_once(make_firm: MakeFirm) -> None:
    firm = make_firm(bank_leg=BankLeg.NONE)
    firm.bring_in(
        paid("S1", opened="2026-06-01 12:00", closed="2026-06-08 20:00"),
        paid("S2", opened="2026-06-08 20:00", closed="2026-06-28 20:00"),
    )
    firm.ledger.add_foreign(date(2026, 6, 30), [("1000", 85_00), ("1200", -85_00)], type="Deposit")

    report = firm.check()

    assert [one.what for one in report.clearing.settled] == ["settlement S2"]
    assert [what for what, _, _ in items(report)] == ["settlement S1"]
    assert is_explained(report)


def test_accounts_that_should_stand_at_zero_are_shown(firm: Firm) -> None:
    firm.receive(paid("S1", opened="2026-05-25 12:00", closed="2026-06-08 20:00", pays="2026-06-10 12:00", more=JUNE))
    firm.run()
    firm.ledger.fail_next_send(Fault.REFUSE, code="account.inactive")
    firm.deliver()
    firm.ledger.add_foreign(date(2026, 6, 20), [("2110", 1_00), ("4000", -1_00)])

    shown = {one.account[:4]: one.closing_minor for one in firm.check().rolled}

    assert shown["2110"] == 1_00
    assert shown["1990"] == 0
    assert shown["1280"] != 0


FAILED = "2026-06-20 payout.failed 85.00"
JUNE = "2026-06-03 sale.product 50.00"
