"""Pure: an entry becomes the one object that carries it into QuickBooks.

An entry is a JournalEntry; a bank leg is a Transfer, which the bookkeeper matches with the bank's own line. QuickBooks
is asked for nothing here, so that a plan can be shown, repeated and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bridge import ids
from bridge.errors import HoldError, InvariantError
from bridge.model.chart import recommended_chart
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine, voucher_id

JOURNAL_ENTRY = "JournalEntry"
TRANSFER = "Transfer"
NUMBER_LENGTH = 21  # Source: QuickBooks v3 Finance.xsd, Transaction.DocNumber
MEMO_LENGTH = 4000  # Source: QuickBooks API reference, PrivateNote and Line.Description
SAME_AMOUNT_DAYS = 7
KEY_PREFIX = "brk"
SEPARATOR = " · "

# What a leg is for that sums no lines of the channel.
DERIVED = {
    "settlement.total": "Settlement total",
    "carry": "Carried over between the months of one settlement",
    "bank": "Payout to the bank",
    "tax.residue": "Marketplace tax that was not withheld",
}
# Typographers' signs in the letters of ISO 8859-1; what is still strange becomes a question mark.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "€": "EUR", "→": "->"}
)
# A number's letters only: QuickBooks goes on counting from the last digits it saw.
_LETTERS = str.maketrans("234567", "bcdfgh")
_HASH_LETTERS = 10


def plan(
    entry: JournalEntry,
    accounts: Mapping[str, AccountRef],
    facts: LedgerFacts,
    *,
    prefix: str,
    dated_on: date,
    after: Sequence[str],
) -> tuple[Voucher, ...]:
    """The vouchers of an entry: one, or none when every posting is zero.

    Raises: HoldError when QuickBooks cannot carry it as it stands.
    """
    postings = [posting for posting in entry.postings if posting.amount_minor]
    if not postings:
        return ()
    _check_currency(entry, facts)
    for posting in postings:
        _check_carried(entry, posting)
    if entry.is_bank_leg and len(postings) != 2:
        raise InvariantError(f"entry {entry.narration}", "its bank leg is not one debit and one credit", "Report it")
    key = ids.derive(KEY_PREFIX, entry.intent_id, 1)
    return (
        Voucher(
            voucher_id=voucher_id(entry.entry_id, 1),
            entry_id=entry.entry_id,
            type=TRANSFER if entry.is_bank_leg else JOURNAL_ENTRY,
            number="" if entry.is_bank_leg else _number(prefix, entry.booked_on, key),
            key=key,
            dated_on=dated_on,
            currency=entry.currency,
            memo=_memo(entry, dated_on, key),
            lines=tuple(_line(posting, accounts[posting.account]) for posting in postings),
            after=tuple(after),
            same_amount_days=SAME_AMOUNT_DAYS if entry.is_bank_leg else 0,
        ),
    )


def _check_currency(entry: JournalEntry, facts: LedgerFacts) -> None:
    if entry.currency != facts.home_currency:
        raise HoldError(
            f"entry {entry.narration}",
            f"it is in {entry.currency}, the books are in {facts.home_currency}, and no rate between them is known",
            "Connect a ledger kept in that currency",
            code="rate.missing",
        )


def _check_carried(entry: JournalEntry, posting: Posting) -> None:
    """Nothing a rule asked for may be lost on the way without a word."""
    given = (
        ("tax code", posting.tax_code),
        ("contact", posting.contact),
        ("tracking", posting.tracking),
        ("item", posting.item),
    )
    for word, value in given:
        if value:
            raise HoldError(
                f"entry {entry.narration}, account {posting.account}",
                f"rule {posting.rule} gives it the {word} {value!r}, which this sink does not carry to QuickBooks",
                f"Take the {word} out of the rule",
                code="quickbooks.not_carried",
            )


def _number(prefix: str, booked_on: date, key: str) -> str:
    """A number that only this key gives, at most 21 long: ``AMZ2606-KQZVAHBTRW``.

    The month is the entry's own, not the voucher's: a closed period may move the voucher, and it must meet itself
    in the ledger under one number whatever the period policy said.
    """
    letters = key.rpartition("_")[2].translate(_LETTERS)[:_HASH_LETTERS].upper()
    opening = f"{booked_on:%y%m}-{letters}"
    return prefix[: NUMBER_LENGTH - len(opening)] + opening


def _memo(entry: JournalEntry, dated_on: date, key: str) -> str:
    """What the bookkeeper reads, and the key by which we find it again, which must never be cut off."""
    moved = f" (belongs to {entry.booked_on.isoformat()})" if dated_on != entry.booked_on else ""
    ending = f"{moved}{SEPARATOR}{key}"
    return _latin(entry.narration)[: MEMO_LENGTH - len(ending)] + ending


def _line(posting: Posting, account: AccountRef) -> VoucherLine:
    return VoucherLine(
        account=account,
        amount_minor=posting.amount_minor,
        description=_latin(posting.description or _description(posting))[:MEMO_LENGTH],
    )


def _description(posting: Posting) -> str:
    """``Product sales (sale.product), 6 lines``: what it is in our chart, whatever the ledger calls the account."""
    account = recommended_chart().get(posting.account)
    words = DERIVED.get(posting.kind) or (account.name if account else "")
    counted = {0: "", 1: ", 1 line"}.get(posting.line_count, f", {posting.line_count} lines")
    return f"{words} ({posting.kind}){counted}" if words else f"{posting.kind}{counted}"


def _latin(text: str) -> str:
    """The text in the letters a US company takes: ISO 8859-1, and no control characters.

    Source: QuickBooks API reference, "Character encoding".
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.translate(_PLAIN).encode("latin-1", "replace").decode("latin-1").split())
