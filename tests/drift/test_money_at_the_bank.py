"""Payouts' money at the bank: until when a document waits for it, and which of the bank's lines are ours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bridge.drift import Report
from bridge.drift.report import Answer
from bridge.errors import ConfigError
from bridge.model.connections import BankLeg
from bridge.model.findings import Finding
from tests.drift.firm import Firm, MakeFirm, codes, only, paid

ONE = "S1 2026-06"
DUE = date(2026, 6, 16)
"""A Tuesday. The clock stands on Wednesday, July 1."""


@pytest.fixture
def documents(make_firm: MakeFirm) -> Firm:
    """Each payout is one open document, and the ledger tells what is open of it."""
    firm = make_firm(bank_leg=BankLeg.DOCUMENT)
    firm.ledger.tell_what_is_open()
    return firm


@pytest.fixture
def by_hand(make_firm: MakeFirm) -> Firm:
    """People code the bank's own line to clearing."""
    return make_firm(bank_leg=BankLeg.NONE)


def coded(report: Report) -> list[Finding]:
    return [kept.finding for kept in report.open_findings if kept.finding.code == "drift.coded_elsewhere"]


def deposit(firm: Firm, minor: int, on: date, *accounts: str) -> str:
    """A line of the bank, in equal parts on these accounts."""
    parts = [(account, -minor // len(accounts)) for account in accounts]
    return firm.ledger.add_foreign(on, [("1000", minor), *parts], type="Deposit")


def test_a_document_waits_five_bank_days_for_its_line_and_then_nobody_can_accept_it(documents: Firm) -> None:
    """C5, C27: due on Friday the 26th, its last bank day is Friday the 3rd."""
    documents.bring_in(paid("S1", pays="2026-06-26 12:00"))
    documents.pass_days(2)
    waiting = documents.check()
    documents.pass_days(2)
    over_the_weekend = documents.check()

    assert [tie.paid for tie in waiting.ties] == ["awaits its bank line, due 2026-06-26"]
    assert (codes(waiting), waiting.matched.answer) == ([], Answer.YES)
    assert "1 payout is not at the bank yet" in waiting.matched.why
    late = only(over_the_weekend)
    assert (late.finding.code, late.finding.amount_minor) == ("drift.deposit_unpaid", 85_00)
    assert (over_the_weekend.matched.answer, over_the_weekend.reconciled.answer) == (Answer.NO, Answer.NO)
    with pytest.raises(ConfigError, match="money is missing at the bank"):
        documents.accept(late)


def test_a_document_that_the_bank_paid_in_full_is_matched_whenever_it_came(documents: Firm) -> None:
    documents.bring_in(paid("S1"))
    documents.ledger.pay(documents.ref(ONE), 85_00, date(2026, 6, 30))

    report = documents.check()

    assert [tie.paid for tie in report.ties] == ["matched to the bank on 2026-06-30"]
    assert (codes(report), report.matched.answer) == ([], Answer.YES)
    assert "1 payout is matched to the bank" in report.matched.why


def test_a_credit_that_nothing_read_tells_of_is_named_all_the_same(documents: Firm) -> None:
    documents.bring_in(paid("S1"))
    ref = documents.ref(ONE)
    documents.ledger.pay(ref, 80_00, DUE)
    documents.ledger.credit_the_rest(ref)

    report = documents.check()

    assert codes(report) == ["deposit_paid_otherwise", "open_documents"], (
        "and receivables hold what it should have paid"
    )
    (found,) = (kept for kept in report.open_findings if kept.finding.code == "drift.deposit_paid_otherwise")
    assert "a credit or an overpayment is set against it" in found.finding.title


def test_an_accepted_way_of_paying_is_said_in_the_green(documents: Firm) -> None:
    documents.bring_in(paid("S1"))
    documents.ledger.pay(documents.ref(ONE), 85_00, DUE, account="1200")
    documents.ledger.add_foreign(DUE, [("1000", 85_00), ("1200", -85_00)])

    found = [kept for kept in documents.check().open_findings if kept.finding.code == "drift.deposit_paid_otherwise"]
    documents.accept(found[0])

    assert "drift.deposit_paid_otherwise" not in documents.check().counts


@pytest.mark.parametrize(
    ("on", "is_found"),
    [("2026-06-11", False), ("2026-06-12", True), ("2026-06-16", True), ("2026-06-23", True), ("2026-06-24", False)],
)
def test_a_line_belongs_to_a_payout_from_two_bank_days_before_it_to_five_after(
    by_hand: Firm, on: str, *, is_found: bool
) -> None:
    """D29, F50."""
    by_hand.bring_in(paid("S1"))
    ref = deposit(by_hand, 85_00, date.fromisoformat(on), "4000")

    assert [one.ref for one in coded(by_hand.check())] == ([ref] if is_found else [])


def test_a_true_line_takes_its_payout_and_the_merchants_own_money_is_let_be(by_hand: Firm) -> None:
    by_hand.bring_in(paid("S1"), paid("S2", sales="300.00", pays="2026-07-06 12:00"))
    deposit(by_hand, 85_00, DUE + timedelta(days=1), "1200")
    deposit(by_hand, 85_00, DUE, "4000")
    deposit(by_hand, 84_99, DUE, "4000")
    deposit(by_hand, 285_00, date(2026, 6, 30), "4000")
    by_hand.ledger.add_foreign(DUE, [("4000", 85_00), ("1000", -85_00)], type="Purchase")

    assert coded(by_hand.check()) == [], "the one is there already, and the other is not due yet"


def test_of_two_payouts_alike_it_is_said_that_it_is_one_of_them(by_hand: Firm) -> None:
    by_hand.bring_in(
        paid("S1"), paid("S2", opened="2026-06-14 20:00", closed="2026-06-15 20:00", pays="2026-06-18 12:00")
    )
    deposit(by_hand, 85_00, date(2026, 6, 18), "1200")
    deposit(by_hand, 85_00, date(2026, 6, 17), "4000")
    deposit(by_hand, 85_00, date(2026, 6, 17), "4000")

    (found,) = coded(by_hand.check())

    assert "the money of settlement S1, coded straight to 4000" in found.title, "the other is taken by its true line"


def test_where_no_line_came_rightly_the_first_says_both(by_hand: Firm) -> None:
    by_hand.bring_in(
        paid("S1"), paid("S2", opened="2026-06-14 20:00", closed="2026-06-15 20:00", pays="2026-06-18 12:00")
    )
    deposit(by_hand, 85_00, date(2026, 6, 16), "4000")

    (found,) = coded(by_hand.check())

    assert "the money of one of settlement S1, settlement S2, coded" in found.title


def test_a_line_in_parts_is_told_once_and_goes_with_its_repair(by_hand: Firm) -> None:
    by_hand.bring_in(paid("S1"))
    ref = deposit(by_hand, 85_00, DUE, "1200", "4000")

    split = by_hand.check()
    by_hand.ledger.edit_lines(ref, [("1000", 85_00), ("1200", -85_00)])
    right = by_hand.check()

    (found,) = coded(split)
    assert "split: 42.50 to 1200" in found.title
    assert "then code it to 1200" in found.repair
    assert "foreign" not in codes(split), "what stands in clearing is the same line"
    assert codes(right) == []


def test_a_line_that_went_to_another_routes_clearing_is_that_routes_to_tell(by_hand: Firm) -> None:
    by_hand.bring_in(paid("S1"))
    by_hand.add_route("shop", "shop-us", prefix="SHP", clearing="1210", bank_leg=BankLeg.NONE)
    deposit(by_hand, 85_00, DUE, "1210")

    assert coded(by_hand.check()) == []


def test_a_line_that_says_nothing_of_income_is_not_said_to_count_it_twice(by_hand: Firm) -> None:
    by_hand.bring_in(paid("S1"))
    deposit(by_hand, 85_00, DUE, "2200")

    (found,) = coded(by_hand.check())

    assert "coded straight to 2200" in found.title
    assert "twice" not in found.title
