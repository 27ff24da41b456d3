"""QuickBooks' reports become what each account comes to; what does not add up is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import PluginError
from bridge.model.ledger_sums import LedgerSum
from bridge_quickbooks.reports import profit_and_loss, trial_balance


def row(name: str, ref: str, *amounts: str) -> dict[str, Any]:
    return {"ColData": [{"value": name, "id": ref}, *({"value": amount} for amount in amounts)], "type": "Data"}


def total(group: str, *amounts: str) -> dict[str, Any]:
    return {"Summary": {"ColData": [{"value": "Total"}, *({"value": one} for one in amounts)]}, "group": group}


NESTED = {
    "Header": {"ColData": [{"value": "Sales", "id": "2"}, {"value": "10.00"}]},
    "Rows": {"Row": [row("Mugs", "3", "90.00")]},
    "Summary": {"ColData": [{"value": "Total Sales"}, {"value": "100.00"}]},
}
PROFIT = {
    "Rows": {
        "Row": [
            {"Rows": {"Row": [NESTED]}, "group": "Income"},
            {"Rows": {"Row": [row("Fees", "4", "30.00"), row("Refunded", "5", "-5.00")]}, "group": "Expenses"},
            total("NetOperatingIncome", "75.00"),
            total("NetIncome", "75.00"),
        ]
    }
}
BALANCE = {
    "Rows": {
        "Row": [row("Bank", "1", "75.00", ""), row("Sales", "2", "", "75.00"), total("GrandTotal", "75.00", "75.00")]
    }
}


def test_accounts_below_others_count_once_and_costs_are_debits() -> None:
    assert profit_and_loss(PROFIT, "USD") == (
        LedgerSum("2", "Sales", -1000),
        LedgerSum("3", "Mugs", -9000),
        LedgerSum("4", "Fees", 3000),
        LedgerSum("5", "Refunded", -500),
    )
    assert trial_balance(BALANCE, "USD") == (LedgerSum("1", "Bank", 7500), LedgerSum("2", "Sales", -7500))


def test_an_empty_report_tells_nothing() -> None:
    assert trial_balance({"Rows": {}}, "USD") == profit_and_loss({"Rows": {}}, "USD") == ()


@pytest.mark.parametrize("told", ["74.99", "seventy"])
def test_what_does_not_come_to_its_total_or_is_no_amount_is_no_answer(told: str) -> None:
    profit = {"Rows": {"Row": [*PROFIT["Rows"]["Row"][:-1], total("NetIncome", told)]}}
    balance = {"Rows": {"Row": [*BALANCE["Rows"]["Row"][:-1], total("GrandTotal", told, "75.00")]}}

    for read, report in ((profit_and_loss, profit), (trial_balance, balance)):
        with pytest.raises(PluginError) as raised:
            read(report, "USD")
        assert raised.value.code == "quickbooks.answer"


def test_a_group_that_nobody_knows_is_no_answer() -> None:
    strange = {"Rows": {"Row": [{"Rows": {"Row": [row("Odd", "9", "1.00")]}, "group": "Wonders"}]}}

    with pytest.raises(PluginError):
        profit_and_loss(strange, "USD")
