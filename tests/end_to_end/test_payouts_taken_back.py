"""A payout that takes money from the bank: its line is waited for like that of one that pays."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import told
from tests.end_to_end.test_open_orders import BOTH, GREEN, currency, ledger

TAKEN_ON = date(2026, 9, 7)
DISPUTED = {"sourceType": "DISPUTE", "sourceId": "77"}


@BOTH
def test_what_a_channel_took_from_the_bank_is_missed_until_the_banks_line_is_coded(tmp_path: Path, name: str) -> None:
    """C28: a dispute of 50.00 and its fee of 15.00 are more than the day's sales; nobody coded what the bank paid."""
    lost = shopify.row(1, "-50.00", "DISPUTE_WITHDRAWAL", "15.00") | DISPUTED
    taken = shopify.payout(5001, "65.00", transactionType="WITHDRAWAL")
    with told(tmp_path, name, mode="day") as shop:
        text = json.dumps(shopify.account([taken], [lost])).replace('"USD"', f'"{currency(shop)}"')
        (answer := tmp_path / "payouts.json").write_text(text, encoding="utf-8")
        assert shop.opened.app.steps.import_file(name, answer, actor="ann").error is None
        shop.sync()
        assert shop.opened.trial_balance(ledger(shop))["1210"] == -65_00

        report = shop.check()
        (found,) = [kept.finding for kept in report.open_findings if kept.finding.code == "drift.payout_unmatched"]
        assert (found.title, found.amount_minor) == ("payout 5001: no posted bank entry matches its payout", -65_00)
        assert "taken back by the channel" in found.cause
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, False, False)

        shop.opened.post_by_hand("1210", "1000", "65.00", TAKEN_ON, ledger(shop))
        report = shop.check()
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
