"""Pure: what hinders an object from being taken back, and the body that takes it back."""

from __future__ import annotations

from bridge.transport import Body, Json, encode
from bridge_xero.kinds import BANK_TRANSACTION, BANK_TRANSFER, KINDS, PAYMENT
from bridge_xero.wire import rows, text

# Source: Xero Accounting OpenAPI 16.1.0, by the field of a document that lists what settles it.
_SETTLED_BY = {
    "Payments": ("PaymentID", "payment {ref}, which is not of bridge, settles it: remove that first"),
    "CreditNotes": ("CreditNoteID", "credit note {ref} is allocated to it: remove that allocation first"),
    "Allocations": ("AllocationID", "it is allocated to a document: remove that allocation first"),
}
_RECONCILED = ("IsReconciled", "FromIsReconciled", "ToIsReconciled")


def hindrance(found: Json, beside: frozenset[str]) -> str:
    """Why Xero should keep it, for people; empty for nothing. beside: ids of what is taken back with it.

    An allocation is known by its credit note's id and its own; on the documents that it joins, by its own alone.
    """
    own = {ref.rpartition("/")[2] for ref in beside}
    if any(found.get(field) is True for field in _RECONCILED):
        return "it is reconciled with a line of the bank: unreconcile that line first (Remove & Redo)"
    for field, (name, phrase) in _SETTLED_BY.items():
        for one in rows(found.get(field) or []):
            ref = text(one.get(name))
            if ref not in own and text(one.get("Status")) not in {"DELETED", "VOIDED"}:
                return phrase.format(ref=ref)
    return ""


def ending(kind: str, found: Json) -> bytes:
    """The body that voids or deletes it. found: the object as it stands.

    Source: Xero Accounting OpenAPI 16.1.0: updateInvoice, updateCreditNote, updateManualJournal, updateBankTransaction,
    deletePayment, deleteBankTransfer; what the schema requires of each is sent as it stands.
    """
    one = KINDS[kind]
    if kind in {PAYMENT, BANK_TRANSFER}:
        return encode({"Status": one.undone})
    body: dict[str, Body] = {one.id: text(found.get(one.id)), "Status": one.undone}
    if kind == BANK_TRANSACTION:
        account: dict[str, Body] = {"AccountID": text((found.get("BankAccount") or {}).get("AccountID"))}
        body |= {"Type": text(found.get("Type")), "BankAccount": account, "LineItems": []}
    elif one.words == "Narration":
        body["Narration"] = text(found.get("Narration"))
    return encode({one.plural: [body]})
