"""Payouts and the bank feed: what the ledger's own automation made of their lines is named, what is right is let be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.drift import Report
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import Finding
from bridge.model.money import decimal_text
from plugins.amazon.tests.report import Report as File
from plugins.amazon.tests.report import Row
from tests.drift.reading import check_whole
from tests.end_to_end.shops import Shops
from tests.end_to_end.test_bounced_payouts import seller

CODED = "drift.coded_elsewhere"
FIRST = date(2026, 6, 1)


def settlements(folder: Path, *minors: int) -> list[Path]:
    """One a week, each paid out two days after its end; the first on Wednesday, June 10."""
    files = []
    for place, minor in enumerate(minors):
        opened = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(weeks=place, hours=6)
        report = File(
            rows=(
                Row(minor=minor, at=opened + timedelta(days=1), marketplace="Amazon.co.uk", order=f"206-000000{place}"),
            ),
            currency="GBP",
            settlement_id=f"2850000{place}",
            opened=opened,
            closed=opened + timedelta(days=7),
            deposit=opened + timedelta(days=9),
        )
        files.append(folder / f"settlement{place}.txt")
        files[-1].write_text(report.text(), encoding="utf-8")
    return files


def due(place: int) -> str:
    return str(FIRST + timedelta(weeks=place, days=9))


def bring_in(opened: Shops, folder: Path, *minors: int, ledger: str = "books-gb") -> None:
    for file in settlements(folder, *minors):
        imported = opened.app.steps.import_file("amazon-gb", file, actor="ann")
        assert imported.error is None, imported.error
    opened.app.books.run("gb", actor="ann")
    opened.app.steps.deliver(ledger, actor="ann", patience_seconds=10)


def invoices(opened: Shops) -> dict[int, str]:
    """The ids of the open documents, by what they are for."""
    with opened.app.store.reading() as unit:
        sent = unit.deliveries.with_state("books-gb", DeliveryState.DELIVERED)
    return {each.voucher.total_minor: each.ref for each in sent if each.voucher and each.voucher.due_on}


def bank_line(opened: Shops, minor: int, on: str, ledger: str = "books-gb", **order: str) -> None:
    """The bank feed brings a line, and the ledger's automation takes it."""
    amount = decimal_text(minor, "GBP")
    opened.tamper(ledger, op="bank_line", account="1000", amount=amount, date=on, **order)


def found(report: Report) -> dict[str, list[Finding]]:
    by_code: dict[str, list[Finding]] = {}
    for kept in report.open_findings:
        by_code.setdefault(kept.finding.code, []).append(kept.finding)
    return by_code


def check(opened: Shops) -> Report:
    return check_whole(opened.app, "gb")


def test_d29_in_xero_a_line_coded_to_sales_one_matched_wrongly_and_one_split_are_found_and_none_of_the_right_ones(
    tmp_path: Path,
) -> None:
    """D29, F50."""
    with seller(tmp_path) as opened:
        bring_in(opened, tmp_path, 100_00, 150_00, 200_00, 120_00)
        documents = invoices(opened)
        bank_line(opened, 100_00, due(0), to="4000")
        bank_line(opened, 150_00, due(1), invoice=documents[200_00])
        bank_line(opened, 200_00, due(2), to="1200", share="120.00", rest="4000")
        bank_line(opened, 120_00, due(3), invoice=documents[120_00])
        bank_line(opened, 75_00, due(0), to="4000")
        bank_line(opened, 100_00, "2026-07-20", to="4000")
        report = check(opened)
        sales = opened.trial_balance("books-gb")["4000"]

    assert sales == -(100_00 + 150_00 + 200_00 + 120_00) - 100_00 - 80_00 - 75_00 - 100_00, "income counted twice"
    by_code = found(report)
    coded, matched, split = sorted(by_code.pop(CODED), key=lambda one: one.evidence[1][1])
    assert coded.title.endswith(
        "the money of settlement 28500000, coded straight to 4000 Product sales: income counted twice"
    )
    assert "the money of settlement 28500001, matched with Invoice" in matched.title
    assert matched.title.endswith("of settlement 28500002")
    assert split.title.endswith(
        "the money of settlement 28500002, split: 120.00 to 1200 Amazon clearing, 80.00 to 4000 Product sales: "
        "income counted twice"
    )
    assert (coded.amount_minor, coded.account) == (-100_00, "4000 Product sales")
    assert "Remove & Redo" in coded.repair
    assert "then match it with Invoice" in coded.repair
    assert "Switch automatic bank reconciliation off for that bank account" in coded.repair
    assert {code: len(some) for code, some in by_code.items()} == {
        "drift.deposit_unpaid": 2,
        "drift.deposit_part_paid": 1,
    }
    assert [tie.paid for tie in report.settlements] == [
        f"unpaid, due {due(0)}",
        f"unpaid, due {due(1)}",
        "part paid",
        f"matched to the bank on {due(3)}",
    ]
    assert not report.is_matched
    assert "1 payout is matched to the bank; 3 payouts are not at the bank yet" in report.matched.why
    assert "3 lines of the bank coded elsewhere" in report.matched.why


