"""Pure: a voucher becomes the exact bytes that are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from bridge.errors import InvariantError
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher, VoucherLine
from bridge.transport import Body, encode
from bridge_quickbooks.dimensions import head_references, journal_references, line_references
from bridge_quickbooks.taxes import US_CODES, code_of, is_purchase
from bridge_quickbooks.words import JOURNAL_ENTRY, REFERENCE_LENGTH, REFUND_RECEIPT, SALES_RECEIPT, TRANSFER, latin


def render(voucher: Voucher) -> bytes:
    """The body of the one call that creates this voucher: the same voucher always gives the same bytes."""
    write = _WRITERS.get(voucher.type)
    if write is None:
        raise InvariantError(
            f"voucher {voucher.voucher_id}", f"QuickBooks has no {voucher.type}", "Report this as a bug"
        )
    return encode(write(voucher))


def _journal_entry(voucher: Voucher) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, JournalEntry; amounts are positive and the posting type gives the side."""
    is_taxed = any(line.tax_code for line in voucher.lines)
    lines: list[Body] = [
        {
            "LineNum": number,
            "Description": line.description,
            "Amount": _amount(abs(line.amount_minor - line.tax_minor), voucher.currency),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {
                "PostingType": "Debit" if line.amount_minor > 0 else "Credit",
                "AccountRef": {"value": line.account.ledger_id},
                **journal_references(line),
                **_journal_tax(line, voucher.currency),
            },
        }
        for number, line in enumerate(voucher.lines, start=1)
    ]
    head = {"DocNumber": voucher.number, **_head(voucher)}
    return {**head, **({"GlobalTaxCalculation": "TaxExcluded"} if is_taxed else {}), "Line": lines}


def _journal_tax(line: VoucherLine, currency: str) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, JournalEntryLineDetail: a code needs its side and the tax of the line."""
    if not line.tax_code:
        return {}
    return {
        "TaxCodeRef": {"value": code_of(line.tax_code)},
        "TaxApplicableOn": "Purchase" if is_purchase(line.tax_code) else "Sales",
        "TaxAmount": _amount(abs(line.tax_minor), currency),
    }


def _receipt(voucher: Voucher) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, SalesReceipt and RefundReceipt.

    Amounts are positive for what the form is about. In the United States no line is taxed and tax is a line of its
    own; elsewhere each line says its amount with and without tax, so that the total is what the buyer paid.
    """
    sign = -1 if voucher.type == SALES_RECEIPT else 1
    money = [line for line in voucher.lines if not line.item]
    items = [line for line in voucher.lines if line.item]
    if len(money) != 1:
        raise InvariantError(f"voucher {voucher.voucher_id}", "a receipt has one line of money", "Report this as a bug")
    codes = {line.tax_code for line in items} - US_CODES - {""}
    reference = latin(voucher.reference)
    inclusive: dict[str, Body] = {"GlobalTaxCalculation": "TaxInclusive"} if codes else {}
    total_tax = sign * sum(line.tax_minor for line in items)
    return {
        **({"DocNumber": voucher.number} if voucher.number else {}),
        **_head(voucher),
        "CustomerRef": {"value": voucher.contact},
        **({"PaymentRefNum": reference} if 0 < len(reference) <= REFERENCE_LENGTH else {}),
        **head_references(items),
        "DepositToAccountRef": {"value": money[0].account.ledger_id},
        **inclusive,
        "Line": [
            _item_line(number, line, sign, voucher.currency, is_inclusive=bool(codes))
            for number, line in enumerate(items, start=1)
        ],
        **({"TxnTaxDetail": {"TotalTax": _amount(total_tax, voucher.currency)}} if codes else {}),
    }


def _item_line(number: int, line: VoucherLine, sign: int, currency: str, *, is_inclusive: bool) -> dict[str, Body]:
    detail: dict[str, Body] = {"ItemRef": {"value": line.item}, **line_references(line)}
    if line.tax_code:
        detail["TaxCodeRef"] = {"value": line.tax_code}
    if is_inclusive:
        detail["TaxInclusiveAmt"] = _amount(sign * line.amount_minor, currency)
    return {
        "LineNum": number,
        "Description": line.description,
        "Amount": _amount(sign * (line.amount_minor - line.tax_minor), currency),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def _transfer(voucher: Voucher) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, Transfer; money moves from the credited to the debited account."""
    credit, debit = sorted(voucher.lines, key=lambda line: line.amount_minor)
    return {
        **_head(voucher),
        "FromAccountRef": {"value": credit.account.ledger_id},
        "ToAccountRef": {"value": debit.account.ledger_id},
        "Amount": _amount(voucher.total_minor, voucher.currency),
    }


_WRITERS: Mapping[str, Callable[[Voucher], dict[str, Body]]] = {
    JOURNAL_ENTRY: _journal_entry,
    TRANSFER: _transfer,
    SALES_RECEIPT: _receipt,
    REFUND_RECEIPT: _receipt,
}


def _head(voucher: Voucher) -> dict[str, Body]:
    return {
        "TxnDate": voucher.dated_on.isoformat(),
        "CurrencyRef": {"value": voucher.currency},
        "PrivateNote": voucher.memo,
    }


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(decimal_text(minor, currency))
