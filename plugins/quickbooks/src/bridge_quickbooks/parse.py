"""Pure: QuickBooks' JSON becomes our values. Unknown keys are ignored; numbers are exact; nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bridge.errors import DocumentError, PluginError
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.money import minor_from_decimal
from bridge.model.vouchers import LedgerCopy, LedgerLine

Json = Mapping[str, Any]
_KEY = re.compile(r"\bbrk_[a-z2-7]{20}\b")
# What QuickBooks posts by itself (undeposited funds, receivables, an item's account), which the object does not name.
UNNAMED = ""
# What a field of a wrong shape, an impossible date or an amount that is no money raises.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, DocumentError)


def decode(raw: bytes) -> Json | None:
    """A JSON object with every number a Decimal; None when it is none, such as a gateway's page."""
    try:
        value = json.loads(raw, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def unreadable(what: str, cause: str) -> PluginError:
    """The error for an answer that does not say what it must."""
    return PluginError(
        f"QuickBooks, {what}", cause, "Try again; if it lasts, report it with the log line", code="quickbooks.answer"
    )


def key_of(found: Json) -> str:
    """Our idempotency key if a transaction carries one, else empty."""
    key = _KEY.search(_text(found.get("PrivateNote")))
    return key[0] if key else ""


def ledger_copy(kind: str, found: Json, *, home_currency: str) -> LedgerCopy:
    """One transaction as it stands.

    home_currency: for a company that names no currency, as it has only one.
    Raises: PluginError ``quickbooks.answer`` when a field that every transaction has is missing or no value.
    """
    ref = _text(found.get("Id"))
    what = f"{kind} {ref}"
    if not ref:
        raise unreadable(what, "it has no id")
    currency = _reference(found.get("CurrencyRef")) or home_currency
    note = _text(found.get("PrivateNote"))
    try:
        lines = tuple(_balanced(_LINES[kind](found, lambda amount: minor_from_decimal(Decimal(amount or 0), currency))))
        return LedgerCopy(
            ref=ref,
            type=kind,
            number=_text(found.get("DocNumber") or found.get("PaymentRefNum")),
            dated_on=date.fromisoformat(found["TxnDate"][:10]),
            currency=currency,
            lines=lines,
            memo=note,
            key=key_of(found),
            version=_text(found.get("SyncToken")),
            is_voided=note.strip().startswith("Voided") or not any(line.amount_minor for line in lines),
            changed_at=_text(found.get("MetaData", {}).get("LastUpdatedTime")),
        )
    except UNREADABLE as cause:
        raise unreadable(what, f"cannot be read ({type(cause).__name__})") from cause


Minor = Callable[[Any], int]


def _journal_entry(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    for line in found.get("Line", ()):
        if detail := line.get("JournalEntryLineDetail"):
            sign = {"Debit": 1, "Credit": -1}[detail["PostingType"]]
            yield _line(detail["AccountRef"], sign * minor(line.get("Amount")), line)


def _transfer(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    amount = minor(found["Amount"])
    yield _line(found["ToAccountRef"], amount)
    yield _line(found["FromAccountRef"], -amount)


def _deposit(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    yield _line(found["DepositToAccountRef"], minor(found["TotalAmt"]))
    if back := found.get("CashBack"):
        yield _line(back.get("AccountRef"), minor(back.get("Amount")))
    yield from _details(found, "DepositLineDetail", "AccountRef", lambda amount: -minor(amount))


def _purchase(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    sign = -1 if found.get("Credit") else 1  # a credit is money that came back
    yield _line(found["AccountRef"], -sign * minor(found["TotalAmt"]))
    yield from _details(found, "AccountBasedExpenseLineDetail", "AccountRef", lambda amount: sign * minor(amount))


def _money_in(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    yield _line(found.get("DepositToAccountRef"), minor(found["TotalAmt"]))
    yield from _details(found, "SalesItemLineDetail", "ItemAccountRef", lambda amount: -minor(amount))


def _money_out(found: Json, minor: Minor) -> Iterator[LedgerLine]:
    yield _line(found.get("DepositToAccountRef"), -minor(found["TotalAmt"]))
    yield from _details(found, "SalesItemLineDetail", "ItemAccountRef", minor)


def _details(found: Json, detail_name: str, account_name: str, minor: Minor) -> Iterator[LedgerLine]:
    """The lines whose detail names an account; the others become part of what is unsaid."""
    for line in found.get("Line", ()):
        if account := _reference(line.get(detail_name, {}).get(account_name)):
            yield LedgerLine(account, minor(line.get("Amount")), _text(line.get("Description")))


# Every transaction that a query is made for, and which accounts its body names.
_LINES: Mapping[str, Callable[[Json, Minor], Iterator[LedgerLine]]] = {
    "JournalEntry": _journal_entry,
    "Transfer": _transfer,
    "Deposit": _deposit,
    "Purchase": _purchase,
    "SalesReceipt": _money_in,
    "RefundReceipt": _money_out,
    "Payment": _money_in,
}


def _line(account: object, amount_minor: int, line: Json | None = None) -> LedgerLine:
    return LedgerLine(_reference(account), amount_minor, _text(line.get("Description")) if line else "")


def _balanced(lines: Iterable[LedgerLine]) -> Iterator[LedgerLine]:
    """The lines, and one more without an account for what the object leaves unsaid."""
    rest = 0
    for line in lines:
        rest -= line.amount_minor
        yield line
    if rest:
        yield LedgerLine(UNNAMED, rest)


def ledger_facts(
    *, connection: str, taken_at: datetime, company: Json, preferences: Json, accounts: Iterable[Json]
) -> LedgerFacts:
    """The company's facts, from CompanyInfo, Preferences and its chart."""
    home = home_currency(preferences)
    closed = _text(preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate"))
    try:
        return LedgerFacts(
            connection=connection,
            taken_at=taken_at,
            company=_text(company.get("CompanyName")) or _text(company.get("LegalName")),
            home_currency=home,
            accounts=tuple(_account(account, home) for account in accounts),
            locked_through=date.fromisoformat(closed[:10]) if closed else None,
            is_multicurrency=_is_on(preferences, "CurrencyPrefs", "MultiCurrencyEnabled"),
            has_unique_numbers=_warns_of_duplicates(preferences),
            warnings=tuple(_warnings(preferences)),
        )
    except UNREADABLE as cause:
        raise unreadable("company facts", f"cannot be read ({type(cause).__name__})") from cause


def home_currency(preferences: Json) -> str:
    """The company's own currency. Raises: PluginError ``quickbooks.answer`` when it is not said."""
    home = preferences.get("CurrencyPrefs", {}).get("HomeCurrency")
    named = home if isinstance(home, str) else _reference(home)
    if not named:
        raise unreadable("Preferences", "no home currency is named")
    return named


def _account(found: Json, home: str) -> LedgerAccount:
    currency = _reference(found.get("CurrencyRef")) or home
    # In which sense QuickBooks shows what a liability owes is not documented; an asset's balance is its debit.
    balance = found.get("CurrentBalance") if found.get("Classification") == "Asset" else None
    return LedgerAccount(
        ledger_id=str(found["Id"]),
        number=_text(found.get("AcctNum")),
        name=_text(found.get("FullyQualifiedName")) or _text(found.get("Name")),
        type=_text(found.get("AccountType")),
        currency=currency,
        is_active=found.get("Active", True) is True,
        balance_minor=None if balance is None else minor_from_decimal(Decimal(balance), currency),
    )


def _warns_of_duplicates(preferences: Json) -> bool:
    """Whether QuickBooks refuses a journal number that is taken; silence counts as no."""
    others = {item.get("Name"): item.get("Value") for item in preferences.get("OtherPrefs", {}).get("NameValue", ())}
    return others.get("WarnDuplicateJournalNumber") == "true"


def _warnings(preferences: Json) -> Iterator[str]:
    """What in a company's own settings weakens bridge's promises, for people."""
    if not _warns_of_duplicates(preferences):
        yield (
            "QuickBooks does not warn of a journal number used twice; switch it on under Account and settings, "
            "Advanced, Other preferences, so that it refuses a second copy by itself"
        )
    if not _is_on(preferences, "SalesFormsPrefs", "CustomTxnNumbers"):
        yield (
            "Custom transaction numbers are off, so QuickBooks may number sales forms itself; bridge then finds "
            "its objects by the key in their memo"
        )
    if not _is_on(preferences, "AccountingInfoPrefs", "UseAccountNumbers"):
        yield "Account numbers are off; accounts are found by name, so map each one in the route"


def _is_on(preferences: Json, group: str, name: str) -> bool:
    return preferences.get(group, {}).get(name) is True


def _reference(value: object) -> str:
    return _text(value.get("value")) if isinstance(value, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
