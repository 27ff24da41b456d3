"""Pure: what is open in a customer's name: invoices, what pays them, and credit that is set against them.

An order that was paid in several ways is an invoice with a payment for each. Where a route maps 1150 Due from buyers
to QuickBooks' accounts receivable, what a buyer still owes is an invoice that stays open; what is paid later pays it,
and a refund of what was never paid is a credit memo that a payment of nothing sets against it. Money that went back
beside that is a refund receipt; what it pays for, or what is owed again for it, passes through 2220 Refunds payable.
QuickBooks itself posts the other side of each to accounts receivable, and takes no journal line there without a
customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.errors import HoldError
from bridge.model.entries import Posting
from bridge.model.vouchers import AccountRef, VoucherLine
from bridge.plugin.settling import passed_on, share_out
from bridge_quickbooks import words
from bridge_quickbooks.drawing import Drawing, Piece
from bridge_quickbooks.taxes import is_purchase

_HELD = "quickbooks.receivable"
_BY_HAND = (
    "enter it by hand in QuickBooks in the customer's name and `bridge decide VOUCHER withdraw`, or map 1150 to an "
    "account of type Other Current Asset in the route's accounts"
)
Owed = tuple[int, str, int]
"""What a payment may settle: a piece of the entry from 1, or else the voucher of an earlier one; and how much of it."""


def paid_invoice(drawing: Drawing) -> tuple[Piece, ...]:
    """An invoice and a payment for each way in which it was paid; none where a way took money back.

    Raises: HoldError ``item.missing`` or ``contact.missing`` where a list of QuickBooks lacks what they need.
    """
    money = [posting for posting in drawing.postings if drawing.is_payment(posting)]
    if drawing.receivable is None or any(posting.amount_minor < 0 for posting in money):
        return ()
    others = [posting for posting in drawing.postings if posting not in money]
    return _invoiced(drawing, drawing.receivable, others, money, ())


def open_documents(drawing: Drawing) -> tuple[Piece, ...]:
    """The documents of an entry that changes what stands open on accounts receivable.

    Raises: HoldError ``quickbooks.receivable`` where no document says it by itself; as ``paid_invoice``.
    """
    receivable = _receivable(drawing)
    postings = drawing.without_twins(drawing.postings)
    money = [posting for posting in postings if drawing.is_payment(posting)]
    others = [posting for posting in postings if posting not in money and not drawing.is_receivable(posting)]
    if any(is_purchase(drawing.mark(posting)) for posting in others):
        raise _hold(drawing, "it holds a purchase, which is no line of a sales form")
    if not drawing.is_of_one(others, [posting for posting in postings if posting not in others]):
        raise _hold(drawing, "its rules name more than the one customer and location that a form has for all its lines")
    if drawing.is_of_another(others):
        raise _hold(drawing, "what it settles stands in the name of another customer")
    earlier = [(0, each.voucher_id, each.settled_minor) for each in drawing.request.settles]
    back = [posting for posting in money if posting.amount_minor < 0]
    if (
        back
        and drawing.request.is_cash
        and sum(each.amount_minor for each in postings if drawing.is_receivable(each)) > 0
    ):
        raise _owed_again_with_tax(drawing)
    refunds, rest = _paid_back(drawing, back, others)
    came = [posting for posting in money if posting.amount_minor > 0]
    draw = _invoiced if sum(posting.amount_minor for posting in rest) <= 0 else _credited
    return (*draw(drawing, receivable, rest, came, earlier), *refunds)


def _paid_back(
    drawing: Drawing, back: Sequence[Posting], others: Sequence[Posting]
) -> tuple[Sequence[Piece], Sequence[Posting]]:
    """A refund receipt for each way in which money went back, and what is left for an invoice or a credit memo.

    The first bears all that was taken back, so that its tax goes back on the day of the money. What a receipt does not
    come to by that was owed to the buyer; the document that changes what stands open says the other side of it.
    """
    if not back:
        return (), others
    taken: Sequence[Posting] = others if sum(posting.amount_minor for posting in others) >= 0 else ()
    rest = [posting for posting in others if posting not in taken]
    refunds, owed_minor = list[Piece](), 0
    for posting in back:
        left = -posting.amount_minor - sum(line.amount_minor for line in taken)
        sold = (*taken, *passed_on(drawing.request, left, others))
        money = drawing.money_line(posting, posting.amount_minor)
        refunds.append(Piece(words.REFUND_RECEIPT, (money, *drawing.item_lines(sold)), drawing.contact(sold)))
        taken, owed_minor = (), owed_minor + left
    return refunds, (*rest, *passed_on(drawing.request, -owed_minor, others))


def _receivable(drawing: Drawing) -> AccountRef:
    """Where QuickBooks itself posts what is owed in the entry's currency.

    Raises: HoldError ``quickbooks.receivable`` where it has no such account, has several, or another is mapped.
    """
    currency, receivable = drawing.entry.currency, drawing.receivable
    kept = drawing.receivables
    if receivable is None:
        names = ", ".join(repr(account.name) for account in kept)
        raise HoldError(
            drawing.thing,
            f"QuickBooks posts what is owed in {currency} to the account of type Accounts Receivable that is kept in "
            + (f"it, and there are several: {names}" if kept else "it, and the company has none"),
            f"Make all but one of them inactive in QuickBooks, then run again; else {_BY_HAND}"
            if kept
            else f"Add one under Chart of accounts, kept in {currency} (QuickBooks opens it by itself with the first "
            f"invoice in {currency}), then run again; else {_BY_HAND}",
            code=_HELD,
        )
    for posting in drawing.postings:
        if drawing.is_receivable(posting) and drawing.account(posting).ledger_id != receivable.ledger_id:
            raise _hold(
                drawing,
                f"{posting.account} is mapped to {drawing.account(posting).name!r}, and QuickBooks posts what is owed "
                f"in {currency} to {kept[0].name!r}",
            )
    return receivable


def _invoiced(
    drawing: Drawing,
    receivable: AccountRef,
    others: Sequence[Posting],
    money: Sequence[Posting],
    earlier: Sequence[Owed],
) -> tuple[Piece, ...]:
    """An invoice, if anything was sold, and payments: of that first, then of what was open before."""
    contact, total_minor = drawing.contact(others), -sum(posting.amount_minor for posting in others)
    invoice = _form(drawing, words.INVOICE, others, receivable) if others else ()
    owed = [*((1, "", total_minor) for _ in invoice), *earlier]
    payments = [
        Piece(
            words.PAYMENT,
            (drawing.money_line(posting, amount), _implied(receivable, -amount, "what is settled")),
            contact,
            pays=place,
            settles=voucher,
        )
        for posting, (place, voucher, amount) in _shared(drawing, money, owed)
    ]
    return (*invoice, *payments)


def _credited(
    drawing: Drawing,
    receivable: AccountRef,
    others: Sequence[Posting],
    money: Sequence[Posting],
    earlier: Sequence[Owed],
) -> tuple[Piece, ...]:
    """A credit memo, and for each document that it is set against a payment of nothing that links the two.

    Credit is what is taken back, and what was paid by a gift card; other money that came beside it pays what is left.
    """
    credit_minor, paid = sum(posting.amount_minor for posting in others), [each.amount_minor for each in money]
    parts = [*share_out([credit_minor, *paid], [amount for _, _, amount in earlier])]
    if credit_minor + sum(paid) != sum(part for _, _, part in parts):
        raise _hold(drawing, "what it takes back is not all open in documents that bridge wrote")
    contact, settled = drawing.contact(others), "what is settled"
    pieces = [*_form(drawing, words.CREDIT_MEMO, others, receivable)]
    for payer, debt, part in parts:
        voucher, paid_off = earlier[debt][1], _implied(receivable, -part, settled)
        if payer == 0:
            lines = _implied(receivable, part, "credit that is used"), paid_off
            pieces.append(Piece(words.PAYMENT, lines, contact, settles=voucher, applies=1))
        else:
            lines = drawing.money_line(money[payer - 1], part), paid_off
            pieces.append(Piece(words.PAYMENT, lines, contact, settles=voucher))
    return tuple(pieces)


def _form(drawing: Drawing, kind: str, others: Sequence[Posting], receivable: AccountRef) -> tuple[Piece, ...]:
    total_minor = -sum(posting.amount_minor for posting in others)
    lines = drawing.item_lines(others)
    return (Piece(kind, (_implied(receivable, total_minor, "what is owed"), *lines), drawing.contact(others)),)


def _implied(receivable: AccountRef, amount_minor: int, what: str) -> VoucherLine:
    """What QuickBooks itself posts to accounts receivable."""
    return VoucherLine(
        account=receivable,
        amount_minor=amount_minor,
        description=f"Posted by QuickBooks itself: {what}",
        is_implied=True,
    )


def _shared(drawing: Drawing, money: Sequence[Posting], owed: Sequence[Owed]) -> Iterator[tuple[Posting, Owed]]:
    """Which money settles what, in order. Raises: HoldError where there is more of it than is open."""
    paid = [posting.amount_minor for posting in money]
    parts = [*share_out(paid, [amount for _, _, amount in owed])]
    if sum(paid) != sum(part for _, _, part in parts):
        raise _hold(
            drawing,
            "more is paid than is open in documents that bridge wrote (where its invoice was undone or withdrawn, "
            "`bridge decide ORDER book_again` brings it back)",
        )
    for payer, debt, part in parts:
        place, voucher, _ = owed[debt]
        yield money[payer], (place, voucher, part)


def _owed_again_with_tax(drawing: Drawing) -> HoldError:
    """Tax that was due when the money came is not due until it comes again; no document of its own says so."""
    return HoldError(
        drawing.thing,
        "money went back for what stays sold: its tax, due with money, is not due until it is paid again, and only "
        "the payment that had brought it says so in QuickBooks",
        "In QuickBooks enter a journal entry that debits accounts receivable in the customer's name and credits the "
        "account that paid it back; open the payment that had brought the money, and set it against that journal entry "
        "and no longer against the invoice; then `bridge decide VOUCHER withdraw`",
        code=_HELD,
    )


def _hold(drawing: Drawing, why: str) -> HoldError:
    return HoldError(
        drawing.thing,
        f"it changes what stands on accounts receivable, and no documents of QuickBooks say how: {why}",
        f"{_BY_HAND[0].upper()}{_BY_HAND[1:]}",
        code=_HELD,
    )
