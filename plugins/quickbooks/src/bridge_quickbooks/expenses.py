"""Pure: fees that a gateway took out of an account of type Bank, as an expense paid from it."""

from __future__ import annotations

from bridge.model.vouchers import VoucherLine
from bridge_quickbooks import words
from bridge_quickbooks.accounts import BANK
from bridge_quickbooks.dimensions import of_place
from bridge_quickbooks.drawing import Drawing, Piece
from bridge_quickbooks.taxes import US_CODES, is_purchase, mark_of

_FEE = "fee."


def expense(drawing: Drawing) -> Piece | None:
    """The expense; None where something else than fees is in it, money came back, or the account is of another type.

    And where a rule names whom: a line of a journal says it. It has one location, in its head.
    A purchase without a credit card is paid from an account of type Bank alone, and is none of a negative sum.
    Source: QuickBooks API reference, Purchase, PaymentType and Credit.
    """
    paying = [posting for posting in drawing.postings if drawing.type_of(posting) == BANK]
    fees = [posting for posting in drawing.postings if posting not in paying]
    total_minor = sum(posting.amount_minor for posting in fees)
    marks = [mark_of(posting, drawing.request.tax_codes, thing=drawing.thing) for posting in fees]
    is_of_fees = all(posting.kind.startswith(_FEE) for posting in fees)
    is_bought = all(not mark or is_purchase(mark) for mark in marks)
    paid_from = {drawing.account(posting).ledger_id for posting in paying}
    is_of_one = len({of_place(drawing.tracked(posting)) for posting in fees}) < 2
    is_bare = not any(drawing.tracked(posting) for posting in paying) and not any(
        posting.contact for posting in drawing.postings
    )
    if not is_of_one or not is_bare:
        return None
    if len(paid_from) != 1 or total_minor <= 0 or not is_of_fees or not is_bought:
        return None
    lines = (
        VoucherLine(
            account=drawing.account(posting),
            amount_minor=posting.amount_minor,
            description=words.description(posting, drawing.request.names),
            tax_code="" if mark in US_CODES else mark,
            tax_minor=posting.tax_minor if mark and mark not in US_CODES else 0,
            tracked=drawing.tracked(posting),
        )
        for posting, mark in zip(fees, marks, strict=True)
    )
    return Piece(words.PURCHASE, (drawing.money_line(paying[0], -total_minor), *lines))
