"""Pure: an entry becomes the objects that carry it into Xero.

A settlement is one open invoice for the deposit, which the bookkeeper matches with the bank's own line. An order or a
day is an invoice with one payment a tender, and a credit note with one refund a tender. What moves no money of a
buyer is a manual journal. Xero is asked for nothing here, so that a plan can be shown, repeated and compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.errors import HoldError
from bridge.model.entries import SETTLEMENT_DIFFERENCE, SETTLEMENT_TOTAL, Half, Mode, Posting, Purpose
from bridge.model.lines import TENDER
from bridge.model.vouchers import Voucher, voucher_id
from bridge.plugin import PlanRequest
from bridge.plugin.cutting import cut, summed
from bridge.plugin.settling import passed_on
from bridge.plugin.wording import voucher_key, voucher_number
from bridge_xero.documents import document, settling
from bridge_xero.drawing import Drawing, Piece
from bridge_xero.journals import can_be_journal, journal, manual_journal, transfer
from bridge_xero.kinds import BANK_TRANSACTION, INVOICE, KINDS, MANUAL_JOURNAL
from bridge_xero.words import MOST_BYTES, NUMBER_LENGTH, REFERENCE_LENGTH, memo, size_of, title

TOTALS = (SETTLEMENT_TOTAL, SETTLEMENT_DIFFERENCE)
# What states no tax of its own, for Xero works it out line by line: of sums it might be another.
UNSTATED = frozenset({MANUAL_JOURNAL, BANK_TRANSACTION})
_NATURAL = {Half.SALE: 1, Half.REFUND: -1}
_NATURAL_OF = {Purpose.REFUND: -1}


def plan(request: PlanRequest) -> tuple[Voucher, ...]:
    """The vouchers of an entry in the order they are sent; none when every posting is zero.

    Raises: HoldError when Xero cannot carry it as it stands.
    """
    drawing = Drawing(request)
    if not drawing.postings:
        return ()
    drawing.check()
    pieces = _within_limits(drawing, _pieces(drawing))
    return tuple(_voucher(drawing, place, piece) for place, piece in enumerate(pieces, start=1))


def _within_limits(drawing: Drawing, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces; where a body would be too large for Xero one that sums what is alike, or a journal in parts.

    Only a journal may be cut, and only where it is all that its entry becomes: a document is matched with the bank's
    line, or paid, as a whole.
    Raises: HoldError where a document's sums are too large still, or Xero would come to another tax for a sum.
    """
    if all(size_of(piece.lines) <= MOST_BYTES for piece in pieces):
        return pieces
    made = tuple(msgspec.structs.replace(piece, lines=summed(piece.lines)) for piece in pieces)
    if len(made) == 1 and made[0].type == MANUAL_JOURNAL and (parts := _parts(made[0])):
        return parts
    is_restated = any(line.tax_code for piece in made if piece.type in UNSTATED for line in piece.lines)
    if is_restated or any(size_of(piece.lines) > MOST_BYTES for piece in made):
        raise HoldError(
            f"entry {drawing.entry.narration}",
            f"its {sum(len(piece.lines) for piece in pieces):,} lines are more than Xero takes in one object",
            "Map more of its accounts or tax codes to one, or enter it by hand and `bridge decide VOUCHER withdraw`",
            code="xero.too_long",
        )
    return made


