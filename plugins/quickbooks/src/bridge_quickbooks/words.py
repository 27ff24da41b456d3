"""Pure: what a voucher is called and says: numbers, memos, descriptions, in letters that QuickBooks takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bridge.model.entries import Half, JournalEntry, Posting
from bridge.model.lines import TENDER

JOURNAL_ENTRY = "JournalEntry"
TRANSFER = "Transfer"
SALES_RECEIPT = "SalesReceipt"
REFUND_RECEIPT = "RefundReceipt"

NUMBER_LENGTH = 21  # Source: QuickBooks v3 Finance.xsd, Transaction.DocNumber
REFERENCE_LENGTH = 21  # Source: QuickBooks API reference, SalesReceipt.PaymentRefNum
MEMO_LENGTH = 4000  # Source: QuickBooks API reference, PrivateNote and Line.Description
SEPARATOR = " · "
# Told to people as a warning of the company's facts, and to planning: its forms then carry no number of ours.
NUMBERS_ITSELF = (
    "Custom transaction numbers are off, so QuickBooks may number sales forms itself; bridge then finds its objects "
    "by the key in their memo"
)

# What a leg is for that sums no lines of the channel.
DERIVED = {
    "settlement.total": "Settlement total",
    "settlement.difference": "Difference to the settlement's former total",
    "carry": "Carried over between the months of one settlement",
    "bank": "Payout to the bank",
    "tax.residue": "Rounding between tax collected and tax withheld",
}
# Typographers' signs in the letters of ISO 8859-1; what is still strange becomes a question mark.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "€": "EUR", "→": "->"}
)
# A number's letters only: QuickBooks goes on counting from the last digits it saw.
_LETTERS = str.maketrans("234567", "bcdfgh")
_HASH_LETTERS = 10


def number(prefix: str, booked_on: date, key: str) -> str:
    """A number that only this key gives, at most 21 long: ``AMZ2606-KQZVAHBTRW``.

    The month is the entry's own, not the voucher's: a closed period may move the voucher, and it must meet itself
    in the ledger under one number whatever the period policy said.
    """
    letters = key.rpartition("_")[2].translate(_LETTERS)[:_HASH_LETTERS].upper()
    opening = f"{booked_on:%y%m}-{letters}"
    return prefix[: NUMBER_LENGTH - len(opening)] + opening


def memo(entry: JournalEntry, dated_on: date, key: str) -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off."""
    moved = f" (belongs to {entry.booked_on.isoformat()})" if dated_on != entry.booked_on else ""
    ending = f"{moved}{SEPARATOR}{key}"
    return latin(entry.narration)[: MEMO_LENGTH - len(ending)] + ending


def description(posting: Posting, names: Mapping[str, str]) -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account."""
    return latin(posting.description or _description(posting, names))[:MEMO_LENGTH]


def _description(posting: Posting, names: Mapping[str, str]) -> str:
    words = DERIVED.get(posting.kind) or names.get(posting.account, "")
    if posting.kind == TENDER:
        words = f"{_moved(posting)}: {words or posting.account}"
    elif posting.half is Half.REFUND and not posting.kind.startswith("refund"):
        words = f"{words or posting.account}, of refunds"
    counted = {0: "", 1: ", 1 line"}.get(posting.line_count, f", {posting.line_count} lines")
    return f"{words} ({posting.kind}){counted}" if words else f"{posting.kind}{counted}"


def _moved(posting: Posting) -> str:
    """What happened to money at a way to pay; no half means that no buyer moved it: the gateway took its fees."""
    if posting.half is Half.NONE:
        return "Fees given back by" if posting.amount_minor > 0 else "Fees kept by"
    return "Received" if posting.amount_minor > 0 else "Paid back"


def latin(text: str) -> str:
    """The text in the letters a US company takes: ISO 8859-1, and no control characters.

    Source: QuickBooks API reference, "Character encoding".
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.translate(_PLAIN).encode("latin-1", "replace").decode("latin-1").split())
