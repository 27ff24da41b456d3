"""Pure: what of an order each of its refunds could give back: what stood at its instant, less what went back before.

A shop does not keep what it overwrites: an edit is seen some time after it was made, and dated as the shop or its
answer tells. It counts for the refunds from that instant on, as it does in the books; an earlier refund stays as it
was, whatever becomes of the order. Only where a refund does not fit what stood then, and nothing shows that the edit
came after it, had the order been edited already: the shop refuses a refund of more than is left. And where a refund
without lines is just what an edit left to be paid back, it pays that back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from bridge_woocommerce.charges import minor_of
from bridge_woocommerce.facts import minor_or_zero
from bridge_woocommerce.history import Edit, History
from bridge_woocommerce.left import Left, Remains
from bridge_woocommerce.meta import refunded_item
from bridge_woocommerce.pricing import Priced, names_nothing
from bridge_woocommerce.refunds import Given, amount_of
from bridge_woocommerce.shapes import Charge
from bridge_woocommerce.stated import Taken

_ROUNDING_MINOR: Final = 1


class Refunded:
    """The refunds of an order: what each finds, told one after the other by their instants.

    gone: the ids of those that the order shows no more. Where a refund is more than these leave, they were gone when
    it was made, and do not count for it.
    """

    def __init__(self, order: History, gone: Collection[int]) -> None:
        self._order, self._gone = order, gone
        self._sales = (order.first, *(edit.sale for edit in order.edits))
        self._paid_minor = order.received_minor + order.first.beside_minor if order.paid_at is not None else 0
        self._before: list[tuple[bool, Sequence[Taken]]] = []
        self._settled: list[tuple[bool, int]] = []
        self._left: dict[int, tuple[Left, Left]] = {}
        self._edits = 0

    def found_by(self, told: Given) -> Remains:
        """What a refund finds. Raises: FactError for an amount that is none."""
        least, most = _by_date(told, self._order), _at_most(told, self._order)
        counts = range(max(least, self._edits), max(least, most, self._edits) + 1)
        remains = [self._remains(edits, told) for edits in counts]
        fitting = [number for number, one in enumerate(remains) if len(remains) == 1 or _fits(told, one)]
        settling = [number for number in fitting if _pays_back(told, remains[number])]
        place = next(iter((*settling, *fitting)), 0)
        self._edits = counts[place]
        return remains[place]

    @property
    def settled_minor(self) -> int:
        """What all refunds so far paid back of what the buyer had paid beyond the order."""
        return sum(minor for _, minor in self._settled)

    def take(self, told: Given, priced: Priced) -> None:
        """What a refund gave back is not there for the next."""
        is_gone = told.refund.id in self._gone
        self._before.append((is_gone, priced.taken))
        self._settled.append((is_gone, priced.settled_minor))
        for every, living in self._left.values():
            _take(every, living, self._before[-1:])

    def _remains(self, edits: int, told: Given) -> Remains:
        """edits: how many of them count."""
        sale = self._sales[edits]
        if edits not in self._left:
            self._left[edits] = Left(sale.lines), Left(sale.lines)
            _take(*self._left[edits], self._before)
        every, living = self._left[edits]
        amount_minor = amount_of(told.refund, sale.order.currency)
        over_minor = self._paid_minor - sale.total_minor
        found = Remains(sale, every, max(0, over_minor - self.settled_minor))
        if told.refund.id in self._gone or amount_minor <= every.total_minor + found.owed_minor + _ROUNDING_MINOR:
            return found
        return Remains(sale, living, max(0, over_minor - sum(minor for gone, minor in self._settled if not gone)))


def _take(every: Left, living: Left, refunds: Iterable[tuple[bool, Sequence[Taken]]]) -> None:
    """Take refunds off all that is left, and off what is left but for those that are gone."""
    for is_gone, taken in refunds:
        for line, sold in taken:
            every.take(line, sold)
            if not is_gone:
                living.take(line, sold)


def _by_date(told: Given, order: History) -> int:
    """How many edits were made before a refund, as they are dated and as long as nothing shows otherwise."""
    found = 0
    for edit in order.edits:
        if edit.at > told.created_at or _is_later(edit, told):
            break
        found += 1
    return found


def _at_most(told: Given, order: History) -> int:
    """How many edits may have been made before a refund."""
    return next((number for number, edit in enumerate(order.edits) if _is_later(edit, told)), len(order.edits))


def _is_later(edit: Edit, told: Given) -> bool:
    """Whether the order was seen without the edit when the refund was there."""
    seen_at = edit.before.as_of
    return told.refund.id in edit.before.refunds or (seen_at is not None and seen_at > told.created_at)


def _pays_back(told: Given, remains: Remains) -> bool:
    """Whether a refund without lines is just what the buyer had paid beyond the order."""
    is_all = amount_of(told.refund, remains.sale.order.currency) == remains.owed_minor
    return is_all and bool(remains.owed_minor) and names_nothing(told.refund)


def _fits(told: Given, remains: Remains) -> bool:
    """Whether a refund gives back no more than is left, and of no line more than was sold."""
    refund, left, currency = told.refund, remains.left, remains.sale.order.currency
    if amount_of(refund, currency) > left.total_minor + remains.owed_minor + _ROUNDING_MINOR:
        return False
    named: dict[str, int] = {}
    lines: list[Charge] = [*refund.line_items, *refund.shipping_lines, *refund.fee_lines]
    for line in lines:
        for item in refunded_item(line.meta_data)[:1]:
            back_minor = -minor_or_zero(line.total, currency) - minor_or_zero(line.total_tax, currency)
            named[item.value] = named.get(item.value, 0) + back_minor
    return all(minor <= minor_of(left.sold_as(key)) + _ROUNDING_MINOR for key, minor in named.items())
