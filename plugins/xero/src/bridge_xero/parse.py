"""Pure: Xero's documents become our values. Unknown keys and words are let be; numbers are exact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from bridge.errors import DocumentError, PluginError
from bridge.model.money import minor_from_decimal
from bridge.model.vouchers import LedgerCopy, LedgerLine
from bridge.transport import Json
from bridge_xero import kinds, marks
from bridge_xero.kinds import KINDS, called
from bridge_xero.wire import amount, day, instant, part, rows, text

_KEY = re.compile(r"\bbrk_[a-z2-7]{20}\b")
# What an object does not name: an account of a line, the other side of a payment that we do not know.
UNNAMED = ""
NO_ID = "00000000-0000-0000-0000-000000000000"
# A document without a day says so, rather than be unread: it differs from every day that we sent.
NO_DAY = date(1970, 1, 1)
# Not in the books: taken out of them, or never in. Every other word, known or not, is a document that stands.
NOT_STANDING = frozenset({"VOIDED", "DELETED", "ARCHIVED", "DRAFT", "SUBMITTED"})
DRAFTS = frozenset({"DRAFT", "SUBMITTED"})
# What a field of a wrong shape, or an amount that is no money, raises.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, DocumentError)


class Chart(msgspec.Struct, frozen=True):
    """What reading a document needs of the chart. ids: of accounts by code. currencies: of accounts by id."""

    home_currency: str
    receivable_id: str
    payable_id: str
    ids: Mapping[str, str]
    currencies: Mapping[str, str]

    def account(self, found: object) -> str:
        """The id of an account that a line or payment names, by id or only by code."""
        named = part(found)
        code = text(named.get("AccountCode") or named.get("Code"))
        return text(named.get("AccountID")) or self.ids.get(code, UNNAMED)


def unreadable(what: str, cause: str) -> PluginError:
    """The error for an answer that does not say what it must."""
    return PluginError(
        f"Xero, {what}", cause, "Try again; if it lasts, report it with the log line", code="xero.answer"
    )


def id_of(kind: str, found: Json) -> str:
    """An object's id; empty where it has none, as one that was refused. An allocation's is its credit note's too."""
    found_id = text(found.get(KINDS[kind].id))
    if kind == kinds.ALLOCATION:
        return f"{text(part(found.get('CreditNote')).get('CreditNoteID'))}/{found_id}"
    return "" if found_id == NO_ID else found_id


def key_of(kind: str, found: Json) -> str:
    """Our idempotency key if an object carries one, else empty."""
    key = _KEY.search(text(found.get(KINDS[kind].words)))
    return key[0] if key else ""


def allocations(note: Json) -> list[Json]:
    """What of a credit note is set against invoices, each as an object that says of which note it is."""
    of_note = {name: note.get(name) for name in ("CreditNoteID", "CurrencyCode", "Contact")}
    return [
        {**row, "CreditNote": of_note, "Status": "DELETED" if row.get("IsDeleted") else "AUTHORISED"}
        for row in rows(note.get("Allocations"))
    ]


def status_of(found: Json) -> str:
    return text(found.get("Status")).upper()


def is_deleted(found: Json) -> bool:
    return status_of(found) == "DELETED"


def ledger_copy(kind: str, found: Json, chart: Chart, *, changed_by: str = "") -> LedgerCopy:
    """One object as it stands.

    Raises: PluginError ``xero.answer`` when it has no id or a field that holds no value of its kind.
    """
    ref = id_of(kind, found)
    what = called(kind, ref)
    if not ref:
        raise unreadable(what, "it has no id")
    currency = _currency(kind, found, chart)

    def minor(value: object) -> int:
        return minor_from_decimal(amount(value), currency)

    try:
        changed_at = instant(found.get("UpdatedDateUTC") or found.get("CreatedDateUTC"))
        return LedgerCopy(
            ref=ref,
            type=kind,
            number=text(found.get(KINDS[kind].number)),
            dated_on=day(found.get("Date")) or day(found.get("DateString")) or NO_DAY,
            currency=currency,
            lines=tuple(_balanced(_LINES[kind](found, minor, chart))),
            memo=text(found.get(KINDS[kind].words)),
            key=key_of(kind, found),
            version=text(found.get("UpdatedDateUTC")),
            marks=marks.of_object(found, kind, currency=currency, home_currency=chart.home_currency),
            contact=marks.contact_of(found if found.get("Contact") else _used(kind, found)),
            settles=tuple(sorted(_settled(kind, found))),
            open_minor=_open(found, minor),
            due_on=day(found.get("DueDate")) or day(found.get("DueDateString")),
            is_voided=status_of(found) in NOT_STANDING,
            changed_at=changed_at.isoformat() if changed_at else "",
            changed_by=changed_by,
        )
    except UNREADABLE as cause:
        raise unreadable(what, f"cannot be read ({type(cause).__name__})") from cause


