"""pure: what each object does to the accounts, and the balances that follow."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bridge_xero_sandbox.currencies import to_base
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.payments import document_of
from bridge_xero_sandbox.refusals import MissingError
from bridge_xero_sandbox.wire import JsonObject, amount

__all__ = ["balances"]

_LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})
_FIRST_DAY, _LAST_DAY = "0000-01-01", "9999-12-31"


@dataclass(frozen=True, slots=True)
class _Leg:
    """One account's share of an object in its currency: positive debit, negative credit."""

    account: str
    amount: Decimal
    rate: object = 1


def balances(organisation: Organisation, until: str = _LAST_DAY, since: str = _FIRST_DAY) -> dict[str, int]:
    """Give every account's movement in minor units of the base currency, by account id, debit positive.

    Rounding: each leg is rounded to the base currency; what the legs of one object are off by in sum is a realised
              currency gain or loss, as it must go somewhere.
    """
    return organisation.worked_out((since, until), lambda: _balances(organisation, until, since))


def _balances(organisation: Organisation, until: str, since: str) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for kind, legs in _LEGS.items():
        for value in organisation.all(kind):
            if not _is_live(value) or not since <= value["Date"] <= until:
                continue
            off = 0
            for leg in legs(organisation, value):
                minor = to_base(organisation, leg.amount, leg.rate)
                totals[leg.account] += minor
                off += minor
            if off:
                totals[_system(organisation, "REALISEDCURRENCYGAIN")] -= off
    return dict(totals)


def _system(organisation: Organisation, name: str) -> str:
    return str(organisation.system_account(name)["AccountID"])


def _control(organisation: Organisation, document: JsonObject) -> str:
    is_sale = document["Type"] in {"ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT"}
    return _system(organisation, "DEBTORS" if is_sale else "CREDITORS")


def _sign(document: JsonObject) -> int:
    """Give which way a document's lines go: 1 where they are debits."""
    return 1 if document["Type"] in {"ACCPAY", "ACCRECCREDIT", "SPEND"} else -1


def _line_legs(organisation: Organisation, document: JsonObject) -> Iterator[_Leg]:
    sign, rate = _sign(document), document["CurrencyRate"]
    for line in document["LineItems"]:
        tax = amount(line.get("TaxAmount"))
        net = amount(line["LineAmount"]) - (tax if document["LineAmountTypes"] == "Inclusive" else 0)
        yield _Leg(line.get("AccountID") or _control(organisation, document), sign * net, rate)
        if tax:
            yield _Leg(_system(organisation, "GST"), sign * tax, rate)


def _document(organisation: Organisation, document: JsonObject) -> Iterator[_Leg]:
    yield from _line_legs(organisation, document)
    total = amount(document["Total"])
    yield _Leg(_control(organisation, document), -_sign(document) * total, document["CurrencyRate"])


def _transaction(organisation: Organisation, document: JsonObject) -> Iterator[_Leg]:
    yield from _line_legs(organisation, document)
    bank = document["BankAccount"]["AccountID"]
    yield _Leg(bank, -_sign(document) * amount(document["Total"]), document["CurrencyRate"])


def _payment(organisation: Organisation, payment: JsonObject) -> Iterator[_Leg]:
    """A payment moves the control account at its document's rate and the money at its own."""
    _, document = document_of(organisation, payment)
    is_in = document["Type"] in {"ACCREC", "ACCPAYCREDIT"}
    value = amount(payment["Amount"]) * (1 if is_in else -1)
    yield _Leg(payment["Account"]["AccountID"], value, payment["CurrencyRate"])
    yield _Leg(_control(organisation, document), -value, document["CurrencyRate"])


def _is_live(value: JsonObject) -> bool:
    return not value["IsDeleted"] if "IsDeleted" in value else value["Status"] in _LIVE


def _allocation(organisation: Organisation, allocation: JsonObject) -> Iterator[_Leg]:
    """Credit that is used leaves the control account at its note's rate, and what it settles at its invoice's."""
    for kind, sign in (("CreditNotes", 1), ("Invoices", -1)):
        document = organisation.get(kind, allocation[KINDS[kind].id])
        if document is None:
            raise MissingError
        is_sale = document["Type"] in {"ACCREC", "ACCRECCREDIT"}
        value = amount(allocation["Amount"]) * (sign if is_sale else -sign)
        yield _Leg(_control(organisation, document), value, document["CurrencyRate"])


def _journal(organisation: Organisation, journal: JsonObject) -> Iterator[_Leg]:
    for line in journal["JournalLines"]:
        tax = amount(line["TaxAmount"])
        net = amount(line["LineAmount"]) - (tax if journal["LineAmountTypes"] == "Inclusive" else 0)
        yield _Leg(line["AccountID"], net)
        if tax:
            yield _Leg(_system(organisation, "GST"), tax)


def _transfer(_organisation: Organisation, transfer: JsonObject) -> Iterator[_Leg]:
    value, rate = amount(transfer["Amount"]), transfer["CurrencyRate"]
    yield _Leg(transfer["FromBankAccount"]["AccountID"], -value, rate)
    yield _Leg(transfer["ToBankAccount"]["AccountID"], value, rate)


_LEGS = {
    "Invoices": _document,
    "CreditNotes": _document,
    "Payments": _payment,
    "Allocations": _allocation,
    "ManualJournals": _journal,
    "BankTransactions": _transaction,
    "BankTransfers": _transfer,
}
