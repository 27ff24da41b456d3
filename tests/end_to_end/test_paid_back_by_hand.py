"""What comes and goes by bank transfer or cash: each line of the bank answers its own, and what has none is net."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.drift import Report
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, ledger, take

PAID_ON, BACK_ON = date(2026, 9, 2), date(2026, 9, 8)


def sold(gateway: str, back: str = "") -> dict[str, Any]:
    """An order of 44.04, and what of it goes back the way it came."""
    paid = shopify.transaction(501, "44.04", gateway=gateway)
    if not back:
        return {"agreements": [FIRST], "total": "44.04", "transactions": [paid]}
    repaid = shopify.transaction(502, back, "REFUND", shopify.LATER, gateway=gateway)
    returned = shopify.sale(303, f"-{back}", action="RETURN", item=1)
    return {
        "agreements": [FIRST, shopify.agreement(203, [returned], shopify.LATER, "Refund", 601)],
        "total": "44.04",
        "current": f"{44.04 - float(back):.2f}",
        "transactions": [paid, repaid],
        "refunds": [shopify.refund(601, [repaid])],
        "updatedAt": "2026-09-10T12:00:00Z",
    }


def code(shop: Told, debit: str, credit: str, amount: str, on: date) -> None:
    """A person codes a line of the bank."""
    shop.opened.post_by_hand(debit, credit, amount, on, ledger(shop))


def said(report: Report) -> list[str]:
    return sorted(kept.finding.code for kept in report.open_findings)


def greens(report: Report) -> tuple[bool, bool, bool]:
    return report.is_delivered, report.is_matched, report.is_reconciled


@BOTH
@pytest.mark.parametrize("back", ["44.04", "20.00"])
def test_a_refund_by_bank_transfer_has_a_line_beside_that_of_the_payment(tmp_path: Path, name: str, back: str) -> None:
    """C27: neither line is a stranger's, whether all of the order went back or a part."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, mode="day") as shop:
        take(shop, orders, **sold("manual"))
        code(shop, "1000", "1250", "44.04", PAID_ON)
        assert greens(shop.check()) == GREEN

        take(shop, orders, **sold("manual", back))
        report = shop.check()
        assert said(report) == ["drift.wrong_side"]
        (item,) = [one for each in report.clearings for one in each.items]
        assert item.what.endswith(", paid back")

        code(shop, "1250", "1000", back, BACK_ON)
        report = shop.check()
        assert (said(report), greens(report)) == ([], GREEN)


@BOTH
def test_cash_that_went_back_out_of_the_till_is_in_no_line_of_the_bank(tmp_path: Path, name: str) -> None:
    """What is brought to the bank is what is left; of an order that was paid back whole, nothing is open."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, mode="day") as shop:
        take(shop, orders, **sold("cash", "20.00"))
        code(shop, "1000", "1250", "24.04", BACK_ON)
        assert greens(shop.check()) == GREEN

        take(shop, orders, **sold("cash", "44.04"), id="gid://shopify/Order/9009", name="#9009")
        report = shop.check()
        assert (said(report), greens(report)) == ([], GREEN)
