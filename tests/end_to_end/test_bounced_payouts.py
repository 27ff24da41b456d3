"""A payout that bounced (P32): where each settlement is one open invoice, what Xero holds in the end, and its check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.drift import Report
from bridge.drift.comparing.deposits import UNPAID
from bridge.drift.comparing.tieout import CAME_BACK, NEVER_COMES, OPEN_INVOICE, POSTED
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import InstructionKind
from tests.drift.reading import check_whole
from tests.end_to_end.shops import Shops, shops

PUBLIC = Path(__file__).parents[2] / "plugins/amazon/tests/samples/public"
FIRST, SECOND = (PUBLIC / f"P32_amazon_gb_bounced_{letter}.txt" for letter in "ab")
SELLER = """
[connections.amazon-gb]
plugin = "amazon"
account = "A1SELLERGB"
marketplaces = ["Amazon.co.uk"]

[routes.gb]
source = "amazon-gb"
ledger = "books-gb"
time_zone = "Europe/London"
first_day = 2026-01-01
tax_regime = "vat_standard"
vat_in_rows = true
"""


@contextmanager
def seller(folder: Path, ledger: str = "books-gb") -> Iterator[Shops]:
    with shops(folder, more=SELLER.replace("books-gb", ledger)) as opened:
        yield opened


def bring_in(opened: Shops, *files: Path, ledger: str = "books-gb") -> None:
    """Import, book, and send all that may be sent."""
    for file in files:
        imported = opened.app.steps.import_file("amazon-gb", file, actor="ann")
        assert imported.error is None, imported.error
        opened.app.books.run("gb", actor="ann")
    opened.app.steps.deliver(ledger, actor="ann", patience_seconds=10)


def command(folder: Path, *words: str) -> tuple[int, str]:
    """A command of bridge: how it ends, and what it prints."""
    done = CliRunner().invoke(cli, ["--config", str(folder / "bridge.toml"), *words], standalone_mode=False)
    assert done.exception is None, done.exception
    return int(done.return_value), done.output


def is_all_green(folder: Path) -> bool:
    """Whether the check ends with 0, and then says three greens and no finding."""
    code, printed = command(folder, "drift", "gb")
    if code == 0:
        assert re.search(r"delivered through \S+, matched, reconciled", printed)
        assert "no open findings" in printed
    return code == 0


def parked(opened: Shops) -> tuple[Delivery, ...]:
    with opened.app.store.reading() as unit:
        return unit.deliveries.with_state("books-gb", DeliveryState.PARKED)


def open_items(report: Report) -> list[tuple[str, int]]:
    return [(item.what, item.amount_minor) for clearing in report.clearings for item in clearing.items]


def test_p32_only_what_will_arrive_is_owed_and_clearing_is_empty(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        assert opened.trial_balance("books-gb") == {"1100": 10000, "4000": -10000}
        bring_in(opened, SECOND)
        balances = opened.trial_balance("books-gb")
        unpaid = check_whole(opened.app, "gb")
        paid_by_the_bank(opened, "150.00", "2026-06-26")
        report = check_whole(opened.app, "gb")
        assert is_all_green(tmp_path)

    assert [kept.finding.code for kept in unpaid.open_findings] == [UNPAID]
    assert [tie.paid for tie in unpaid.ties] == ["", "unpaid, due 2026-06-26"], "what came back awaits nothing"
    assert balances == {"1100": 15000, "4000": -15000}
    assert [kept.finding.title for kept in report.open_findings] == []
    assert open_items(report) == []
    assert [(tie.bank, tie.parts_missing, tie.is_tied) for tie in report.ties] == [
        (CAME_BACK, 0, True),
        (OPEN_INVOICE, 0, True),
    ], "what settles the invoice that came back belongs to its settlement, and is no day's sales"
    assert len(report.payouts) == len(report.posted) == 1


def test_p32_a_later_file_read_first_ends_the_same(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, SECOND)
        assert opened.trial_balance("books-gb") == {"1100": 15000, "1200": -10000, "4000": -5000}
        bring_in(opened, FIRST)
        assert opened.trial_balance("books-gb") == {"1100": 15000, "4000": -15000}


def test_p32_an_invoice_that_was_matched_before_the_money_went_back_is_not_paid_twice(tmp_path: Path) -> None:
    """The bank's line came, was matched, and was sent back: a person codes the line that came back to clearing."""
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        paid_by_the_bank(opened)
        bring_in(opened, SECOND)
        (delivery,) = parked(opened)
        report = check_whole(opened.app, "gb")
        balances = opened.trial_balance("books-gb")

    assert delivery.reason == "xero.bounced_paid"
    assert "matched with a bank line before the money was sent back" in delivery.note
    assert "Code the bank line that came back to the clearing account, and withdraw this voucher" in delivery.note
    assert balances == {"1000": 10000, "1100": 15000, "1200": -10000, "4000": -15000}
    (finding,) = (kept.finding for kept in report.open_findings if kept.finding.code == "drift.not_delivered")
    assert "Code the bank line that came back" in finding.cause


def paid_by_the_bank(opened: Shops, amount: str = "100.00", on: str = "2026-06-12") -> None:
    """Somebody matches the last invoice with the bank's own line."""
    with opened.app.store.reading() as unit:
        sent = unit.deliveries.with_state("books-gb", DeliveryState.DELIVERED)
    invoice = max((each for each in sent if each.voucher and each.voucher.due_on), key=due)
    opened.tamper("books-gb", op="pay", id=invoice.ref, account="1000", amount=amount, date=on)


