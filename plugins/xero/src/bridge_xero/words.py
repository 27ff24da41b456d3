"""Pure: the words and numbers that a voucher carries, within what Xero takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from bridge.model.entries import JournalEntry, Posting
from bridge.model.vouchers import VoucherLine
from bridge.plugin import BankFeed
from bridge.plugin.wording import belongs_to, counted, cut_off, leg_words, one_line
from bridge.transport import encode
from bridge_xero.kinds import MANUAL_JOURNAL

NUMBER_LENGTH = 255  # Source: Xero Accounting OpenAPI 16.1.0, Invoice.InvoiceNumber
REFERENCE_LENGTH = 255  # Source: developer.xero.com, Invoices, Reference
DESCRIPTION_LENGTH = 4000  # Source: developer.xero.com, Invoices, line item Description
NARRATION_LENGTH = 500  # ours: Xero names no limit, and a journal's list shows one line
# Source: developer.xero.com, "Limits", read 2026-11: 3.5 MB a call; some room is left for what is beside the lines.
MOST_BYTES = 3_000_000
_LINE_BYTES = 500  # of a line without its words: names of fields, two ids, amounts
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


def memo(kind: str, entry: JournalEntry, dated_on: date, key: str, *, is_refunds: bool = False, part: str = "") -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off.

    In a journal's narration the key comes first: a person who adds words adds them at the end.
    is_refunds: of an entry that holds sales too it is only the refunds. part: which of several it was cut into.
    """
    moved = f"{part}{belongs_to(entry.booked_on, dated_on)}"
    if kind == MANUAL_JOURNAL:
        return f"{key}{SEPARATOR}{title(entry, NARRATION_LENGTH - len(key) - len(SEPARATOR) - len(moved))}{moved}"
    ending = f"{moved}{SEPARATOR}{key}"
    return title(entry, REFERENCE_LENGTH - len(ending), is_refunds=is_refunds) + ending


def title(entry: JournalEntry, longest: int, *, is_refunds: bool = False) -> str:
    """The entry's narration, plain. ``Refunds in Shop sales of ...``: a document of its refunds is none of sales."""
    return cut_off(plain(f"Refunds in {entry.narration}" if is_refunds else entry.narration), longest)


def description(posting: Posting, names: Mapping[str, str]) -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account."""
    made = posting.description or counted(leg_words(posting, names), posting)
    return cut_off(plain(made), DESCRIPTION_LENGTH) or "-"


def size_of(lines: Iterable[VoucherLine]) -> int:
    """At most so many bytes their lines are in a body."""
    return sum(_LINE_BYTES + len(encode(line.description + line.item)) for line in lines)


def is_plain(text: str) -> bool:
    """Whether a filter can hold it as it is."""
    return plain(text) == text


def plain(text: str) -> str:
    """The text on one line, without what a filter would have to escape."""
    return one_line(text.translate(_PLAIN))
