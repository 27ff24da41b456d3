"""Pure: an entry becomes the objects that carry it into QuickBooks. QuickBooks is asked for nothing here.

    what the entry is                                        | becomes
    a payout on its way to the bank                          | Transfer
    an order that was paid in one way                        | SalesReceipt
    an order that was paid in several                        | Invoice, a Payment for each
    a refund that was paid out in one way                    | RefundReceipt
    an order or refund that leaves accounts receivable open, | Invoice, Payment; CreditMemo, set against the invoice by
    or settles what was open there                           | a Payment of nothing
    money that went back beside that                         | a RefundReceipt for each way
    fees that came out of an account of type Bank            | Purchase
    all else: settlements, days with a line for each tender, | JournalEntry, several where it has too many lines
    reversals, and what no form can say                      |

A form cannot say money on an account that it refuses, a total that is not positive, or what stays open elsewhere than
on accounts receivable. Decided in docs/decisions/0013, 0051 and 0088.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.errors import HoldError, InvariantError
from bridge.model.entries import JournalEntry, Mode, Posting, Purpose
from bridge.model.lines import TENDER
from bridge.model.money import exponent
from bridge.model.reasons import Reason
from bridge.model.tracking import Tracked
from bridge.model.vouchers import Voucher, VoucherLine, voucher_id
from bridge.plugin import PlanRequest
from bridge.plugin.cutting import cut, summed
from bridge.plugin.wording import voucher_key, voucher_number
from bridge_quickbooks import words
from bridge_quickbooks.contacts import NOBODY, line_contact
from bridge_quickbooks.documents import open_documents, paid_invoice
from bridge_quickbooks.drawing import Drawing, Piece
from bridge_quickbooks.expenses import expense
from bridge_quickbooks.rates import rate_of, words_of
from bridge_quickbooks.receipts import can_be_form, receipt
from bridge_quickbooks.remarks import NUMBERS
from bridge_quickbooks.taxes import US_CODES, mark_of

SAME_AMOUNT_DAYS = 7
_FORMS = frozenset({Purpose.ORDER, Purpose.REFUND})
_UNNUMBERED = frozenset({words.TRANSFER, words.PAYMENT})


def plan(request: PlanRequest) -> tuple[Voucher, ...]:
    """The vouchers of an entry in the order they are sent; none when every posting is zero.

    Raises: HoldError when QuickBooks cannot carry it as it stands.
    """
    entry = request.entry
    postings = tuple(posting for posting in entry.postings if posting.amount_minor)
    if not postings:
        return ()
    _check_decimals(request, postings)
    rate = rate_of(request)
    for posting in postings:
        _check_carried(entry, posting, request.tracking.get(posting.number, ()))
    pieces = [part for piece in _pieces(Drawing(request, postings)) for part in _within_limits(entry, piece)]
    return tuple(_voucher(request, pieces, place, rate) for place in range(1, len(pieces) + 1))


def _pieces(drawing: Drawing) -> tuple[Piece, ...]:
    """The table above."""
    entry, postings = drawing.entry, drawing.postings
    if entry.is_bank_leg:
        if len(postings) != 2:
            raise InvariantError(drawing.thing, "its bank leg is not one debit and one credit", "Report it")
        return (Piece(words.TRANSFER, _lines(drawing.request, postings)),)
    if entry.slot.mode is Mode.ORDER and any(drawing.is_receivable(posting) for posting in postings):
        return open_documents(drawing)
    if entry.purpose in _FORMS and can_be_form(drawing):
        form = receipt(drawing)
        if made := (form,) if form else paid_invoice(drawing):
            return made
    bought = expense(drawing) if entry.purpose is Purpose.JOURNAL else None
    if bought is None and drawing.request.is_due_with_money(postings):
        raise _taxed_journal(entry)
    return (bought or Piece(words.JOURNAL_ENTRY, _lines(drawing.request, postings)),)


def _within_limits(entry: JournalEntry, piece: Piece) -> tuple[Piece, ...]:
    """The piece; where QuickBooks takes fewer lines, one that sums what is alike, or a journal in parts.

    Raises: HoldError where even its sums are too many for one form.
    """
    is_taxed_form = piece.type in words.SALES_FORMS and any(
        line.tax_code not in {"", *US_CODES} for line in piece.lines
    )
    most = words.MOST_TAXED_LINES if is_taxed_form else words.MOST_LINES
    if len(piece.lines) <= most:
        return (piece,)
    lines = summed(piece.lines)
    parts = cut(lines, most) if piece.type == words.JOURNAL_ENTRY else (lines,) if len(lines) <= most else ()
    if not parts:
        called = words.called(piece.type).lower()
        raise HoldError(
            f"entry {entry.narration}",
            f"it has {len(lines)} lines that differ, and QuickBooks takes {most} in one {called}",
            "Map more of its accounts or tax codes to one, or enter it by hand and `bridge decide VOUCHER withdraw`",
            code="quickbooks.too_long",
        )
    return tuple(msgspec.structs.replace(piece, lines=part) for part in parts)


def _voucher(request: PlanRequest, pieces: Sequence[Piece], place: int, rate: str) -> Voucher:
    entry, piece = request.entry, pieces[place - 1]
    key = voucher_key(entry.intent_id, place, request.again)
    is_numbered = piece.type not in _UNNUMBERED and not (
        piece.type in words.SALES_FORMS and request.facts.lacks(NUMBERS)
    )
    pays = piece.settles or (voucher_id(entry.entry_id, piece.pays) if piece.pays else "")
    applies = voucher_id(entry.entry_id, piece.applies) if piece.applies else ""
    is_part = piece.type == words.JOURNAL_ENTRY and len(pieces) > 1
    part = f", part {place} of {len(pieces)}" if is_part else ""
    return Voucher(
        voucher_id=voucher_id(entry.entry_id, place),
        entry_id=entry.entry_id,
        type=piece.type,
        number=voucher_number(request.prefix, entry.booked_on, key, words.NUMBER_LENGTH) if is_numbered else "",
        key=key,
        dated_on=request.dated_on,
        currency=entry.currency,
        memo=words.memo(entry, request.dated_on, key, f"{part}{words_of(request, rate)}"),
        lines=piece.lines,
        after=tuple(dict.fromkeys(name for name in (*request.after, pays, applies) if name)),
        same_amount_days=SAME_AMOUNT_DAYS if entry.is_bank_leg else 0,
        contact=piece.contact,
        pays=pays,
        applies=applies,
        reference=entry.slot.group,
        rate=rate,
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
            description=words.description(posting, request.names, item=posting.item),
            tax_code="" if mark in US_CODES else mark,
            tax_minor=posting.tax_minor if mark and mark not in US_CODES else 0,
            contact=contact.ledger_id,
            contact_role=contact.role,
            tracked=request.tracking.get(posting.number, ()),
        )
        for posting, mark, contact in zip(postings, marks, contacts, strict=True)
    )


def _taxed_journal(entry: JournalEntry) -> HoldError:
    return HoldError(
        f"entry {entry.narration}",
        "its tax is due when money comes, and QuickBooks can say it only by a journal entry, whose tax is due at once",
        'Set mode = "order" for a channel that reports orders, so that they become receipts; else book it by hand, and '
        "`bridge decide VOUCHER withdraw`",
        code=Reason.TAXED_JOURNAL,
    )


def _check_decimals(request: PlanRequest, postings: Sequence[Posting]) -> None:
    """Raises: HoldError for an amount of more decimals than the company keeps; nothing is rounded."""
    entry = request.entry
    kept = max(exponent(request.facts.home_currency), words.PLACES)
    step = 10 ** max(0, exponent(entry.currency) - kept)
    for posting in postings:
        if posting.amount_minor % step or posting.tax_minor % step:
            raise HoldError(
                f"entry {entry.narration}, account {posting.account}",
                f"QuickBooks cannot hold the amount: it keeps {kept} decimals, and {entry.currency} has more",
                "Enter it by hand, and `bridge decide VOUCHER withdraw`",
                code="quickbooks.amount",
            )


def _check_carried(entry: JournalEntry, posting: Posting, tracked: Sequence[Tracked]) -> None:
    """Nothing a rule asked for may be lost without a word: a transfer names nobody, and only what is sold has an item.

    What would be a form and is a journal all the same, or undoes one, says the item in the words of its line.
    """
    options = ", ".join(f"{one.name}={one.option}" for one in tracked)
    of_transfer = (("contact", posting.contact), ("tracking", options)) if entry.is_bank_leg else ()
    may_sell = entry.purpose in {*_FORMS, Purpose.REVERSAL} and posting.kind != TENDER
    for word, value in (*of_transfer, ("item", "" if may_sell else posting.item)):
        if value:
            raise HoldError(
                f"entry {entry.narration}, account {posting.account}",
                f"rule {posting.rule} gives it the {word} {value!r}, which this sink does not carry to QuickBooks",
                f"Take the {word} out of the rule",
                code="quickbooks.not_carried",
            )