def due(delivery: Delivery) -> date:
    assert delivery.voucher is not None
    assert delivery.voucher.due_on is not None
    return delivery.voucher.due_on


def test_p32_once_the_banks_line_is_coded_as_advised_the_check_is_green(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        paid_by_the_bank(opened)
        bring_in(opened, SECOND)
        (delivery,) = parked(opened)
        assert not is_all_green(tmp_path)
        paid_by_the_bank(opened, "150.00", "2026-06-26")

        give_up(opened, delivery)
        report = check_whole(opened.app, "gb")
        (kept,) = report.open_findings
        assert (kept.finding.code, abs(kept.finding.amount_minor)) == ("drift.withdrawn", 100_00)
        assert "Code the bank line that came back to the clearing account" in kept.finding.repair
        assert not is_all_green(tmp_path)
        assert "Withdrawn by a person" in command(tmp_path, "held")[1]

        opened.post_by_hand("1200", "1000", "100.00", date(2026, 6, 20))
        assert is_all_green(tmp_path)
        assert command(tmp_path, "held")[1].splitlines()[0] == "Nothing waits."
        assert opened.trial_balance("books-gb") == {"1000": 15000, "4000": -15000}


def test_p32_a_bank_line_of_another_amount_answers_nothing(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        paid_by_the_bank(opened)
        bring_in(opened, SECOND)
        give_up(opened, parked(opened)[0])
        opened.post_by_hand("1200", "1000", "99.00", date(2026, 6, 20))
        assert not is_all_green(tmp_path)
        report = check_whole(opened.app, "gb")

    assert {kept.finding.code for kept in report.open_findings} == {"drift.foreign", "drift.withdrawn", UNPAID}
    assert not report.is_matched


def test_p32_a_settling_payment_that_is_deleted_in_the_ledger_is_found(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST, SECOND)
        with opened.app.store.reading() as unit:
            sent = unit.deliveries.with_state("books-gb", DeliveryState.DELIVERED)
        (payment,) = [each for each in sent if each.voucher and each.voucher.type == "Payment"]
        opened.tamper("books-gb", op="delete", entity="Payment", id=payment.ref)
        assert not is_all_green(tmp_path)
        report = check_whole(opened.app, "gb")

    (kept,) = (one for one in report.open_findings if one.finding.code != UNPAID)
    assert kept.finding.code in {"drift.deleted", "drift.voided"}
    assert abs(kept.finding.amount_minor) == 100_00
    assert kept.finding.account in {"1100 Accounts receivable", "1200 Amazon clearing"}
    assert not report.is_matched


@pytest.mark.parametrize("way", ["delete", "void", "code"])
def test_p32_in_quickbooks_a_transfer_that_came_back_is_green_once_its_advice_is_followed(
    tmp_path: Path, way: str
) -> None:
    """Payouts are transfers there. One that is taken out as a finding asks is no finding of its own."""
    with seller(tmp_path, "books-qb") as opened:
        bring_in(opened, FIRST, ledger="books-qb")
        with opened.app.store.reading() as unit:
            sent = unit.deliveries.with_state("books-qb", DeliveryState.DELIVERED)
        (transfer,) = [each for each in sent if each.voucher and each.voucher.type == "Transfer"]
        bring_in(opened, SECOND, ledger="books-qb")
        assert not is_all_green(tmp_path)
        if way == "code":
            opened.post_by_hand("1200", "1000", "100.00", date(2026, 6, 20), ledger="books-qb")
        else:
            opened.tamper("books-qb", op=way, entity="Transfer", id=transfer.ref)
        report = check_whole(opened.app, "gb")
        (kept,) = report.open_findings
        assert kept.finding.code == "books.payout_bounced"
        assert not is_all_green(tmp_path), "a person says that it is done"

        reason = "done as it asks"
        opened.app.books.decide(InstructionKind.ACCEPT, kept.finding.finding_id, by="ann", reason=reason)
        assert is_all_green(tmp_path)
        report = check_whole(opened.app, "gb")

    assert report.clearing.closing_minor == report.clearing.balance_minor == 0
    assert report.reconciled.words == "yes, with 1 accepted (100.00 GBP)"


def test_p32_in_quickbooks_a_transfer_that_was_not_sent_is_withdrawn_and_all_is_green(tmp_path: Path) -> None:
    with seller(tmp_path, "books-qb") as opened:
        bring_in(opened, FIRST, SECOND, ledger="books-qb")
        assert is_all_green(tmp_path)
        report = check_whole(opened.app, "gb")

    assert [tie.bank for tie in report.settlements] == [NEVER_COMES, POSTED]
    assert len(report.payouts) == len(report.posted) == 1, "what never comes is not expected"


def give_up(opened: Shops, delivery: Delivery) -> None:
    """A person withdraws a voucher, and the books carry it out."""
    opened.app.books.decide(InstructionKind.WITHDRAW, delivery.voucher_id, by="ann", reason="the money came back")
    opened.app.books.run("gb", actor="ann")
    opened.app.steps.deliver("books-gb", actor="ann", patience_seconds=10)
