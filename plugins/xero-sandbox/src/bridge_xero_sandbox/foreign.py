"""pure: the objects that strangers enter by hand, as the web application would write them."""

from collections.abc import Sequence
from decimal import Decimal

from bridge_xero_sandbox.lines import totals
from bridge_xero_sandbox.wire import JsonObject, money

__all__ = ["document", "journal", "receipt", "transfer"]


def journal(debit: JsonObject, credit: JsonObject, value: Decimal, note: str) -> JsonObject:
    """A journal: debit one account, credit another."""

    def line(account: JsonObject, amount: Decimal) -> JsonObject:
        return {
            "LineAmount": amount,
            "AccountCode": account.get("Code", ""),
            "AccountID": account["AccountID"],
            "Description": note,
            "TaxType": "NONE",
            "TaxAmount": money(0),
            "Tracking": [],
            "IsBlank": False,
        }

    return {
        "Narration": note,
        "LineAmountTypes": "NoTax",
        "Status": "POSTED",
        "ShowOnCashBasisReports": True,
        "JournalLines": [line(debit, value), line(credit, -value)],
    }


def transfer(source: JsonObject, target: JsonObject, value: Decimal, note: str) -> JsonObject:
    """Money moved between bank accounts."""
    return {
        "FromBankAccount": {"AccountID": source["AccountID"]},
        "ToBankAccount": {"AccountID": target["AccountID"]},
        "Amount": value,
        "Reference": note,
        "FromIsReconciled": False,
        "ToIsReconciled": False,
        "Status": "AUTHORISED",
    }


def receipt(
    bank: JsonObject, parts: Sequence[tuple[JsonObject, Decimal]], note: str, contact: str, type_: str = "RECEIVE"
) -> JsonObject:
    """Money received into a bank account, reconciled with its statement: so much on each account."""
    return {
        "Type": type_,
        "Contact": {"ContactID": contact},
        "BankAccount": {"AccountID": bank["AccountID"]},
        "Reference": note,
        "IsReconciled": True,
        "Status": "AUTHORISED",
        **_lines(parts),
    }


def document(type_: str, account: JsonObject, value: Decimal, number: str, note: str, contact: str) -> JsonObject:
    """An invoice, a bill or a credit note, without tax."""
    name = "CreditNoteNumber" if type_.endswith("CREDIT") else "InvoiceNumber"
    return {
        "Type": type_,
        name: number or "BY-HAND",
        "Reference": note,
        "Contact": {"ContactID": contact},
        "DueDate": "",
        "Status": "AUTHORISED",
        **_lines([(account, value)]),
    }


def _lines(parts: Sequence[tuple[JsonObject, Decimal]]) -> JsonObject:
    lines = [_line(account, value) for account, value in parts]
    return {"LineAmountTypes": "NoTax", "LineItems": lines, **totals(lines, "NoTax")}


def _line(account: JsonObject, value: Decimal) -> JsonObject:
    return {
        "Description": "By hand",
        "Quantity": Decimal(1),
        "UnitAmount": value,
        "LineAmount": value,
        "AccountCode": account.get("Code", ""),
        "AccountID": account["AccountID"],
        "TaxType": "NONE",
        "TaxAmount": money(0),
        "Tracking": [],
    }
