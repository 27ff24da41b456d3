"""The kinds of object that the sink reads, and which of them it writes; what Xero and its library call each."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.plugin.wording import object_name

INVOICE = "Invoice"
CREDIT_NOTE = "CreditNote"
PAYMENT = "Payment"
MANUAL_JOURNAL = "ManualJournal"
BANK_TRANSACTION = "BankTransaction"
BANK_TRANSFER = "BankTransfer"
OVERPAYMENT = "Overpayment"
PREPAYMENT = "Prepayment"
ALLOCATION = "Allocation"


class Kind(msgspec.Struct, frozen=True):
    """One kind. plural: of its answers. id, number: their fields. words: the field that holds our key.

    create, get, list, history: the library's functions; of what is only read there is no ``create``, and what is only
    told with another object has no ``list``. is_paged: its list comes in pages.
    undo: the library's function that takes one back, and undone, the status that it then has.
    """

    name: str
    plural: str
    id: str
    words: str
    create: str
    get: str
    list: str
    history: str
    undo: str = ""
    undone: str = "VOIDED"
    number: str = ""
    is_paged: bool = True


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            INVOICE,
            "Invoices",
            "InvoiceID",
            "Reference",
            "create_invoices",
            "get_invoice",
            "get_invoices",
            "get_invoice_history",
            "update_invoice",
            number="InvoiceNumber",
        ),
        Kind(
            CREDIT_NOTE,
            "CreditNotes",
            "CreditNoteID",
            "Reference",
            "create_credit_notes",
            "get_credit_note",
            "get_credit_notes",
            "get_credit_note_history",
            "update_credit_note",
            number="CreditNoteNumber",
        ),
        Kind(
            PAYMENT,
            "Payments",
            "PaymentID",
            "Reference",
            "create_payments",
            "get_payment",
            "get_payments",
            "get_payment_history",
            "delete_payment",
            "DELETED",
        ),
        Kind(
            MANUAL_JOURNAL,
            "ManualJournals",
            "ManualJournalID",
            "Narration",
            "create_manual_journals",
            "get_manual_journal",
            "get_manual_journals",
            "get_manual_journals_history",
            "update_manual_journal",
        ),
        Kind(
            BANK_TRANSACTION,
            "BankTransactions",
            "BankTransactionID",
            "Reference",
            "create_bank_transactions",
            "get_bank_transaction",
            "get_bank_transactions",
            "get_bank_transactions_history",
            "update_bank_transaction",
            "DELETED",
        ),
        Kind(
            BANK_TRANSFER,
            "BankTransfers",
            "BankTransferID",
            "Reference",
            "create_bank_transfer",
            "get_bank_transfer",
            "get_bank_transfers",
            "get_bank_transfer_history",
            "delete_bank_transfer",
            "DELETED",
            is_paged=False,
        ),
        Kind(
            OVERPAYMENT,
            "Overpayments",
            "OverpaymentID",
            "Reference",
            "",
            "get_overpayment",
            "get_overpayments",
            "get_overpayment_history",
        ),
        Kind(
            PREPAYMENT,
            "Prepayments",
            "PrepaymentID",
            "Reference",
            "",
            "get_prepayment",
            "get_prepayments",
            "get_prepayment_history",
        ),
        Kind(
            ALLOCATION,
            "Allocations",
            "AllocationID",
            "",
            "create_credit_note_allocation",
            "",
            "",
            "",
            undone="DELETED",
        ),
    )
}
LISTED = tuple(kind.name for kind in KINDS.values() if kind.list)
CALLED = (
    (INVOICE, "Invoice"),
    (CREDIT_NOTE, "Credit note"),
    (PAYMENT, "Payment"),
    (MANUAL_JOURNAL, "Manual journal"),
    (BANK_TRANSACTION, "Bank transaction"),
    (BANK_TRANSFER, "Bank transfer"),
    (OVERPAYMENT, "Overpayment"),
    (PREPAYMENT, "Prepayment"),
    (ALLOCATION, "Credit allocation"),
)
"""What Xero itself calls them, for people."""
WRITTEN = tuple(kind.name for kind in KINDS.values() if kind.create)


def called(kind: str, number: str = "") -> str:
    """An object for people, as Xero calls it: ``Manual journal AMZ2606-KQZV``."""
    return object_name(kind, number, dict(CALLED))


def several(plural: str) -> str:
    """Objects of a kind for people, by the plural of its answers: ``Manual journals``; a list by its own name."""
    kind = next((one.name for one in KINDS.values() if one.plural == plural), "")
    return f"{called(kind)}s" if kind else plural
