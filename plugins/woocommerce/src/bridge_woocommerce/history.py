"""Pure: the contents that an order ever had, to what was sold, what was charged for it, and what a person must decide.

What was charged stays as it was: the gateway's own figure, else the total of the first paid content. The lines of that
content stay too; each later content adds what it changed, dated the edit. A shop does not keep what it overwrites, and
where orders are kept as posts it does not even say when it did: an edit is then dated the answer that first shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise, takewhile

import msgspec

from bridge.model.lines import Line
from bridge_woocommerce.answers import Answer
from bridge_woocommerce.gateways import captured_of, charged_of, explains, refunded_of
from bridge_woocommerce.sales import Sale, changes, minimised, sale_of
from bridge_woocommerce.shapes import Order, Stub

NEVER = datetime.min.replace(tzinfo=UTC)
_UNDER_WAY = frozenset({"processing", "completed"})
"""Statuses of what a shop sends out: of an order without a day of payment, cash on delivery or payment by invoice."""


class Edit(msgspec.Struct, frozen=True):
    """A content that sold something else than the one before it. lines: the difference.

    before: what the order was seen as last without it.
    """

    before: Sale
    sale: Sale
    at: datetime
    lines: tuple[Line, ...]


class History(msgspec.Struct, frozen=True):
    """An order over time.

    contents: each that differs from the one before it in what is kept, the earliest first; what an order was before it
              was paid does not count. newest: as it was told last. first: as it was paid, or as it is while it is not.
    is_agreed: whether it was ever told to be under way while nobody had paid it: a sale all the same.
    kept:     all that an answer which is still to come may stand between, also of before it was paid.
    charged_minor: what the buyer paid through the gateway; None where it was changed before it was first seen, so that
              nothing tells.
    """

    contents: tuple[Sale, ...]
    newest: Sale
    first: Sale
    edits: tuple[Edit, ...]
    charged_minor: int | None
    kept: tuple[Sale, ...]
    is_agreed: bool = False

    @property
    def received_minor(self) -> int:
        """What is taken as charged by the gateway: where it is not known, the total."""
        return self.first.through_gateway_minor if self.charged_minor is None else self.charged_minor

    @property
    def standing(self) -> Sale:
        """The content whose lines all lines of the document add up to."""
        return self.edits[-1].sale if self.edits else self.first

    @property
    def paid_at(self) -> datetime | None:
        return self.first.paid_at

    @property
    def agreed_at(self) -> datetime | None:
        """When it was placed, if it is a sale whether it is paid or not."""
        return self.first.placed_at if self.is_agreed else None

    def is_before_payment(self, at: datetime) -> bool:
        """Whether nobody had paid then what was a sale already: nothing could go back to anybody."""
        return self.is_agreed and (self.paid_at is None or at < self.paid_at)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The sale: as it was paid, and what edits changed."""
        return (*self.first.lines, *(line for edit in self.edits for line in edit.lines))

    @property
    def has_other_currency(self) -> bool:
        """Whether the shop says another currency by now than the order was paid in."""
        return self.newest.order.currency != self.first.order.currency

    def since(self, is_so: Callable[[Sale], bool]) -> datetime:
        """When the shop first said what all its answers say since."""
        found = self.newest
        for one in reversed(self.contents):
            if not is_so(one):
                break
            found = one
        return found.as_of or found.placed_at


def history(answers: Sequence[Answer]) -> History:
    """answers: of one order, in any order that keeps those apart which do not tell when they were given.

    Raises: FactError for an amount or instant that is none.
    """
    told = _once(sorted(map(_read, answers), key=lambda sale: (sale.as_of or NEVER, sale.modified_at or NEVER)))
    kept = tuple(_kept(told))
    contents = [one for number, one in enumerate(told) if number == 0 or not _is_same(told[number - 1], one)]
    paid = next((number for number, one in enumerate(contents) if one.paid_at is not None), None)
    contents = contents[paid:] if paid is not None else contents[-1:]
    edits = tuple(_edits(contents)) if paid is not None else ()
    unpaid = takewhile(lambda one: one.paid_at is None, told)  # one that was paid, and lost its day, was paid
    is_agreed = any(one.order.status in _UNDER_WAY for one in unpaid)
    return History(tuple(contents), told[-1], contents[0], edits, _charged(contents), kept, is_agreed)


