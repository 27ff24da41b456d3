"""What changes in a company after vouchers were planned, and before they go out: nothing is booked wrong unsaid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.drift import Report
from plugins.shopify.tests import shop as shopify
from tests.drift.reading import all_read_whole
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_items import held
from tests.end_to_end.test_on_terms import UNPAID, on_terms
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, PAID, currency, documents, ledger

PLAIN: dict[str, Any] = {"agreements": [FIRST], "total": "44.04", "transactions": [PAID]}
TAX = ("State tax", 0.08, "2.22", False)
TAXED: dict[str, Any] = {
    "agreements": [shopify.agreement(201, [shopify.sale(301, "32.22", "2.22", taxes=[TAX])])],
    "total": "32.22",
    "transactions": [shopify.transaction(501, "32.22")],
}
RECEIVABLES = {"name": "Trade debtors", "kind": "Accounts Receivable", "subtype": "AccountsReceivable"}


def book(shop: Told, folder: Path, node: dict[str, Any]) -> None:
    """The order in the books; nothing is sent."""
    text = json.dumps(shopify.orders(shopify.order(**node))).replace('"USD"', f'"{currency(shop)}"')
    (folder / "order.json").write_text(text, encoding="utf-8")
    assert shop.opened.app.steps.import_file(shop.name, folder / "order.json", actor="ann").error is None
    shop.opened.app.books.run(shop.name, actor="ann")


def check(shop: Told) -> Report:
    with all_read_whole(shop.opened.app):
        report: Report = shop.opened.app.steps.check(shop.name, actor="ann")
    return report


def found(report: Report) -> list[str]:
    return sorted(kept.finding.code for kept in report.open_findings)


def greens(report: Report) -> tuple[bool, bool, bool]:
    return report.is_delivered, report.is_matched, report.is_reconciled


NOT_SENT = {
    "quickbooks: an account archived": ("shop-us", {"op": "deactivate", "account": "4000"}, "account.inactive"),
    "quickbooks: one merged": (
        "shop-us",
        {"op": "merge_account", "account": "4000", "into": "4050"},
        "account.inactive",
    ),
    "quickbooks: a liability made income": (
        "shop-us",
        {"op": "retype", "account": "2100", "kind": "Income", "subtype": "SalesOfProductIncome"},
        "account.inactive",
    ),
    "xero: an account archived": ("shop-gb", {"op": "deactivate", "account": "4000"}, "account.inactive"),
    "xero: income made an asset": ("shop-gb", {"op": "retype", "account": "4000", "to": "CURRENT"}, "account.inactive"),
    "xero: income made an expense": ("shop-gb", {"op": "retype", "account": "4000", "to": "EXPENSE"}, "xero.tax_type"),
    "xero: no payments": ("shop-gb", {"op": "retype", "account": "1210", "to": "CURRENT"}, "xero.payments_off"),
    "xero: a contact archived": ("shop-gb", {"op": "archive_contact", "name": "Sales channels"}, "xero.contact"),
}


@pytest.mark.parametrize(("name", "order", "reason"), NOT_SENT.values(), ids=NOT_SENT.keys())
def test_what_cannot_be_booked_as_planned_any_more_is_not_booked_and_waits_for_a_person(
    tmp_path: Path, name: str, order: dict[str, str], reason: str
) -> None:
    with told(tmp_path, name) as shop:
        book(shop, tmp_path, TAXED if name == "shop-us" else PLAIN)
        shop.opened.tamper(ledger(shop), **order)
        shop.opened.deliver()

        assert list(held(shop)) == [reason]
        assert documents(shop) == ({"Invoice": 1} if reason == "xero.payments_off" else {})
        report = check(shop)
        assert "drift.not_delivered" in found(report)
        assert not report.is_delivered


BOOKED_OTHERWISE = {
    "a second account of receivables": (UNPAID, {"op": "add_account", **RECEIVABLES}),
    "an item that sells to another account": (
        TAXED,
        {"op": "item_account", "item": "Product sales", "account": "4050"},
    ),
}


@pytest.mark.parametrize(("node", "order"), BOOKED_OTHERWISE.values(), ids=BOOKED_OTHERWISE.keys())
def test_what_quickbooks_books_otherwise_than_planned_is_told_by_its_own_answer(
    tmp_path: Path, node: dict[str, Any], order: dict[str, str]
) -> None:
    with told(tmp_path, "shop-us", more=on_terms("shop-us") if node is UNPAID else "") as shop:
        book(shop, tmp_path, node)
        shop.opened.tamper(ledger(shop), **order)
        shop.opened.deliver()

        report = check(shop)

        assert found(report) == ["delivery.echo_differs"]
        assert not any(greens(report))


def test_a_company_that_switches_several_currencies_on_books_what_was_planned(tmp_path: Path) -> None:
    """Every body names its currency, whether or not it has to."""
    with told(tmp_path, "shop-us", more=on_terms("shop-us")) as shop:
        book(shop, tmp_path, UNPAID)
        shop.opened.order(ledger(shop), "settings", multi_currency=True, currencies=["EUR"])
        shop.opened.deliver()

        assert documents(shop) == {"Invoice": 1}
        assert (found(check(shop)), greens(check(shop))) == ([], GREEN)


RETYPED = {
    "shop-us": ({"account": "2100", "kind": "Income", "subtype": "SalesOfProductIncome"}, "OtherCurrentLiabilities"),
    "shop-gb": ({"account": "4000", "to": "CURRENT"}, ""),
}


@BOTH
def test_an_account_that_becomes_of_another_kind_under_what_was_sent_turns_reconciled(
    tmp_path: Path, name: str
) -> None:
    """C28: tax that was collected is no income; it dropped out of the accounts that a check looks at."""
    with told(tmp_path, name) as shop:
        book(shop, tmp_path, TAXED if name == "shop-us" else PLAIN)
        shop.opened.deliver()
        assert greens(check(shop)) == GREEN
        order, back = RETYPED[name]
        shop.opened.tamper(ledger(shop), op="retype", **order)

        report = check(shop)

        assert found(report) == ["drift.account_type"]
        assert greens(report) == (True, True, False)
        again = {"kind": "Other Current Liability", "subtype": back} if name == "shop-us" else {"to": "REVENUE"}
        shop.opened.tamper(ledger(shop), op="retype", account=order["account"], **again)
        assert (found(check(shop)), greens(check(shop))) == ([], GREEN)
