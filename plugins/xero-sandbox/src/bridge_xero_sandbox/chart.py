"""A new organisation's lists: accounts made from the chart bridge recommends, and a contact."""

import csv
from collections.abc import Mapping
from pathlib import Path

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.tax import default_tax_type
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["CLASSES", "CONTACT", "new_account", "open_books"]

CONTACT = "Sales channels"

CLASSES = {
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET",
    "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE",
    "OVERHEADS": "EXPENSE",
    "CURRLIAB": "LIABILITY",
    "LIABILITY": "LIABILITY",
    "PAYG": "LIABILITY",
    "TERMLIAB": "LIABILITY",
    "OTHERINCOME": "REVENUE",
    "REVENUE": "REVENUE",
    "SALES": "REVENUE",
}
# Accounts of the recommended chart that are Xero's own.
_SYSTEM = {
    "1100": ("DEBTORS", "CURRENT"),
    "2000": ("CREDITORS", "CURRLIAB"),
    "2120": ("GST", "CURRLIAB"),
    "3100": ("HISTORICAL", "EQUITY"),
    "3900": ("RETAINEDEARNINGS", "EQUITY"),
    "7900": ("REALISEDCURRENCYGAIN", "EXPENSE"),
}
# Further ones that Xero makes in every organisation: code, name, type.
_FURTHER = {
    "ROUNDING": ("860", "Rounding", "CURRLIAB"),
    "TRACKINGTRANSFERS": ("877", "Tracking Transfers", "CURRLIAB"),
    "BANKCURRENCYGAIN": ("497", "Bank Revaluations", "EXPENSE"),
    "UNREALISEDCURRENCYGAIN": ("498", "Unrealised Currency Gains", "EXPENSE"),
}


def open_books(organisation: Organisation) -> None:
    """Give a new organisation its lists."""
    with (Path(__file__).parent / "data" / "chart_of_accounts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if organisation.settings.chart == "recommended" or row["number"] in _SYSTEM:
                organisation.put("Accounts", _from_chart(organisation, row))
    for system, (code, name, type_) in _FURTHER.items():
        organisation.put("Accounts", new_account(organisation, code, name, type_, SystemAccount=system))
    organisation.put("Contacts", {"Name": CONTACT, "ContactStatus": "ACTIVE"}, changes="Created")
    organisation.save()


def new_account(organisation: Organisation, code: str, name: str, type_: str, **more: object) -> JsonObject:
    """Make an account's object, with what follows from its type."""
    account: JsonObject = {
        "Code": code,
        "Name": name,
        "Status": "ACTIVE",
        "Type": type_,
        "TaxType": default_tax_type(organisation, CLASSES[type_]),
        "Class": CLASSES[type_],
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "ReportingCode": CLASSES[type_][:3],
        "HasAttachments": False,
        "AddToWatchlist": False,
    }
    if type_ == "BANK":
        account |= {
            "TaxType": "NONE",
            "BankAccountNumber": f"20-00-00 {code}",
            "BankAccountType": "BANK",
            "CurrencyCode": organisation.settings.base_currency,
        }
    return {**account, **more}


def _from_chart(organisation: Organisation, row: Mapping[str, str]) -> JsonObject:
    number, name = row["number"], row["name"]
    if number in _SYSTEM:
        system, type_ = _SYSTEM[number]
        return new_account(organisation, number, name, type_, SystemAccount=system, TaxType="NONE")
    account = new_account(organisation, number, name, row["type"])
    account["EnablePaymentsToAccount"] = row["payments"] == "yes"
    return account
