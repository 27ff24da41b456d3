"""Payouts with rows that bridge does not know, or that name no payment: what is said of them, and what leads on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.errors import ConfigError
from tests.end_to_end.shops import FILES, Shops, shops

RULE = """
[rules.shop-us]
effective_from = 2026-01-01
reason = "told by Shopify"

[[rules.shop-us.rule]]
id = "handling"
kind = "unclassified"
words = "*HANDLING_DEBIT*"
as_kind = "fee.payment"
"""


def strange(folder: Path) -> Path:
    """The shop's payouts, as told when a row of the first turned out to be of another type."""
    answer = json.loads(FILES["shop-us"][1].read_text())
    rows = answer["data"]["shopifyPaymentsAccount"]["balanceTransactions"]["nodes"]
    rows[1]["type"] = "HANDLING_DEBIT"
    file = folder / "strange.json"
    file.write_text(json.dumps(answer))
    return file


def take(opened: Shops, *files: Path) -> None:
    for file in files:
        imported = opened.app.steps.import_file("shop-us", file, actor="ann")
        assert imported.error is None, imported.error
    sync(opened)


def sync(opened: Shops) -> None:
    opened.app.books.run("shop-us", actor="ann")
    opened.deliver()


def command(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, ["--config", str(folder / "bridge.toml"), *words], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return " ".join(done.output.split())


@pytest.mark.parametrize("is_delivered", [True, False], ids=["again", "at first"])
@pytest.mark.parametrize("by_rule", [True, False], ids=["rule", "release"])
def test_a_payout_with_an_unknown_row_is_led_on_by_a_rule_or_a_release(
    tmp_path: Path, *, is_delivered: bool, by_rule: bool
) -> None:
    with shops(tmp_path, "shop-us") as opened:
        take(opened, *(FILES["shop-us"] if is_delivered else FILES["shop-us"][:1]))
        take(opened, strange(tmp_path))
        listed = command(tmp_path, "held")
        assert "unclassified" in listed
        assert "Name it by a rule" in listed
        if by_rule:
            config = tmp_path / "bridge.toml"
            config.write_text(config.read_text() + RULE)
            command(tmp_path, "apply")
        else:
            assert "Saved: release" in command(tmp_path, "decide", "5001", "release", "--reason", "month end")
        sync(opened)
        listed = command(tmp_path, "held")
        assert "unclassified" not in listed
        report = opened.check("shop-us")
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)
        assert opened.delivered("books-us").get("1990", 0) == (0 if by_rule else -13_00)


def test_what_is_delivered_cannot_be_released_and_is_told_where_to_look(tmp_path: Path) -> None:
    with shops(tmp_path, "shop-us") as opened:
        take(opened, *FILES["shop-us"])
        with pytest.raises(ConfigError) as refused:
            command(tmp_path, "decide", "5001", "release", "--reason", "month end")

    assert "delivered, which release does not fit" in refused.value.cause
    assert refused.value.next_step.startswith("Nothing of it waits: it is in the ledger")


def test_payouts_of_the_export_alone_prove_themselves_and_the_finding_says_what_to_bring(tmp_path: Path) -> None:
    orders, answers = FILES["shop-us"]
    export = orders.parent / "payment_transactions_export.csv"
    with shops(tmp_path, "shop-us") as opened:
        take(opened, orders, export)
        report = opened.check("shop-us")
        found = {kept.finding.title: kept.finding for kept in report.open_findings}
        take(opened, answers)
        after = opened.check("shop-us")

    rows = found["payout 5001: 4 rows of it match no booked payment"]
    assert (rows.code, rows.severity, rows.amount_minor) == ("drift.payout_rows", "warning", 79_03)
    assert "Bring the answers of the channel's API" in rows.repair
    assert not report.is_matched
    assert [kept.finding.code for kept in after.open_findings] == []
    assert after.is_matched
