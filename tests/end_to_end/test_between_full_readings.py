"""What no feed tells, or no balance shows, turns a green by the next check all the same: no month passes until then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.drift import Report
from plugins.shopify.tests import shop as shopify
from tests.drift.reading import all_read_whole
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_items import RULES, SALES
from tests.end_to_end.test_items import take as take_items
from tests.end_to_end.test_open_orders import FIRST, GREEN, PAID, books, due, grown, ledger, on_receivables, take
from tests.end_to_end.test_undo_orders import EDITED, REFUNDED, sold
from tests.end_to_end.test_what_changed import DOZEN

TOLD = pytest.mark.parametrize("is_told", [True, False], ids=["told", "untold"])
FIVE = "2026-09-05T10:00:00Z"


def by_changes(shop: Told) -> Report:
    """A check that may read no more than what changed."""
    with all_read_whole(shop.opened.app):
        report: Report = shop.opened.app.steps.check(shop.name, actor="ann")
    assert report.read_back.since is not None, report.read_back.why
    return report


def greens(report: Report) -> tuple[bool, bool, bool]:
    return report.is_delivered, report.is_matched, report.is_reconciled


def found(report: Report) -> list[str]:
    """What the ledger says otherwise."""
    codes = (kept.finding.code for kept in report.open_findings)
    return sorted(code.removeprefix("drift.") for code in codes if code.startswith("drift."))


@contextmanager
def credited(folder: Path, name: str) -> Iterator[Told]:
    """An order that grew, of which a return is set against what is still open; read in full, and green."""
    with sold(folder, name, EDITED, REFUNDED) as (shop, _):
        with all_read_whole(shop.opened.app):
            shop.opened.app.steps.check(shop.name, actor="ann")
        report = by_changes(shop)
        assert (greens(report), found(report)) == (GREEN, [])
        assert report.read_back.calls <= DOZEN
        yield shop


def allocation(shop: Told) -> dict[str, Any]:
    (one,) = [one for one in books(shop)["Allocations"] if not one["IsDeleted"]]
    return one


def take_off(shop: Told, *, is_told: bool) -> dict[str, Any]:
    """Somebody takes the credit off its invoice again in Xero, which may or may not call either changed by that."""
    one = allocation(shop)
    shop.opened.order(ledger(shop), "settings", tells_removals=is_told)
    shop.opened.tamper(ledger(shop), op="remove_allocation", note=one["CreditNoteID"], id=one["AllocationID"])
    return one


@TOLD
def test_credit_that_is_taken_off_an_invoice_is_found_by_the_next_check(tmp_path: Path, *, is_told: bool) -> None:
    """C28, D03: nothing moves on any account, and Xero lists nothing that was removed."""
    with credited(tmp_path, "shop-gb") as shop:
        balances = shop.opened.trial_balance(ledger(shop))
        take_off(shop, is_told=is_told)
        assert shop.opened.trial_balance(ledger(shop)) == balances

        first, second = by_changes(shop), by_changes(shop)

        for report in (first, second):
            assert (greens(report), found(report)) == ((False, False, False), ["deleted"])
        assert second.read_back.calls <= DOZEN


@TOLD
def test_credit_that_is_set_against_another_invoice_is_found(tmp_path: Path, *, is_told: bool) -> None:
    """Neither is open for longer than between two clicks: that it is set anew is a change, which Xero tells."""
    with credited(tmp_path, "shop-gb") as shop:
        order = {"account": "1100", "counter_account": "4000", "amount": "5.00", "date": "2026-09-12"}
        other = shop.opened.tamper(
            ledger(shop), op="add_foreign", entity="Invoice", number="OWN-1", customer="Sales channels", **order
        )
        shop.opened.tamper(
            ledger(shop), op="change_note", entity="Invoice", id=other["InvoiceID"], to="no sale of a channel"
        )
        before = found(by_changes(shop))
        one = take_off(shop, is_told=is_told)
        shop.opened.tamper(
            ledger(shop),
            op="allocate",
            note=one["CreditNoteID"],
            invoice=other["InvoiceID"],
            amount="5.00",
            date="2026-09-12",
        )

        report = by_changes(shop)

        assert found(report) == sorted([*before, "deleted", "open_documents"])
        assert not any(greens(report))


def test_credit_that_is_taken_off_in_quickbooks_is_found(tmp_path: Path) -> None:
    """There a payment of nothing holds both together, and that it is deleted is told."""
    with credited(tmp_path, "shop-us") as shop:
        (payment,) = [one for one in books(shop)["Payment"] if not float(one["TotalAmt"])]
        shop.opened.tamper(ledger(shop), op="delete", entity="Payment", id=payment["Id"])

        report = by_changes(shop)

        assert (greens(report), found(report)) == ((False, False, False), ["deleted"])


@pytest.mark.parametrize(
    ("invoice", "codes", "is_reconciled"),
    [("5.00", ["marked"], True), ("", ["marked", "open_documents"], False)],
    ids=["another invoice", "none"],
)
def test_a_payment_of_ours_that_pays_something_else_is_found(
    tmp_path: Path, invoice: str, codes: list[str], *, is_reconciled: bool
) -> None:
    """C28: its amount, day and accounts stay, and so does what receivables come to; yet an order is unpaid."""
    edits = [FIRST, grown(202, "8.66", "2026-09-03T10:00:00Z"), grown(203, "5.00", FIVE)]
    money = shopify.transaction(502, "8.66", at="2026-09-08T10:00:00Z")
    told_as: dict[str, Any] = {"agreements": edits, "total": "57.70", "updatedAt": "2026-09-10T12:00:00Z"}
    with told(tmp_path, "shop-us", more=on_receivables("shop-us")) as shop:
        take(shop, tmp_path, **told_as, transactions=[PAID, money])
        with all_read_whole(shop.opened.app):
            shop.opened.app.steps.check(shop.name, actor="ann")
        assert greens(by_changes(shop)) == GREEN
        (payment,) = books(shop)["Payment"]
        ids = {f"{float(one['TotalAmt']):.2f}": one["Id"] for one in books(shop)["Invoice"]}
        shop.opened.tamper(ledger(shop), op="apply", id=payment["Id"], invoice=ids.get(invoice, ""))
        assert "8.66" in due(shop)

        report = by_changes(shop)

        assert found(report) == codes
        assert greens(report) == (True, False, is_reconciled)


MERGES = {
    "an account of tax": ("shop-us", {"op": "merge_account", "account": "2100", "into": "2140"}, "account"),
    "an item": ("shop-us", {"op": "merge_item", "item": "MUG", "into": "Product sales"}, "marked"),
    "an item's account": ("shop-us", {"op": "item_account", "item": "MUG", "account": "2140"}, "account"),
    "an item's code": ("shop-gb", {"op": "rename_item", "code": "MUG", "to": "CUP"}, "marked"),
}


@pytest.mark.parametrize(("name", "order", "code"), MERGES.values(), ids=MERGES.keys())
def test_what_a_merge_makes_of_documents_is_found_though_no_feed_tells_of_them(
    tmp_path: Path, name: str, order: dict[str, str], code: str
) -> None:
    """C28: a list says that it happened; then all is read, once."""
    state = ("State tax", 0.08, "2.22", False)
    mug = shopify.sale(301, "32.22", "2.22", discount="6.00", item=1, taxes=[state])
    taxed = {"agreements": [shopify.agreement(201, [mug, *SALES[1:]])], "total": "49.22"} if name == "shop-us" else {}
    with told(tmp_path, name, more=RULES.format(name=name)) as shop:
        shop.command("accounts", "create", name, "--yes")
        take_items(shop, tmp_path, **taxed)
        with all_read_whole(shop.opened.app):
            shop.opened.app.steps.check(shop.name, actor="ann")
        assert found(by_changes(shop)) == []
        shop.opened.tamper(ledger(shop), **order)
        shop.command("accounts", "missing", name)  # as each sync, asks for the lists anew

        with all_read_whole(shop.opened.app):
            report = shop.opened.app.steps.check(shop.name, actor="ann")

        assert set(found(report)) == {code}
        assert not report.is_matched
        assert "changed in its lists" in report.read_back.why
        assert set(found(by_changes(shop))) == {code}


def test_what_nothing_of_ours_names_may_be_merged_or_archived_and_nothing_is_read_for_it(tmp_path: Path) -> None:
    with credited(tmp_path, "shop-us") as shop:
        shop.opened.tamper(ledger(shop), op="merge_account", account="7000", into="7100")
        shop.opened.tamper(ledger(shop), op="deactivate", account="6040")

        assert found(by_changes(shop)) == []
