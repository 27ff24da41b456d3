"""Pure: QuickBooks' transactions become our values. Unknown keys are ignored; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from bridge.model.money import minor_from_decimal
from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher
from bridge.transport import Json
from bridge_quickbooks import forms, purchases
from bridge_quickbooks.answers import UNREADABLE, reference, text_of, unreadable
from bridge_quickbooks.forms import UNNAMED, Lists, Terms, needs_items
from bridge_quickbooks.marks import contact_of, marks_of, marks_of_line
from bridge_quickbooks.taxes import marked
from bridge_quickbooks.words import called

__all__ = ["NO_LISTS", "ON_CONTROL", "Lists", "key_of", "ledger_copy", "lines_of", "needs_items"]

NO_LISTS = Lists()
# What stands open until it is paid, and what pays it: QuickBooks posts the other side to receivables or payables.
ON_CONTROL = frozenset({"Invoice", "CreditMemo", "Payment", "Bill", "VendorCredit", "BillPayment"})
_SETTLING = ("Payment", "Deposit", "BillPayment")
_KEY = re.compile(r"\bbrk_[a-z2-7]{20}\b")


def key_of(found: Json) -> str:
    """Our idempotency key if a transaction carries one, else empty."""
    key = _KEY.search(text_of(found.get("PrivateNote")))
    return key[0] if key else ""


def lines_of(voucher: Voucher) -> tuple[LedgerLine, ...]:
    """A voucher's lines as QuickBooks would show them."""
    return tuple(
        LedgerLine(line.account.ledger_id, line.amount_minor, line.description, line.tax_code, line.tax_minor)
        for line in voucher.lines
    )


def ledger_copy(kind: str, found: Json, *, home_currency: str, lists: Lists = NO_LISTS) -> LedgerCopy:
    """One transaction as it stands.

    home_currency: for a company that names no currency, as it has only one. lists: with the items for a form that
    ``needs_items``, and with the control accounts for what is ``ON_CONTROL``.
    Raises: PluginError ``quickbooks.answer`` when a field that every transaction has is missing or no value.
    """
    ref = text_of(found.get("Id"))
    what = called(kind, ref)
    if not ref:
        raise unreadable(what, "it has no id")
    currency = reference(found.get("CurrencyRef")) or home_currency
    note = text_of(found.get("PrivateNote"))
    try:
        lines = tuple(_balanced(_LINES[kind](found, Terms(currency, lists))))
        return LedgerCopy(
            ref=ref,
            type=kind,
            number=text_of(found.get("DocNumber") or found.get("PaymentRefNum")),
            dated_on=date.fromisoformat(found["TxnDate"][:10]),
            currency=currency,
            lines=lines,
            memo=note,
            key=key_of(found),
            version=text_of(found.get("SyncToken")),
            marks=marks_of(found, currency, home_currency),
            contact=contact_of(found),
            settles=tuple(sorted(_linked(found))) if kind in _SETTLING else (),
            open_minor=_open(found.get("Balance"), currency),
            due_on=date.fromisoformat(due[:10]) if (due := text_of(found.get("DueDate"))) else None,
            is_voided=note.strip().startswith("Voided") or not any(line.amount_minor for line in lines),
            changed_at=text_of((found.get("MetaData") or {}).get("LastUpdatedTime")),
        )
    except UNREADABLE as cause:
        raise unreadable(what, f"cannot be read ({type(cause).__name__})") from cause


def _linked(found: Json) -> set[str]:
    """What its lines pay, or bring to the bank, by id."""
    return {text_of(link.get("TxnId")) for line in found.get("Line", ()) for link in line.get("LinkedTxn", ())} - {""}


def _open(balance: object, currency: str) -> int | None:
    return None if balance is None else minor_from_decimal(Decimal(str(balance)), currency)


def _journal_entry(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """The lines, each with the tax that goes with it to the tax account."""
    calculation = found.get("GlobalTaxCalculation")
    for line in found.get("Line", ()):
        if detail := line.get("JournalEntryLineDetail"):
            sign = {"Debit": 1, "Credit": -1}[detail["PostingType"]]
            net, tax = terms.minor(line.get("Amount")), terms.minor(detail.get("TaxAmount"))
            if calculation == "TaxInclusive" and detail.get("TaxInclusiveAmt") is not None:
                tax = terms.minor(detail["TaxInclusiveAmt"]) - net
            elif calculation == "NotApplicable":
                tax = 0
            code = reference(detail.get("TaxCodeRef"))
            yield LedgerLine(
                account_id=reference(detail["AccountRef"]),
                amount_minor=sign * (net + tax),
                description=text_of(line.get("Description")),
                tax_code=marked(code, is_purchase=detail.get("TaxApplicableOn") == "Purchase"),
                tax_minor=sign * tax,
                marks=marks_of_line(detail),
                contact=contact_of(detail),
            )


def _transfer(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    amount = terms.minor(found["Amount"])
    yield LedgerLine(reference(found["ToAccountRef"]), amount)
    yield LedgerLine(reference(found["FromAccountRef"]), -amount)


def _deposit(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    yield LedgerLine(reference(found["DepositToAccountRef"]), terms.minor(found["TotalAmt"]))
    if back := found.get("CashBack"):
        yield LedgerLine(reference(back.get("AccountRef")), terms.minor(back.get("Amount")))
    yield from purchases.details(found, "DepositLineDetail", terms, -1)


# Every transaction that a query is made for, and which accounts its body names.
_LINES: Mapping[str, Callable[[Json, Terms], Iterator[LedgerLine]]] = {
    "JournalEntry": _journal_entry,
    "Transfer": _transfer,
    "Deposit": _deposit,
    "Purchase": purchases.purchase,
    "SalesReceipt": forms.sales_receipt,
    "RefundReceipt": forms.refund_receipt,
    "Invoice": forms.invoice,
    "CreditMemo": forms.credit_memo,
    "Payment": forms.payment,
    "Bill": purchases.bill,
    "VendorCredit": purchases.vendor_credit,
    "BillPayment": purchases.bill_payment,
}


def _balanced(lines: Iterable[LedgerLine]) -> Iterator[LedgerLine]:
    """The lines, and one more without an account for what the object leaves unsaid."""
    rest = 0
    for line in lines:
        rest -= line.amount_minor
        yield line
    if rest:
        yield LedgerLine(UNNAMED, rest)
