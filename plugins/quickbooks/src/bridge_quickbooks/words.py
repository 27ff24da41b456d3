"""Pure: what a voucher is called and says: numbers, memos, descriptions, in letters that QuickBooks takes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date

from bridge.model.entries import Half, JournalEntry, Posting
from bridge.model.lines import TENDER
from bridge.plugin import BankFeed
from bridge.plugin.wording import belongs_to, counted, leg_words, object_name, one_line

JOURNAL_ENTRY = "JournalEntry"
TRANSFER = "Transfer"
SALES_RECEIPT = "SalesReceipt"
REFUND_RECEIPT = "RefundReceipt"
INVOICE = "Invoice"
CREDIT_MEMO = "CreditMemo"
PAYMENT = "Payment"
PURCHASE = "Purchase"
CALLED = (
    (JOURNAL_ENTRY, "Journal entry"),
    (TRANSFER, "Transfer"),
    ("Deposit", "Bank deposit"),
    (PURCHASE, "Expense"),
    (SALES_RECEIPT, "Sales receipt"),
    (REFUND_RECEIPT, "Refund receipt"),
    (PAYMENT, "Payment"),
    (INVOICE, "Invoice"),
    (CREDIT_MEMO, "Credit memo"),
    ("Bill", "Bill"),
    ("BillPayment", "Bill payment"),
    ("VendorCredit", "Supplier credit"),
)
"""What QuickBooks itself calls its objects, for people."""
SALES_FORMS = frozenset({SALES_RECEIPT, REFUND_RECEIPT, INVOICE, CREDIT_MEMO})

PLACES = 2  # decimals that QuickBooks keeps, where the company's own currency has no more
NUMBER_LENGTH = 21  # Source: QuickBooks v3 Finance.xsd, Transaction.DocNumber
REFERENCE_LENGTH = 21  # Source: QuickBooks API reference, SalesReceipt.PaymentRefNum
MEMO_LENGTH = 4000  # Source: QuickBooks API reference, PrivateNote and Line.Description
# Source: Intuit, "Limits and throttles", and API reference, SalesReceipt, both read 2026-11: a form with tax, and any
# other transaction. A journal is said to have no limit; what no other object may have is not tried on it.
MOST_TAXED_LINES, MOST_LINES = 750, 10_000
SEPARATOR = " · "
# Source: quickbooks.intuit.com/learn-support, reports-and-accounting 171042 (Categorized, undo, automatic matching);
# gentlefrog.com/bank-rules-quickbooks-online-avoid-auto-add; both read 2026-11-29.
BANK_FEED = BankFeed(
    undo="In QuickBooks open Bank transactions, Categorized, find it and choose Undo, so that its line is For review"
    " again",
    stop="Choose Match, never Add, for its lines, and in Transactions, Rules switch auto-add off in its rule",
)

# Typographers' signs, and letters that no decomposition takes to ISO 8859-1; what is still strange becomes a question
# mark. One letter may become several: what is cut to a length is cut after this.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "€": "EUR", "→": "->"}
    | {"‚": "'", "„": '"', "‹": "<", "›": ">", "•": "·", "™": "TM", "‰": "o/oo", "₤": "£", "№": "No"}
    | {"Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "ẞ": "SS"}
)


def called(kind: str, number: str = "") -> str:
    """An object for people, as QuickBooks calls it: ``Journal entry AMZ2606-KQZV``; a list by its own name."""
    return object_name(kind, number, dict(CALLED))


def memo(entry: JournalEntry, dated_on: date, key: str, part: str = "") -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off.

    part: which of several objects it is that one entry was cut into, and its rate.
    """
    ending = f"{part}{belongs_to(entry.booked_on, dated_on)}{SEPARATOR}{key}"
    return latin(entry.narration)[: MEMO_LENGTH - len(ending)] + ending


def description(posting: Posting, names: Mapping[str, str], *, item: str = "") -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account.

    item: what its rule says that it sells, where the line has no other place for it.
    """
    ending = latin(f", item {item}") if item else ""
    return latin(posting.description or _description(posting, names))[: MEMO_LENGTH - len(ending)] + ending


def _description(posting: Posting, names: Mapping[str, str]) -> str:
    words = leg_words(posting, names)
    if posting.kind == TENDER:
        words = f"{_moved(posting)}: {words or posting.account}"
    elif posting.half is Half.REFUND and not posting.kind.startswith("refund"):
        words = f"{words or posting.account}, of refunds"
    return counted(words, posting)


def _moved(posting: Posting) -> str:
    """What happened to money at a way to pay; no half means that no buyer moved it: the gateway took its fees."""
    if posting.half is Half.NONE:
        return "Fees given back by" if posting.amount_minor > 0 else "Fees kept by"
    return "Received" if posting.amount_minor > 0 else "Paid back"


def latin(text: str) -> str:
    """The text in the letters a US company takes: ISO 8859-1, and no control characters; the same text, the same bytes.

    A letter with a mark that ISO 8859-1 does not know loses the mark (``ő`` is ``o``); what it has no letter for is a
    question mark.
    Source: QuickBooks API reference, "Character encoding".
    """
    composed = unicodedata.normalize("NFC", one_line(text)).translate(_PLAIN)
    return one_line("".join(letter if letter <= "ÿ" else _without_marks(letter) for letter in composed))


def _without_marks(letter: str) -> str:
    """What is left of a letter when its marks are taken; nothing of a mark that stands by itself."""
    if unicodedata.combining(letter):
        return ""
    return unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1") or "?"
