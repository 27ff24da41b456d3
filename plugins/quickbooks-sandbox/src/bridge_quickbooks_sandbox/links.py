"""Transactions that hang together: payments on invoices, and payments inside deposits."""

from collections.abc import Iterator
from decimal import Decimal

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, amount, plain, value_of

__all__ = ["applied", "check_changeable", "check_links", "paid", "refresh_open"]

_DEPOSITED = (
    "This transaction has been deposited. If you want to change or delete it, you must first edit the deposit it"
    " appears on and remove it."
)
_LINKABLE = {
    "Deposit": ("Payment", "SalesReceipt"),
    "Payment": ("Invoice", "CreditMemo"),
    "BillPayment": ("Bill", "VendorCredit"),
}


def check_links(company: Company, kind: str, txn: JsonObject) -> None:
    """Check what a payment or a deposit says it belongs to.

    Raises:   RefusalError 2500 (no such transaction), 2020 (no line named), 620 (already in a deposit) or 6000 (more
              than is open, or of another customer; which code QuickBooks has for that is not documented).
    """
    for _, link in _links(txn):
        linked_kind, linked = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
        if linked_kind not in _LINKABLE.get(kind, ()):
            continue
        if company.get(linked_kind, linked) is None:
            raise RefusalError("2500", f"Invalid Reference Id : {linked_kind} {linked} not found", element="TxnId")
        if kind == "Deposit":
            if "TxnLineId" not in link:
                raise RefusalError("2020", "Required parameter LinkedTxn.TxnLineId is missing", element="TxnLineId")
            if _deposit_of(company, linked, besides=txn.get("Id", "")):
                raise RefusalError("620", f"Transaction {linked} is already in a deposit", element="LinkedTxn")
    if kind == "Payment":
        _check_applied(company, txn)


def check_changeable(company: Company, kind: str, txn: JsonObject) -> None:
    """Refuse with 6540 to touch what lies in a deposit."""
    if kind in _LINKABLE["Deposit"] and _deposit_of(company, txn["Id"], besides=""):
        raise RefusalError("6540", f"Deposited Transaction cannot be changed : {_DEPOSITED}")


def refresh_open(company: Company, *payments: JsonObject | None) -> None:
    """Work out again what is open of the invoices and credit memos that these payments concern, and what says so."""
    touched = {
        (str(link.get("TxnType")), str(link.get("TxnId")))
        for payment in payments
        if payment
        for _, link in _links(payment)
        if link.get("TxnType") in _LINKABLE["Payment"]
    }
    for kind, id in sorted(touched):
        if document := company.get(kind, id):
            balance = plain(amount(document["TotalAmt"]) - paid(company, kind, id))
            payers = [{"TxnId": ref, "TxnType": "Payment"} for ref in _payers(company, kind, id)]
            if balance != amount(document.get("Balance")) or payers != document.get("LinkedTxn", []):
                company.put(kind, {**document, "Balance": balance, "LinkedTxn": payers})


def paid(company: Company, kind: str, id: str, *, besides: str = "") -> Decimal:
    """Give what payments, but for one, have settled of an invoice, or used of a credit memo."""
    return sum(
        (
            amount(line.get("Amount"))
            for payment in company.all("Payment")
            if not besides or payment["Id"] != besides
            for line, link in _links(payment)
            if link.get("TxnType") == kind and link.get("TxnId") == id
        ),
        Decimal(0),
    )


def applied(payment: JsonObject) -> Decimal:
    """Give what a payment settles, less the credit that it uses for that."""
    signs = {"Invoice": 1, "CreditMemo": -1}
    return sum(
        (signs.get(str(link.get("TxnType")), 0) * amount(line.get("Amount")) for line, link in _links(payment)),
        Decimal(0),
    )


def _check_applied(company: Company, payment: JsonObject) -> None:
    """Refuse more than is open, and documents of others."""
    for line, link in _links(payment):
        kind, id = str(link.get("TxnType")), str(link.get("TxnId"))
        document = company.get(kind, id) or {}
        open_amount = amount(document.get("TotalAmt")) - paid(company, kind, id, besides=payment.get("Id", ""))
        if amount(line.get("Amount")) > open_amount:
            detail = f"Business Validation Error: {kind} {id} has {open_amount} left, less than is applied to it."
            raise RefusalError("6000", detail, element="Amount")
        if value_of(document.get("CustomerRef")) != value_of(payment.get("CustomerRef")):
            raise RefusalError("6000", f"Business Validation Error: {kind} {id} is of another customer.")
    if applied(payment) > amount(payment["TotalAmt"]):
        raise RefusalError("6000", "Business Validation Error: more is applied than is paid.", element="TotalAmt")


def _payers(company: Company, kind: str, id: str) -> list[str]:
    """Give the ids of the payments that name a document."""
    links = ((payment["Id"], link) for payment in company.all("Payment") for _, link in _links(payment))
    return list(dict.fromkeys(ref for ref, link in links if (link.get("TxnType"), link.get("TxnId")) == (kind, id)))


def _deposit_of(company: Company, id: str, *, besides: str) -> str:
    """Give the id of the deposit a transaction lies in, or ""."""
    for deposit in company.all("Deposit"):
        if deposit["Id"] != besides and any(link.get("TxnId") == id for _, link in _links(deposit)):
            return str(deposit["Id"])
    return ""


def _links(txn: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    for line in txn.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            yield line, link