def test_in_xero_once_each_line_is_matched_with_its_own_document_all_is_green(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, tmp_path, 100_00, 150_00)
        for place, (minor, ref) in enumerate(sorted(invoices(opened).items())):
            bank_line(opened, minor, due(place), invoice=ref)
        report = check(opened)

    assert found(report) == {}
    assert [tie.paid for tie in report.settlements] == [f"matched to the bank on {due(place)}" for place in (0, 1)]
    assert report.is_matched
    assert "2 payouts are matched to the bank" in report.matched.why


@pytest.mark.parametrize(
    ("payments", "code", "words"),
    [
        ([("1000", "60.00")], "drift.deposit_part_paid", "part paid, 40.00 of 100.00 GBP is still open"),
        ([("1200", "100.00")], "drift.deposit_paid_otherwise", "(1200 Amazon clearing)"),
        ([("1000", "60.00"), ("1000", "40.00")], "drift.deposit_paid_otherwise", "by 2 entries of the bank"),
        ([("1200", "60.00"), ("1000", "40.00")], "drift.deposit_paid_otherwise", "(1200 Amazon clearing)"),
    ],
)
def test_in_xero_a_document_that_the_bank_did_not_pay_in_full_and_once_is_named(
    tmp_path: Path, payments: list[tuple[str, str]], code: str, words: str
) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, tmp_path, 100_00)
        (ref,) = invoices(opened).values()
        for account, amount in payments:
            opened.tamper("books-gb", op="pay", id=ref, account=account, amount=amount, date=due(0))
        report = check(opened)

    (finding,) = found(report)[code]
    assert words in finding.title
    assert not report.is_matched


def test_in_quickbooks_a_line_that_was_added_beside_our_transfer_is_found_and_the_match_is_said_to_be_unseen(
    tmp_path: Path,
) -> None:
    """D29, F50: one that is matched leaves no trace there."""
    with seller(tmp_path, "books-qb") as opened:
        bring_in(opened, tmp_path, 100_00, 150_00, 200_00, ledger="books-qb")
        clean = check(opened)
        bank_line(opened, 100_00, due(0), "books-qb", to="4000")
        bank_line(opened, 200_00, due(2), "books-qb", to="1200", share="120.00", rest="4000")
        bank_line(opened, 75_00, due(0), "books-qb", to="4000")
        bank_line(opened, 150_00, "2026-07-20", "books-qb", to="4000")
        report = check(opened)

    assert found(clean) == {}
    assert clean.is_matched
    assert [tie.bank for tie in clean.settlements] == ["posted bank entry"] * 3
    assert (
        "3 payouts are posted bank entries, and nothing tells whether a line of the bank was matched with them"
        in clean.matched.why
    )
    coded, split = sorted(found(report)[CODED], key=lambda one: one.evidence[1][1])
    assert coded.title.endswith("coded straight to 4000 Product sales: income counted twice")
    assert "split: 120.00 to 1200 Amazon clearing, 80.00 to 4000 Product sales" in split.title
    assert "then match it with bridge's own transfer for settlement 28500000" in coded.repair
    assert "Choose Match, never Add" in coded.repair
    assert found(report).keys() == {CODED}, "the part of it on clearing is told once"
    assert not report.is_matched
