"""Pure: the words and numbers that a voucher carries, within what Xero takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bridge.model.entries import JournalEntry, Posting
from bridge_xero.kinds import MANUAL_JOURNAL

NUMBER_LENGTH = 255  # Source: Xero Accounting OpenAPI 16.1.0, Invoice.InvoiceNumber
REFERENCE_LENGTH = 255  # Source: developer.xero.com, Invoices, Reference
DESCRIPTION_LENGTH = 4000  # Source: developer.xero.com, Invoices, line item Description
NARRATION_LENGTH = 500  # ours: Xero names no limit, and a journal's list shows one line
SEPARATOR = " · "

# What a leg is for that sums no lines of the channel.
DERIVED = {
    "settlement.total": "Settlement total",
    "settlement.difference": "Difference to the settlement's former total",
    "carry": "Carried over between the months of one settlement",
    "bank": "Payout to the bank",
    "tax.residue": "Rounding between tax collected and tax withheld",
}
# A filter for a text is itself quoted text, in which these would need an escape.
_PLAIN = str.maketrans({'"': "'", "“": "'", "”": "'", "\\": "/"})
# A number's letters only: Xero goes on counting from the last digits it saw.
_LETTERS = str.maketrans("234567", "bcdfgh")
_HASH_LETTERS = 10


def number(prefix: str, booked_on: date, key: str) -> str:
    """A number that only this key gives: ``AMZ2606-KQZVAHBTRW``.

    The month is the entry's own, not the voucher's: a closed period may move the voucher, and it must meet itself
    in the ledger under one number whatever the period policy said.
    """
    letters = key.rpartition("_")[2].translate(_LETTERS)[:_HASH_LETTERS].upper()
    opening = f"{booked_on:%y%m}-{letters}"
    return prefix[: NUMBER_LENGTH - len(opening)] + opening


def memo(kind: str, entry: JournalEntry, dated_on: date, key: str, *, is_refunds: bool = False) -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off.

    In a journal's narration the key comes first: a person who adds words adds them at the end.
    is_refunds: of an entry that holds sales too it is only the refunds.
    """
    moved = f" (belongs to {entry.booked_on.isoformat()})" if dated_on != entry.booked_on else ""
    if kind == MANUAL_JOURNAL:
        return f"{key}{SEPARATOR}{title(entry, NARRATION_LENGTH - len(key) - len(SEPARATOR) - len(moved))}{moved}"
    ending = f"{moved}{SEPARATOR}{key}"
    return title(entry, REFERENCE_LENGTH - len(ending), is_refunds=is_refunds) + ending


def title(entry: JournalEntry, longest: int, *, is_refunds: bool = False) -> str:
    """The entry's narration, plain. ``Refunds in Shop sales of ...``: a document of its refunds is none of sales."""
    return plain(f"Refunds in {entry.narration}" if is_refunds else entry.narration)[:longest].rstrip()


def description(posting: Posting, names: Mapping[str, str]) -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account."""
    words = DERIVED.get(posting.kind) or names.get(posting.account, "")
    counted = {0: "", 1: ", 1 line"}.get(posting.line_count, f", {posting.line_count} lines")
    made = f"{words} ({posting.kind}){counted}" if words else f"{posting.kind}{counted}"
    return plain(posting.description or made)[:DESCRIPTION_LENGTH] or "-"


def plain(text: str) -> str:
    """The text on one line, without what a filter would have to escape."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.translate(_PLAIN).split())
