"""The recommended chart of accounts: numbers that rules name and routes map to a ledger's own accounts."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

ACCOUNTS_RECEIVABLE = "1100"
DUE_FROM_BUYERS = "1150"
MARKETPLACE_RESERVES = "1260"
CARRY_FORWARD = "1280"
OPENING_CLEARING = "1285"
INTER_MARKETPLACE = "1290"
CURRENCY_EXCHANGE = "1295"
VAT_PAYABLE = "2120"
GIFT_CARDS = "2200"
CUSTOMER_DEPOSITS = "2210"
REFUNDS_PAYABLE = "2220"
SALES_TAX_PAYABLE = "2100"
FACILITATOR_TAX = "2110"
SUSPENSE = "1990"
CHANNEL_CURRENCY = "7910"
ROUNDING_DIFFERENCES = "7990"
ROLE_CLEARING = "@clearing"
ROLE_BANK = "@bank"
ROLE_TENDER = "@tender"


class ChartAccount(msgspec.Struct, frozen=True):
    """One account of the recommended chart. create: ``ask`` (by an explicit command only) or ``never``."""

    number: str
    name: str
    quickbooks_type: str
    quickbooks_detail: str
    xero_type: str
    note: str
    xero_payments: bool
    create: str


@cache
def recommended_chart() -> Mapping[str, ChartAccount]:
    """The accounts bridge recommends, by number."""
    text = resources.files(__package__).joinpath("chart_of_accounts.csv").read_text(encoding="utf-8")
    return {
        row["number"]: ChartAccount(
            number=row["number"],
            name=row["name"],
            quickbooks_type=row["qbo_account_type"],
            quickbooks_detail=row["qbo_detail_type"],
            xero_type=row["xero_type"],
            note=row["note"],
            xero_payments=row["xero_payments"] == "yes",
            create=row["create"],
        )
        for row in csv.DictReader(text.splitlines())
    }
