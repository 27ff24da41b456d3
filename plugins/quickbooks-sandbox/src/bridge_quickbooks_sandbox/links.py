"""Transactions that hang together: payments on invoices, and payments inside deposits."""

from collections.abc import Iterator
from decimal import Decimal

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, amount, plain

__all__ = ["check_changeable", "check_links", "paid", "refresh_invoices"]

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

    Raises:   RefusalError 2500 (no such transaction), 2020 (no line named) or 620 (already in a deposit).
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


def check_changeable(company: Company, kind: str, txn: JsonObject) -> None:
    """Refuse with 6540 to touch what lies in a deposit."""
    if kind in _LINKABLE["Deposit"] and _deposit_of(company, txn["Id"], besides=""):
        raise RefusalError("6540", f"Deposited Transaction cannot be changed : {_DEPOSITED}")


def refresh_invoices(company: Company, *payments: JsonObject | None) -> None:
    """Work out again what is still open of the invoices that these payments concern."""
    touched = {
        str(link.get("TxnId"))
        for payment in payments
        if payment
        for _, link in _links(payment)
        if link.get("TxnType") == "Invoice"
    }
    for id in sorted(touched):
        if invoice := company.get("Invoice", id):
            settled = paid(company, id)
            balance = plain(amount(invoice["TotalAmt"]) - settled)
            if balance != amount(invoice.get("Balance")):
                company.put("Invoice", {**invoice, "Balance": balance})


def paid(company: Company, invoice: str) -> Decimal:
    """Give what payments have settled of an invoice."""
    return sum(
        (
            amount(line.get("Amount"))
            for payment in company.all("Payment")
            for line, link in _links(payment)
            if link.get("TxnType") == "Invoice" and link.get("TxnId") == invoice
        ),
        Decimal(0),
    )


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
