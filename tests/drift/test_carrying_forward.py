"""Findings from week to week: known ones keep their first day, accepted ones stay so until their facts change."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.model.findings import FindingState
from tests.drift.firm import Firm, codes, only, paid

ONE = "S1 2026-06"


@pytest.fixture
def edited(firm: Firm) -> Firm:
    """One amount was changed by hand."""
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 10_00)
    return firm


def test_a_finding_keeps_the_day_on_which_it_was_first_seen(edited: Firm) -> None:
    """D28."""
    first = only(edited.check())
    edited.pass_days(7)
    again = only(edited.check())

    assert again.finding.finding_id == first.finding.finding_id
    assert again.first_seen_at == first.first_seen_at
    assert (again.last_seen_at - first.last_seen_at).days == 7


def test_an_accepted_difference_stays_accepted_and_is_listed_with_who_and_why(edited: Firm) -> None:
    """D28."""
    edited.accept(only(edited.check()), reason="the client's own correction")
    edited.pass_days(7)
    edited.ledger.save_again(edited.ref(ONE))

    report = edited.check()

    assert codes(report) == []
    (kept,) = report.accepted_findings
    assert (kept.state, kept.accepted_by, kept.accepted_reason) == (
        FindingState.ACCEPTED,
        "ann",
        "the client's own correction",
    )
    assert report.is_reconciled


def test_an_accepted_difference_opens_again_when_its_facts_change(edited: Firm) -> None:
    """D28."""
    first = only(edited.check())
    edited.accept(first)
    edited.ledger.move(edited.ref(ONE), "4000", "6000", 1)

    report = edited.check()

    assert codes(report) == ["amount"]
    assert only(report).finding.amount_minor == -10_01
    assert only(report).first_seen_at == first.first_seen_at
    assert report.accepted_findings == ()


def test_an_acceptance_lapses_on_its_day(edited: Firm) -> None:
    """D28."""
    edited.accept(only(edited.check()), days=14)
    edited.pass_days(13)
    assert codes(edited.check()) == []

    edited.pass_days(2)
    assert codes(edited.check()) == ["amount"]


def test_an_accepted_difference_that_went_away_and_comes_back_is_new(edited: Firm) -> None:
    edited.accept(only(edited.check()))
    edited.ledger.move(edited.ref(ONE), "6000", "4000", 10_00)
    edited.check()
    edited.pass_days(7)
    edited.ledger.move(edited.ref(ONE), "4000", "6000", 10_00)

    again = only(edited.check())

    assert again.state is FindingState.OPEN
    assert again.first_seen_at == edited.clock.now()


def test_accepting_one_finding_leaves_others_of_the_same_voucher_open(edited: Firm) -> None:
    edited.accept(only(edited.check()))
    edited.ledger.edit_date(edited.ref(ONE), date(2026, 6, 15))

    assert codes(edited.check()) == ["date"]


def test_an_accepted_stranger_opens_again_when_it_changes_its_amount_but_not_its_memo(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    ref = firm.ledger.add_foreign(date(2026, 6, 20), [("6120", 5_00), ("1200", -5_00)])
    firm.accept(only(firm.check()))
    firm.ledger.edit_memo(ref, "reviewed")
    assert codes(firm.check()) == []

    firm.ledger.edit_lines(ref, [("6120", 6_00), ("1200", -6_00)])
    assert codes(firm.check()) == ["foreign"]


def test_findings_of_other_rooms_are_shown_and_left_alone(firm: Firm) -> None:
    """The ledger rounded while it took the voucher in: delivery's finding, not drift's."""
    firm.ledger.alters = lambda copy: firm.ledger.rounded(copy, 1)
    firm.bring_in(paid("S1"))

    report = firm.check()

    assert [kept.finding.code for kept in report.open_findings] == ["delivery.echo_differs"] * 2
    assert not report.is_reconciled
    assert [kept.state for kept in firm.findings()] == [FindingState.OPEN] * 2
