"""How a company's objects look from outside: computed balances, constant fields, and the singletons."""

from collections.abc import Iterable
from decimal import Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.chart import UNDEPOSITED_FUNDS, system_account
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import SALES_FORMS
from bridge_quickbooks_sandbox.ledger import balances
from bridge_quickbooks_sandbox.preferences import company_info, preferences
from bridge_quickbooks_sandbox.wire import JsonObject, plain

__all__ = ["present", "shown"]

# What answers hold of a kind though nobody sent it.
_SET_BY_ITSELF: dict[str, JsonObject] = {
    "Invoice": dict.fromkeys(
        ("AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment"), False
    ),
    "Purchase": {"Credit": False},
}
# The sign in which an account's balance is shown: credit accounts show what they owe as positive.
_CREDIT_SIDE = frozenset({"Liability", "Equity", "Revenue"})


def present(company: Company, kind: str) -> Iterable[JsonObject]:
    """Give every object of a kind as an answer shows it."""
    if kind == "Preferences":
        return [preferences(company)]
    if kind == "CompanyInfo":
        return [company_info(company)]
    if kind == "CompanyCurrency":
        return [
            {"Id": str(place), "SyncToken": "0", "Code": code, "Name": code, "Active": True, "domain": "QBO"}
            for place, code in enumerate(company.settings.currencies, start=1)
        ]
    if kind == "Account":
        by_id = balances(company)
        return [_account(company, account, by_id) for account in company.all("Account")]
    return [shown(company, kind, value) for value in company.all(kind)]


def shown(company: Company, kind: str, value: JsonObject) -> JsonObject:
    """Give one object as an answer shows it, with fields no client asked for."""
    if kind == "Account":
        return _account(company, value, balances(company))
    extra: JsonObject = {"domain": "QBO", "sparse": False}
    if kind in SALES_FORMS:
        extra["Line"] = [_sales_line(company, place, line) for place, line in enumerate(value["Line"], start=1)]
        extra["CustomField"] = [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}]
        extra["FreeFormAddress"] = True
    if kind in {"SalesReceipt", "Payment"} and value["TotalAmt"] and "DepositToAccountRef" not in value:
        funds = system_account(company, UNDEPOSITED_FUNDS)
        extra["DepositToAccountRef"] = {"value": funds["Id"], "name": funds["Name"]}
    return {**_SET_BY_ITSELF.get(kind, {}), **value, **extra, **_remaining(kind, value)}


def _sales_line(company: Company, place: int, line: JsonObject) -> JsonObject:
    """Give a line of a sales form: numbered, and in the United States with a tax code where none was sent."""
    if "SalesItemLineDetail" not in line:
        return line
    is_bare = company.settings.country == "US" and "TaxCodeRef" not in line["SalesItemLineDetail"]
    code = {"TaxCodeRef": {"value": "NON"}} if is_bare else {}
    return {**line, "LineNum": place, "SalesItemLineDetail": {**line["SalesItemLineDetail"], **code}}


def _remaining(kind: str, value: JsonObject) -> JsonObject:
    return {"RemainingCredit": value["Balance"]} if kind == "CreditMemo" else {}


def _account(company: Company, account: JsonObject, by_id: dict[str, int]) -> JsonObject:
    if account["Classification"] in {"Revenue", "Expense"}:
        balance = Decimal(0)  # profit-and-loss accounts show no balance in the list
    else:
        sign = -1 if account["Classification"] in _CREDIT_SIDE else 1
        places = exponent(company.settings.home_currency)
        balance = plain(sign * Decimal(by_id.get(account["Id"], 0)).scaleb(-places))
    return {
        **account,
        "CurrentBalance": balance,
        "CurrentBalanceWithSubAccounts": balance,
        "domain": "QBO",
        "sparse": False,
    }
