"""Pure: the lines that a refund states itself, priced by what was sold.

A line that names what it takes back gives back at the rates of that. Where it states no tax although what was sold bore
some, the shop's own figures decide whether its amount holds the tax:

1. the refund's amount is more than its lines by just that tax: the lines are without it, and it was given back too;
2. else, in a shop whose prices include tax, the line's amount holds the tax at the rates it was sold at;
3. else (prices without tax) the amount is what it says, and no tax was given back. Only tax that was returned to the
   buyer can be claimed back; what could have been is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bridge.model.line_tax import charged_on
from bridge.model.lines import Line
from bridge.model.money import allocate_minor
from bridge.plugin import residual
from bridge_woocommerce.charges import TAX, Charged, Stamp, fitted, lines_of, minor_of
from bridge_woocommerce.facts import minor_or_zero
from bridge_woocommerce.left import Left, mirrored, rate_id_of
from bridge_woocommerce.pieces import GIVEN_BACK, RESTOCKING, TIP, charges_of
from bridge_woocommerce.shapes import Charge, Refund
from bridge_woocommerce.taxes import Rate, rates_of

Taken = tuple[Line, str]
"""A line of a refund, and the key of the sold line that it takes back; empty where it takes from several."""


class Stated(msgspec.Struct, frozen=True):
    """untaxed_minor: net amounts of rule 3, positive."""

    lines: tuple[Taken, ...]
    untaxed_minor: int = 0

    @property
    def minor(self) -> int:
        return minor_of(line for line, _ in self.lines)


class _Sold(msgspec.Struct, frozen=True):
    """A line whose tax is worked out from what it takes back, which was sold for ``base_minor`` and these taxes.

    net_minor, tax_minor: as the line states them, positive; tax_minor is 0 where it states none.
    """

    charge: Charged
    net_minor: int
    tax_minor: int
    base_minor: int
    taxes: tuple[Line, ...]

    @property
    def tax_on_top_minor(self) -> int:
        """The tax on its net amount at the rates of what was sold. Rounding: half up."""
        return (2 * self.net_minor * minor_of(self.taxes) + self.base_minor) // (2 * self.base_minor)

    def lines(self, net_minor: int, tax_minor: int, stamp: Stamp) -> Iterator[Taken]:
        """The line and its tax, shared over the rates as it was sold."""
        charge = self.charge
        line = msgspec.structs.replace(stamp.line(charge.key, charge.kind, -net_minor), sku=charge.sku)
        borne = charged_on("", self.taxes[0].tax)
        yield msgspec.structs.replace(line, words=charge.words, attributes=charge.attributes, tax=borne), charge.sold
        parts = allocate_minor(tax_minor, [tax.amount_minor for tax in self.taxes])
        for tax, part in zip(self.taxes, parts, strict=True):
            if part:
                line = stamp.line(f"{charge.key}:tax:{rate_id_of(tax)}", TAX, -part)
                of_part = charged_on(mirrored(tax.tax_base), tax.tax)
                yield msgspec.structs.replace(line, sku=charge.sku, words=tax.words, tax=of_part), charge.sold


def stated(refund: Refund, currency: str, left: Left, stamp: Stamp, amount_minor: int, *, is_gross: bool) -> Stated:
    """amount_minor: what the refund comes to, positive. is_gross: whether the shop enters its prices with tax."""
    rates = rates_of(refund.tax_lines, currency)
    charges = [_named(charge, left) for charge in charges_of(refund, currency, GIVEN_BACK, rates)]
    own = {str(line.id): -minor_or_zero(line.total_tax, currency) for line in _lines(refund)}
    sold = _worked_out(charges, own, rates, left)
    names = {one.charge.key for one in sold}
    has_tax = is_gross and any(each.tax_minor for each in left.mix())
    plain = [charge for charge in charges if charge.key not in names and not (has_tax and _is_open(charge))]
    tax_minor = -sum(minor for key, minor in own.items() if key not in names)
    found = _as_stated(plain, _of_others(rates, sold), stamp, tax_minor)
    if not sold:
        exact = fitted(plain, -amount_minor - minor_of(line for line, _ in found if line.kind == TAX))
        found = _as_stated(exact, rates, stamp, tax_minor) if exact != plain else found
    extra = amount_minor + minor_of(line for line, _ in found) - sum(one.net_minor + one.tax_minor for one in sold)
    parts = _priced(sold, extra, len(charges), stamp, is_gross=is_gross)
    for one, (net_minor, tax) in zip(sold, parts, strict=True):
        found += one.lines(net_minor, tax, stamp)
    untaxed_minor = 0 if is_gross else sum(net_minor for net_minor, tax in parts if not tax)
    return Stated(tuple(found), untaxed_minor)


def _named(charge: Charged, left: Left) -> Charged:
    """The charge at the rate of what it takes back, where that is told or can only be one line."""
    sold = charge.sold if left.sold_as(charge.sold) else ""
    if not sold and charge.kind != RESTOCKING:
        sold = left.only_one_of(charge.kind, charge.sku)
    tax = left.sold_as(sold)[0].tax if sold else charge.tax
    return msgspec.structs.replace(charge, sold=sold, tax=tax)


def _worked_out(
    charges: Sequence[Charged], own: Mapping[str, int], rates: Mapping[str, Rate], left: Left
) -> list[_Sold]:
    """The lines that state no tax though what they take back bore some, or tax of rates that it does not bear now.

    None, where a refund states its tax for all lines together.
    """
    is_of_a_line = any(own.values()) or any(minor for charge in charges for _, minor in charge.cells)
    if not is_of_a_line and any(minor for rate in rates.values() for minor in rate.stated.values()):
        return []
    found = (_sold(charge, own.get(charge.key, 0), left) for charge in charges if charge.sold and charge.net_minor < 0)
    return [one for one in found if one is not None]


def _sold(charge: Charged, own_minor: int, left: Left) -> _Sold | None:
    """own_minor: the tax that the line states as a whole, positive."""
    taxes = tuple(line for line in left.taxes_of(charge.sold) if line.amount_minor > 0)
    base_minor = minor_of(line for line in left.sold_as(charge.sold) if line.kind != TAX)
    stated_ids = {rate_id for rate_id, minor in charge.cells if minor}
    if not taxes or base_minor <= 0 or (stated_ids and stated_ids <= {rate_id_of(line) for line in taxes}):
        return None
    tax_minor = -sum(minor for _, minor in charge.cells) or own_minor
    return _Sold(charge, -charge.net_minor, max(0, tax_minor), base_minor, taxes)


def _is_open(charge: Charged) -> bool:
    """Whether a line tells neither its tax nor what it takes back: of an order with tax its amount is a free one."""
    is_untold = not charge.sold and charge.net_minor < 0 and not any(minor for _, minor in charge.cells)
    return is_untold and charge.kind != TIP


def _of_others(rates: Mapping[str, Rate], sold: Sequence[_Sold]) -> dict[str, Rate]:
    """The rates of the lines whose tax is not worked out."""
    gone = {rate_id for one in sold for rate_id, minor in one.charge.cells if minor}
    return {rate_id: rate for rate_id, rate in rates.items() if rate_id not in gone}


def _as_stated(plain: Sequence[Charged], rates: Mapping[str, Rate], stamp: Stamp, tax_minor: int) -> list[Taken]:
    """tax_minor: of these lines together, for a refund that names no rates."""
    sold = {charge.key: charge.sold for charge in plain}
    lines = lines_of(plain, rates, stamp, None if rates else tax_minor)
    return [(line, sold.get(_charge_key(line), "")) for line in lines]


def _priced(
    sold: Sequence[_Sold], extra_minor: int, lines: int, stamp: Stamp, *, is_gross: bool
) -> list[tuple[int, int]]:
    """The net amount and the tax of each line: as it states them, or else by the rules above.

    extra_minor: by how much the refund's amount is more than its lines.
    """
    bare = [one for one in sold if not one.tax_minor]
    taxes = [one.tax_on_top_minor for one in bare]
    is_near = extra_minor == sum(taxes) or bool(residual(extra_minor, sum(taxes), lines, stamp.unit_minor))
    is_on_top = extra_minor > 0 and any(taxes) and is_near
    on_top = iter(allocate_minor(extra_minor, taxes) if is_on_top else ())
    found: list[tuple[int, int]] = []
    for one in sold:
        if one.tax_minor or not (is_on_top or is_gross):
            found.append((one.net_minor, one.tax_minor))
        elif is_on_top:
            found.append((one.net_minor, next(on_top)))
        else:
            net_minor, tax_minor = allocate_minor(one.net_minor, [one.base_minor, minor_of(one.taxes)])
            found.append((net_minor, tax_minor))
    return found


def _charge_key(line: Line) -> str:
    return line.key.partition(":tax:")[0].removesuffix(":discount")


def _lines(refund: Refund) -> Sequence[Charge]:
    return [*refund.line_items, *refund.shipping_lines, *refund.fee_lines]
