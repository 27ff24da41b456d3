"""What a refund gives back that names no goods: a share of all that its order has left."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.model.money import allocate_minor

_UNTAXED = "0"


class TaxedAmount(msgspec.Struct, frozen=True, gc=False):
    """Goods taxed alike: their net amount and its tax, in minor units. rate: percent as ``Line.tax_rate``."""

    rate: str
    base_minor: int
    tax_minor: int


def give_back(amount_minor: int, left: Sequence[TaxedAmount]) -> tuple[TaxedAmount, ...]:
    """The base and the tax in a free amount (goodwill, a refund that names nothing), for each rate.

    amount_minor: what the buyer gets, tax included.
    left:         what the order has left before this refund: what was sold, less what was given back. Lines as they
                  come, negative for what went back; those of one rate are added up. Only tax that the merchant owes
                  himself: what a marketplace remits is none of it.
    Shape:        by rate; together exactly the amount. The order of ``left`` changes nothing.
    Bound:        never more tax at a rate than is left at it. The amount of all that is left gives back exactly that;
                  what lies beyond it bears no tax (rate ``0``).
    Rounding:     the amount by largest remainder over what is left with tax; the tax inside each part half up.
    Raises:       ValueError for a negative amount.
    """
    if amount_minor < 0:
        raise ValueError("a refund gives back an amount that is not negative")
    mix = _by_rate(left)
    whole = [each.base_minor + each.tax_minor for each in mix]
    inside = min(amount_minor, sum(whole))
    parts = allocate_minor(inside, whole) if mix else ()
    shares = [_share(part, each) for part, each in zip(parts, mix, strict=True)]
    return _by_rate([*shares, TaxedAmount(_UNTAXED, amount_minor - inside, 0)])


def _share(part: int, of: TaxedAmount) -> TaxedAmount:
    """A part of these goods, with the tax inside it."""
    whole = of.base_minor + of.tax_minor
    tax = (2 * part * of.tax_minor + whole) // (2 * whole)
    return TaxedAmount(of.rate, part - tax, tax)


def _by_rate(amounts: Sequence[TaxedAmount]) -> tuple[TaxedAmount, ...]:
    """The amounts of each rate as one, by rate; without those of which nothing is left."""
    sums: dict[str, tuple[int, int]] = {}
    for each in amounts:
        base, tax = sums.get(each.rate, (0, 0))
        sums[each.rate] = base + each.base_minor, tax + each.tax_minor
    found = (TaxedAmount(rate, max(base, 0), max(tax, 0)) for rate, (base, tax) in sorted(sums.items()))
    return tuple(each for each in found if each.base_minor or each.tax_minor)