def _parts(journal: Piece) -> tuple[Piece, ...]:
    """A journal without tax in as many parts as keep each within the limit; none where it states tax, or nothing joins.

    Xero works out a journal's tax line by line: of a sum it might be another.
    """
    if any(line.tax_code for line in journal.lines):
        return ()
    longest = max(size_of((line,)) for line in journal.lines)
    parts = cut(journal.lines, MOST_BYTES // longest)
    called = ("",) if len(parts) == 1 else [f", part {place} of {len(parts)}" for place in range(1, len(parts) + 1)]
    return tuple(
        msgspec.structs.replace(journal, lines=part, part=words) for part, words in zip(parts, called, strict=True)
    )


def _pieces(drawing: Drawing) -> tuple[Piece, ...]:
    postings = drawing.postings
    match drawing.entry.purpose:
        case Purpose.SETTLEMENT:
            return _settlement(drawing, postings)
        case Purpose.ORDER | Purpose.REFUND | Purpose.REVERSAL if _is_open(drawing):
            return _open(drawing, drawing.without_twins)
        case Purpose.ORDER | Purpose.REFUND | Purpose.DAY:
            return _halves(drawing, postings)
        case Purpose.BANK:
            return (transfer(drawing, postings),)
        case Purpose.BOUNCED:
            return _bounced(drawing, postings)
        case Purpose.REVERSAL:
            return _reversal(drawing, postings)
        case _:
            return journal(drawing, postings)


def _settlement(drawing: Drawing, postings: Sequence[Posting]) -> tuple[Piece, ...]:
    """One document for the deposit; on clearing a journal, or where that cannot say it a document paid by clearing.

    Of a settlement over two months the first part has no total: an invoice for nothing, closed by what it carries.
    What its re-issue differs by is a journal whichever way it goes.
    """
    totals = [posting for posting in postings if posting.kind in TOTALS and not drawing.is_receivable(posting)]
    is_gain = sum(posting.amount_minor for posting in totals) > 0
    is_correction = any(posting.kind == SETTLEMENT_DIFFERENCE for posting in totals)
    prefers_journal = is_gain or is_correction or drawing.entry.purpose is Purpose.REVERSAL
    if totals and prefers_journal and can_be_journal(drawing, postings):
        return (manual_journal(drawing, postings),)
    return document(drawing, postings, totals, natural=1, at=1)


def _halves(drawing: Drawing, postings: Sequence[Posting]) -> tuple[Piece, ...]:
    """The sales as an invoice, the refunds as a credit note, each settled tender by tender.

    A tender that holds tax (a gift card taxed when it was sold) is a line: a payment states none.
    """
    pieces: tuple[Piece, ...] = ()
    for half, natural in _NATURAL.items():
        own = [posting for posting in postings if posting.half is half]
        tenders = [posting for posting in own if posting.kind == TENDER and not posting.tax_minor]
        made = document(drawing, own, tenders, natural=natural, at=len(pieces) + 1)
        is_beside_sales = half is Half.REFUND and bool(pieces)
        pieces += tuple(msgspec.structs.replace(piece, is_refunds=is_beside_sales) for piece in made)
    if rest := [posting for posting in postings if posting.half is Half.NONE]:
        pieces += journal(drawing, rest, at=len(pieces) + 1)
    return pieces


def _is_open(drawing: Drawing) -> bool:
    """Whether an order or refund, or what takes one back, changes what stands open in a customer's name."""
    entry = drawing.entry
    is_of_one = entry.purpose is not Purpose.REVERSAL or entry.slot.mode is Mode.ORDER
    return is_of_one and any(drawing.is_receivable(posting) for posting in drawing.postings)


def _open(drawing: Drawing, postings: Sequence[Posting]) -> tuple[Piece, ...]:
    """All of it as one document, what pays that and what was open before, and what of a credit is set against that.

    Two where more money went back than was taken back, or out of an account that no line may name: a credit note that
    is paid out, and an invoice for what is owed again.
    Raises: HoldError where tax that was due with that money would stay due.
    """
    tenders = [posting for posting in postings if posting.kind == TENDER and not posting.tax_minor]
    back = [posting for posting in tenders if posting.amount_minor < 0]
    owed_minor = sum(posting.amount_minor for posting in postings if drawing.is_receivable(posting))
    if not back or owed_minor <= 0:
        return document(drawing, postings, tenders, natural=_NATURAL_OF.get(drawing.entry.purpose, 1), at=1)
    if drawing.request.is_cash:
        raise _owed_again_with_tax(drawing)
    others = [posting for posting in postings if posting not in tenders and not drawing.is_receivable(posting)]
    taken_minor = sum(posting.amount_minor for posting in others)
    if taken_minor <= 0 and all(drawing.takes_lines(posting) for posting in back):
        return document(drawing, postings, tenders, natural=1, at=1)
    refunded = [*(others if taken_minor > 0 else ()), *back]
    left_minor = -sum(posting.amount_minor for posting in refunded)
    sold = [posting for posting in postings if posting not in refunded]
    sold += passed_on(drawing.request, -left_minor, others)
    came = [posting for posting in tenders if posting not in back]
    refunded += passed_on(drawing.request, left_minor, others)
    owed = document(drawing, sold, came, natural=1, at=1)
    return (*owed, *document(drawing, refunded, back, natural=-1, at=len(owed) + 1))


def _owed_again_with_tax(drawing: Drawing) -> HoldError:
    """Tax that was due when the money came is not due until it comes again; no document of its own says so."""
    return HoldError(
        f"entry {drawing.entry.narration}",
        "money went back for what stays sold: its tax, due with money, is not due until it is paid again, and only the "
        "payment that had brought it says so in Xero",
        "In Xero remove the payment that had brought the money, and enter anew what of it was kept; then "
        "`bridge decide VOUCHER withdraw`",
        code="xero.payment",
    )


def _bounced(drawing: Drawing, postings: Sequence[Posting]) -> tuple[Piece, ...]:
    """A payment, from clearing, of the invoice whose payout failed: the first voucher of the first entry before."""
    paying = [posting for posting in postings if not drawing.is_receivable(posting)]
    is_payment = len(paying) == 1 == len(postings) - 1 and paying[0].amount_minor > 0
    if not is_payment or not drawing.entry.after:
        return _reversal(drawing, postings)
    return (settling(drawing, paying[0], voucher_id(drawing.entry.after[0], 1)),)


def _reversal(drawing: Drawing, postings: Sequence[Posting]) -> tuple[Piece, ...]:
    """The opposite of what was sent, by what the postings say."""
    if _is_halved(postings):
        return _halves(drawing, postings)
    if any(posting.kind in TOTALS or drawing.is_receivable(posting) for posting in postings):
        return _settlement(drawing, postings)
    return journal(drawing, postings)


def _is_halved(postings: Sequence[Posting]) -> bool:
    """Whether each half is settled by itself, as of an order or a day; a settlement knows its sales and refunds too."""
    sums = [sum(posting.amount_minor for posting in postings if posting.half is half) for half in Half]
    return not any(sums) and any(posting.half is not Half.NONE for posting in postings)


def _voucher(drawing: Drawing, place: int, piece: Piece) -> Voucher:
    entry, request = drawing.entry, drawing.request
    key = voucher_key(entry.intent_id, place, request.again)
    pays = piece.settles or (voucher_id(entry.entry_id, piece.pays) if piece.pays else "")
    applies = voucher_id(entry.entry_id, piece.applies) if piece.applies else ""
    return Voucher(
        voucher_id=voucher_id(entry.entry_id, place),
        entry_id=entry.entry_id,
        type=piece.type,
        number=voucher_number(request.prefix, entry.booked_on, key, NUMBER_LENGTH) if KINDS[piece.type].number else "",
        key=key,
        dated_on=request.dated_on,
        currency=entry.currency,
        memo=memo(piece.type, entry, request.dated_on, key, is_refunds=piece.is_refunds, part=piece.part),
        lines=piece.lines,
        after=tuple(dict.fromkeys(name for name in (*request.after, pays, applies) if name)),
        same_amount_days=piece.same_amount_days,
        contact=piece.contact,
        pays=pays,
        applies=applies,
        reference=title(entry, REFERENCE_LENGTH, is_refunds=piece.is_refunds),
        rate=drawing.rate,
        due_on=max(entry.due_on, request.dated_on) if entry.due_on and piece.type == INVOICE else None,
    )
