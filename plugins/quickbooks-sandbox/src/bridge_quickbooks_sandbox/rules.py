"""The business rules the XSD does not know, each with the code QuickBooks refuses with."""

from collections.abc import Iterator
from decimal import Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import KINDS
from bridge_quickbooks_sandbox.lines import check_lines
from bridge_quickbooks_sandbox.references import account
from bridge_quickbooks_sandbox.refusals import DuplicateNumberError, RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, amount, value_of

__all__ = ["check", "check_number", "check_open"]

_LONGEST = {
    "DocNumber": 21,
    "PrivateNote": 4000,
    "Description": 4000,
    "CustomerMemo": 1000,
    "Name": 100,
    "DisplayName": 500,
}
_MONEY = frozenset({"Amount", "TaxAmount", "TotalAmt", "TotalTax", "TaxInclusiveAmt"})
_NAMES = frozenset({"Name", "DisplayName"})
_CONTROL = frozenset({"Accounts Receivable", "Accounts Payable"})
_CLOSED = (
    "The account period has closed and the account books cannot be updated through the QBO Services API."
    " Please use the QBO website to make these changes."
)


def check(company: Company, kind: str, value: JsonObject) -> None:
    """Check one object against every rule that needs no other object but accounts.

    Raises:   RefusalError with the vendor's code and the element.
    """
    for name in KINDS[kind].required:
        if value.get(name) in (None, "", []):
            raise RefusalError("2020", f"Required parameter {name} is missing in the request", element=name)
    _check_texts(company, kind, value)
    if KINDS[kind].is_list:
        _check_name(company, kind, value)
        return
    _check_money(company, value)
    _check_currency(company, kind, value)
    if kind == "Transfer":
        _check_transfer(company, value)
    else:
        check_lines(company, kind, value)
    _check_money_accounts(company, kind, value)


def check_open(company: Company, txn: JsonObject) -> None:
    """Refuse what is dated on or before the day the books were closed."""
    if company.settings.book_close_date and txn["TxnDate"] <= company.settings.book_close_date:
        raise RefusalError(company.settings.closed_code, f"Account Period Closed : {_CLOSED}", element="TxnDate")


def check_number(company: Company, kind: str, txn: JsonObject) -> None:
    """Refuse a document number that another transaction of the series holds."""
    series, number = KINDS[kind].numbers, txn.get("DocNumber")
    if not series or not number:
        return
    if series == "journal" and not company.settings.warn_duplicate_journal_numbers:
        return
    for holder, held_as in company.holders(series, number).items():
        if holder != txn.get("Id"):
            raise DuplicateNumberError(
                company.settings.duplicate_code,
                number=number,
                txn_type=KINDS[held_as].spoken,
                holder=holder,
            )


def _check_texts(company: Company, kind: str, value: object) -> None:
    for key, item in _fields(value):
        if company.settings.country == "US" and isinstance(item, str) and not _is_latin(item):
            raise RefusalError("2040", f"{key} holds a letter that is not of ISO 8859-1", element=key)
        if isinstance(item, str) and len(item) > _LONGEST.get(key, len(item)):
            detail = f"String length specified does not match the supported length. Max:{_LONGEST[key]}"
            raise RefusalError("2050", f"{detail}, supplied:{len(item)}", element=key)
        if KINDS[kind].is_list and key in _NAMES and isinstance(item, str) and ":" in item:
            raise RefusalError("2040", f"{key} may not hold a colon", element=key)


def _is_latin(text: str) -> bool:
    """Tell whether a text is in the letters that a company in the United States takes."""
    return all(letter <= "\xff" for letter in text)


