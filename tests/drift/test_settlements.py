"""Each settlement three ways: the channel's total, the books, the ledger now."""

from __future__ import annotations

import pytest

from tests.books.builders import settlement
from tests.books.raw import sample
from tests.drift.firm import Firm, codes, over_month_end, paid
from tests.fakes.ledger import Fault


@pytest.fixture
def split(firm: Firm) -> Firm:
    """A settlement over a month end: two parts and the transfer."""
    firm.bring_in(over_month_end("S1"))
    return firm


def test_a_settlement_in_two_parts_ties_three_ways(split: Firm) -> None:
    report = split.check()

    (tie,) = report.ties
    assert (tie.channel_minor, tie.booked_minor, tie.ledger_minor) == (135_00, 135_00, 135_00)
    assert (tie.parts, tie.parts_missing, tie.state, tie.bank) == (2, 0, "booked", "posted bank entry")
    assert tie.is_tied
    assert report.is_matched


def test_the_worked_example_ties(firm: Firm) -> None:
    firm.pass_days(14)
    firm.bring_in(sample("us_v2_standard.txt"))

    report = firm.check()

    (tie,) = report.ties
    assert (tie.channel_minor, tie.booked_minor, tie.ledger_minor) == (301_24, 301_24, 301_24)
    assert str(tie.closed_on) == "2026-07-08"
    assert codes(report) == []


def test_an_edited_clearing_leg_breaks_the_tie_by_that_amount(split: Firm) -> None:
    split.ledger.move(split.ref("S1 2026-06"), "4000", "1200", 2_50)

    (tie,) = split.check().ties

    assert (tie.channel_minor, tie.booked_minor, tie.ledger_minor) == (135_00, 135_00, 137_50)
    assert not tie.is_tied


def test_an_edited_carry_leg_of_the_first_part_breaks_the_tie(split: Firm) -> None:
    split.ledger.move(split.ref("S1 2026-05"), "1280", "4000", 2_50)

    (tie,) = split.check().ties

    assert tie.ledger_minor == 132_50
    assert not tie.is_tied


def test_a_deleted_first_part_breaks_the_tie(split: Firm) -> None:
    split.ledger.delete(split.ref("S1 2026-05"))

    report = split.check()

    (tie,) = report.ties
    assert (tie.parts_missing, tie.ledger_minor) == (1, 50_00)
    assert not tie.is_tied
    assert codes(report) == ["deleted"]


def test_a_deleted_part_that_carries_nothing_over_breaks_the_tie_too(firm: Firm) -> None:
    """Sales and fees of the first month come to zero: no total would tell."""
    june = "2026-06-03 sale.product 50.00"
    firm.bring_in(paid("S1", "15.00", "-15.00", opened="2026-05-25 12:00", closed="2026-06-08 20:00", more=june))
    firm.ledger.delete(firm.ref("S1 2026-05"))

    (tie,) = firm.check().ties

    assert (tie.channel_minor, tie.ledger_minor, tie.parts_missing) == (50_00, 50_00, 1)
    assert not tie.is_tied


def test_a_recoding_that_leaves_the_total_alone_still_ties(split: Firm) -> None:
    split.ledger.edit_account(split.ref("S1 2026-05"), "6000", "6100")

    assert split.check().ties[0].is_tied


def test_what_a_settlement_carries_in_is_set_aside(firm: Firm) -> None:
    lines = """
        2026-06-05 balance.carried_in -298.23
        2026-06-05 balance.paid 98.23
        2026-06-07 sale.product 500.00
        """
    firm.bring_in(settlement("D2", lines, opened="2026-06-05", closed="2026-06-19", pays="2026-06-21"))

    (tie,) = firm.check().ties

    assert (tie.channel_minor, tie.booked_minor, tie.ledger_minor) == (300_00, 300_00, 300_00)
    assert tie.is_tied


def test_a_settlement_that_was_never_booked_is_found_with_its_amount(firm: Firm) -> None:
    """D03: it reached us, and neither the books nor the ledger know of it."""
    firm.bring_in(
        settlement("S1", "2026-06-02 sale.product 10.00", opened="2026-06-01", closed="2026-06-14", total="9")
    )

    report = firm.check()

    assert codes(report) == ["never_booked"]
    assert report.open_findings[0].finding.amount_minor == 9_00
    assert "settlement.unbalanced" in report.open_findings[0].finding.cause
    (tie,) = report.ties
    assert (tie.channel_minor, tie.booked_minor, tie.ledger_minor, tie.state) == (9_00, 0, 0, "settlement.unbalanced")
    assert (report.is_delivered, report.is_matched) == (False, False)


def test_a_settlement_imported_but_not_booked_yet_is_found(firm: Firm) -> None:
    firm.receive(paid("S1"))

    assert codes(firm.check()) == ["never_booked"]


def test_a_settlement_before_the_first_day_is_listed_and_no_fault(firm: Firm) -> None:
    firm.bring_in(paid("S0", opened="2025-12-01 12:00", closed="2025-12-14 20:00", pays="2025-12-16 12:00"))

    report = firm.check()

    assert codes(report) == []
    assert [tie.is_in_scope for tie in report.ties] == [False]
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)


def test_what_waits_to_be_sent_warns_and_what_was_refused_is_an_error(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    waiting = firm.check()
    firm.ledger.fail_next_send(Fault.REFUSE, code="account.inactive")
    firm.deliver()
    refused = firm.check()

    assert [kept.finding.severity for kept in waiting.open_findings] == ["warning", "warning"]
    assert [kept.finding.severity for kept in refused.open_findings] == ["error", "warning"]
    assert (waiting.is_delivered, waiting.is_matched) == (False, False)
    assert waiting.ties[0].parts_missing == 1


def test_a_voucher_that_cannot_be_planned_is_found_with_its_entrys_amount(firm: Firm) -> None:
    firm.ledger.close_account("4000")
    firm.bring_in(paid("S1"))

    report = firm.check()

    told = sorted((kept.finding.amount_minor, kept.finding.account) for kept in report.open_findings)
    assert codes(report) == ["not_delivered", "not_delivered"]
    assert told == [(-85_00, "1200 Amazon clearing"), (85_00, "1200 Amazon clearing")]
    assert "4000" in report.open_findings[0].finding.cause + report.open_findings[1].finding.cause


def test_a_payout_not_due_yet_is_no_finding(firm: Firm) -> None:
    firm.bring_in(paid("S1", opened="2026-06-16 12:00", closed="2026-06-29 20:00", pays="2026-07-03 12:00"))

    report = firm.check()

    assert codes(report) == []
    assert report.ties[0].bank == "due 2026-07-03"
    assert report.is_delivered
