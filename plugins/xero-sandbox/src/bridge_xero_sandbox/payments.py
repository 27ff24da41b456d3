"""Payments of invoices, refunds of credit notes and overpayments, and credit allocated to invoices."""

from dataclasses import dataclass
from decimal import Decimal

from bridge_xero_sandbox.currencies import settle_currency
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.locks import check_open
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, MissingError, Text
from bridge_xero_sandbox.settlement import remaining, settle
from bridge_xero_sandbox.wire import JsonObject, amount, money, read_day

__all__ = ["allocate", "create_payment", "delete_allocation", "delete_payment", "document_of", "payment_type"]

_DOCUMENTS = {"Invoice": "Invoices", "CreditNote": "CreditNotes", "Overpayment": "Overpayments"}
_KEPT = ("Reference", "IsReconciled", "Particulars", "Details", "BankAccountNumber")


@dataclass(frozen=True, slots=True)
class _Paid:
    """The document a payment is for: its place in the payment, its kind and itself."""

    name: str
    kind: str
    document: JsonObject


def create_payment(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Make a payment.

    Raises:   InvalidError with every message there is to say about the document and the amount.
    """
    paid = _document(organisation, given)
    account = _account(organisation, given, paid.document)
    value = amount(given.get("Amount"))
    wrong = []
    if paid.document["Status"] not in {"AUTHORISED", "PAID"}:
        wrong.append(Text.NOT_AUTHORISED)
    if value <= 0:
        wrong.append(Text.NOT_POSITIVE)
    elif value > remaining(organisation, paid.kind, paid.document):
        wrong.append(Text.TOO_MUCH)
    if wrong:
        raise InvalidError(*wrong)
    id_key = KINDS[paid.kind].id
    payment: JsonObject = {
        "DocumentID": paid.document[id_key],
        paid.name: {id_key: paid.document[id_key]},
        "Account": {"AccountID": account["AccountID"]},
        "Date": read_day(given.get("Date") or organisation.clock.now().date().isoformat()),
        "Amount": money(value),
        "BankAmount": money(amount(given.get("BankAmount", value))),
        "PaymentType": payment_type(paid.document),
        "Status": "AUTHORISED",
        "IsReconciled": False,
        "CurrencyCode": paid.document["CurrencyCode"],
        **{key: given[key] for key in _KEPT if key in given},
    }
    if given.get("CurrencyRate"):
        payment["CurrencyRate"] = given["CurrencyRate"]
    settle_currency(organisation, payment)
    check_open(organisation, payment["Date"])
    details = f"Payment of {payment['Amount']} to {account['Name']} for {paid.name} {paid.document[id_key]}."
    written = organisation.put("Payments", payment, changes="Created", details=details)
    organisation.note(paid.kind, paid.document[id_key], changes="Paid", by=organisation.settings.user, details=details)
    settle(organisation, paid.kind, paid.document)
    return written


def delete_payment(organisation: Organisation, payment: JsonObject) -> JsonObject:
    """Take a payment back: it stays listed as DELETED, its document is open again.

    Raises:   InvalidError if it is deleted already or in a locked period.
    """
    if payment["Status"] == "DELETED":
        raise InvalidError(Text.NOT_MODIFIABLE)
    check_open(organisation, payment["Date"])
    deleted = organisation.put("Payments", {**payment, "Status": "DELETED"}, changes="Deleted")
    kind, document = document_of(organisation, payment)
    settle(organisation, kind, document)
    return deleted


def document_of(organisation: Organisation, payment: JsonObject) -> tuple[str, JsonObject]:
    """Give the kind and the document a payment is for."""
    kind = next(kind for name, kind in _DOCUMENTS.items() if name in payment)
    document = organisation.get(kind, payment["DocumentID"])
    if document is None:
        raise MissingError
    return kind, document


def payment_type(document: JsonObject) -> str:
    """Name what a payment of a document is."""
    types = {
        "ACCREC": "ACCRECPAYMENT",
        "ACCPAY": "ACCPAYPAYMENT",
        "ACCRECCREDIT": "ARCREDITPAYMENT",
        "ACCPAYCREDIT": "APCREDITPAYMENT",
        "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    }
    return types[document["Type"]]


def allocate(organisation: Organisation, note: JsonObject, given: JsonObject) -> JsonObject:
    """Set part of a credit note off against an open invoice.

    Raises:   InvalidError if either is not authorised, the contacts differ, or the amount is more than is open.
    """
    invoice = _invoice(organisation, given["Invoice"])
    value: Decimal = amount(given["Amount"])
    wrong = []
    if note["Status"] not in {"AUTHORISED", "PAID"} or invoice["Status"] not in {"AUTHORISED", "PAID"}:
        wrong.append(Text.NOT_AUTHORISED)
    if note["Contact"] != invoice["Contact"] or note["Type"] != f"{invoice['Type']}CREDIT":
        wrong.append(Text.OTHER_CONTACT)
    if value <= 0:
        wrong.append(Text.NOT_POSITIVE)
    open_credit = remaining(organisation, "CreditNotes", note)
    if value > min(open_credit, remaining(organisation, "Invoices", invoice)):
        wrong.append(Text.TOO_MUCH)
    if wrong:
        raise InvalidError(*wrong)
    allocation: JsonObject = {
        "CreditNoteID": note["CreditNoteID"],
        "InvoiceID": invoice["InvoiceID"],
        "Amount": money(value),
        "Date": read_day(given["Date"]),
        "IsDeleted": False,
    }
    check_open(organisation, allocation["Date"])
    written = organisation.put("Allocations", allocation)
    _settle_both(organisation, written, "Allocated", is_untold=False)
    return written


def delete_allocation(organisation: Organisation, note: JsonObject, allocation_id: str) -> JsonObject:
    """Take an allocation back."""
    allocation = organisation.get("Allocations", allocation_id)
    if allocation is None or allocation["CreditNoteID"] != note["CreditNoteID"] or allocation["IsDeleted"]:
        raise MissingError
    check_open(organisation, allocation["Date"])
    deleted = organisation.put("Allocations", {**allocation, "IsDeleted": True})
    is_untold = not organisation.settings.tells_removals
    _settle_both(organisation, deleted, "Allocation removed", is_untold=is_untold)
    return deleted


def _settle_both(organisation: Organisation, allocation: JsonObject, changes: str, *, is_untold: bool) -> None:
    for kind, id in (("CreditNotes", allocation["CreditNoteID"]), ("Invoices", allocation["InvoiceID"])):
        document = organisation.get(kind, id)
        assert document is not None
        settle(organisation, kind, document, is_untold=is_untold)
        details = f"{allocation['Amount']}"
        organisation.note(kind, id, changes=changes, by=organisation.settings.user, details=details)


def _document(organisation: Organisation, given: JsonObject) -> _Paid:
    named = dict(given)
    if given.get("InvoiceNumber"):
        named.setdefault("Invoice", {"InvoiceNumber": given["InvoiceNumber"]})
    if given.get("CreditNoteNumber"):
        named.setdefault("CreditNote", {"CreditNoteNumber": given["CreditNoteNumber"]})
    for name, kind in _DOCUMENTS.items():
        if name in named:
            return _Paid(name, kind, _find(organisation, kind, named[name]))
    raise InvalidError(Text.FIELD_NEEDED.format(field="Invoice, CreditNote or Overpayment"))


def _invoice(organisation: Organisation, given: JsonObject) -> JsonObject:
    return _find(organisation, "Invoices", given)


def _find(organisation: Organisation, kind: str, given: JsonObject) -> JsonObject:
    found = organisation.get(kind, str(given.get(KINDS[kind].id, "")))
    if found is None and KINDS[kind].number and given.get(KINDS[kind].number):
        type_ = "ACCREC" if kind == "Invoices" else "ACCRECCREDIT"
        found = organisation.numbered(kind, type_, given[KINDS[kind].number])
    if found is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    return found


def _account(organisation: Organisation, given: JsonObject, document: JsonObject) -> JsonObject:
    named = given.get("Account") or {"Code": given.get("Code", "")}
    account = (
        organisation.get("Accounts", named["AccountID"])
        if named.get("AccountID")
        else organisation.account(str(named.get("Code", "")))
    )
    if account is None:
        raise InvalidError(Text.ACCOUNT_MISSING)
    if account["Status"] != "ACTIVE":
        raise InvalidError(Text.ACCOUNT_ARCHIVED.format(code=account["Code"]))
    if account["Type"] != "BANK" and not account["EnablePaymentsToAccount"]:
        raise InvalidError(Text.NO_PAYMENTS_TO_ACCOUNT.format(code=account["Code"]))
    base = organisation.settings.base_currency
    if account["Type"] == "BANK" and account["CurrencyCode"] not in {base, document["CurrencyCode"]}:
        raise InvalidError(Text.CURRENCY_OF_ACCOUNT.format(currency=document["CurrencyCode"], code=account["Code"]))
    return account
