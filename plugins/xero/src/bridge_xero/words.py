"""Pure: the words and numbers that a voucher carries, within what Xero takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bridge.model.entries import JournalEntry, Posting
from bridge.plugin import BankFeed
from bridge.plugin.wording import belongs_to, counted, leg_words, one_line
from bridge_xero.kinds import MANUAL_JOURNAL

NUMBER_LENGTH = 255  # Source: Xero Accounting OpenAPI 16.1.0, Invoice.InvoiceNumber
REFERENCE_LENGTH = 255  # Source: developer.xero.com, Invoices, Reference
DESCRIPTION_LENGTH = 4000  # Source: developer.xero.com, Invoices, line item Description
NARRATION_LENGTH = 500  # ours: Xero names no limit, and a journal's list shows one line
SEPARATOR = " · "
# Source: xero.com/uk/accounting-software/reconcile-bank-transactions (switched on by account),
# blog.siliconbullet.com/xero-unreconcile-remove-and-redo, both read 2026-11-29.
BANK_FEED = BankFeed(
    undo="In Xero open the transaction from the bank account, choose Options, Remove & Redo, so that its statement line"
    " waits on the Reconcile tab again",
    stop="Switch automatic bank reconciliation off for that bank account, and change the bank rule that did it",
)

# A filter for a text is itself quoted text, in which these would need an escape.
_PLAIN = str.maketrans({'"': "'", "“": "'", "”": "'", "\\": "/"})


def memo(kind: str, entry: JournalEntry, dated_on: date, key: str, *, is_refunds: bool = False) -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off.

    In a journal's narration the key comes first: a person who adds words adds them at the end.
    is_refunds: of an entry that holds sales too it is only the refunds.
    """
    moved = belongs_to(entry.booked_on, dated_on)
    if kind == MANUAL_JOURNAL:
        return f"{key}{SEPARATOR}{title(entry, NARRATION_LENGTH - len(key) - len(SEPARATOR) - len(moved))}{moved}"
    ending = f"{moved}{SEPARATOR}{key}"
    return title(entry, REFERENCE_LENGTH - len(ending), is_refunds=is_refunds) + ending


def title(entry: JournalEntry, longest: int, *, is_refunds: bool = False) -> str:
    """The entry's narration, plain. ``Refunds in Shop sales of ...``: a document of its refunds is none of sales."""
    return plain(f"Refunds in {entry.narration}" if is_refunds else entry.narration)[:longest].rstrip()


def description(posting: Posting, names: Mapping[str, str]) -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account."""
    made = posting.description or counted(leg_words(posting, names), posting)
    return plain(made)[:DESCRIPTION_LENGTH] or "-"


def is_plain(text: str) -> bool:
    """Whether a filter can hold it as it is."""
    return plain(text) == text


def plain(text: str) -> str:
    """The text on one line, without what a filter would have to escape."""
    return one_line(text.translate(_PLAIN))
