"""A payout that takes money from the bank: its line is waited for like that of one that pays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_open_orders import BOTH, GREEN, currency, ledger

TAKEN_ON = date(2026, 9, 7)
DISPUTED = {"sourceType": "DISPUTE", "sourceId": "77"}
LOST = shopify.row(1, "-50.00", "DISPUTE_WITHDRAWAL", "15.00") | DISPUTED


def tell(shop: Told, folder: Path, payouts: list[Any], rows: list[Any]) -> None:
    """The channel tells these payouts and rows, and a sync delivers them."""
    text = json.dumps(shopify.account(payouts, rows)).replace('"USD"', f'"{currency(shop)}"')
    (answer := folder / "payouts.json").write_text(text, encoding="utf-8")
    assert shop.opened.app.steps.import_file(shop.name, answer, actor="ann").error is None
    shop.sync()


@BOTH
def test_what_a_channel_took_from_the_bank_is_missed_until_the_banks_line_is_coded(tmp_path: Path, name: str) -> None:
    """C28: a dispute of 50.00 and its fee of 15.00 are more than the day's sales; nobody coded what the bank paid."""
    taken = shopify.payout(5001, "65.00", transactionType="WITHDRAWAL")
    with told(tmp_path, name, mode="day") as shop:
        tell(shop, tmp_path, [taken], [LOST])
        assert shop.opened.trial_balance(ledger(shop))["1210"] == -65_00

        report = shop.check()
        (found,) = [kept.finding for kept in report.open_findings if kept.finding.code == "drift.payout_unmatched"]
        assert (found.title, found.amount_minor) == ("payout 5001: no posted bank entry matches its payout", -65_00)
        assert "taken back by the channel" in found.cause
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, False, False)

        shop.opened.post_by_hand("1210", "1000", "65.00", TAKEN_ON, ledger(shop))
        report = shop.check()
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN


@BOTH
def test_what_the_bank_refused_is_waited_for_until_a_payout_carries_it_and_no_line_is_asked_for(
    tmp_path: Path, name: str
) -> None:
    """C28: the next payout takes the debt in, and comes to nothing itself."""
    refused = shopify.payout(5001, "65.00", transactionType="WITHDRAWAL", status="FAILED")
    with told(tmp_path, name, mode="day") as shop:
        tell(shop, tmp_path, [refused], [LOST])

        (found,) = [kept.finding for kept in shop.check().open_findings]
        assert found.title == "payout 5001: it failed, and the channel has not taken it again"
        assert "failed: nothing leaves the bank, so code no bank line" in found.cause

        left = shopify.row(2, "65.00", "TRANSFER")
        carried = shopify.row(3, "-65.00", "TRANSFER_FAILURE", payout=5002)
        won = shopify.row(4, "50.00", "DISPUTE_REVERSAL", "-15.00", payout=5002) | DISPUTED
        tell(shop, tmp_path, [refused, shopify.payout(5002, "0.00")], [LOST, left, carried, won])

        report = shop.check()
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
        assert shop.opened.trial_balance(ledger(shop)) == {}
