"""Pure: a paid order, or a refund that was paid out, as one sales form.

A form has one account that the money goes to or comes from, a customer, and items instead of accounts. What several
customers or locations are named for is a journal. A missing item or customer is no reason for a journal: the merchant
asked for forms, and can add it.
"""

from __future__ import annotations

from bridge.model.chart import CUSTOMER_DEPOSITS, DUE_FROM_BUYERS, REFUNDS_PAYABLE
from bridge.model.entries import Purpose
from bridge.model.lines import TENDER
from bridge_quickbooks import words
from bridge_quickbooks.drawing import Drawing, Piece
from bridge_quickbooks.taxes import is_purchase

_OPEN = frozenset({DUE_FROM_BUYERS, CUSTOMER_DEPOSITS, REFUNDS_PAYABLE})
_SIGNS = {Purpose.ORDER: 1, Purpose.REFUND: -1}


def can_be_form(drawing: Drawing) -> bool:
    """Whether all that is no money of a buyer can stand on items: nothing is left open, no purchase, no account twice.

    Of an order or a refund whose money comes to a sum of its own side, in the name of one customer, at one location.
    """
    money = [posting for posting in drawing.postings if posting.kind == TENDER]
    others = [posting for posting in drawing.postings if posting.kind != TENDER]
    into = {drawing.account(posting).ledger_id for posting in money}
    sign = _SIGNS.get(drawing.entry.purpose, 0)
    return (
        sign * sum(posting.amount_minor for posting in money) > 0
        and all(drawing.is_payment(posting) for posting in money)
        and not any(posting.account in _OPEN or drawing.account(posting).ledger_id in into for posting in others)
        and not any(is_purchase(drawing.mark(posting)) for posting in others)
        and drawing.is_of_one(others, money)
    )


def receipt(drawing: Drawing) -> Piece | None:
    """The one form of a paid order or of a refund; None where its money went several ways.

    Raises: HoldError ``item.missing`` or ``contact.missing`` where a list of QuickBooks lacks what the form needs.
    """
    money = [posting for posting in drawing.postings if posting.kind == TENDER]
    if len({drawing.account(posting).ledger_id for posting in money}) != 1:
        return None
    others = [posting for posting in drawing.postings if posting.kind != TENDER]
    total_minor = sum(posting.amount_minor for posting in money)
    return Piece(
        words.SALES_RECEIPT if total_minor > 0 else words.REFUND_RECEIPT,
        (drawing.money_line(money[0], total_minor), *drawing.item_lines(others)),
        drawing.contact(others),
    )
