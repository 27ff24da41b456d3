"""Pure: one content of an order to the lines of its sale, and what was paid beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import ROUNDING, UNCLASSIFIED, Line, Part
from bridge.model.money import decimal_text, exponent
from bridge.plugin.reading import FactError, Place
from bridge_woocommerce.answers import Answer
from bridge_woocommerce.beside import Tenders, taken_beside
from bridge_woocommerce.charges import TAX, Stamp, distinct, fitted, lines_of, minor_of, rounding
from bridge_woocommerce.facts import instant, minor, minor_or_zero, unit_of
from bridge_woocommerce.meta import cards, packed, payments, plain, token
from bridge_woocommerce.pieces import SOLD, charges_of, kept
from bridge_woocommerce.shapes import Order
from bridge_woocommerce.taxes import rates_of

BESIDE: Final = "beside"


class Sale(msgspec.Struct, frozen=True):
    """What an order came to, as the shop told it once.

    order: minimised. as_of: when the shop stood by it; None where that is not told. placed_at: when it was placed.
    shown: the lines, each rounded by itself and with its tax in one: alike, however many decimals were asked for.
    total_minor: of the lines: the shop's own total, and what was paid ``beside`` it.
    """

    answer: Answer
    order: Order
    as_of: datetime | None
    modified_at: datetime | None
    placed_at: datetime
    paid_at: datetime | None
    lines: tuple[Line, ...]
    shown: tuple[Line, ...]
    total_minor: int
    beside: Tenders

    @property
    def beside_minor(self) -> int:
        return sum(amount for _, amount in self.beside)

    @property
    def through_gateway_minor(self) -> int:
        """The shop's own total: what the gateway was to charge."""
        return self.total_minor - self.beside_minor

    @property
    def refunds(self) -> frozenset[int]:
        """The ids of the refunds that it shows."""
        return frozenset(stub.id for stub in self.order.refunds)


def minimised(order: Order) -> Order:
    """The order without anything that is not on the list, also inside its free fields."""
    return msgspec.structs.replace(
        order,
        **kept(order),
        status=order.status.strip().casefold().removeprefix("wc-")[:40],
        number=plain(str(order.number))[:60],
        payment_method=token(order.payment_method).casefold(),
        transaction_id=token(order.transaction_id),
        gift_cards=packed(cards(order.gift_cards)),
        pw_gift_cards_redeemed=packed(cards(order.pw_gift_cards_redeemed)),
        meta_data=packed(payments(order.meta_data)),
    )


def sale_of(answer: Answer, order: Order) -> Sale:
    """One content of an order. order: the answer's, minimised.

    Raises: FactError for an amount or instant that is none.
    """
    paid_at, modified_at = instant(order.date_paid_gmt), instant(order.date_modified_gmt)
    placed_at = instant(order.date_created_gmt) or paid_at or modified_at
    if placed_at is None:
        raise FactError("file.dates", "has no date at all")
    stamp = Stamp(Part.SALE, placed_at, str(order.id), unit_of(order.currency, answer.around.decimals))
    lines, shown, total_minor, beside = _lines(order, stamp)
    as_of = answer.around.told_at or modified_at
    return Sale(answer, order, as_of, modified_at, placed_at, paid_at, lines, shown, total_minor, beside)


def _lines(order: Order, stamp: Stamp) -> tuple[tuple[Line, ...], tuple[Line, ...], int, Tenders]:
    """All lines but the payments, as they are booked and as they are shown, and what they come to."""
    currency, rates = order.currency, rates_of(order.tax_lines, order.currency)
    total_minor, tax_minor = minor(order.total, currency), minor_or_zero(order.total_tax, currency)
    charges = charges_of(order, currency, SOLD, rates)
    plain = [msgspec.structs.replace(charge, discount_cells=()) for charge in charges]
    shown = lines_of(plain, rates, stamp, tax_minor)
    beside = taken_beside(order, minor_of(shown), total_minor, len(charges), stamp.unit_minor)
    total_minor += sum(amount for _, amount in beside)
    exact = fitted(charges, total_minor - minor_of(line for line in shown if line.kind == TAX))
    lines = lines_of(exact, rates, stamp, tax_minor) if exact != plain else shown
    whole, other = (_whole(some, total_minor, len(charges), stamp) for some in (lines, shown))
    return whole, other, total_minor, beside


