"""Pure: a voucher becomes the exact bytes that are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from bridge.errors import InvariantError
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher, VoucherLine
from bridge.plugin import NO_REFS
from bridge.transport import Body, encode
from bridge_quickbooks.dimensions import (
    expense_references,
    head_references,
    journal_references,
    line_references,
    place_references,
)
from bridge_quickbooks.taxes import US_CODES, code_of, is_purchase
from bridge_quickbooks.words import (
    CREDIT_MEMO,
    INVOICE,
    JOURNAL_ENTRY,
    PAYMENT,
    PLACES,
    PURCHASE,
    REFERENCE_LENGTH,
    REFUND_RECEIPT,
    SALES_RECEIPT,
    TRANSFER,
    latin,
)

_CENT = Decimal(1).scaleb(-PLACES)


def render(voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
    """The body of the one call that creates this voucher: the same voucher always gives the same bytes.

    refs: the ids of the objects that it links, by voucher id.
    """
    write = _WRITERS.get(voucher.type)
    if write is None:
        raise InvariantError(
            f"voucher {voucher.voucher_id}", f"QuickBooks has no {voucher.type}", "Report this as a bug"
        )
    return encode(write(voucher, refs))


def _journal_entry(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
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


def _receipt(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, SalesReceipt and RefundReceipt."""
    (money,) = (line for line in voucher.lines if not line.item)
    reference = latin(voucher.reference)
    return {
        **_form(voucher),
        **({"PaymentRefNum": reference} if 0 < len(reference) <= REFERENCE_LENGTH else {}),
        "DepositToAccountRef": {"value": money.account.ledger_id},
        **_sold(voucher),
    }


def _invoice(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, Invoice. Nobody is asked to pay it: the channel does that."""
    asks_nobody = ("AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment")
    return {
        **_form(voucher),
        "DueDate": (voucher.due_on or voucher.dated_on).isoformat(),
        **dict.fromkeys(asks_nobody, False),
        **_sold(voucher),
    }


def _credit_memo(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, CreditMemo."""
    return {**_form(voucher), **_sold(voucher)}


def _form(voucher: Voucher) -> dict[str, Body]:
    number: dict[str, Body] = {"DocNumber": voucher.number} if voucher.number else {}
    return {**number, **_head(voucher), "CustomerRef": {"value": voucher.contact}}


def _sold(voucher: Voucher) -> dict[str, Body]:
    """The lines of a sales form, and its tax.

    Amounts are positive for what the form is about. In the United States no line is taxed and tax is a line of its
    own; elsewhere each line says its amount with and without tax, so that the total is what the buyer paid. Of a
    company that keeps no tax no line has a code, and the form says that none applies: elsewhere QuickBooks wants one.
    """
    sign = -1 if voucher.type in {SALES_RECEIPT, INVOICE} else 1
    items = [line for line in voucher.lines if line.item]
    codes = {line.tax_code for line in items} - US_CODES - {""}
    is_american = any(line.tax_code in US_CODES for line in items)
    calculation = "TaxInclusive" if codes else "NotApplicable"
    calculated: dict[str, Body] = {} if is_american else {"GlobalTaxCalculation": calculation}
    total_tax = sign * sum(line.tax_minor for line in items)
    return {
        **head_references(items),
        **calculated,
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


def _transfer(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, Transfer; money moves from the credited to the debited account."""
    credit, debit = sorted(voucher.lines, key=lambda line: line.amount_minor)
    return {
        **_head(voucher),
        "FromAccountRef": {"value": credit.account.ledger_id},
        "ToAccountRef": {"value": debit.account.ledger_id},
        "Amount": _amount(voucher.total_minor, voucher.currency),
    }


def _payment(voucher: Voucher, refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, Payment. One of nothing sets a credit memo against an invoice.

    That it links both, each with the amount that is used, is how QuickBooks' own pages do it; it is not documented.
    """
    moved = [line for line in voucher.lines if not line.is_implied]
    links = [(kind, name) for kind, name in ((INVOICE, voucher.pays), (CREDIT_MEMO, voucher.applies)) if name]
    lines: list[Body] = [
        {
            "Amount": _amount(voucher.total_minor, voucher.currency),
            "LinkedTxn": [{"TxnId": refs.get(linked, linked), "TxnType": kind}],
        }
        for kind, linked in links
    ]
    return {
        **_head(voucher),
        "CustomerRef": {"value": voucher.contact},
        "TotalAmt": _amount(sum(line.amount_minor for line in moved), voucher.currency),
        **({"DepositToAccountRef": {"value": moved[0].account.ledger_id}} if moved else {}),
        "Line": lines,
    }


def _purchase(voucher: Voucher, _refs: Mapping[str, str]) -> dict[str, Body]:
    """Source: QuickBooks v3 Finance.xsd, Purchase; the account it is paid from comes first in the voucher."""
    paid_from, *bought = voucher.lines
    is_taxed = any(line.tax_code for line in bought)
    total_tax = sum(line.tax_minor for line in bought)
    return {
        "DocNumber": voucher.number,
        **_head(voucher),
        **place_references(bought),
        "PaymentType": "Cash",
        "AccountRef": {"value": paid_from.account.ledger_id},
        **({"GlobalTaxCalculation": "TaxInclusive"} if is_taxed else {}),
        "Line": [_expense_line(number, line, voucher.currency) for number, line in enumerate(bought, start=1)],
        **({"TxnTaxDetail": {"TotalTax": _amount(total_tax, voucher.currency)}} if is_taxed else {}),
    }


def _expense_line(number: int, line: VoucherLine, currency: str) -> dict[str, Body]:
    detail: dict[str, Body] = {"AccountRef": {"value": line.account.ledger_id}, **expense_references(line)}
    if line.tax_code:
        detail["TaxCodeRef"] = {"value": code_of(line.tax_code)}
        detail["TaxInclusiveAmt"] = _amount(line.amount_minor, currency)
    return {
        "LineNum": number,
        "Description": line.description,
        "Amount": _amount(line.amount_minor - line.tax_minor, currency),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


_WRITERS: Mapping[str, Callable[[Voucher, Mapping[str, str]], dict[str, Body]]] = {
    JOURNAL_ENTRY: _journal_entry,
    TRANSFER: _transfer,
    SALES_RECEIPT: _receipt,
    REFUND_RECEIPT: _receipt,
    INVOICE: _invoice,
    CREDIT_MEMO: _credit_memo,
    PAYMENT: _payment,
    PURCHASE: _purchase,
}


def _head(voucher: Voucher) -> dict[str, Body]:
    return {
        "TxnDate": voucher.dated_on.isoformat(),
        "CurrencyRef": {"value": voucher.currency},
        **({"ExchangeRate": Decimal(voucher.rate)} if voucher.rate else {}),
        "PrivateNote": voucher.memo,
    }


def _amount(minor: int, currency: str) -> Decimal:
    """Without a last decimal of zero where there are more than QuickBooks keeps."""
    amount = Decimal(decimal_text(minor, currency))
    over = -int(amount.as_tuple().exponent) - PLACES
    return amount.quantize(_CENT) if over > 0 and not minor % 10**over else amount
