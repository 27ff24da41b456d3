"""What a shop says of an order after its money moved, from its answers to the check, on both ledgers.

A refund whose record is deleted, an order that is cancelled, one that grew or shrank: each is found with what is at
stake and the commands that answer it; what a person has taken back is delivered, and checked like any other entry.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.drift import Report
from bridge.drift.explaining import Clearing
from bridge.drift.report.pages import to_html
from bridge.model.findings import KeptFinding
from tests.end_to_end.telling import Told, told

BOTH = pytest.mark.parametrize("name", ["woo-gb", "woo-us"], ids=["xero", "quickbooks"])


def one(report: Report) -> KeptFinding:
    (kept,) = report.open_findings
    return kept


def rolled(report: Report, number: str) -> Clearing:
    return next(each for each in report.rolled if each.account.startswith(number))


def titles(shop: Told) -> list[str]:
    """What the entries of its ledger are called, as they came."""
    entries = sorted(shop.opened.entries(shop.name), key=lambda one: (one.booked_on, one.narration))
    return [entry.narration for entry in entries]


def is_green(report: Report) -> tuple[bool, bool, bool]:
    return report.is_delivered, report.is_matched, report.is_reconciled


@BOTH
def test_a_deleted_refund_is_found_and_its_reversal_is_as_good_as_any_entry(tmp_path: Path, name: str) -> None:
    with told(tmp_path, name) as shop:
        shop.order(13, 88)
        shop.refund(13)
        assert is_green(shop.check()) == (True, True, True)
        shop.order(15)

        report = shop.check()
        kept = one(report)
        assert (kept.finding.code, kept.finding.severity, kept.finding.amount_minor) == ("channel.gone", "error", -3_00)
        assert is_green(report) == (True, False, False)
        printed = shop.command("drift", name)[1]
        assert "channel.gone" in printed
        assert "bridge decide FINDING reverse" in printed
        page = to_html((report,))
        for command in ("reverse", "accept"):
            said = f"bridge decide {kept.finding.finding_id} {command} --reason"
            assert said in page
        assert "paid back, or not" in page

        shop.reverse(kept)
        report = shop.check()
        assert is_green(report) == (True, True, True)
        assert [tie.channel_minor for tie in report.days] == [10_00, -3_00, 3_00]
        assert sum(each.closing_minor for each in report.clearings) == 10_00
        assert titles(shop) == [
            "WooCommerce order #75",
            "WooCommerce refund 88 of order #75",
            "WooCommerce refund 88 of order #75: reversal",
        ]
        explained = shop.command("explain", shop.reversal().voucher_id)[1]
        assert "from Refund 88 of order #75: reversal of " in explained
        assert "written by bridge: a person decided reverse" in explained


@BOTH
def test_a_cancelled_order_taken_back_is_owed_to_its_buyer_by_name_on_2220(tmp_path: Path, name: str) -> None:
    with told(tmp_path, name) as shop:
        shop.order(13, 88)
        shop.refund(13)
        shop.order(16, 88, status="cancelled")

        report = shop.check()
        kept = one(report)
        assert (kept.finding.code, kept.finding.severity) == ("channel.cancelled", "warning")
        assert (kept.finding.amount_minor, report.at_stake_minor) == (7_00, {shop.currency: 7_00})
        assert is_green(report) == (True, True, True), "the books are right: no money moved"

        shop.reverse(kept)
        report = shop.check()
        owed = rolled(report, "2220")
        assert is_green(report) == (True, True, True)
        assert (owed.closing_minor, [(each.what, each.amount_minor) for each in owed.items]) == (
            -7_00,
            [("order #75", -7_00)],
        )
        assert "order #75" in to_html((report,))
        assert titles(shop)[-1] == "WooCommerce order #75: reversal"


@BOTH
@pytest.mark.parametrize(
    ("total", "account", "minor"), [("12.50", "1150", 2_50), ("9.00", "2220", -1_00)], ids=["grown", "shrunk"]
)
def test_what_an_edit_leaves_open_stands_on_its_account_by_order(
    tmp_path: Path, name: str, total: str, account: str, minor: int
) -> None:
    with told(tmp_path, name) as shop:
        shop.order(13)
        shop.order(16, total=total, date_modified_gmt="2026-03-16T08:00:00")

        report = shop.check()
        kept = one(report)
        assert (kept.finding.code, kept.finding.severity, kept.finding.amount_minor) == (
            "channel.edited",
            "warning",
            minor,
        )
        stands = rolled(report, account)
        assert (stands.closing_minor, [(each.what, each.amount_minor) for each in stands.items]) == (
            minor,
            [("order #75", minor)],
        )
        assert is_green(report) == (True, True, True)
        assert "Other accounts of the balance sheet" in to_html((report,))
        assert titles(shop) == ["WooCommerce order #75", "WooCommerce order #75, edited"]


@BOTH
@pytest.mark.parametrize("op", ["delete", "edit_amount"])
def test_a_reversal_that_is_tampered_with_is_found_with_its_amount(tmp_path: Path, name: str, op: str) -> None:
    with told(tmp_path, name) as shop:
        shop.order(13)
        shop.order(16, status="cancelled")
        shop.reverse(one(shop.check()))
        sent = shop.reversal()
        assert sent.voucher is not None
        more = {"amount": "8.00"} if op == "edit_amount" else {}
        shop.opened.tamper(shop.ledger, op=op, entity=sent.voucher.type, id=sent.ref, **more)

        report = shop.check()

    found = one(report).finding
    # A credit note that is not even any more is open on receivables: the amount went there.
    assert found.code in ({"drift.amount", "drift.account"} if more else {"drift.deleted", "drift.voided"})
    assert abs(found.amount_minor) == (2_00 if more else 10_00)
    assert found.account.startswith(("2220", "1100")), found.account
    assert is_green(report) == (bool(more), False, False)
