"""What others put into the ledger: copies of ours, and whatever stands in the clearing account."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.model.findings import InstructionKind, Severity
from tests.drift.firm import Firm, codes, is_explained, items, only, over_month_end, paid
from tests.fakes.ledger import TRANSFER, Fault

ONE = "S1 2026-06"


@pytest.fixture
def booked(firm: Firm) -> Firm:
    """One settlement and its transfer, both in the ledger."""
    firm.bring_in(paid("S1"))
    return firm


def test_a_copy_under_the_same_number_is_an_extra_copy(booked: Firm) -> None:
    """D03: as a ledger that allows a number twice would have it."""
    copy = booked.ledger.duplicate(booked.ref(ONE), keeps_key=False)

    report = booked.check()

    found = only(report).finding
    number = booked.ledger.object(copy).number
    assert (found.code, found.severity, found.amount_minor) == ("drift.extra_copy", Severity.ERROR, 85_00)
    assert found.ref == copy
    assert f"an extra copy of JournalEntry {number} of 2026-06-14" in found.title
    assert items(report) == [
        (f"JournalEntry {number}", "85.00", f"an extra copy of JournalEntry {number} of 2026-06-14")
    ]
    assert is_explained(report)


def test_a_copy_with_another_number_is_known_by_its_date_and_lines(booked: Firm) -> None:
    booked.ledger.duplicate(booked.ref(ONE), keeps_key=False, number="1044")

    assert codes(booked.check()) == ["extra_copy"]


def test_a_copy_on_another_day_is_known_by_the_key_in_its_memo(booked: Firm) -> None:
    copy = booked.ledger.duplicate(booked.ref(ONE), number="1044")
    booked.ledger.edit_date(copy, date(2026, 6, 30))

    assert codes(booked.check()) == ["extra_copy"]


def test_a_copied_transfer_is_found_though_it_has_no_number(booked: Firm) -> None:
    """F08: the bank feed and bridge both post the payout."""
    booked.ledger.duplicate(booked.ref("S1 bank"), keeps_key=False)

    report = booked.check()

    assert codes(report) == ["extra_copy"]
    assert is_explained(report)


def test_a_copy_of_a_part_that_never_touches_clearing_is_found(firm: Firm) -> None:
    """The first month of a settlement moves only the carry-forward account."""
    firm.bring_in(over_month_end("S1"))
    firm.ledger.duplicate(firm.ref("S1 2026-05"), keeps_key=False, number="1044")

    assert codes(firm.check()) == ["extra_copy"]


def test_every_copy_is_found_once(booked: Firm) -> None:
    for _ in range(3):
        booked.ledger.duplicate(booked.ref(ONE), keeps_key=False)

    assert codes(booked.check()) == ["extra_copy"] * 3


def test_a_copy_that_was_voided_or_deleted_as_proposed_is_no_longer_found(booked: Firm) -> None:
    voided = booked.ledger.duplicate(booked.ref(ONE))
    deleted = booked.ledger.duplicate(booked.ref(ONE))
    booked.check()
    booked.ledger.void(voided)
    booked.ledger.delete(deleted)

    assert codes(booked.check()) == []


def test_a_voucher_deleted_and_entered_again_by_hand_is_not_called_a_copy(booked: Firm) -> None:
    again = booked.ledger.duplicate(booked.ref(ONE), keeps_key=False)
    booked.ledger.delete(booked.ref(ONE))

    report = booked.check()

    assert codes(report) == ["deleted", "replacement"]
    assert {kept.finding.ref for kept in report.open_findings} == {booked.ref(ONE), again}
    assert is_explained(report)


def test_an_entry_of_others_in_the_clearing_account_is_found(booked: Firm) -> None:
    ref = booked.ledger.add_foreign(
        date(2026, 6, 20), [("6120", 39_99), ("1200", -39_99)], number="E-9", memo="Helium 10 subscription"
    )

    report = booked.check()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.foreign", Severity.WARNING, -39_99)
    assert found.ref == ref
    assert "Helium 10 subscription" in found.cause
    assert items(report) == [("JournalEntry E-9", "-39.99", "not posted by bridge")]
    assert is_explained(report)
    assert not report.is_reconciled


def test_entries_of_others_elsewhere_are_none_of_our_business(booked: Firm) -> None:
    booked.ledger.add_foreign(date(2026, 6, 20), [("6120", 39_99), ("1000", -39_99)])
    booked.ledger.add_foreign(date(2026, 6, 14), [("1000", 99_00), ("4000", -99_00)], number="SR-1")

    assert codes(booked.check()) == []


def test_the_same_payout_posted_by_the_bank_feed_on_another_day_is_told_as_a_double(booked: Firm) -> None:
    """F08: not the same date, so not a copy; but the same money."""
    booked.ledger.add_foreign(date(2026, 6, 18), [("1000", 85_00), ("1200", -85_00)], type="Deposit")

    report = booked.check()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.foreign", Severity.ERROR, -85_00)
    assert "may be in the books twice" in found.cause
    assert is_explained(report)


def test_the_bank_feed_posting_a_payout_before_bridge_does_is_told(firm: Firm) -> None:
    """F08: the transfer still waits; whoever reads this can withdraw it."""
    firm.bring_in(paid("S1", opened="2026-06-16 12:00", closed="2026-06-30 20:00", pays="2026-07-03 12:00"))
    firm.ledger.add_foreign(date(2026, 7, 1), [("1000", 85_00), ("1200", -85_00)], type="Deposit")

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.severity) == ("drift.foreign", Severity.ERROR)
    assert "Payout of Amazon settlement S1', which is not posted yet" in found.cause
    assert "withdraw" in found.repair
    assert is_explained(report)


def test_once_ours_is_withdrawn_the_bank_feeds_own_entry_settles_the_payout(firm: Firm) -> None:
    firm.bring_in(paid("S1", opened="2026-06-16 12:00", closed="2026-06-30 20:00", pays="2026-07-03 12:00"))
    deposit = firm.ledger.add_foreign(date(2026, 7, 3), [("1000", 85_00), ("1200", -85_00)], type="Deposit")
    firm.decide(InstructionKind.WITHDRAW, "S1 bank", "the bank feed has it")
    firm.run()

    report = firm.check()

    assert codes(report) == []
    assert items(report) == []
    assert [(one.what, one.ref, one.amount_minor) for one in report.clearing.settled] == [
        ("settlement S1", deposit, 85_00)
    ]
    assert report.is_reconciled


def test_a_refused_voucher_and_a_stranger_with_its_number(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    voucher = firm.delivery(ONE).voucher
    assert voucher is not None
    firm.ledger.take_number(voucher.number)
    firm.ledger.fail_next_send(Fault.REFUSE, code="account.inactive")
    firm.deliver()

    assert codes(firm.check()) == ["not_delivered", "not_delivered"]


def test_a_voucher_sent_by_a_lost_database_is_known_by_its_key_before_it_is_delivered(firm: Firm) -> None:
    """A rebuilt database meets its own vouchers in the ledger."""
    firm.receive(paid("S1"))
    firm.run()
    voucher = firm.delivery(ONE).voucher
    assert voucher is not None
    lines = [(line.account.number, line.amount_minor) for line in voucher.lines]
    firm.ledger.add_foreign(voucher.dated_on, lines, number=voucher.number, key=voucher.key)

    report = firm.check()

    assert codes(report) == ["not_delivered", "not_delivered"]
    assert is_explained(report)


def test_a_voided_entry_of_others_is_nothing(booked: Firm) -> None:
    ref = booked.ledger.add_foreign(date(2026, 6, 20), [("6120", 5_00), ("1200", -5_00)], type=TRANSFER)
    booked.ledger.void(ref)

    report = booked.check()

    assert codes(report) == []
    assert is_explained(report)


def test_an_endless_memo_is_cut(booked: Firm) -> None:
    booked.ledger.add_foreign(date(2026, 6, 20), [("6120", 5_00), ("1200", -5_00)], memo="x" * 4_000)

    assert len(only(booked.check()).finding.cause) < 300
