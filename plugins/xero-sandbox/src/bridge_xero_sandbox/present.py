"""How objects look in answers: nested contacts and accounts, dates in Xero's form, what is computed on reading."""

from collections.abc import Callable
from typing import Any

from bridge_xero_sandbox.items import shown_line
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.settlement import allocations_of, payments_of
from bridge_xero_sandbox.wire import JsonObject, day_on_the_wire, instant_on_the_wire

__all__ = ["allocation", "present"]

_DAYS = ("Date", "DueDate", "FullyPaidOnDate")
_INSTANTS = ("UpdatedDateUTC", "CreatedDateUTC")


def present(organisation: Organisation, kind: str, value: JsonObject, *, is_summary: bool = False) -> JsonObject:
    """Give an object as answers show it; a summary leaves the lines out, as lists do that are not paged."""
    shown = dict(value)
    shown.pop("IsByHand", None)
    if is_summary and KINDS[kind].lines:
        shown[KINDS[kind].lines] = []
    elif KINDS[kind].lines == "LineItems":
        shown["LineItems"] = [shown_line(organisation, line) for line in shown["LineItems"]]
    _nest(organisation, shown)
    if kind in _MORE:
        _MORE[kind](organisation, shown)
    for key in _DAYS:
        if shown.get(key):
            if key != "FullyPaidOnDate" and kind in {
                "Invoices",
                "CreditNotes",
                "BankTransactions",
                "Overpayments",
                "Prepayments",
            }:
                shown[f"{key}String"] = f"{shown[key]}T00:00:00"
            shown[key] = day_on_the_wire(shown[key])
    for key in _INSTANTS:
        if shown.get(key):
            shown[key] = instant_on_the_wire(shown[key])
    return shown


def _nest(organisation: Organisation, shown: JsonObject) -> None:
    if "Contact" in shown:
        shown["Contact"] = _whose(organisation, shown)
    for key in ("Account", "BankAccount", "FromBankAccount", "ToBankAccount"):
        if key in shown:
            account = organisation.get("Accounts", shown[key]["AccountID"]) or {}
            shown[key] = {name: account[name] for name in ("AccountID", "Code", "Name") if name in account}


def _whose(organisation: Organisation, document: JsonObject) -> JsonObject:
    """Give a document's contact: of lists that only the contact itself shows, empty ones."""
    contact = organisation.get("Contacts", document["Contact"]["ContactID"]) or {}
    lists: JsonObject = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
    return {
        "ContactID": contact.get("ContactID"), "Name": contact.get("Name"), **lists, "HasValidationErrors": False
    }  # fmt: skip


def _invoice(organisation: Organisation, shown: JsonObject) -> None:
    shown["Payments"] = [_short_payment(found) for found in payments_of(organisation, "Invoices", shown)]
    shown["CreditNotes"] = [
        {
            "ID": found["AllocationID"],
            "CreditNoteID": found["CreditNoteID"],
            "AppliedAmount": found["Amount"],
            "Date": day_on_the_wire(found["Date"]),
        }
        for found in allocations_of(organisation, "Invoices", shown)
    ]
    shown |= {"Prepayments": [], "Overpayments": [], "HasAttachments": False, "HasErrors": False, "IsDiscounted": False}
    shown |= {"SentToContact": False, "Reference": shown.get("Reference", "")}


def _note(organisation: Organisation, shown: JsonObject) -> None:
    shown["Payments"] = [_short_payment(found) for found in payments_of(organisation, "CreditNotes", shown)]
    shown["Allocations"] = [
        allocation(organisation, found) for found in allocations_of(organisation, "CreditNotes", shown)
    ]
    shown |= {"HasAttachments": False, "HasErrors": False}


def _payment(organisation: Organisation, shown: JsonObject) -> None:
    shown.pop("DocumentID")
    shown.pop("CurrencyCode")
    for name, kind in (("Invoice", "Invoices"), ("CreditNote", "CreditNotes"), ("Overpayment", "Overpayments")):
        if name in shown:
            document = organisation.get(kind, shown[name][f"{name}ID"]) or {}
            keys = (f"{name}ID", f"{name}Number", "Type", "CurrencyCode", "Reference")
            shown[name] = {key: document[key] for key in keys if key in document}
            shown[name] |= {"Contact": _whose(organisation, document), "LineItems": [], "HasErrors": False}
            if name == "Invoice":
                shown[name] |= {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
                shown[name]["IsDiscounted"] = False
    shown |= {"HasAccount": True, "HasValidationErrors": False}


def _short_payment(payment: JsonObject) -> JsonObject:
    keys = ("PaymentID", "Amount", "Reference", "CurrencyRate")
    return {
        **{key: payment[key] for key in keys if key in payment},
        "Date": day_on_the_wire(payment["Date"]),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def allocation(organisation: Organisation, value: JsonObject) -> JsonObject:
    """Give an allocation as answers show it."""
    invoice = organisation.get("Invoices", value["InvoiceID"]) or {}
    return {
        "AllocationID": value["AllocationID"],
        "Amount": value["Amount"],
        "Date": day_on_the_wire(value["Date"]),
        "Invoice": {key: invoice[key] for key in ("InvoiceID", "InvoiceNumber") if key in invoice},
        "IsDeleted": value["IsDeleted"],
    }


def _flags(_organisation: Organisation, shown: JsonObject) -> None:
    shown["HasAttachments"] = False


def _transfer(_organisation: Organisation, shown: JsonObject) -> None:
    """A transfer tells neither its currency nor when it was changed."""
    shown.pop("CurrencyCode")
    shown.pop("UpdatedDateUTC")
    shown["HasAttachments"] = False
    shown["DateString"] = f"{shown['Date']}T00:00:00"


def _contact(_organisation: Organisation, shown: JsonObject) -> None:
    shown |= {"IsSupplier": False, "IsCustomer": True, "ContactGroups": [], "HasValidationErrors": False}


_MORE: dict[str, Callable[[Organisation, JsonObject], Any]] = {
    "Invoices": _invoice,
    "CreditNotes": _note,
    "Payments": _payment,
    "ManualJournals": _flags,
    "BankTransactions": _flags,
    "BankTransfers": _transfer,
    "Contacts": _contact,
}
