"""Each thing that hands do to our objects is found once, and named."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.model.findings import Severity
from tests.drift.firm import Firm, codes, is_explained, items, only, over_month_end, paid

ONE = "S1 2026-06"


@pytest.fixture
def booked(firm: Firm) -> Firm:
    """One settlement and its transfer, both in the ledger."""
    firm.bring_in(paid("S1"))
    return firm


def test_a_ledger_that_says_what_it_was_told_gives_a_clean_report(either_firm: Firm) -> None:
    either_firm.bring_in(
        paid("S1"), paid("S2", opened="2026-06-14 20:00", closed="2026-06-28 20:00", pays="2026-06-30")
    )

    report = either_firm.check()

    assert codes(report) == []
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)
    assert report.objects_read == 4
    assert is_explained(report)
    assert items(report) == []


def test_a_bad_week_reads_the_same_on_either_database(either_firm: Firm) -> None:
    firm = either_firm
    firm.bring_in(over_month_end("S1"), paid("S2", closed="2026-06-28 20:00", pays="2026-06-30 12:00"))
    firm.ledger.delete(firm.ref("S1 bank"))
    firm.ledger.move(firm.ref("S1 2026-05"), "4000", "6000", 10)
    firm.ledger.edit_date(firm.ref("S2 2026-06"), date(2025, 12, 31))
    firm.ledger.duplicate(firm.ref("S2 bank"), keeps_key=False)
    firm.ledger.add_foreign(date(2026, 6, 20), [("6120", 39_99), ("1200", -39_99)])

    report = firm.check()

    assert codes(report) == ["amount", "date", "deleted", "extra_copy", "foreign"]
    assert is_explained(report)
    firm.accept(report.open_findings[0])
    assert len(firm.check().open_findings) == 4


def test_a_deleted_voucher_is_found_with_its_amount(booked: Firm) -> None:
    booked.ledger.delete(booked.ref(ONE))

    report = booked.check()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.deleted", Severity.ERROR, -85_00)
    assert found.account == "1200 Amazon clearing"
    assert found.ref == booked.ref(ONE)
    assert found.entry_id == booked.entry(ONE).entry_id
    assert items(report) == [("settlement S1", "-85.00", "ours was deleted in the ledger")]
    assert is_explained(report)
    assert not report.is_reconciled
    assert not report.is_matched


def test_a_voucher_the_ledger_never_heard_of_is_missing_not_deleted(booked: Firm) -> None:
    booked.ledger.forget(booked.ref(ONE))

    found = only(booked.check()).finding

    assert found.code == "drift.missing"
    assert "another company" in found.cause


def test_a_voided_voucher_is_found(booked: Firm) -> None:
    booked.ledger.void(booked.ref(ONE))

    report = booked.check()

    assert only(report).finding.code == "drift.voided"
    assert (only(report).finding.amount_minor, only(report).finding.account) == (-85_00, "1200 Amazon clearing")
    assert items(report) == [("settlement S1", "-85.00", "ours was voided in the ledger")]
    assert is_explained(report)


def test_a_changed_amount_is_found_to_the_cent_with_both_accounts(booked: Firm) -> None:
    """D03: even ten cents."""
    booked.ledger.move(booked.ref(ONE), "4000", "6000", 10)

    found = only(booked.check()).finding

    assert (found.code, found.amount_minor, found.account) == ("drift.amount", -10, "4000 Product sales")
    assert found.evidence == (
        ("4000 Product sales", "-100.00", "-100.10"),
        ("6000 Marketplace referral fees", "15.00", "15.10"),
    )


def test_an_amount_on_the_clearing_account_shows_in_the_clearing_account(booked: Firm) -> None:
    booked.ledger.move(booked.ref(ONE), "4000", "1200", 12_34)

    report = booked.check()

    assert only(report).finding.code == "drift.amount"
    ((what, amount, reason),) = items(report)
    assert what.startswith("JournalEntry AMZ")
    assert (amount, reason) == ("12.34", "its amounts were changed in the ledger")
    assert is_explained(report)


def test_amounts_shifted_between_two_accounts_of_the_object_are_an_amount(booked: Firm) -> None:
    booked.ledger.move(booked.ref(ONE), "6000", "1200", 5_00)

    found = only(booked.check()).finding

    assert (found.code, found.amount_minor) == ("drift.amount", 5_00)


def test_a_recoded_line_is_found_as_such(booked: Firm) -> None:
    booked.ledger.edit_account(booked.ref(ONE), "6000", "1990")

    found = only(booked.check()).finding

    assert (found.code, found.severity, found.amount_minor) == ("drift.account", Severity.ERROR, 15_00)
    assert found.evidence == (
        ("1990 Suspense - unclassified channel lines", "0.00", "15.00"),
        ("6000 Marketplace referral fees", "15.00", "0.00"),
    )


def test_a_part_put_on_another_account_is_recoded(booked: Firm) -> None:
    booked.ledger.move(booked.ref(ONE), "6000", "3000", 4_00)

    found = only(booked.check()).finding

    assert (found.code, found.amount_minor) == ("drift.account", 4_00)


def test_money_put_on_an_account_of_the_object_that_came_to_zero_is_an_amount(firm: Firm) -> None:
    """Tax collected and withheld stand on one account and come to nothing; it is still one of its accounts."""
    tax = "2026-06-02 tax.collected 8.00 g1\n2026-06-02 tax.facilitator -8.00 g1"
    firm.bring_in(paid("S1", more=tax))
    firm.ledger.move(firm.ref(ONE), "4000", "2110", -1_00)

    found = only(firm.check()).finding

    assert found.code == "drift.amount"
    assert ("2110 Marketplace-facilitator tax pass-through", "0.00", "-1.00") in found.evidence


def test_recoding_within_a_section_of_the_profit_and_loss_statement_is_only_told(booked: Firm) -> None:
    booked.ledger.edit_account(booked.ref(ONE), "6000", "6100")

    report = booked.check()

    assert (only(report).finding.code, only(report).finding.severity) == ("drift.account", Severity.INFO)
    assert "rule" in only(report).finding.repair
    assert report.is_reconciled


def test_recoding_away_from_clearing_is_no_small_matter(booked: Firm) -> None:
    booked.ledger.edit_account(booked.ref(ONE), "1200", "1210")

    report = booked.check()

    assert (only(report).finding.code, only(report).finding.severity) == ("drift.account", Severity.ERROR)
    assert items(report) == [("settlement S1", "-85.00", "it was re-coded in the ledger")]
    assert is_explained(report)


def test_an_amount_changed_and_recoded_together_is_one_finding(booked: Firm) -> None:
    booked.ledger.edit_lines(booked.ref(ONE), [("1200", 85_00), ("6100", 17_00), ("4000", -102_00)])

    found = only(booked.check()).finding

    assert (found.code, found.amount_minor) == ("drift.amount", 17_00)
    assert "accounts" in found.title
    assert [what for what, _, _ in found.evidence] == [
        "4000 Product sales",
        "6000 Marketplace referral fees",
        "6100 Payment processing fees",
    ]


def test_a_date_within_the_month_warns_and_another_month_is_an_error(booked: Firm) -> None:
    booked.ledger.edit_date(booked.ref(ONE), date(2026, 6, 20))
    within = only(booked.check()).finding
    booked.ledger.edit_date(booked.ref(ONE), date(2026, 5, 31))
    beyond = only(booked.check()).finding

    assert (within.code, within.severity) == ("drift.date", Severity.WARNING)
    assert (beyond.code, beyond.severity) == ("drift.date", Severity.ERROR)
    assert beyond.evidence == (("date", "2026-06-14", "2026-05-31"),)


def test_a_voucher_moved_out_of_the_period_is_read_by_its_id_and_not_called_missing(booked: Firm) -> None:
    booked.ledger.edit_date(booked.ref(ONE), date(2025, 12, 31))

    report = booked.check()

    assert codes(report) == ["date"]
    assert is_explained(report)
    assert items(report) == []


def test_a_changed_number_warns(booked: Firm) -> None:
    booked.ledger.edit_number(booked.ref(ONE), "JE-77")
    renamed = only(booked.check()).finding
    booked.ledger.edit_number(booked.ref(ONE), "")
    emptied = only(booked.check()).finding

    assert (renamed.code, renamed.severity) == ("drift.number", Severity.WARNING)
    assert renamed.evidence[0][2] == "JE-77"
    assert "taken away" in emptied.title


def test_a_changed_currency_is_found_once(booked: Firm) -> None:
    booked.ledger.edit_currency(booked.ref(ONE), "CAD")

    found = only(booked.check()).finding

    assert (found.code, found.evidence) == ("drift.currency", (("currency", "USD", "CAD"),))


def test_two_edits_of_one_voucher_are_two_findings(booked: Firm) -> None:
    booked.ledger.move(booked.ref(ONE), "4000", "6000", 1_00)
    booked.ledger.edit_date(booked.ref(ONE), date(2026, 7, 1))

    assert codes(booked.check()) == ["amount", "date"]


def test_a_deleted_transfer_puts_the_payout_back_into_clearing(booked: Firm) -> None:
    booked.ledger.delete(booked.ref("S1 bank"))

    report = booked.check()

    assert codes(report) == ["deleted"]
    assert items(report) == [("payout of settlement S1", "85.00", "ours was deleted in the ledger")]
    assert report.ties[0].bank == "gone from the ledger"
    assert is_explained(report)


def test_the_report_says_when_it_was_changed_and_that_the_ledger_does_not_tell_by_whom(booked: Firm) -> None:
    """D04."""
    booked.pass_days(1)
    booked.ledger.void(booked.ref(ONE))

    report = booked.check()

    assert not report.tells_editor
    assert "last saved 2026-07-02 12:00 UTC (by whom: see the ledger's audit log)" in only(report).finding.cause


def test_words_versions_and_how_lines_are_cut_are_no_finding(booked: Firm) -> None:
    """F45: a new version of an object is compared field by field, and words are not fields of the books."""
    booked.ledger.save_again(booked.ref(ONE))
    booked.ledger.edit_memo(booked.ref("S1 bank"), "matched")
    split = [("4000", -40_00), ("6000", 15_00), ("4000", -60_00), ("1200", 90_00), ("1200", -5_00)]
    booked.ledger.edit_lines(booked.ref(ONE), split)

    report = booked.check()

    assert codes(report) == []
    assert report.is_reconciled


def test_a_renamed_account_is_no_finding(booked: Firm) -> None:
    booked.ledger.rename_account("6000", "Selling fees")

    assert codes(booked.check()) == []