def _currency(kind: str, found: Json, chart: Chart) -> str:
    if kind == kinds.MANUAL_JOURNAL:  # has no currency of its own
        return chart.home_currency
    if kind == kinds.BANK_TRANSFER:
        account = chart.account(found.get("FromBankAccount"))
        return text(found.get("CurrencyCode")) or chart.currencies.get(account) or chart.home_currency
    if kind in _SETTLING:  # its amount is in the currency of what it pays or uses
        found = _used(kind, found)
    return text(found.get("CurrencyCode")) or chart.home_currency


Minor = Callable[[object], int]
_CREDITS = ("ARCREDIT", "APCREDIT", "AROVER", "ARPRE", "APOVER", "APPRE")
_SETTLING = (kinds.PAYMENT, kinds.ALLOCATION)
_PAID = ("Invoice", "CreditNote", "Overpayment", "Prepayment")


def _paid(payment: Json) -> Json:
    """What a payment pays; empty where Xero does not say."""
    return next((part(payment.get(name)) for name in _PAID if payment.get(name)), {})


def _used(kind: str, found: Json) -> Json:
    """What a payment pays, or the credit note that an allocation uses."""
    return part(found.get("CreditNote")) if kind == kinds.ALLOCATION else _paid(found)


def _settled(kind: str, found: Json) -> Iterator[str]:
    """What a payment pays, or a credit is set against, by id."""
    if kind == kinds.PAYMENT:
        paid = _paid(found)
        yield from (text(paid[f"{name}ID"]) for name in _PAID if paid.get(f"{name}ID"))
    else:
        allocated = [found] if kind == kinds.ALLOCATION else rows(found.get("Allocations"))
        standing = (one for one in allocated if not one.get("IsDeleted"))
        yield from {text(part(one.get("Invoice")).get("InvoiceID")) for one in standing} - {""}


def _open(found: Json, minor: Minor) -> int | None:
    told = found.get("AmountDue", found.get("RemainingCredit"))
    return None if told is None else minor(told)


