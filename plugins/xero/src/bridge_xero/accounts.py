"""Xero's words for accounts: what each of them is, and as what an account of bridge's chart is made there."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from bridge.model.account_classes import AccountClass
from bridge.model.chart import CHANNEL_NUMBERS
from bridge.transport import Json
from bridge_xero.wire import text

# System accounts that Xero itself posts to: their own word says more than their type, which is CURRENT, CURRLIAB or
# EQUITY like that of many others, and no journal may name them.
DEBTORS, CREDITORS, RETAINED_EARNINGS = "DEBTORS", "CREDITORS", "RETAINEDEARNINGS"
BANK, INVENTORY, CREDIT_CARD = "BANK", "INVENTORY", "CREDITCARD"
SYSTEM = frozenset({DEBTORS, CREDITORS, RETAINED_EARNINGS})
# Source: developer.xero.com, "Manual journals" and "Invoices"; stock is moved by Xero's own tracked items alone.
NOT_FOR_JOURNALS = SYSTEM | {BANK, INVENTORY}
# Source: Xero Accounting OpenAPI 16.1.0, AccountType and AccountClassType.
_CLASSES: Mapping[str, AccountClass] = {
    DEBTORS: AccountClass.RECEIVABLE,
    CREDITORS: AccountClass.PAYABLE,
    RETAINED_EARNINGS: AccountClass.EQUITY,
    BANK: AccountClass.BANK,
    "CURRENT": AccountClass.CURRENT_ASSET,
    "PREPAYMENT": AccountClass.CURRENT_ASSET,
    INVENTORY: AccountClass.STOCK,
    "FIXED": AccountClass.FIXED_ASSET,
    "NONCURRENT": AccountClass.FIXED_ASSET,
    "CURRLIAB": AccountClass.CURRENT_LIABILITY,
    "LIABILITY": AccountClass.CURRENT_LIABILITY,
    "TERMLIAB": AccountClass.LONG_TERM_LIABILITY,
    "EQUITY": AccountClass.EQUITY,
    "REVENUE": AccountClass.INCOME,
    "SALES": AccountClass.INCOME,
    "OTHERINCOME": AccountClass.OTHER_INCOME,
    "DIRECTCOSTS": AccountClass.COST_OF_SALES,
    "EXPENSE": AccountClass.EXPENSE,
    "OVERHEADS": AccountClass.EXPENSE,
    "DEPRECIATN": AccountClass.EXPENSE,
}
# Of a word that is not listed (wages, superannuation), by Xero's own coarser one.
_COARSE: Mapping[str, AccountClass] = {
    "ASSET": AccountClass.CURRENT_ASSET,
    "LIABILITY": AccountClass.CURRENT_LIABILITY,
    "EQUITY": AccountClass.EQUITY,
    "REVENUE": AccountClass.INCOME,
    "EXPENSE": AccountClass.EXPENSE,
}


class AccountType(msgspec.Struct, frozen=True):
    """As what an account of the chart is made. word: empty for Xero's own. payments: they are to be enabled on it."""

    word: str
    payments: bool


def type_of(account: Json) -> str:
    """Its type, or what it is to Xero itself where that says more."""
    system = text(account.get("SystemAccount"))
    return system if system in SYSTEM else text(account.get("Type"))


def class_of(account: Json) -> AccountClass:
    """What an account is. One of a word that nobody knows is an expense: no account that money is on."""
    word = type_of(account)
    if word == BANK and text(account.get("BankAccountType")) == CREDIT_CARD:
        return AccountClass.CARD
    return _CLASSES.get(word, _COARSE.get(text(account.get("Class")), AccountClass.EXPENSE))


def takes_journals(account: Json) -> bool:
    """Whether a manual journal, or a line of a document, may name it."""
    return type_of(account) not in NOT_FOR_JOURNALS


@cache
def account_types() -> Mapping[str, AccountType]:
    """As what an account is made, by its number or its purpose."""
    table = resources.files(__package__).joinpath("account_types.csv").read_text(encoding="utf-8")
    return {
        row["account"]: AccountType(row["type"], row["payments"] == "yes") for row in csv.DictReader(table.splitlines())
    }


def is_clearing(number: str) -> bool:
    """Whether money passes through an account on its way to the merchant, by its number in bridge's chart."""
    known = account_types().get(number)
    return known.payments if known else number.isdecimal() and int(number) in CHANNEL_NUMBERS


def described() -> Mapping[str, str]:
    """The same in words, for those that a person makes."""
    payments = {True: ", with payments enabled", False: ""}
    return {number: f"type {one.word}{payments[one.payments]}" for number, one in account_types().items() if one.word}
