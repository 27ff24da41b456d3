"""Bank transactions, overpayments and bank transfers: the documents that need accounts of type BANK."""

from bridge_xero_sandbox.contacts import contact_of
from bridge_xero_sandbox.currencies import settle_currency
from bridge_xero_sandbox.lines import complete_lines, totals
from bridge_xero_sandbox.locks import check_open
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.settlement import settle
from bridge_xero_sandbox.wire import JsonObject, amount, money, read_day

__all__ = ["create_transaction", "create_transfer", "delete_transfer", "upsert_transaction"]

_TYPES = frozenset({"RECEIVE", "SPEND", "RECEIVE-OVERPAYMENT"})
_KEPT = [
    "Type",
    "Contact",
    "LineItems",
    "BankAccount",
    "IsReconciled",
    "Date",
    "Reference",
    "CurrencyCode",
    "CurrencyRate",
    "Url",
    "Status",
    "LineAmountTypes",
]
_LONGEST = 255


def create_transaction(organisation: Organisation, given: JsonObject, unit_places: int) -> JsonObject:
    """Make money spent or received, or an overpayment received."""
    return _write(organisation, {key: given[key] for key in _KEPT if key in given}, None, unit_places)


def upsert_transaction(organisation: Organisation, given: JsonObject, unit_places: int) -> JsonObject:
    """Change or delete the transaction of that id, or make one; there is no number to find it by."""
    if not given.get("BankTransactionID"):
        return create_transaction(organisation, given, unit_places)
    old = organisation.get("BankTransactions", given["BankTransactionID"])
    if old is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    if old["Status"] != "AUTHORISED" or old["Type"] == "RECEIVE-OVERPAYMENT" or old.get("IsReconciled"):
        raise InvalidError(Text.NOT_MODIFIABLE)
    check_open(organisation, old["Date"])
    if given.get("Status") in {"DELETED", "VOIDED"}:
        ended = {**old, "Status": "DELETED"}
        return organisation.put("BankTransactions", ended, changes="Deleted", details=old.get("Reference", ""))
    new = {**old, **{key: given[key] for key in _KEPT if key in given}}
    return _write(organisation, new, old, unit_places)


def create_transfer(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Move money between two bank accounts."""
    source = _bank_account(organisation, given["FromBankAccount"])
    target = _bank_account(organisation, given["ToBankAccount"])
    value = amount(given["Amount"])
    if source["AccountID"] == target["AccountID"]:
        raise InvalidError(Text.SAME_BANK)
    if value <= 0:
        raise InvalidError(Text.NOT_POSITIVE)
    transfer: JsonObject = {
        "FromBankAccount": {"AccountID": source["AccountID"]},
        "ToBankAccount": {"AccountID": target["AccountID"]},
        "Amount": money(value),
        "Date": read_day(given.get("Date") or organisation.clock.now().date().isoformat()),
        "Reference": given.get("Reference", ""),
        "FromIsReconciled": given.get("FromIsReconciled", False),
        "ToIsReconciled": given.get("ToIsReconciled", False),
        "FromBankTransactionID": organisation.new_id(),
        "ToBankTransactionID": organisation.new_id(),
        "CurrencyCode": source["CurrencyCode"],
        "Status": "AUTHORISED",
        "CreatedDateUTC": organisation.clock.now().isoformat(timespec="milliseconds"),
    }
    settle_currency(organisation, transfer)
    check_open(organisation, transfer["Date"])
    details = f"{transfer['Amount']} from {source['Name']} to {target['Name']}."
    return organisation.put("BankTransfers", transfer, changes="Created", details=details)


def delete_transfer(organisation: Organisation, id: str, status: str) -> JsonObject:
    """Take a transfer back; it stays readable as DELETED."""
    old = organisation.get("BankTransfers", id)
    if old is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    if status != "DELETED" or old["Status"] == "DELETED":
        raise InvalidError(Text.STATUS.format(status=status))
    check_open(organisation, old["Date"])
    return organisation.put("BankTransfers", {**old, "Status": "DELETED"}, changes="Deleted")


def _write(organisation: Organisation, given: JsonObject, old: JsonObject | None, unit_places: int) -> JsonObject:
    document = dict(given)
    if document["Type"] not in _TYPES:
        raise InvalidError(Text.STATUS.format(status=document["Type"]))
    account = _bank_account(organisation, document["BankAccount"])
    document["BankAccount"] = {"AccountID": account["AccountID"]}
    document["Date"] = read_day(document.get("Date") or organisation.clock.now().date().isoformat())
    document["Status"] = "AUTHORISED"
    document.setdefault("LineAmountTypes", "Inclusive")
    document.setdefault("IsReconciled", False)
    document.setdefault("CurrencyCode", account["CurrencyCode"])
    if document["CurrencyCode"] != account["CurrencyCode"]:
        raise InvalidError(Text.CURRENCY_OF_ACCOUNT.format(currency=document["CurrencyCode"], code=account["Code"]))
    if len(document.get("Reference") or "") > _LONGEST:
        raise InvalidError(Text.TOO_LONG.format(field="Reference", most=_LONGEST))
    settle_currency(organisation, document)
    is_over = document["Type"] == "RECEIVE-OVERPAYMENT"
    if is_over:
        document["LineItems"] = [_overpaid(line) for line in document["LineItems"]]
    complete_lines(organisation, document, is_draft=is_over, unit_places=unit_places, keeps_tax=False)
    document |= totals(document["LineItems"], document["LineAmountTypes"])
    if document["Total"] <= 0:
        raise InvalidError(Text.NOT_POSITIVE)
    check_open(organisation, document["Date"])
    document["Contact"] = {"ContactID": contact_of(organisation, document)["ContactID"]}  # last, since it may make one
    if is_over:
        document["OverpaymentID"] = organisation.new_id()
    details = f"{document['Type']} {document['Total']} {account['Name']}."
    changes = "Created" if old is None else "Edited"
    written = organisation.put("BankTransactions", document, changes=changes, details=details)
    if is_over:
        _keep_overpayment(organisation, written)
    return written


def _overpaid(line: JsonObject) -> JsonObject:
    """An overpayment's line stands on the receivable account and has no tax."""
    kept = ("Description", "LineAmount", "Quantity", "UnitAmount")
    return {"TaxType": "NONE", **{key: line[key] for key in kept if key in line}}


def _keep_overpayment(organisation: Organisation, transaction: JsonObject) -> None:
    own = {"BankTransactionID", "BankAccount", "IsReconciled"}
    kept = {key: value for key, value in transaction.items() if key not in own}
    settle(organisation, "Overpayments", organisation.put("Overpayments", kept, changes="Created"))


def _bank_account(organisation: Organisation, given: JsonObject) -> JsonObject:
    account = (
        organisation.get("Accounts", given["AccountID"])
        if given.get("AccountID")
        else organisation.account(str(given.get("Code", "")))
    )
    if account is None:
        raise InvalidError(Text.ACCOUNT_MISSING)
    if account["Type"] != "BANK":
        raise InvalidError(Text.ACCOUNT_INVALID.format(code=account["Code"]))
    if account["Status"] != "ACTIVE":
        raise InvalidError(Text.ACCOUNT_ARCHIVED.format(code=account["Code"]))
    return account
