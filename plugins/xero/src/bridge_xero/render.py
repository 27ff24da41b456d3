"""Pure: a voucher becomes the exact bytes that are sent. Every decision was made before, by ``plan``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from bridge.errors import InvariantError
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher, VoucherLine
from bridge.plugin import NO_REFS
from bridge.transport import Body, encode
from bridge_xero import kinds
from bridge_xero.accounts import is_clearing
from bridge_xero.kinds import KINDS
from bridge_xero.tax_types import NO_TAX


def render(voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
    """The body of the one call that creates this voucher: the same voucher always gives the same bytes."""
    return body_of(voucher.type, (element(voucher, refs),))


def body_of(kind: str, elements: Iterable[bytes]) -> bytes:
    """The body of the one call that creates all these elements of a kind."""
    return b'{"%b":[%b]}' % (KINDS[kind].plural.encode("ascii"), b",".join(elements))


def element(voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
    """One voucher in the body of a call."""
    made = _MADE.get(voucher.type)
    if made is None:
        raise InvariantError(f"voucher {voucher.voucher_id}", f"Xero has no {voucher.type}", "Report this as a bug")
    return encode(made(voucher, refs))


def _invoice(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, Invoice; a line of income is positive."""
    return {
        "Type": "ACCREC",
        **_document(voucher, sign=-1),
        "DueDate": (voucher.due_on or voucher.dated_on).isoformat(),
        "InvoiceNumber": voucher.number,
    }


def _credit_note(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, CreditNote; a line that takes income back is positive."""
    return {"Type": "ACCRECCREDIT", **_document(voucher, sign=1), "CreditNoteNumber": voucher.number}


def _document(voucher: Voucher, *, sign: int) -> dict[str, Body]:
    return {
        "Status": "AUTHORISED",
        "Contact": {"ContactID": voucher.contact},
        "Date": voucher.dated_on.isoformat(),
        "Reference": voucher.memo,
        "LineAmountTypes": "Inclusive",
        "CurrencyCode": voucher.currency,
        **_rate(voucher),
        "LineItems": [_item(voucher, line, sign) for line in voucher.lines if not line.is_implied],
    }


def _item(voucher: Voucher, line: VoucherLine, sign: int) -> dict[str, Body]:
    return {
        "Description": line.description,
        "Quantity": 1,
        "UnitAmount": _amount(sign * line.amount_minor, voucher),
        "AccountID": line.account.ledger_id,
        "TaxType": line.tax_code or NO_TAX,
        "TaxAmount": _amount(sign * line.tax_minor, voucher),
        **_item_code(line),
        **_tracking(line),
    }


def _payment(voucher: Voucher, refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, Payment; money that comes in pays an invoice, else it is a refund."""
    (moved,) = (line for line in voucher.lines if not line.is_implied)
    paid = refs.get(voucher.pays, voucher.pays)
    return {
        **({"Invoice": {"InvoiceID": paid}} if moved.amount_minor > 0 else {"CreditNote": {"CreditNoteID": paid}}),
        "Account": {"AccountID": moved.account.ledger_id},
        "Date": voucher.dated_on.isoformat(),
        "Amount": _amount(abs(moved.amount_minor), voucher),
        "Reference": voucher.memo,
    }


def _allocation(voucher: Voucher, refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, Allocation; the credit note that it uses is in the call's address."""
    return {
        "Invoice": {"InvoiceID": refs.get(voucher.pays, voucher.pays)},
        "Amount": _amount(voucher.total_minor, voucher),
        "Date": voucher.dated_on.isoformat(),
    }


def _manual_journal(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, ManualJournal; debits are positive, and the tax is Xero's to compute."""
    lines: list[Body] = [
        {
            "LineAmount": _amount(line.amount_minor, voucher),
            "AccountID": line.account.ledger_id,
            "Description": line.description,
            "TaxType": line.tax_code or NO_TAX,
            **_tracking(line),
        }
        for line in voucher.lines
    ]
    return {
        "Narration": voucher.memo,
        "Date": voucher.dated_on.isoformat(),
        "Status": "POSTED",
        "LineAmountTypes": _line_amounts(voucher),
        "ShowOnCashBasisReports": True,
        "JournalLines": lines,
    }


def _bank_transaction(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, BankTransaction; the bank's own line comes first in the voucher."""
    bank, *others = voucher.lines
    sign = -1 if bank.amount_minor > 0 else 1
    lines: list[Body] = [
        {
            "Description": line.description,
            "Quantity": 1,
            "UnitAmount": _amount(sign * line.amount_minor, voucher),
            "AccountID": line.account.ledger_id,
            "TaxType": line.tax_code or NO_TAX,
            **_item_code(line),
            **_tracking(line),
        }
        for line in others
    ]
    return {
        "Type": "RECEIVE" if bank.amount_minor > 0 else "SPEND",
        "Contact": {"ContactID": voucher.contact},
        "BankAccount": {"AccountID": bank.account.ledger_id},
        "Date": voucher.dated_on.isoformat(),
        "Reference": voucher.memo,
        "LineAmountTypes": _line_amounts(voucher),
        "CurrencyCode": voucher.currency,
        **_rate(voucher),
        "LineItems": lines,
    }


def _bank_transfer(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, BankTransfer; a clearing account has no statement to match it with."""
    debit, credit = voucher.lines
    return {
        "FromBankAccount": {"AccountID": credit.account.ledger_id},
        "ToBankAccount": {"AccountID": debit.account.ledger_id},
        "Amount": _amount(debit.amount_minor, voucher),
        "Date": voucher.dated_on.isoformat(),
        "Reference": voucher.memo,
        "FromIsReconciled": _is_clearing(credit),
        "ToIsReconciled": _is_clearing(debit),
        **_tracking(credit, "FromTracking"),
        **_tracking(debit, "ToTracking"),
    }


_MADE: Mapping[str, Callable[[Voucher, Mapping[str, str]], dict[str, Body]]] = {
    kinds.INVOICE: _invoice,
    kinds.CREDIT_NOTE: _credit_note,
    kinds.PAYMENT: _payment,
    kinds.MANUAL_JOURNAL: _manual_journal,
    kinds.BANK_TRANSACTION: _bank_transaction,
    kinds.BANK_TRANSFER: _bank_transfer,
    kinds.ALLOCATION: _allocation,
}


def _rate(voucher: Voucher) -> dict[str, Body]:
    """Where none is stated Xero takes the rate of the day."""
    return {"CurrencyRate": Decimal(voucher.rate)} if voucher.rate else {}


def _item_code(line: VoucherLine) -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, LineItem; a line says all else itself, so nothing is the item's."""
    return {"ItemCode": line.item} if line.item else {}


def _tracking(line: VoucherLine, field: str = "Tracking") -> dict[str, Body]:
    """Source: Xero Accounting OpenAPI 16.1.0, LineItemTracking and BankTransfer: at most two, known by their ids."""
    tracked: list[Body] = [
        {"TrackingCategoryID": one.dimension_id, "TrackingOptionID": one.option_id} for one in line.tracked
    ]
    return {field: tracked} if tracked else {}


def _line_amounts(voucher: Voucher) -> str:
    """How amounts are to be read: with tax in them, or without any tax at all."""
    return "Inclusive" if any(line.tax_code for line in voucher.lines) else "NoTax"


def _is_clearing(line: VoucherLine) -> bool:
    """Whether the account is a channel's clearing account by its number in our chart."""
    return is_clearing(line.account.number)


def _amount(minor: int, voucher: Voucher) -> Decimal:
    return Decimal(decimal_text(minor, voucher.currency))
