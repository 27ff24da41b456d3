"""What a person withdrew is a state of its own: shown, red, with a way back."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.drift.report.pages import to_html
from bridge.model.findings import InstructionKind, Severity
from tests.drift.firm import Firm, codes, only, paid
from tests.drift.test_report import Page

ONE, BANK = "S1 2026-06", "S1 bank"


@pytest.fixture
def withdrawn(firm: Firm) -> Firm:
    """A settlement of which everything was withdrawn before it was sent."""
    firm.receive(paid("S1"))
    firm.run()
    firm.decide(InstructionKind.WITHDRAW, ONE, "wrong file")
    firm.decide(InstructionKind.WITHDRAW, BANK, "wrong file")
    firm.run()
    firm.deliver()
    return firm


def test_a_settlement_whose_entries_were_withdrawn_is_never_called_booked(withdrawn: Firm) -> None:
    report = withdrawn.check()

    assert codes(report) == ["withdrawn", "withdrawn"]
    assert [kept.finding.severity for kept in report.open_findings] == [Severity.ERROR, Severity.WARNING]
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (False, False, False)
    assert report.delivered.why == "2 entries withdrawn."
    text = Page(to_html((report,))).text
    assert "Every settlement is booked" not in text
    assert "S1 2026-06-14 85.00 85.00 0.00 USD no withdrawn withdrawn" in text


def test_the_finding_names_who_withdrew_it_and_the_way_back(withdrawn: Firm) -> None:
    found = withdrawn.check().open_findings[0].finding

    assert found.title.endswith("withdrawn, so it is not in the ledger")
    assert found.cause == "Withdrawn by ann: wrong file"
    assert (found.amount_minor, found.account) == (85_00, "1200 Amazon clearing")
    assert f"bridge decide {found.subject} book_again --reason" in found.repair


def test_booked_again_everything_is_green(withdrawn: Firm) -> None:
    withdrawn.pass_days(1)
    withdrawn.decide(InstructionKind.BOOK_AGAIN, ONE)
    withdrawn.decide(InstructionKind.BOOK_AGAIN, BANK)
    withdrawn.run()
    withdrawn.deliver()

    report = withdrawn.check()

    assert codes(report) == []
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)


def test_accepted_as_entered_by_hand_the_green_says_so(withdrawn: Firm) -> None:
    withdrawn.ledger.add_foreign(date(2026, 6, 14), [("1200", 85_00), ("6000", 15_00), ("4000", -100_00)])
    withdrawn.ledger.add_foreign(date(2026, 6, 16), [("1000", 85_00), ("1200", -85_00)], type="Deposit")
    for kept in withdrawn.check().open_findings:
        withdrawn.accept(kept, "entered as JE 204")

    report = withdrawn.check()

    assert codes(report) == []
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)
    assert [green.words for green in report.greens] == [
        "yes, with 2 accepted (170.00 USD)",
        "yes, with 2 accepted (170.00 USD)",
        "yes, with 3 accepted (255.00 USD)",
    ]
    assert "but for 2 differences that were accepted" in report.delivered.why


def test_one_that_is_accepted_does_not_speak_for_the_others(withdrawn: Firm) -> None:
    withdrawn.accept(withdrawn.check().open_findings[1])

    report = withdrawn.check()

    assert codes(report) == ["withdrawn"]
    assert (report.is_delivered, report.is_matched) == (False, False)


def test_a_withdrawn_transfer_whose_bank_line_is_coded_is_no_finding(firm: Firm) -> None:
    """F08: the bank feed has it."""
    firm.receive(paid("S1"))
    firm.run()
    firm.decide(InstructionKind.WITHDRAW, BANK, "the bank feed has it")
    firm.run()
    firm.deliver()
    before = firm.check()
    firm.ledger.add_foreign(date(2026, 6, 16), [("1000", 85_00), ("1200", -85_00)], type="Deposit")
    after = firm.check()

    assert codes(before) == ["withdrawn"]
    assert codes(after) == []
    assert (after.is_delivered, after.is_matched, after.is_reconciled) == (True, True, True)


def test_a_withdrawn_transfer_warns_until_its_payout_is_late(firm: Firm) -> None:
    firm.receive(paid("S1", opened="2026-06-14 12:00", closed="2026-06-28 20:00", pays="2026-06-30 12:00"))
    firm.run()
    firm.decide(InstructionKind.WITHDRAW, BANK, "the bank feed will have it")
    firm.run()
    firm.deliver()
    early = only(firm.check()).finding
    firm.pass_days(14)
    late = only(firm.check()).finding

    assert (early.code, early.severity) == ("drift.withdrawn", Severity.WARNING)
    assert (late.code, late.severity) == ("drift.withdrawn", Severity.ERROR)
    assert "no posted bank entry matches its payout" in late.title