def _whole(lines: Sequence[Line], total_minor: int, charges: int, stamp: Stamp) -> tuple[Line, ...]:
    """The lines, and what makes them the total.

    What a total misses of its lines, and nothing shown explains, is a line of its own that nobody has classified.
    """
    found = [*lines, *rounding(lines, total_minor, charges, stamp)]
    if (missing := minor_of(found) - total_minor) > 0:
        found.append(msgspec.structs.replace(stamp.line(BESIDE, UNCLASSIFIED, -missing), words="paid beside the lines"))
    return distinct(found)


def unexplained(sale: Sale, place: Place) -> list[Problem]:
    """The problem of a total that its lines miss, for a reason that the answer does not show."""
    order, currency, where = sale.order, sale.order.currency, place(f"order {sale.order.id}")
    taken = -minor_of(line for line in sale.lines if line.kind == UNCLASSIFIED)
    lacking = sale.total_minor - minor_of(sale.lines)
    unit = 10 ** exponent(currency)
    is_whole = unit > 1 and not sale.total_minor % unit and (taken or abs(lacking)) <= unit // 2
    hint = " If the shop shows no decimals, set `decimals = 0` for the connection and import again." * is_whole
    total, apart = (f"{decimal_text(minor, currency)} {currency}" for minor in (sale.total_minor, taken or lacking))
    if taken:
        message = (
            f"order {order.id}: its total of {total} is {apart} less than its lines. Something was paid beside the "
            "lines, and the answer does not show it: gift cards, store credit, a deposit of a plugin. It is held and "
            "not booked: see in the shop what was taken, and enter the order by hand; if nothing was, its lines or its "
            f"total are wrong.{hint}"
        )
        return [Problem(code="woocommerce.money_beside_lines", message=message, where=where, blocking=True)]
    if lacking and is_whole:
        message = f"order {order.id}: its total of {total} is {apart} more than its lines.{hint}"
        return [Problem(code="woocommerce.whole_total", message=message, where=where, blocking=False)]
    return []


def changes(before: Sequence[Line], after: Sequence[Line], at: datetime) -> tuple[Line, ...]:
    """What an edit changed, as further lines dated the edit: with the lines before they add up to those after it.

    A line that only grew or shrank brings the difference; one whose rate or kind is another is taken back, and stands
    anew. A line is the same, whatever it is called. Nothing, where only the rounding is another.
    """
    was, now = ({line.key: line for line in lines} for lines in (before, after))
    found: list[Line] = []
    for key in dict.fromkeys((*was, *now)):
        old, new = was.get(key), now.get(key)
        if old is not None and new is not None and _nature(old) == _nature(new):
            found += _moved(new, f"{key}@{at:%Y-%m-%dT%H:%M:%SZ}", new.amount_minor - old.amount_minor, at)
            continue
        if old is not None:
            found += _moved(old, f"{key}@{at:%Y-%m-%dT%H:%M:%SZ}:back", -old.amount_minor, at)
        if new is not None:
            found += _moved(new, f"{key}@{at:%Y-%m-%dT%H:%M:%SZ}", new.amount_minor, at)
    return tuple(found) if any(line.kind != ROUNDING for line in found) else ()


def _nature(line: Line) -> tuple[str, str, str]:
    return line.kind, line.tax_rate, line.tax_base


def _moved(line: Line, key: str, minor: int, at: datetime) -> list[Line]:
    """Its quantity is that of the whole line, and is left out."""
    changed = msgspec.structs.replace(line, key=key, amount_minor=minor, occurred_at=at, attributes=())
    return [changed] if minor else []
