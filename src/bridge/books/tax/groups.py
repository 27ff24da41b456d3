"""What the tax rows of a document say of each thing sold, refunded or charged: who owes the tax, at which rate. Pure.

A tax group is one sale, one refund or one fee of one item, as its channel tells it. What the rows of one group say
changes nothing in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import msgspec

from bridge.books.tax.liability import TAX_COLLECTED, TAX_FACILITATOR, TAX_RETROCHARGE, Share
from bridge.model.tax import plain_rate
from bridge.model.tax_regimes import Regime
from bridge.store.api import TaxSum

TAX_ON_FEES = "tax.on_fees"
_DISCOUNT, _FEE = "discount.", "fee."
_PRODUCT, _SHIPPING, _OTHER = "product", "shipping", "other"
_FAMILIES = {
    "sale.product": _PRODUCT,
    "discount.product": _PRODUCT,
    "refund.product": _PRODUCT,
    "refund.discount": _PRODUCT,
    "claim": _PRODUCT,
    "liquidation": _PRODUCT,
    "sale.shipping": _SHIPPING,
    "discount.shipping": _SHIPPING,
    "refund.shipping": _SHIPPING,
    "sale.other": _OTHER,
    "refund.other": _OTHER,
}
_SOLD = frozenset(_FAMILIES.values())
_STEPS = (Decimal(1), Decimal("0.5"), Decimal("0.1"), Decimal("0.01"))


class Standing(msgspec.Struct, frozen=True):
    """What is known of one group.

    is_withheld: the marketplace withheld its tax. rates: what its tax rows state, in percent, by family of kinds.
    bases:       tax bases that are not in it, each with the kind its tax was charged on instead.
    is_alone:    it holds tax, and nothing the tax was charged on. is_shared: what the marketplace withheld is a part of
                 what was collected, and the rest is the merchant's own.
    """

    is_withheld: bool = False
    rates: tuple[tuple[str, str], ...] = ()
    bases: tuple[tuple[str, str], ...] = ()
    is_alone: bool = False
    is_shared: bool = False

    def rate(self, kind: str) -> str:
        """The rate stated for what is of this kind; empty where no tax row states one."""
        return dict(self.rates).get(family(kind), "")


NOTHING_KNOWN = Standing()


class Groups(msgspec.Struct, frozen=True):
    """The groups of a document of which anything is known.

    shared: where two parties owe the tax (more than rounding was collected beyond what was withheld) and no regime says
            what is whose. uneven: every group in which the two do not cancel out. withheld_lines: lines of tax that
            passes through.
    has_rows: some sale or refund has tax rows of its own whose tax the merchant owes.
    """

    standings: Mapping[str, Standing] = {}
    shared: tuple[Share, ...] = ()
    uneven: tuple[Share, ...] = ()
    withheld_lines: int = 0
    has_rows: bool = False

    def of(self, group: str) -> Standing:
        return self.standings.get(group, NOTHING_KNOWN)


NO_GROUPS = Groups()


def family(kind: str) -> str:
    """Product, shipping or other, each with its discounts; any other kind stands for itself."""
    return _FAMILIES.get(kind, kind)


def is_sold(kind: str) -> bool:
    """Whether it is part of a sale or a refund that a channel may state tax for."""
    return kind in _FAMILIES


def groups_of(sums: Iterable[TaxSum], standard_rate: str, regime: Regime) -> Groups:
    """Read the groups from what their rows come to, sorted by group.

    standard_rate: in percent; empty where there is none. regime: what else is known of rates, and whether two may owe.
    Memory: a place a group of which anything is known; what is known is shared.
    """
    rates = _Rates(Decimal(standard_rate or 0), tuple(map(Decimal, regime.rates)))
    seen: dict[Standing, Standing] = {}
    standings: dict[str, Standing] = {}
    shared: list[Share] = []
    uneven: list[Share] = []
    withheld_lines, has_rows = 0, False
    for name, rows in groupby(sums, key=lambda row: row.group):
        group = _Group(rows)
        share = group.share(name)
        has_two = share.has_two_parties(group.collected_lines)
        standing = group.shared(rates) if has_two and regime.splits else group.standing(rates)
        if standing != NOTHING_KNOWN:
            standings[name] = seen.setdefault(standing, standing)
        has_rows |= any(place in _SOLD for place, _ in standing.rates)
        if share.left_minor and not standing.is_shared:
            uneven.append(share)
        if standing.is_withheld:
            withheld_lines += group.collected_lines
            if has_two:
                shared.append(share)
    return Groups(standings, tuple(shared), tuple(uneven), withheld_lines, has_rows)


class _Group:
    """The rows of one group, added up."""

    def __init__(self, rows: Iterable[TaxSum]) -> None:
        self.collected_lines = 0
        self._is_withheld = False
        self._collected = self._withheld = self._moved = 0
        self._bases: dict[str, int] = {}
        self._taxes: dict[str, tuple[int, int]] = {}
        for row in rows:
            if row.kind in {TAX_COLLECTED, TAX_ON_FEES}:
                self._add_tax(row)
            elif row.kind == TAX_FACILITATOR:
                self._withheld += row.amount_minor
                self._is_withheld |= row.lines > 0
            elif row.kind == TAX_RETROCHARGE:
                self._moved += row.amount_minor
            elif row.lines:
                self._bases[row.kind] = self._bases.get(row.kind, 0) + row.amount_minor

    def _add_tax(self, row: TaxSum) -> None:
        if row.kind == TAX_COLLECTED:
            self._collected += row.amount_minor
            self.collected_lines += row.lines
        amount, lines = self._taxes.get(row.tax_base, (0, 0))
        self._taxes[row.tax_base] = amount + row.amount_minor, lines + row.lines

    def share(self, name: str) -> Share:
        """What of its tax passes through the merchant's hands."""
        return Share(name, self._collected if self._is_withheld else 0, self._withheld + self._moved)

    def shared(self, rates: _Rates) -> Standing:
        """What is known of it where the merchant owes what the marketplace left: one rate of all that was sold.

        All its rows of tax, those that take it away too, ride on what was sold, and leave there what is the merchant's.
        """
        sold = {kind: amount for kind, amount in self._bases.items() if is_sold(kind)}
        own = _Charge(sum(sold.values()), self._collected + self._withheld, self.collected_lines)
        at = own.rate(rates)
        largest = max(sorted(sold), key=lambda kind: abs(sold[kind]), default="")
        bases = [("", largest), *((base, self._charged_on(base)) for base in self._taxes if base)]
        return Standing(
            rates=tuple((place, at) for place in sorted(set(map(family, sold)))),
            bases=tuple(sorted((base, kind) for base, kind in bases if base != kind)),
            is_shared=bool(sold),
        )

    def standing(self, rates: _Rates) -> Standing:
        """What is known of it. Of tax that was withheld no rate is taken: it is not the merchant's."""
        if not self._bases:
            is_alone = not self._is_withheld and any(lines for _, lines in self._taxes.values())
            return Standing(self._is_withheld, is_alone=is_alone)
        charged = {base: self._charged_on(base) for base in self._taxes}
        stated = self._stated(charged, rates) if charged else {}
        kept = {place: rate for place, rate in stated.items() if not (self._is_withheld and place in _SOLD)}
        bases = () if self._is_withheld else ((base, kind) for base, kind in charged.items() if base != kind)
        return Standing(self._is_withheld, tuple(sorted(kept.items())), tuple(sorted(bases)))

    def _charged_on(self, base: str) -> str:
        """The kind in this group that a tax was charged on: the one it names, else the largest of its like."""
        if base in self._bases or base.startswith(_FEE):
            return base
        sold = [kind for kind in sorted(self._bases) if not kind.startswith(_FEE)]
        discounts = [kind for kind in sold if kind.startswith(_DISCOUNT)] if base.startswith(_DISCOUNT) else []
        likely = discounts or [kind for kind in sold if family(kind) == family(base)] or sold
        return max(likely, key=lambda kind: abs(self._bases[kind]), default=base)

    def _stated(self, charged: Mapping[str, str], rates: _Rates) -> dict[str, str]:
        """The rate of each family that has tax rows.

        A discount's tax may be told of the product alone where shipping was discounted too: where a family does not
        fit a known rate and the whole sale does, it is at that.
        """
        charges: dict[str, _Charge] = {}
        for base, (amount, lines) in self._taxes.items():
            charge = charges.setdefault(family(charged[base]), _Charge())
            charge.tax_minor += amount
            charge.lines += lines
        for kind, amount in self._bases.items():
            if charge_of_kind := charges.get(family(kind)):
                charge_of_kind.base_minor += amount
        whole = _Charge()
        for place, charge in charges.items():
            if place in _SOLD:
                whole.base_minor += charge.base_minor
                whole.tax_minor += charge.tax_minor
                whole.lines += charge.lines
        known = rates.of(whole)
        return {
            place: plain_rate(known)
            if known and place in _SOLD and charge.lines
            else (charge if charge.tells else self._largest(place, charged)).rate(rates)
            for place, charge in charges.items()
        }

    def _largest(self, place: str, charged: Mapping[str, str]) -> _Charge:
        """The largest kind of a family by itself: shipping that was given free leaves neither amount nor tax."""
        of_kinds: dict[str, _Charge] = {}
        for base, (amount, lines) in self._taxes.items():
            if family(kind := charged[base]) == place:
                charge = of_kinds.setdefault(kind, _Charge(self._bases.get(kind, 0)))
                charge.tax_minor += amount
                charge.lines += lines
        return max(of_kinds.values(), key=lambda charge: abs(charge.base_minor))


