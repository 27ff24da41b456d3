"""Pure: a negative fee shared out over the rates whose tax it lowers.

A shop takes a negative fee off all that was sold, in proportion, whatever its own tax class: its tax is of several
rates that were never charged together. Source: WooCommerce 10.5.0, seen in answers with negative fees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from bridge.model.money import allocate_minor
from bridge_woocommerce.charges import Charged
from bridge_woocommerce.taxes import Rate

_Rates = frozenset[str]


def split(fee: Charged, others: Sequence[Charged], rates: Mapping[str, Rate]) -> tuple[Charged, ...]:
    """The fee as it is, or as one charge for each set of rates that the other charges bear together.

    What was taken off each set follows from its tax; what is left was taken off what bears none. Where that cannot be
    told the fee stays whole, without a rate.
    """
    told = dict(fee.cells)
    sets = [one for one in dict.fromkeys(frozenset(dict(each.cells)) for each in others) if one <= told.keys()]
    if _is_plain(fee, told, sets, rates):
        return (fee,)
    taxing = [one for one in sets if _percent(one, rates) and any(told[rate] for rate in one)]
    bases = [_base(one, told, rates) for one in taxing]
    if not any(bases) or len(frozenset().union(*taxing)) != sum(map(len, taxing)):
        return (msgspec.structs.replace(fee, tax=()),)
    left = abs(fee.minor) - sum(bases)
    untaxed = [one for one in sets if _percent(one, rates) == 0][:1]
    parts = (*bases, left) if left > 0 and untaxed else allocate_minor(abs(fee.minor), bases)
    sign = -1 if fee.minor < 0 else 1
    found = [_part(fee, one, sign * part) for one, part in zip([*taxing, *untaxed], parts, strict=False)]
    return (msgspec.structs.replace(found[0], lost=fee.lost), *found[1:])


def _is_plain(fee: Charged, told: Mapping[str, int], sets: Sequence[_Rates], rates: Mapping[str, Rate]) -> bool:
    """Whether its rates were charged together, on all of it."""
    if len(told) < 2 and not any(_percent(one, rates) == 0 for one in sets if one != told.keys()):
        return True
    whole = _percent(frozenset(told), rates)
    is_known = frozenset(told) in sets
    return is_known and whole is not None and abs(fee.minor * whole / 100 - sum(told.values())) <= 1 + len(told) // 2


def _percent(one: _Rates, rates: Mapping[str, Rate]) -> Decimal | None:
    """The sum of a set's rates; None where one is not told."""
    percents = [rates[rate].percent if rate in rates else None for rate in one]
    told = [percent for percent in percents if percent is not None]
    return sum(told, Decimal(0)) if len(told) == len(percents) else None


def _base(one: _Rates, told: Mapping[str, int], rates: Mapping[str, Rate]) -> int:
    percent = _percent(one, rates) or Decimal(100)
    return int((abs(sum(told[rate] for rate in one)) * 100 / percent).to_integral_value(ROUND_HALF_UP))


def _part(fee: Charged, one: _Rates, minor: int) -> Charged:
    name = "+".join(sorted(one)) or "none"
    cells = tuple(cell for cell in fee.cells if cell[0] in one)
    return msgspec.structs.replace(fee, key=f"{fee.key}:{name}", minor=minor, cells=cells, lost=(0, 0))
