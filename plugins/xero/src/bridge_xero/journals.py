"""Pure: postings become a manual journal, or what takes its place where a bank account is in it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.errors import HoldError
from bridge.model.entries import Posting
from bridge.model.vouchers import VoucherLine
from bridge_xero.accounts import BANK
from bridge_xero.documents import document
from bridge_xero.drawing import Drawing, Piece
from bridge_xero.kinds import BANK_TRANSACTION, BANK_TRANSFER, MANUAL_JOURNAL

SAME_AMOUNT_DAYS = 7


def journal(drawing: Drawing, postings: Sequence[Posting], *, at: int = 1) -> tuple[Piece, ...]:
    """A manual journal; with one bank account in it money spent or received; else a document for nothing.

    A manual journal has no currency, no stated tax and no items: what it cannot say goes out as an invoice whose lines
    add up to nothing, which says all of them and posts the same.
    """
    banks = {drawing.accounts[posting.account].ledger_id for posting in postings if drawing.type_of(posting) == BANK}
    if len(banks) == len(postings) == 2:
        return (transfer(drawing, postings),)
    if banks:
        return (_bank_transaction(drawing, postings, banks),)
    if can_be_journal(drawing, postings):
        return (manual_journal(drawing, postings),)
    return document(drawing, postings, (), natural=1, at=at)


def can_be_journal(drawing: Drawing, postings: Sequence[Posting]) -> bool:
    """Whether a manual journal says all that these postings say.

    Where tax is due when money comes, one that fills the return would say so whether or not it came.
    """
    if drawing.is_foreign or drawing.request.is_due_with_money(postings):
        return False
    return all(
        drawing.takes_lines(posting) and not (posting.contact or posting.item) and drawing.is_tax_as_computed(posting)
        for posting in postings
    )


def manual_journal(drawing: Drawing, postings: Sequence[Posting]) -> Piece:
    return Piece(type=MANUAL_JOURNAL, lines=tuple(drawing.line(posting) for posting in postings))


def transfer(drawing: Drawing, postings: Sequence[Posting]) -> Piece:
    """Money from one bank account to another. Raises: HoldError when one of them is none."""
    for posting in postings:
        if drawing.type_of(posting) != BANK or len(postings) != 2:
            raise drawing.hold(
                posting,
                "Xero moves money by a transfer only between two accounts of type BANK",
                'Set bank_leg = "document" or bank_leg = "none" for the route',
                code="xero.no_transfer",
            )
    drawing.check_itemless(postings, "a transfer")
    debit, credit = sorted(postings, key=lambda posting: -posting.amount_minor)
    return Piece(
        type=BANK_TRANSFER,
        lines=tuple(_moved(drawing, posting) for posting in (debit, credit)),
        same_amount_days=SAME_AMOUNT_DAYS,
    )


def _moved(drawing: Drawing, posting: Posting) -> VoucherLine:
    """A side of a transfer, which has no tax code in any country."""
    return msgspec.structs.replace(drawing.line(posting), tax_code="")


def _bank_transaction(drawing: Drawing, postings: Sequence[Posting], banks: set[str]) -> Piece:
    """Money spent from, or received into, the one bank account; its line comes first.

    Raises: HoldError when there are more of them, it moves nothing, or Xero would come to another tax.
    """
    on_bank = [posting for posting in postings if drawing.accounts[posting.account].ledger_id in banks]
    others = [posting for posting in postings if posting not in on_bank]
    moved = sum(posting.amount_minor for posting in on_bank)
    if len(banks) > 1 or not moved:
        raise HoldError(
            f"entry {drawing.entry.narration}",
            "it moves more than one bank account, or one by nothing, which no single object of Xero does",
            "Map its clearing account to one of type CURRENT",
            code="xero.bank_legs",
        )
    drawing.check_lines(others, "bank")
    drawing.check_bare(on_bank, "the line of a bank account")
    for posting in others:
        if not drawing.is_tax_as_computed(posting):
            raise drawing.hold(
                posting,
                "its tax differs from what Xero computes, and money spent or received cannot state it",
                "Map its clearing account to one of type CURRENT",
                code="xero.tax_rounding",
            )
    first = drawing.line(on_bank[0], is_implied=True)
    return Piece(
        type=BANK_TRANSACTION,
        lines=(
            VoucherLine(account=first.account, amount_minor=moved, description=first.description, is_implied=True),
            *(drawing.line(posting) for posting in others),
        ),
        contact=drawing.contact_of([*others, *(posting for posting in on_bank if posting.contact)]),
    )
