"""Pure: the lines that a refund states itself, priced by what was sold.

A line that names what it takes back gives back at the rates of that. Where it states no tax although what was sold bore
some, the shop's own figures decide whether its amount holds the tax:

1. the refund's amount is more than its lines by just that tax: the lines are without it, and it was given back too;
2. else, in a shop whose prices include tax, the line's amount holds the tax at the rates it was sold at;
3. else (prices without tax) the amount is what it says, and no tax was given back. Only tax that was returned to the
   buyer can be claimed back; what could have been is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bridge.model.lines import Line
from bridge.model.money import allocate_minor
from bridge.plugin import residual
from bridge_woocommerce.charges import TAX, Charged, Stamp, lines_of, minor_of
from bridge_woocommerce.facts import minor_or_zero
from bridge_woocommerce.left import Left, mirrored, rate_id_of
from bridge_woocommerce.pieces import GIVEN_BACK, RESTOCKING, TIP, charges_of
from bridge_woocommerce.shapes import Charge, Refund
from bridge_woocommerce.taxes import rates_of

Taken = tuple[Line, str]
"""A line of a refund, and the key of the sold line that it takes back; empty where it takes from several."""


class Stated(msgspec.Struct, frozen=True):
    """untaxed_minor: net amounts of rule 3, positive."""

    lines: tuple[Taken, ...]
    untaxed_minor: int = 0

    @property
    def minor(self) -> int:
        return minor_of(line for line, _ in self.lines)


class _Bare(msgspec.Struct, frozen=True):
    """A line that states no tax, and what it takes back. net_minor: positive."""

    charge: Charged
    net_minor: int
    base_minor: int
    taxes: tuple[Line, ...]

    @property
    def tax_minor(self) -> int:
        """The tax on its amount at the rates of what was sold. Rounding: half up."""
        return (2 * self.net_minor * minor_of(self.taxes) + self.base_minor) // (2 * self.base_minor)


def stated(refund: Refund, currency: str, left: Left, stamp: Stamp, amount_minor: int, *, is_gross: bool) -> Stated:
    """amount_minor: what the refund comes to, positive. is_gross: whether the shop enters its prices with tax."""
    rates = rates_of(refund.tax_lines, currency)
    charges = [_named(charge, left) for charge in charges_of(refund, currency, GIVEN_BACK, rates)]
    all_tax = sum(minor_or_zero(line.total_tax, currency) for line in _lines(refund))
    has_tax = all_tax or any(minor for rate in rates.values() for minor in rate.stated.values())
    taxed = {str(line.id) for line in _lines(refund) if minor_or_zero(line.total_tax, currency)}
    is_told_by_line = not has_tax or taxed or any(minor for charge in charges for _, minor in charge.cells)
    bare = [one for charge in charges if charge.key not in taxed and (one := _bare(charge, left)) is not None]
    bare = bare if is_told_by_line else []
    names = {one.charge.key for one in bare}
    plain = [charge for charge in charges if charge.key not in names and not (is_gross and _is_open(charge, left))]
    told = lines_of(plain, rates, stamp, None if rates else all_tax)
    sold = {charge.key: charge.sold for charge in plain}
    found = [(line, sold.get(_charge_key(line), "")) for line in told]
    extra = amount_minor + minor_of(told) - sum(one.net_minor for one in bare)
    parts, untaxed_minor = _priced(bare, extra, len(charges), stamp, is_gross=is_gross)
    for one, (net_minor, tax_minor) in zip(bare, parts, strict=True):
        found += [(line, one.charge.sold) for line in _given(one, net_minor, tax_minor, stamp)]
    return Stated(tuple(found), untaxed_minor)


def _priced(
    bare: Sequence[_Bare], extra_minor: int, lines: int, stamp: Stamp, *, is_gross: bool
) -> tuple[list[tuple[int, int]], int]:
    """Of each line its net amount and its tax, by the rules above; and what stays untaxed by the third.

    extra_minor: by how much the refund's amount is more than its lines.
    """
    taxes = [one.tax_minor for one in bare]
    is_near = extra_minor == sum(taxes) or bool(residual(extra_minor, sum(taxes), lines, stamp.unit_minor))
    if extra_minor > 0 and any(taxes) and is_near:
        parts = zip(bare, allocate_minor(extra_minor, taxes), strict=True)
        return [(one.net_minor, tax_minor) for one, tax_minor in parts], 0
    if is_gross:
        return [_inside(one) for one in bare], 0
    return [(one.net_minor, 0) for one in bare], sum(one.net_minor for one in bare)


def _named(charge: Charged, left: Left) -> Charged:
    """The charge at the rate of what it takes back, where that is told or can only be one line."""
    sold = charge.sold or ("" if charge.kind == RESTOCKING else left.only_one_of(charge.kind, charge.sku))
    lines = left.sold_as(sold) if sold else []
    if not lines:
        return msgspec.structs.replace(charge, sold="")
    taxes = [line for line in lines if line.kind == TAX]
    given, ids = sum(minor for _, minor in charge.cells), [rate_id_of(line) for line in taxes]
    cells = charge.cells
    if given and taxes and not {rate for rate, minor in cells if minor} <= set(ids):  # rates of before an edit
        cells = tuple(zip(ids, allocate_minor(given, [abs(line.amount_minor) for line in taxes]), strict=True))
    return msgspec.structs.replace(charge, sold=sold, cells=cells, rate=lines[0].tax_rate)


def _bare(charge: Charged, left: Left) -> _Bare | None:
    """The charge, where it states no tax though what was sold bore some."""
    if any(minor for _, minor in charge.cells) or not charge.sold or charge.net_minor >= 0:
        return None
    lines = left.sold_as(charge.sold)
    taxes = tuple(line for line in lines if line.kind == TAX and line.amount_minor > 0)
    base_minor = minor_of(line for line in lines if line.kind != TAX)
    return _Bare(charge, -charge.net_minor, base_minor, taxes) if taxes and base_minor > 0 else None


def _is_open(charge: Charged, left: Left) -> bool:
    """Whether a line tells neither its tax nor what it takes back, of an order with tax: its amount is a free one."""
    is_untold = not charge.sold and charge.net_minor < 0 and not any(minor for _, minor in charge.cells)
    return is_untold and charge.kind != TIP and any(each.tax_minor for each in left.mix())


def _inside(one: _Bare) -> tuple[int, int]:
    """The net amount and the tax in an amount that holds both."""
    net, tax = allocate_minor(one.net_minor, [one.base_minor, minor_of(one.taxes)])
    return net, tax


def _given(one: _Bare, net_minor: int, tax_minor: int, stamp: Stamp) -> Iterable[Line]:
    charge = one.charge
    facts = {"sku": charge.sku, "tax_rate": one.taxes[0].tax_rate}
    line = stamp.line(charge.key, charge.kind, -net_minor)
    yield msgspec.structs.replace(line, words=charge.words, attributes=charge.attributes, **facts)
    parts = allocate_minor(tax_minor, [line.amount_minor for line in one.taxes])
    for tax, part in zip(one.taxes, parts, strict=True):
        if part:
            line = stamp.line(f"{charge.key}:tax:{rate_id_of(tax)}", TAX, -part)
            yield msgspec.structs.replace(line, words=tax.words, tax_base=mirrored(tax.tax_base), **facts)


def _charge_key(line: Line) -> str:
    return line.key.partition(":tax:")[0].removesuffix(":discount")


def _lines(refund: Refund) -> Sequence[Charge]:
    return [*refund.line_items, *refund.shipping_lines, *refund.fee_lines]