class _Charge(msgspec.Struct):
    """Tax beside what it was charged on. lines: rows of tax that are not zero, each rounded by itself."""

    base_minor: int = 0
    tax_minor: int = 0
    lines: int = 0

    @property
    def tells(self) -> bool:
        """Whether there is a rate to be read from it."""
        return not self.lines or self.base_minor * self.tax_minor > 0

    def off(self, rate: Decimal) -> Decimal:
        """By how much its tax misses that rate, in hundredths of a minor unit."""
        return abs(self.base_minor * rate - 100 * self.tax_minor)

    def fits(self, rate: Decimal) -> bool:
        """Whether tax and base are of this rate, but for the rounding of either.

        Rounding: half a minor unit a row; or, where many units were rounded one by one, a hundredth of the tax. No two
                  rates of a country are so near each other.
        """
        off = self.off(rate)
        is_near = 2 * off <= (100 + rate) * self.lines or off <= abs(self.tax_minor)
        return self.base_minor * self.tax_minor > 0 and is_near

    def rate(self, rates: _Rates) -> str:
        """A known rate where one fits, else the plainest that does; zero where its rows say that there is none."""
        if not self.lines:
            return "0"
        if self.base_minor * self.tax_minor <= 0:
            return rates.usual
        if known := rates.of(self):
            return plain_rate(known)
        implied = Decimal(100 * self.tax_minor) / self.base_minor
        near = [(implied / step).quantize(Decimal(1), ROUND_HALF_UP) * step for step in _STEPS]
        plainest = next((rate for rate in near if rate and self.fits(rate)), near[-1])
        return plain_rate(plainest) if 0 < plainest <= 100 else rates.usual


class _Rates(msgspec.Struct, frozen=True):
    """The rates that are known beforehand. standard: zero where there is none. own: all that one sale may bear."""

    standard: Decimal
    own: tuple[Decimal, ...] = ()

    @property
    def usual(self) -> str:
        """The standard rate; empty where there is none."""
        return plain_rate(self.standard) if self.standard else ""

    def of(self, charge: _Charge) -> Decimal | None:
        """The known rate that a charge is at: of several the nearest; None where it fits none."""
        near = min(self.own or (self.standard,), key=charge.off)
        return near if charge.fits(near) else None
