"""Pure: what a refund gives back of its order, line by line.

A refund of all that its order has left gives back exactly that. Else its lines say what for, each at the rates of what
it takes back. What they leave of the amount pays back first what the buyer had paid beyond the order (an edit made it
less): that is money, and no line. Only what is more is a free amount (``refund.goodwill``), with tax at the mix of what
is left then. Never more tax than is left of a rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bridge.model.documents import Problem
from bridge.model.line_tax import charged_on, taxed_at
from bridge.model.lines import ROUNDING, Line
from bridge.model.money import decimal_text
from bridge.plugin import give_back, residual
from bridge.plugin.reading import Place
from bridge_woocommerce.charges import TAX, Stamp, minor_of, rounding
from bridge_woocommerce.facts import shown_amount
from bridge_woocommerce.left import Left, Remains, mirrored, rate_id_of, scaled
from bridge_woocommerce.sales import Sale
from bridge_woocommerce.shapes import Refund
from bridge_woocommerce.stated import Stated, Taken, stated

GOODWILL: Final = "refund.goodwill"


class Priced(msgspec.Struct, frozen=True):
    """taken: every line, with the key of the sold line that it takes back; empty where it takes from several.

    settled_minor: what of the amount pays back what the buyer had paid beyond the order, and so has no line.
    """

    taken: tuple[Taken, ...]
    problems: tuple[Problem, ...] = ()
    settled_minor: int = 0


def priced(refund: Refund, remains: Remains, stamp: Stamp, amount_minor: int, place: Place) -> Priced:
    """remains: what it found of the order. amount_minor: of the refund, positive."""
    sale, left = remains.sale, remains.left
    if not amount_minor:
        return Priced(())
    if names_nothing(refund) and (paid_back := _settled(remains, amount_minor)):
        others = priced(refund, Remains(sale, left), stamp, amount_minor - paid_back, place)
        return msgspec.structs.replace(others, settled_minor=paid_back)
    if abs(amount_minor - left.total_minor) <= 1:
        return Priced(tuple(_whole(left, amount_minor, stamp)))
    if sale.beside_minor and abs(amount_minor - (left.total_minor - sale.beside_minor)) <= 1:
        return Priced(tuple(_share(left, amount_minor, stamp)))
    is_gross = bool(sale.order.prices_include_tax)
    told = stated(refund, sale.order.currency, left, stamp, amount_minor, is_gross=is_gross)
    taken = _with_tax_left(_within(told, amount_minor, stamp), left)
    after = left.copy()
    for line, sold in taken:
        after.take(line, sold)
    lines = [line for line, _ in taken]
    lines += rounding(lines, -amount_minor, _bases(taken), stamp)
    rest = amount_minor + minor_of(lines)
    settled_minor = min(max(0, rest), remains.owed_minor)
    free = [(line, "") for line in (*lines[len(taken) :], *_free(rest - settled_minor, after, stamp))]
    is_contradictory = bool(told.lines) and (rest > 0 or _is_over(told, amount_minor, stamp))
    said = (*_untaxed(refund, told, sale, place), *_contradictory(refund, told, sale, place, is_so=is_contradictory))
    return Priced((*taken, *free), said, settled_minor)


def names_nothing(refund: Refund) -> bool:
    """Whether no line of a refund says what it is for."""
    return not (refund.line_items or refund.shipping_lines or refund.fee_lines)


def _settled(remains: Remains, amount_minor: int) -> int:
    """What a refund without lines pays back of what the buyer had paid beyond the order.

    Nothing, where it is all that the order has left, as the shop makes one when its status is set to refunded: such a
    refund is of the goods.
    """
    owed_minor = remains.owed_minor
    is_of_goods = amount_minor == remains.left.total_minor and amount_minor != owed_minor
    return 0 if is_of_goods else min(amount_minor, owed_minor)


def _whole(left: Left, amount_minor: int, stamp: Stamp) -> Iterator[Taken]:
    """Exactly what is left, line by line; a minor unit between them is rounding."""
    missing = amount_minor
    for line, minor in left.lines:
        if line.kind != ROUNDING:
            missing -= minor
            yield _back(line, minor, stamp), line.key
    if missing:
        yield stamp.line(ROUNDING, ROUNDING, -missing), ROUNDING


def _share(left: Left, amount_minor: int, stamp: Stamp) -> Iterator[Taken]:
    """All that the gateway had charged of an order that was paid beside it too: that share of each line."""
    lines = left.lines
    for (line, _), part in zip(lines, scaled([minor for _, minor in lines], amount_minor), strict=True):
        yield _back(line, part, stamp), line.key


def _back(line: Line, minor: int, stamp: Stamp) -> Line:
    back = stamp.line(line.key, mirrored(line.kind), -minor)
    return msgspec.structs.replace(
        back, sku=line.sku, words=line.words, tax=charged_on(mirrored(line.tax_base), line.tax)
    )


def _within(told: Stated, amount_minor: int, stamp: Stamp) -> Sequence[Taken]:
    """The stated lines; where they are more than the amount they say what for, and the amount says how much."""
    if not _is_over(told, amount_minor, stamp):
        return told.lines
    parts = scaled([line.amount_minor for line, _ in told.lines], -amount_minor)
    return [
        (msgspec.structs.replace(line, amount_minor=part), sold)
        for (line, sold), part in zip(told.lines, parts, strict=True)
    ]


def _is_over(told: Stated, amount_minor: int, stamp: Stamp) -> bool:
    """Whether the lines come to more than the amount, and not by rounding."""
    is_rounding = bool(residual(-amount_minor, told.minor, _bases(told.lines), stamp.unit_minor))
    return -told.minor > amount_minor and not is_rounding


def _bases(taken: Sequence[Taken]) -> int:
    return sum(line.kind != TAX for line, _ in taken)


def _with_tax_left(taken: Sequence[Taken], left: Left) -> list[Taken]:
    """The lines, without tax beyond what is left of its rate: what the buyer got besides is part of the free amount."""
    allowed: dict[str, int] = {}
    found: list[Taken] = []
    for line, sold in taken:
        minor = line.amount_minor
        if line.kind == TAX and minor < 0:
            rate_id = rate_id_of(line)
            have = allowed.setdefault(rate_id, max(0, left.tax_minor(rate_id)))
            minor = max(minor, -have)
            allowed[rate_id] = have + minor
        found.append((msgspec.structs.replace(line, amount_minor=minor), sold))
    return found


def _free(amount_minor: int, left: Left, stamp: Stamp) -> Iterator[Line]:
    """A free amount: what it holds of each rate that the order has left, and the tax of that."""
    for share in give_back(amount_minor, left.mix()):
        key = f"goodwill:{share.rate}"
        line = stamp.line(key, GOODWILL, -share.base_minor)
        yield msgspec.structs.replace(line, words="refund without lines", tax=taxed_at(share.rate))
        if share.tax_minor:
            line = stamp.line(f"{key}:tax", TAX, -share.tax_minor)
            yield msgspec.structs.replace(line, words="tax", tax=taxed_at(share.rate, base=GOODWILL))


def _untaxed(refund: Refund, told: Stated, sale: Sale, place: Place) -> Iterator[Problem]:
    if told.untaxed_minor:
        message = (
            f"refund {refund.id} of order {refund.parent_id}: {_money(told.untaxed_minor, sale)} of it are for lines "
            "that were sold with tax, and it gives none of that back: the shop's prices are without tax. Where tax "
            "went back to the buyer, correct the refund in the shop."
        )
        yield _problem(message, refund, place, code="woocommerce.refund_without_tax")


def _contradictory(refund: Refund, told: Stated, sale: Sale, place: Place, *, is_so: bool) -> Iterator[Problem]:
    if is_so:
        message = (
            f"refund {refund.id} of order {refund.parent_id} over {shown_amount(refund.amount)}: its lines come to "
            f"{_money(told.minor, sale)}. The amount is booked: what is more than the lines as a free amount "
            "(refund.goodwill); where the lines are more, a share of each."
        )
        yield _problem(message, refund, place, code="woocommerce.refund_contradictory")


def _problem(message: str, refund: Refund, place: Place, *, code: str) -> Problem:
    return Problem(code=code, message=message, where=place(f"refund {refund.id}"), blocking=False)


def _money(minor: int, sale: Sale) -> str:
    currency = sale.order.currency
    return f"{decimal_text(abs(minor), currency)} {currency}"
