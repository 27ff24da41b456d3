"""A new company's lists: accounts, tax codes and a few items to sell."""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.tax_codes import add_tax_codes
from bridge_quickbooks_sandbox.wire import JsonObject, value_of

__all__ = [
    "UNDEPOSITED_FUNDS",
    "account_type",
    "classification",
    "control_account",
    "new_account",
    "open_books",
    "open_control_account",
    "system_account",
]

UNDEPOSITED_FUNDS = "UndepositedFunds"

_CLASSIFICATIONS = {
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Cost of Goods Sold": "Expense",
}
_SYSTEM_SUBTYPES = frozenset(
    {"AccountsReceivable", "AccountsPayable", "SalesTaxPayable", "OpeningBalanceEquity", "RetainedEarnings"}
    | {"ExchangeGainOrLoss", "DiscountsRefundsGiven"}
)
# A recommended company starts with a service item for every account that a sales form may have to post to.
_ITEM_TYPES = frozenset({"Income", "Other Income", "Other Current Liability"})
_ITEM_ACCOUNTS = frozenset({"7990"})
_CUSTOMER = "Sales channels"
_SHORT = {"Accounts Receivable": "A/R", "Accounts Payable": "A/P"}


def classification(account_type: str) -> str:
    """Tell which part of the statements an account type belongs to."""
    return _CLASSIFICATIONS[account_type]


def account_type(subtype: str) -> str:
    """Tell the type of accounts of a subtype, by the usual chart; "" where it has none of it."""
    return next((row["qbo_account_type"] for row in _chart() if row["qbo_detail_type"] == subtype), "")


def open_books(company: Company) -> None:
    """Give a new company its lists."""
    _add_accounts(company)
    add_tax_codes(company)
    if company.settings.chart == "recommended":
        for account in list(company.all("Account")):
            if _is_sold(account):
                _add_item(company, account)
        company.put("Customer", _customer(company))
    company.save()


def system_account(company: Company, subtype: str) -> JsonObject:
    """Give the first account of a subtype; every company has those that QuickBooks itself needs."""
    return next(account for account in company.all("Account") if account["AccountSubType"] == subtype)


def control_account(company: Company, account_type: str, currency: str) -> JsonObject | None:
    """Give the account of what customers owe, or of what vendors are owed, that is kept in a currency: the oldest."""
    accounts = (account for account in company.all("Account") if account["AccountType"] == account_type)
    return next((one for one in accounts if one["Active"] and value_of(one["CurrencyRef"]) == currency), None)


def open_control_account(company: Company, account_type: str, currency: str) -> None:
    """Open it where there is none, as QuickBooks does by itself with the first that is owed in a currency.

    Source: qbkaccounting.com, "Setting up and using multicurrency customers in QuickBooks Online", read 2026-11-30.
    """
    if control_account(company, account_type, currency) is None:
        name = f"{account_type} ({_SHORT[account_type]}) - {currency}"
        account = new_account(company, name, account_type, account_type.replace(" ", ""))
        company.put("Account", {**account, "CurrencyRef": {"value": currency}})


@cache
def _chart() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "data" / "chart_of_accounts.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _add_accounts(company: Company) -> None:
    for row in _chart():
        if company.settings.chart == "recommended" or row["qbo_detail_type"] in _SYSTEM_SUBTYPES:
            _add_account(company, row["number"], row["name"], row["qbo_account_type"], row["qbo_detail_type"])
    _add_account(company, "", "Undeposited Funds", "Other Current Asset", UNDEPOSITED_FUNDS)


def _add_account(company: Company, number: str, name: str, account_type: str, subtype: str) -> JsonObject:
    account = new_account(company, name, account_type, subtype)
    if number:
        account["AcctNum"] = number
    return company.put("Account", account)


def new_account(company: Company, name: str, account_type: str, subtype: str) -> JsonObject:
    """Give an account of a type as a company holds it, without a number."""
    return {
        "Name": name,
        "SubAccount": False,
        "FullyQualifiedName": name,
        "Active": True,
        "Classification": _CLASSIFICATIONS[account_type],
        "AccountType": account_type,
        "AccountSubType": subtype,
        "CurrencyRef": {"value": company.settings.home_currency},
    }


def _is_sold(account: JsonObject) -> bool:
    is_tax = account["AccountSubType"] in _SYSTEM_SUBTYPES - {"DiscountsRefundsGiven"}
    return account.get("AcctNum") in _ITEM_ACCOUNTS or (account["AccountType"] in _ITEM_TYPES and not is_tax)


def _customer(company: Company) -> JsonObject:
    return {
        "DisplayName": _CUSTOMER,
        "FullyQualifiedName": _CUSTOMER,
        "Active": True,
        "CurrencyRef": {"value": company.settings.home_currency},
    }


def _add_item(company: Company, account: JsonObject) -> None:
    company.put(
        "Item",
        {
            "Name": account["Name"],
            "FullyQualifiedName": account["Name"],
            "Active": True,
            "Taxable": False,
            "Type": "Service",
            "UnitPrice": Decimal(0),
            "IncomeAccountRef": {"value": account["Id"], "name": account["Name"]},
            "TrackQtyOnHand": False,
        },
    )
