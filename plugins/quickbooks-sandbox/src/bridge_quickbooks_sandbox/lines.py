"""The rules for a transaction's lines: their form by kind, journals that balance, sales that add up."""

from decimal import ROUND_HALF_UP, Decimal

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import SALES_FORMS
from bridge_quickbooks_sandbox.ledger import debits_less_credits
from bridge_quickbooks_sandbox.references import account
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.tax_codes import sales_rates
from bridge_quickbooks_sandbox.wire import JsonObject, amount, value_of

__all__ = ["check_lines"]

_CENT = Decimal("0.01")
# Source: Intuit, "Limits and throttles", and the API explorer's page of SalesReceipt, read 2026-11.
_MOST_TAXED_LINES, _MOST_LINES = 750, 10_000
_SALES_LINES = frozenset({"SalesItemLineDetail", "DiscountLineDetail", "SubTotalLineDetail", "DescriptionLineDetail"})
_SPENT_LINES = frozenset({"AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"})
_DETAILS = {
    "JournalEntry": frozenset({"JournalEntryLineDetail", "DescriptionLineDetail"}),
    "Deposit": frozenset({"DepositLineDetail"}),
    **dict.fromkeys(("Purchase", "Bill", "VendorCredit"), _SPENT_LINES),
    **dict.fromkeys(SALES_FORMS, _SALES_LINES),
}
# What a line's detail must name, and what the object named must itself have for the line to be booked.
_NAMED = {
    "JournalEntryLineDetail": ("PostingType", "AccountRef"),
    "DepositLineDetail": ("AccountRef",),
    "AccountBasedExpenseLineDetail": ("AccountRef",),
    "ItemBasedExpenseLineDetail": ("ItemRef",),
    "SalesItemLineDetail": ("ItemRef",),
}
_BOOKED_BY = {"ItemBasedExpenseLineDetail": "ExpenseAccountRef", "SalesItemLineDetail": "IncomeAccountRef"}
_NO_RATE = "Make sure all your transactions have a VAT rate before you save."
_OWNERS = {"Accounts Receivable": ("Customer", "a customer"), "Accounts Payable": ("Vendor", "a vendor")}


def check_lines(company: Company, kind: str, txn: JsonObject) -> None:
    """Check every line, and what they must be together.

    Raises:   RefusalError with the vendor's code and the element.
    """
    _check_count(company, kind, txn)
    for line in txn.get("Line", ()):
        if kind in _DETAILS:
            _check_form(company, kind, line)
    if kind == "JournalEntry":
        _check_journal(company, txn)
    elif kind in SALES_FORMS:
        _check_sale(company, txn)


def _check_count(company: Company, kind: str, txn: JsonObject) -> None:
    """Refuse more lines than a transaction takes; which code QuickBooks has for that is not documented."""
    lines = txn.get("Line", ())
    if kind == "JournalEntry" or len(lines) <= _MOST_TAXED_LINES:
        return
    is_taxed = kind == "SalesReceipt" and any(_is_taxed(company, line) for line in lines)
    most = _MOST_TAXED_LINES if is_taxed else _MOST_LINES
    if len(lines) > most:
        what = f"{'taxed ' if is_taxed else ''}{kind}"
        raise RefusalError(
            "6000", f"Business Validation Error: {len(lines)} lines; a {what} takes {most}", element="Line"
        )


def _is_taxed(company: Company, line: JsonObject) -> bool:
    code = value_of(line.get("SalesItemLineDetail", {}).get("TaxCodeRef"))
    return code == "TAX" or bool(sales_rates(company, code))


def _check_form(company: Company, kind: str, line: JsonObject) -> None:
    stated = line.get("DetailType")
    if kind == "Deposit" and "LinkedTxn" in line:
        if stated is not None:
            raise _missing("LinkedTxn: a linked line carries no DetailType", "DetailType")
        _need(line, "Amount")
        return
    if stated is None:
        raise _missing("Line.DetailType", "DetailType")
    name = "DescriptionLineDetail" if stated == "DescriptionOnly" else str(stated)
    if name not in _DETAILS[kind]:
        raise RefusalError("2010", f"Property Name:{stated} is not for a {kind}", element="DetailType")
    if name not in _NAMED:
        return
    _need(line, "Amount")
    _need(line, name)
    for needed in _NAMED[name]:
        _need(line[name], needed)
    if name in _BOOKED_BY:
        item = company.get("Item", value_of(line[name]["ItemRef"])) or {}
        if not value_of(item.get(_BOOKED_BY[name])):
            detail = f"Business Validation Error: item {item.get('Name')} has no {_BOOKED_BY[name]}."
            raise RefusalError("6000", detail, element="ItemRef")


def _need(holder: JsonObject, name: str) -> None:
    if holder.get(name) is None:
        raise _missing(name, name)


def _missing(what: str, element: str) -> RefusalError:
    return RefusalError("2020", f"Required parameter {what} is missing in the request", element=element)


def _check_journal(company: Company, txn: JsonObject) -> None:
    lines = [line for line in txn["Line"] if "JournalEntryLineDetail" in line]
    for line in lines:
        if amount(line["Amount"]) < 0:
            raise RefusalError("2290", "The amount of a journal line cannot be negative", element="Amount")
        _check_owner(company, line["JournalEntryLineDetail"])
        if company.settings.country != "US" and "TaxCodeRef" in line["JournalEntryLineDetail"]:
            _need(line["JournalEntryLineDetail"], "TaxApplicableOn")
            _need(line["JournalEntryLineDetail"], "TaxAmount")
    if len(lines) < 2:
        raise _missing("Line: at least one pair", "Line")
    if off := debits_less_credits(txn):
        raise RefusalError("2300", f"Debits and credits are not equal: off by {off:f}", element="Line")


def _check_owner(company: Company, detail: JsonObject) -> None:
    account_type = account(company, detail["AccountRef"])["AccountType"]
    if account_type in _OWNERS:
        owner, words = _OWNERS[account_type]
        if str(detail.get("Entity", {}).get("Type", "")) != owner:
            rule = f"When you use {account_type}, you must choose {words} in the Name field."
            raise RefusalError("6000", f"Business Validation Error: {rule}", element="Entity")


def _check_sale(company: Company, txn: JsonObject) -> None:
    total = Decimal(0)
    wants_codes = company.settings.country != "US" and txn.get("GlobalTaxCalculation") != "NotApplicable"
    for line in txn["Line"]:
        detail = line.get("SalesItemLineDetail", {})
        if wants_codes and detail and "TaxCodeRef" not in detail:
            raise RefusalError("6000", f"Business Validation Error: {_NO_RATE}", element="TaxCodeRef")
        price = amount(detail.get("Qty")) * amount(detail.get("UnitPrice"))
        # Both zero is what clients send of what nobody set, and is not looked at.
        is_priced = "Qty" in detail and "UnitPrice" in detail and (detail["Qty"] or detail["UnitPrice"])
        if is_priced and price.quantize(_CENT, ROUND_HALF_UP) != amount(line["Amount"]):
            supplied = f"Amount is not equal to UnitPrice * Qty. Supplied value:{line['Amount']}"
            raise RefusalError("6070", supplied, element="Amount")
        if "SalesItemLineDetail" in line:
            total += amount(line["Amount"])
    if total < 0:
        raise RefusalError("2290", "Transaction amount must be 0 or greater.", element="TotalAmt")
    if txn.get("GlobalTaxCalculation") == "NotApplicable" and txn.get("TxnTaxDetail", {}).get("TaxLine"):
        raise RefusalError("6170", "Tax detail cannot be given when tax is not applicable", element="TxnTaxDetail")
