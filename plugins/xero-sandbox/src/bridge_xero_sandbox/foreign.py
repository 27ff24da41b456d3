"""pure: the objects that strangers enter by hand, as the web application would write them."""

from collections.abc import Sequence
from decimal import Decimal

from bridge_xero_sandbox.lines import totals
from bridge_xero_sandbox.wire import JsonObject, money

__all__ = ["invoice", "journal", "receipt", "transfer"]


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


def receipt(bank: JsonObject, parts: Sequence[tuple[JsonObject, Decimal]], note: str, contact: str) -> JsonObject:
    """Money received into a bank account, reconciled with its statement: so much on each account."""
    return {
        "Type": "RECEIVE",
        "Contact": {"ContactID": contact},
        "BankAccount": {"AccountID": bank["AccountID"]},
        "Reference": note,
        "IsReconciled": True,
        "Status": "AUTHORISED",
        **_lines(parts),
    }


def invoice(account: JsonObject, value: Decimal, number: str, note: str, contact: str) -> JsonObject:
    """A sales invoice on no tax."""
    return {
        "Type": "ACCREC",
        "InvoiceNumber": number or "BY-HAND",
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
