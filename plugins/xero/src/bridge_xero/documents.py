"""Pure: postings become an invoice or a credit note, and the payments that settle it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model.entries import Posting
from bridge.model.reasons import Reason
from bridge.model.vouchers import VoucherLine
from bridge_xero.accounts import BANK
from bridge_xero.drawing import Drawing, Piece
from bridge_xero.kinds import CREDIT_NOTE, INVOICE, PAYMENT


def document(
    drawing: Drawing, postings: Sequence[Posting], payers: Sequence[Posting], *, natural: int, at: int
) -> tuple[Piece, ...]:
    """The document of postings that add up to zero, and one payment for each leg that pays it.

    payers:  the legs by which money came in or went out; their sum decides between invoice and credit note.
    natural: 1 for what is an invoice unless money went out, -1 for what is a credit note unless money came in.
    at:      the document's place among the entry's pieces, counted from 1.
    A payer of the wrong sign (change given back, a tender that paid out more than it took) is a line of the document.
    What stands on accounts receivable stays open. A document for nothing is worth its lines: Xero closes it at once.
    Raises: HoldError for an account that cannot be a line, or cannot be paid to or from.
    """
    if not postings:
        return ()
    receivable = [posting for posting in postings if drawing.is_receivable(posting)]
    net = sum(posting.amount_minor for posting in (*payers, *receivable))
    side = natural if net * natural >= 0 else -natural
    paying = [posting for posting in payers if posting.amount_minor * side > 0]
    lines = [posting for posting in postings if posting not in paying and posting not in receivable]
    drawing.check_lines(lines, "document")
    drawing.check_untracked((*paying, *receivable), "a payment, or what stays open,")
    for posting in paying:
        _check_payer(drawing, posting)
    drawn = tuple(drawing.line(posting) for posting in lines)
    total = -sum(line.amount_minor for line in drawn)
    open_minor = sum(posting.amount_minor for posting in receivable)
    if paying and open_minor * side < 0:
        raise drawing.hold(
            receivable[0], "it is paid by more than its total", "Report this as a bug", code="xero.payment"
        )
    return (
        Piece(
            type=INVOICE if side > 0 else CREDIT_NOTE,
            lines=(*drawn, _open(drawing, total, "what is owed")) if total else drawn,
            contact=drawing.contact_of([*lines, *(posting for posting in postings if posting.contact)]),
        ),
        *(_payment(drawing, posting, pays=at) for posting in paying),
    )


def settling(drawing: Drawing, posting: Posting, voucher: str) -> Piece:
    """A payment by this leg of an invoice that another entry made. Raises: HoldError as for any payer."""
    drawing.check_untracked((posting,), "a payment")
    _check_payer(drawing, posting)
    return _payment(drawing, posting, settles=voucher)


def _payment(drawing: Drawing, posting: Posting, *, pays: int = 0, settles: str = "") -> Piece:
    money = VoucherLine(
        account=drawing.accounts[posting.account],
        amount_minor=posting.amount_minor,
        description=drawing.line(posting, is_implied=True).description,
    )
    settled = _open(drawing, -posting.amount_minor, "what is settled")
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
    kept_in = drawing.currency_of(posting)
    is_plain = drawing.type_of(posting) != BANK and kept_in == drawing.facts.home_currency
    if kept_in != drawing.entry.currency and not is_plain:
        raise drawing.hold(
            posting,
            f"it is kept in {kept_in}, the entry is in {drawing.entry.currency}, and no rate between them is known",
            f"Map an account kept in {drawing.entry.currency}, or one of type CURRENT kept in "
            f"{drawing.facts.home_currency}, in the route's accounts or tenders",
            code=Reason.RATE_MISSING,
        )