def _invoice(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    yield from _document(found, minor, chart, sign=1)


def _credit_note(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    yield from _document(found, minor, chart, sign=-1)


def _document(found: Json, minor: Minor, chart: Chart, *, sign: int) -> Iterator[LedgerLine]:
    """sign: 1 where its total raises what a customer owes; what is owed to a supplier goes the other way."""
    is_bill = text(found.get("Type")).startswith("ACCPAY")
    owed = -sign if is_bill else sign
    yield LedgerLine(chart.payable_id if is_bill else chart.receivable_id, owed * _total(found, minor))
    yield from _items(found, minor, chart, sign=-owed)


def _total(found: Json, minor: Minor) -> int:
    """What it is for; summed from the lines where Xero gives no total."""
    if found.get("Total") is not None:
        return minor(found.get("Total"))
    return sum(gross for gross, _, _ in _parts(found, minor))


def _bank_transaction(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    kind = text(found.get("Type"))
    sign = -1 if kind.startswith("SPEND") else 1
    total = sign * _total(found, minor)
    yield LedgerLine(chart.account(found.get("BankAccount")), total)
    if kind.endswith("OVERPAYMENT"):  # its line is one of words
        yield LedgerLine(_control(kind, chart), -total)
    else:
        yield from _items(found, minor, chart, sign=-sign)


def _paid_ahead(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    """What a customer paid too much or too early, or was paid so to a supplier.

    What was received or spent is told by its bank transaction: itself it moves nothing more. What came of a payment
    is told here alone, and not where its money went.
    Source: Xero Accounting OpenAPI 16.1.0, Overpayment.Type and BankTransaction.OverpaymentID.
    """
    kind = text(found.get("Type"))
    if not kind.startswith(("RECEIVE", "SPEND")):
        sign = 1 if kind.startswith("AP") else -1
        yield LedgerLine(_control(kind, chart), sign * _total(found, minor))


def _control(kind: str, chart: Chart) -> str:
    """Where it stands open: with customers or with suppliers, by the type of a document."""
    return chart.payable_id if kind.startswith(("SPEND", "AP", "ACCPAY")) else chart.receivable_id


def _payment(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    """Money in pays sales invoices and bills' credit notes; money out pays bills and refunds sales credit notes."""
    kind = text(found.get("PaymentType")) or text(_paid(found).get("Type"))
    is_purchase = kind.startswith(("ACCPAY", "AP"))
    is_credit = kind.startswith(_CREDITS) or kind.endswith("CREDIT")
    gained = minor(found.get("Amount")) * (1 if is_purchase == is_credit else -1)
    yield LedgerLine(chart.account(found.get("Account")), gained)
    yield LedgerLine(chart.payable_id if is_purchase else chart.receivable_id, -gained)


def _allocation(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    """Credit is used for an invoice: both stand on receivables, so that no account moves."""
    used = minor(found.get("Amount"))
    yield LedgerLine(chart.receivable_id, used)
    yield LedgerLine(chart.receivable_id, -used)


def _manual_journal(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    return _items(found, minor, chart, sign=1, name="JournalLines")


def _bank_transfer(found: Json, minor: Minor, chart: Chart) -> Iterator[LedgerLine]:
    moved = minor(found.get("Amount"))
    for side, amount_minor in (("To", moved), ("From", -moved)):
        tracked = marks.tracking(found.get(f"{side}Tracking"))
        yield LedgerLine(chart.account(found.get(f"{side}BankAccount")), amount_minor, marks=tuple(tracked))


def _items(found: Json, minor: Minor, chart: Chart, *, sign: int, name: str = "LineItems") -> Iterator[LedgerLine]:
    """The lines with tax in them; a line of words alone is none."""
    for gross, tax, line in _parts(found, minor, name):
        code = text(line.get("TaxType"))
        if gross or tax:
            yield LedgerLine(
                account_id=chart.account(line),
                amount_minor=sign * gross,
                description=text(line.get("Description")),
                tax_code="" if code == "NONE" else code,
                tax_minor=sign * tax,
                marks=marks.of_line(line),
            )


def _parts(found: Json, minor: Minor, name: str = "LineItems") -> Iterator[tuple[int, int, Json]]:
    is_net = text(found.get("LineAmountTypes")).upper() == "EXCLUSIVE"
    for line in rows(found.get(name)):
        tax = minor(line.get("TaxAmount"))
        yield minor(_line_amount(line)) + (tax if is_net else 0), tax, line


def _line_amount(line: Json) -> Decimal:
    if line.get("LineAmount") is not None:
        return amount(line.get("LineAmount"))
    return amount(line.get("Quantity")) * amount(line.get("UnitAmount"))


# Every kind that is read, and which accounts its body names.
_LINES: Mapping[str, Callable[[Json, Minor, Chart], Iterator[LedgerLine]]] = {
    kinds.INVOICE: _invoice,
    kinds.CREDIT_NOTE: _credit_note,
    kinds.PAYMENT: _payment,
    kinds.MANUAL_JOURNAL: _manual_journal,
    kinds.BANK_TRANSACTION: _bank_transaction,
    kinds.BANK_TRANSFER: _bank_transfer,
    kinds.OVERPAYMENT: _paid_ahead,
    kinds.PREPAYMENT: _paid_ahead,
    kinds.ALLOCATION: _allocation,
}


def _balanced(lines: Iterable[LedgerLine]) -> Iterator[LedgerLine]:
    """The lines, and one more without an account for what the object leaves unsaid."""
    rest = 0
    for line in lines:
        rest -= line.amount_minor
        if line.amount_minor or line.tax_minor:
            yield line
    if rest:
        yield LedgerLine(UNNAMED, rest)


def last_editor(history: Iterable[Mapping[str, Any]]) -> str:
    """Who wrote the newest record of an object's history; empty when none says."""
    dated = ((instant(record.get("DateUTC")), text(record.get("User"))) for record in history)
    known = [(at, user) for at, user in dated if at is not None and user]
    return max(known, key=lambda one: one[0])[1] if known else ""
