"""Pure: an entry becomes the one object that carries it into QuickBooks.

A bank leg is a Transfer, which the bookkeeper matches with the bank's own line. A paid order is a SalesReceipt and a
refund a RefundReceipt, where ``receipts`` says that they can be. Everything else is a JournalEntry: settlements, days
with one line for each tender, fees, reversals. QuickBooks is asked for nothing here, so that a plan can be shown,
repeated and compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge import ids
from bridge.errors import HoldError, InvariantError
from bridge.model.entries import JournalEntry, Posting, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.reasons import Reason
from bridge.model.tracking import Tracked
from bridge.model.vouchers import Voucher, VoucherLine, voucher_id
from bridge.plugin import PlanRequest
from bridge.plugin.wording import voucher_number
from bridge_quickbooks import words
from bridge_quickbooks.contacts import NOBODY, line_contact
from bridge_quickbooks.receipts import receipt
from bridge_quickbooks.taxes import US_CODES, mark_of

SAME_AMOUNT_DAYS = 7
KEY_PREFIX = "brk"
_FORMS = frozenset({Purpose.ORDER, Purpose.REFUND})


def plan(request: PlanRequest) -> tuple[Voucher, ...]:
    """The vouchers of an entry: one, or none when every posting is zero.

    Raises: HoldError when QuickBooks cannot carry it as it stands.
    """
    entry, facts, dated_on = request.entry, request.facts, request.dated_on
    postings = [posting for posting in entry.postings if posting.amount_minor]
    if not postings:
        return ()
    _check_currency(entry, facts)
    for posting in postings:
        _check_carried(entry, posting, request.tracking.get(posting.number, ()))
    if entry.is_bank_leg and len(postings) != 2:
        raise InvariantError(f"entry {entry.narration}", "its bank leg is not one debit and one credit", "Report it")
    form = receipt(request, postings) if entry.purpose in _FORMS else None
    key = ids.derive(KEY_PREFIX, entry.intent_id, 1)
    is_numbered = words.NUMBERS_ITSELF not in facts.warnings if form else not entry.is_bank_leg
    return (
        Voucher(
            voucher_id=voucher_id(entry.entry_id, 1),
            entry_id=entry.entry_id,
            type=form.type if form else words.TRANSFER if entry.is_bank_leg else words.JOURNAL_ENTRY,
            number=voucher_number(request.prefix, entry.booked_on, key, words.NUMBER_LENGTH) if is_numbered else "",
            key=key,
            dated_on=dated_on,
            currency=entry.currency,
            memo=words.memo(entry, dated_on, key),
            lines=form.lines if form else _lines(request, postings),
            after=request.after,
            same_amount_days=SAME_AMOUNT_DAYS if entry.is_bank_leg else 0,
            contact=form.contact if form else "",
            reference=entry.slot.group,
        ),
    )


def _lines(request: PlanRequest, postings: Sequence[Posting]) -> tuple[VoucherLine, ...]:
    """One line a posting, so that each tender of a day, and each kind on one account, can be read."""
    entry, tax_codes = request.entry, request.tax_codes
    thing = f"entry {entry.narration}"
    marks = ["" if entry.is_bank_leg else mark_of(posting, tax_codes, thing=thing) for posting in postings]
    contacts = [NOBODY if entry.is_bank_leg else line_contact(request, posting) for posting in postings]
    return tuple(
        VoucherLine(
            account=request.accounts[posting.account],
            amount_minor=posting.amount_minor,
            description=words.description(posting, request.names),
            tax_code="" if mark in US_CODES else mark,
            tax_minor=posting.tax_minor if mark and mark not in US_CODES else 0,
            contact=contact.ledger_id,
            contact_role=contact.role,
            tracked=request.tracking.get(posting.number, ()),
        )
        for posting, mark, contact in zip(postings, marks, contacts, strict=True)
    )


def _check_currency(entry: JournalEntry, facts: LedgerFacts) -> None:
    if entry.currency != facts.home_currency:
        raise HoldError(
            f"entry {entry.narration}",
            f"it is in {entry.currency}, the books are in {facts.home_currency}, and bridge converts nothing, "
            "whether QuickBooks' Multicurrency is on or off",
            f"Enter it by hand at the rate of the money that reached the bank and `bridge decide VOUCHER withdraw`, "
            f"or give the channel a route to a company kept in {entry.currency}",
            code=Reason.RATE_MISSING,
        )


def _check_carried(entry: JournalEntry, posting: Posting, tracked: Sequence[Tracked]) -> None:
    """Nothing a rule asked for may be lost without a word: a transfer names nobody, and only forms name items."""
    options = ", ".join(f"{one.name}={one.option}" for one in tracked)
    of_transfer = (("contact", posting.contact), ("tracking", options)) if entry.is_bank_leg else ()
    for word, value in (*of_transfer, ("item", "" if entry.purpose in _FORMS else posting.item)):
        if value:
            raise HoldError(
                f"entry {entry.narration}, account {posting.account}",
                f"rule {posting.rule} gives it the {word} {value!r}, which this sink does not carry to QuickBooks",
                f"Take the {word} out of the rule",
                code="quickbooks.not_carried",
            )
