"""Pure: postings become an invoice or a credit note, and the payments that settle it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import HoldError, InvariantError
from bridge.model.entries import Mode, Posting
from bridge.model.vouchers import VoucherLine
from bridge.plugin.settling import share_out
from bridge_xero.drawing import Drawing, Piece
from bridge_xero.kinds import ALLOCATION, CREDIT_NOTE, INVOICE, PAYMENT

Owed = tuple[int, str, int]
"""What may be settled: a piece of the entry from 1, or else the voucher of an earlier one; and how much of it."""


def document(
    drawing: Drawing, postings: Sequence[Posting], payers: Sequence[Posting], *, natural: int, at: int
) -> tuple[Piece, ...]:
    """The document of postings that add up to zero, and one payment for each leg that pays it.

    payers:  the legs by which money came in or went out; their sum decides between invoice and credit note.
    natural: 1 for what is an invoice unless money went out, -1 for what is a credit note unless money came in.
    at:      the document's place among the entry's pieces, counted from 1.
    A payer of the wrong sign (change given back, a tender that paid out more than it took) is a line of the document.
    What stands on accounts receivable stays open; what was open there of the order before is paid with what its own
    document leaves, or has its credit set against it. Money that went back for nothing is owed again.
    A document for nothing is worth its lines: Xero closes it at once; where there are none, there is no document.
    Raises: HoldError for an account that cannot be a line, or cannot be paid to or from.
    """
    if not postings:
        return ()
    receivable = [posting for posting in postings if drawing.is_receivable(posting)]
    net = sum(posting.amount_minor for posting in (*payers, *receivable))
    owes_again = not net and sum(posting.amount_minor for posting in receivable) > 0
    side = 1 if owes_again else natural if net * natural >= 0 else -natural
    paying = [posting for posting in payers if posting.amount_minor * side > 0]
    lines = [posting for posting in postings if posting not in paying and posting not in receivable]
    drawing.check_lines(lines, "document")
    drawing.check_bare((*paying, *receivable), "a payment, or what stays open,")
    for posting in paying:
        _check_payer(drawing, posting)
    drawn = tuple(drawing.line(posting) for posting in lines)
    total = -sum(line.amount_minor for line in drawn)
    made = Piece(
        type=INVOICE if side > 0 else CREDIT_NOTE,
        lines=(*drawn, _open(drawing, total, "what is owed")) if total else drawn,
        contact=drawing.contact_of([*lines, *(posting for posting in postings if posting.contact)]),
    )
    documents = (made,) if drawn else ()
    earlier = [(0, each.voucher_id, each.settled_minor) for each in drawing.request.settles] if receivable else []
    owed = [*((at, "", abs(total)) for _ in documents), *(earlier if side > 0 else ())]
    payments = _payments(drawing, paying, owed, receivable)
    return (*documents, *payments, *(_allocated(drawing, earlier, at, -total, lines) if side < 0 else ()))


def _payments(
    drawing: Drawing, paying: Sequence[Posting], owed: Sequence[Owed], receivable: Sequence[Posting]
) -> list[Piece]:
    """What each leg pays, in order. Raises: HoldError where more is paid than is open."""
    parts = [*share_out([abs(posting.amount_minor) for posting in paying], [amount for _, _, amount in owed])]
    if sum(part for _, _, part in parts) != sum(abs(posting.amount_minor) for posting in paying):
        raise drawing.hold(
            receivable[0] if receivable else paying[0],
            "more is paid than is open in documents that bridge wrote",
            f"{_instead(drawing, receivable)}; or enter it by hand and `bridge decide VOUCHER withdraw`",
            code="xero.payment",
        )
    return [
        _payment(drawing, paying[payer], part, pays=owed[debt][0], settles=owed[debt][1]) for payer, debt, part in parts
    ]


def _instead(drawing: Drawing, receivable: Sequence[Posting]) -> str:
    """How what pays could have something to pay: a day names no order, so nothing says whose invoice it settles."""
    if receivable and drawing.request.entry.slot.mode is not Mode.ORDER:
        return 'Map 1150 Due from buyers to an account that is not accounts receivable, or set mode = "order"'
    if receivable:
        return "Where its invoice was undone or withdrawn, `bridge decide ORDER book_again`"
    return "Map 2220 Refunds payable to a liability in the route's accounts"


def _allocated(
    drawing: Drawing, earlier: Sequence[Owed], at: int, credit_minor: int, lines: Sequence[Posting]
) -> list[Piece]:
    """What of a credit note is set against invoices that are open. lines: of the credit note.

    Raises: HoldError where that is more than it, or in another name.
    """
    names = {each.contact for each in drawing.request.settles if earlier}
    named = next((posting.contact for posting in lines if posting.contact), "")
    if len(names) > 1 or (names and named and named not in names):
        raise HoldError(
            f"entry {drawing.entry.narration}",
            "it is credit for an invoice in another name, and Xero sets credit against invoices of one contact only",
            "Name the same `contact` in the rules of sales and of refunds; or enter it by hand and `bridge decide "
            "VOUCHER withdraw`",
            code="xero.not_carried",
        )
    if sum(amount for _, _, amount in earlier) > credit_minor:
        raise InvariantError(f"entry {drawing.entry.narration}", "more credit is used than is given", "Report it")
    return [
        Piece(
            type=ALLOCATION,
            lines=(_open(drawing, amount, "credit that is used"), _open(drawing, -amount, "what is settled")),
            settles=voucher,
            applies=at,
        )
        for _, voucher, amount in earlier
    ]


def settling(drawing: Drawing, posting: Posting, voucher: str) -> Piece:
    """A payment by this leg of an invoice that another entry made. Raises: HoldError as for any payer."""
    drawing.check_bare((posting,), "a payment")
    _check_payer(drawing, posting)
    return _payment(drawing, posting, abs(posting.amount_minor), settles=voucher)


def _payment(drawing: Drawing, posting: Posting, part: int, *, pays: int = 0, settles: str = "") -> Piece:
    """part: how much of the leg, never negative."""
    amount = part if posting.amount_minor > 0 else -part
    money = VoucherLine(
        account=drawing.accounts[posting.account],
        amount_minor=amount,
        description=drawing.line(posting, is_implied=True).description,
    )
    settled = _open(drawing, -amount, "what is settled")
    return Piece(type=PAYMENT, lines=(money, settled), pays=pays, settles=settles)


def _open(drawing: Drawing, amount_minor: int, what: str) -> VoucherLine:
    """What Xero itself posts to accounts receivable."""
    return VoucherLine(
        account=drawing.receivable,
        amount_minor=amount_minor,
        description=f"Posted by Xero itself: {what}",
        is_implied=True,
    )


def _check_payer(drawing: Drawing, posting: Posting) -> None:
    """Source: Xero Accounting OpenAPI 16.1.0, Payment: a bank account, or one that payments are switched on for."""
    account = drawing.accounts[posting.account]
    if not drawing.takes_payments(posting):
        raise drawing.hold(
            posting,
            "payments to it are switched off in Xero",
            f"In Xero's chart of accounts open {account.name or account.number}, "
            "tick 'Enable payments to this account', then run again",
            code="xero.payments_off",
        )