def gone_since(refund_id: int, told_at: datetime, order: History) -> datetime | None:
    """Since when the order does not show a refund that is known; None while it shows it, or may not know it yet.

    told_at: when the refund was last told of by itself.
    """
    if refund_id in order.newest.refunds:
        return None
    lacking: list[Sale] = []
    for one in reversed(order.contents):
        if refund_id in one.refunds:
            return (lacking or [order.newest])[-1].as_of or told_at
        lacking.append(one)
    later = [one.as_of for one in (*reversed(lacking), order.newest) if one.as_of is not None and one.as_of > told_at]
    return later[0] if later else None


class Shown(msgspec.Struct, frozen=True):
    """A refund as its order shows it.

    amount_minor: positive; None where that does not tell. at: when it was shown first. gone_at: since when it is not
    shown any more; None while it is.
    """

    stub: Stub
    amount_minor: int | None
    at: datetime
    gone_at: datetime | None


def shown_by(order: History) -> list[Shown]:
    """Every refund that the order ever shows, once it was paid, by id."""
    stubs = {stub.id: stub for sale in order.contents for stub in sale.order.refunds}
    return [_shown(stub, order) for _, stub in sorted(stubs.items())]


def _shown(stub: Stub, order: History) -> Shown:
    first = next(sale for sale in order.contents if stub.id in sale.refunds)
    at = first.as_of or first.placed_at
    amount_minor = refunded_of(stub, order.first.order.currency)
    return Shown(stub, amount_minor, at, gone_since(stub.id, at, order))


def _read(answer: Answer) -> Sale:
    order = answer.told
    assert isinstance(order, Order)
    return sale_of(answer, minimised(order))


def _once(told: Sequence[Sale]) -> list[Sale]:
    """Without what was told at the same instant before: what is kept of an order holds its former contents again."""
    found: list[Sale] = []
    for _, then in groupby(told, key=lambda sale: sale.as_of):
        distinct: list[Sale] = []
        for sale in then:
            if not any(_is_same(other, sale) for other in distinct):
                distinct.append(sale)
        found += distinct
    return found


def _kept(told: Sequence[Sale]) -> Iterator[Sale]:
    """Each content as it was told first and last, and where the shop says in between that something was modified.

    Another content that is told of later may lie between two answers that say the same: without the later one, it would
    be taken for the newest; without the earlier one, for what was charged.
    """
    for before, sale, after in zip((None, *told), told, (*told[1:], None), strict=False):
        is_first = before is None or not _is_same(before, sale) or before.modified_at != sale.modified_at
        if is_first or after is None or not _is_same(sale, after):
            yield sale


def _is_same(one: Sale, other: Sale) -> bool:
    """Whether two contents say the same, written with more decimals or fewer, and asked for at another time."""
    return _facts(one) == _facts(other)


def _facts(sale: Sale) -> tuple[object, ...]:
    order = sale.order
    how = order.status, order.payment_method, order.transaction_id, order.meta_data
    return sale.shown, sale.total_minor, sale.beside, sale.paid_at, sale.refunds, order.currency, how


def _charged(contents: Sequence[Sale]) -> int | None:
    """The gateway's own figure, where it wrote one first; else the total.

    Where it is worked out from a fee it may lack what was paid back.
    """
    first = contents[0]
    for sale in contents:
        if sale.order.currency != first.order.currency:
            continue
        if (minor := captured_of(sale.order)) is not None:
            return minor
        if (minor := charged_of(sale.order)) is None:
            continue
        for expected in (first.through_gateway_minor, sale.through_gateway_minor):
            if explains(minor, expected, sale.order):
                return expected
        return None if sale.refunds else minor
    return first.through_gateway_minor


def _edits(contents: Sequence[Sale]) -> Iterator[Edit]:
    standing = contents[0]
    for before, sale in pairwise(contents):
        if sale.order.currency != standing.order.currency:
            continue
        at = _edited_at(before, sale)
        if changes(standing.shown, sale.shown, at) and (lines := changes(standing.lines, sale.lines, at)):
            yield Edit(before, sale, at, lines)
            standing = sale


def _edited_at(before: Sale, sale: Sale) -> datetime:
    """When the shop says that it was changed last, where that moved since; else when that was first seen."""
    has_moved = sale.modified_at is not None and before.as_of is not None and sale.modified_at > before.as_of
    seen_at = sale.answer.around.told_at or sale.as_of or sale.placed_at
    return sale.modified_at if has_moved and sale.modified_at is not None else seen_at
