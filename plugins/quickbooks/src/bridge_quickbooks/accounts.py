"""QuickBooks' words for accounts: what each of them is, and as what an account of bridge's chart is made there."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from bridge.model.account_classes import AccountClass
from bridge.transport import Json
from bridge_quickbooks.answers import text_of

RECEIVABLE, PAYABLE = "Accounts Receivable", "Accounts Payable"
BANK, OTHER_CURRENT_ASSET = "Bank", "Other Current Asset"
# Source: Intuit, entity Account, AccountType and Classification, read 2026-11.
_CLASSES: Mapping[str, AccountClass] = {
    BANK: AccountClass.BANK,
    RECEIVABLE: AccountClass.RECEIVABLE,
    OTHER_CURRENT_ASSET: AccountClass.CURRENT_ASSET,
    "Fixed Asset": AccountClass.FIXED_ASSET,
    "Other Asset": AccountClass.FIXED_ASSET,
    PAYABLE: AccountClass.PAYABLE,
    "Credit Card": AccountClass.CARD,
    "Other Current Liability": AccountClass.CURRENT_LIABILITY,
    "Long Term Liability": AccountClass.LONG_TERM_LIABILITY,
    "Equity": AccountClass.EQUITY,
    "Income": AccountClass.INCOME,
    "Other Income": AccountClass.OTHER_INCOME,
    "Cost of Goods Sold": AccountClass.COST_OF_SALES,
    "Expense": AccountClass.EXPENSE,
    "Other Expense": AccountClass.OTHER_EXPENSE,
}
_STOCK = "Inventory"
# Of a word that is not listed, by QuickBooks' own coarser one.
_COARSE: Mapping[str, AccountClass] = {
    "Asset": AccountClass.CURRENT_ASSET,
    "Liability": AccountClass.CURRENT_LIABILITY,
    "Equity": AccountClass.EQUITY,
    "Revenue": AccountClass.INCOME,
    "Expense": AccountClass.EXPENSE,
}


def class_of(account: Json) -> AccountClass:
    """What an account is. One of a word that nobody knows is an expense: no account that money is on."""
    if text_of(account.get("AccountSubType")) == _STOCK:
        return AccountClass.STOCK
    coarse = _COARSE.get(text_of(account.get("Classification")), AccountClass.EXPENSE)
    return _CLASSES.get(text_of(account.get("AccountType")), coarse)


@cache
def account_types() -> Mapping[str, str]:
    """Account type and detail type by an account's number, or its purpose, as the form in QuickBooks asks for them."""
    text = resources.files(__package__).joinpath("account_types.csv").read_text(encoding="utf-8")
    return {row["account"]: f"{row['type']}, {row['detail']}" for row in csv.DictReader(text.splitlines())}