def _check_name(company: Company, kind: str, value: JsonObject) -> None:
    """Refuse a name (customers and vendors share theirs) or an account number that is taken."""
    kinds = ("Customer", "Vendor") if kind in {"Customer", "Vendor"} else (kind,)
    keys = ("DisplayName",) if len(kinds) > 1 else ("Name", "AcctNum")
    for other_kind in kinds:
        for other in company.all(other_kind):
            if other_kind == kind and other["Id"] == value.get("Id"):
                continue
            for key in keys:
                if value.get(key) and str(value[key]).casefold() == str(other.get(key, "")).casefold():
                    detail = f"The name supplied already exists. : Another {other_kind.lower()} is already using"
                    raise RefusalError("6240", f"{detail} this name. Id={other['Id']}", element=key)


def _check_money(company: Company, value: object) -> None:
    places = exponent(company.settings.home_currency)
    for key, item in _fields(value):
        if key in _MONEY and isinstance(item, Decimal):
            digits = item.as_tuple().exponent
            if isinstance(digits, int) and -digits > max(places, 2):
                raise RefusalError("2010", f"Property Name:{key} has too many decimals: {item}", element=key)


def _check_currency(company: Company, kind: str, txn: JsonObject) -> None:
    home, given = company.settings.home_currency, value_of(txn.get("CurrencyRef"))
    if not company.settings.multi_currency:
        if given != home or amount(txn.get("ExchangeRate", 1)) != 1:
            detail = "Business Validation Error: Multi Currency should be enabled to perform this operation."
            raise RefusalError("6000", detail, element="CurrencyRef")
        return
    customer = company.get("Customer", value_of(txn.get("CustomerRef")))
    if customer and value_of(customer["CurrencyRef"]) != given:
        detail = f"Business Validation Error: the customer is not in {given}."
        raise RefusalError("6000", detail, element="CustomerRef")
    for reference in _account_references(kind, txn):
        found = account(company, reference)
        currency = value_of(found["CurrencyRef"])
        is_control = found["AccountType"] in _CONTROL
        if is_control and currency != given:
            detail = "The transaction needs to be in the same currency as the A/R and A/P accounts you use."
            raise RefusalError("6000", f"Business Validation Error: {detail}", element="AccountRef")
        if currency not in {home, given}:
            detail = f"Business Validation Error: account {found['Name']} is in {currency}, not in {given}."
            raise RefusalError("6000", detail, element="AccountRef")


def _account_references(kind: str, txn: JsonObject) -> Iterator[object]:
    for key in ("FromAccountRef", "ToAccountRef", "DepositToAccountRef", "AccountRef", "ARAccountRef", "APAccountRef"):
        if key in txn:
            yield txn[key]
    if kind == "JournalEntry":
        for line in txn["Line"]:
            if detail := line.get("JournalEntryLineDetail"):
                yield detail.get("AccountRef")


def _check_transfer(company: Company, txn: JsonObject) -> None:
    if amount(txn["Amount"]) <= 0:
        raise RefusalError("2290", "The amount of a transfer must be positive", element="Amount")
    if value_of(txn["FromAccountRef"]) == value_of(txn["ToAccountRef"]):
        raise RefusalError("6000", "Business Validation Error: choose two different accounts.")
    for key in ("FromAccountRef", "ToAccountRef"):
        if account(company, txn[key])["Classification"] not in {"Asset", "Liability", "Equity"}:
            detail = "You need to select a different type of account for this transaction."
            raise RefusalError("6430", f"Invalid account type: {detail}", element=key)


def _check_money_accounts(company: Company, kind: str, txn: JsonObject) -> None:
    allowed: tuple[str, ...]
    if "DepositToAccountRef" in txn:
        key, allowed = "DepositToAccountRef", ("Bank", "Other Current Asset")
    elif kind == "Purchase":
        key = "AccountRef"
        allowed = ("Credit Card",) if txn["PaymentType"] == "CreditCard" else ("Bank",)
    else:
        return
    found = account(company, txn[key])
    if found["AccountType"] not in allowed:
        detail = f"Invalid account type: {found['Name']} is {found['AccountType']}, not {' or '.join(allowed)}."
        raise RefusalError("6430", detail, element=key)


def _fields(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for item in value:
            yield from _fields(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from _fields(item)
