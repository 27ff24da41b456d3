"""A buyer who pays more than an order comes to: nothing is lost, and it is told to whom it is owed."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import told
from tests.end_to_end.test_on_terms import UNPAID, later, money, on_terms
from tests.end_to_end.test_open_orders import BOTH, GREEN, due, ledger, take

BACK = "2026-09-20T10:00:00Z"


@BOTH
@pytest.mark.parametrize("is_on_terms", [True, False], ids=["on terms", "paid at once"])
def test_what_a_buyer_paid_too_much_is_owed_to_him_until_it_goes_back(
    tmp_path: Path, name: str, *, is_on_terms: bool
) -> None:
    """S8, 0086: 50.00 for 44.04, in one payment after the invoice was sent, or before there was any."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name) if is_on_terms else "") as shop:
        take(shop, orders, **UNPAID)
        paid = [money(501, "50.00", 8)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(9))
        report = shop.check()

        assert set(due(shop)) <= {"0.00"}
        assert shop.opened.trial_balance(ledger(shop)) == {"1210": 50_00, "2220": -5_96, "4000": -44_04}
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
        (owed,) = [item for one in report.rolled if one.account.startswith("2220") for item in one.items]
        assert (owed.what, owed.amount_minor, owed.reason) == ("order #9001", -5_96, "owed to its buyer")

        back = shopify.refund(601, [shopify.transaction(502, "5.96", "REFUND", at=BACK)], BACK)
        take(shop, orders, **{**UNPAID, "transactions": paid, "refunds": [back]}, **later(21))
        report = shop.check()

        assert shop.opened.trial_balance(ledger(shop)) == {"1210": 44_04, "4000": -44_04}
        assert set(due(shop)) <= {"0.00"}
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
