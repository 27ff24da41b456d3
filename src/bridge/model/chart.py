"""The chart of accounts: numbers that rules name and routes map to a ledger's own accounts.

The host recommends one; a channel may bring accounts of its own, which then stand beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec

from bridge.model.account_classes import AccountClass

ACCOUNTS_RECEIVABLE = "1100"
DUE_FROM_BUYERS = "1150"
MARKETPLACE_RESERVES = "1260"
PAYMENT_DISPUTES = "1265"
DEFERRED_PROCEEDS = "1270"
CARRY_FORWARD = "1280"
OPENING_CLEARING = "1285"
INTER_MARKETPLACE = "1290"
CURRENCY_EXCHANGE = "1295"
VAT_PAYABLE = "2120"
GIFT_CARDS = "2200"
CUSTOMER_DEPOSITS = "2210"
REFUNDS_PAYABLE = "2220"
FACILITATOR_TAX = "2110"
SUSPENSE = "1990"
PAYOUT_FEES = "7100"
CHANNEL_CURRENCY = "7910"
ROUNDING_DIFFERENCES = "7990"
ROLE_CLEARING = "@clearing"
ROLE_BANK = "@bank"
ROLE_TENDER = "@tender"


class AccountPurpose(StrEnum):
    """What money does on an account. clearing: it passes through. wallet: it stays there until somebody moves it."""

    NONE = ""
    CLEARING = "clearing"
    WALLET = "wallet"


class ChartAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the chart. create: ``ask`` (by an explicit command only) or ``never``."""

    number: str
    name: str
    account_class: AccountClass
    purpose: AccountPurpose = AccountPurpose.NONE
    note: str = ""
    create: str = "ask"

    @property
    def title(self) -> str:
        """As people call it: ``1240 Other gateway clearing``."""
        return f"{self.number} {self.name}"

    def told(self, words: Mapping[str, str]) -> str:
        """What is said of it by its number, else of its purpose, else of its class; empty for nothing."""
        keys = (self.number, self.purpose.value, self.account_class.value)
        return next((words[key] for key in keys if key and key in words), "")


CHANNEL_NUMBERS = range(1200, 1260)
"""Where a channel's own accounts stand: what it holds for the merchant until it pays out."""

Chart = Mapping[str, ChartAccount]
"""Accounts by number."""


@cache
def recommended_chart() -> Chart:
    """The accounts bridge recommends whatever the channel."""
    text = resources.files(__package__).joinpath("chart_of_accounts.csv").read_text(encoding="utf-8")
    return {
        row["number"]: ChartAccount(
            number=row["number"],
            name=row["name"],
            account_class=AccountClass(row["class"]),
            purpose=AccountPurpose(row["purpose"]),
            note=row["note"],
            create=row["create"],
        )
        for row in csv.DictReader(text.splitlines())
    }


@cache
def chart_with(own: tuple[ChartAccount, ...]) -> Chart:
    """The recommended chart, and the accounts that channels bring."""
    return {**recommended_chart(), **{account.number: account for account in own}}


def title(chart: Chart, number: str) -> str:
    """A number of the chart as people call it; one that the chart does not list speaks for itself."""
    known = chart.get(number)
    return known.title if known else number
