"""Pure: what an order has left to give back, line by line, while its refunds are taken off one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from bridge.model.lines import ROUNDING, Line
from bridge.plugin import TaxedAmount
from bridge_woocommerce.charges import TAX
from bridge_woocommerce.pieces import RESTOCKING
from bridge_woocommerce.sales import Sale

_MIRRORED: Final = {
    "sale.product": "refund.product",
    "discount.product": "refund.discount",
    "sale.shipping": "refund.shipping",
    "sale.other": "refund.other",
}


def mirrored(kind: str) -> str:
    """The kind of line that gives back one of this kind."""
    return _MIRRORED.get(kind, kind)


def rate_id_of(line: Line) -> str:
    """The rate of a line of tax, as its key has it; ``-`` where the key names none."""
    _, is_named, rest = line.key.rpartition("tax:")
    return rest.partition(":")[0].partition("#")[0] if is_named else "-"


def scaled(parts: Sequence[int], total: int) -> list[int]:
    """The parts, of either sign, made to add up to the total in proportion.

    Rounding: largest remainder; on a tie the earlier part gains the unit. Parts that add up to nothing cannot grow in
              proportion: the first then bears the total alone.
    """
    whole = sum(parts)
    if not whole:
        return [total, *([0] * (len(parts) - 1))]
    floors = [part * total // whole for part in parts]
    rests = [part * total % whole * (1 if whole > 0 else -1) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda place: (-rests[place], place))
    for place in by_rest[: total - sum(floors)]:
        floors[place] += 1
    return floors


class Remains(msgspec.Struct, frozen=True):
    """What a refund finds of its order.

    sale: the content that stood then. left: of it. owed_minor: what the buyer had paid beyond it and not got back.
    """

    sale: Sale
    left: Left
    owed_minor: int = 0


class Left:
    """The lines of an order, less what refunds gave back of each."""

    def __init__(self, sold: Sequence[Line]) -> None:
        self._sold = {line.key: line for line in sold}
        self._minor = {line.key: line.amount_minor for line in sold}
        self._by_place: dict[str, list[Line]] = {}
        for line in sold:
            self._by_place.setdefault(line.key.partition(":")[0], []).append(line)

    def copy(self) -> Left:
        other = Left(())
        other._sold, other._by_place, other._minor = self._sold, self._by_place, dict(self._minor)
        return other

    @property
    def total_minor(self) -> int:
        return sum(self._minor.values())

    @property
    def lines(self) -> list[tuple[Line, int]]:
        """Each line of which something is left, and what."""
        return [(line, self._minor[key]) for key, line in self._sold.items() if self._minor[key]]

    def mix(self) -> list[TaxedAmount]:
        """What is left, and its tax, for a free amount to be shared over."""
        return [
            TaxedAmount(line.tax_rate, 0, minor) if line.kind == TAX else TaxedAmount(line.tax_rate, minor, 0)
            for line, minor in self.lines
            if line.kind != ROUNDING
        ]

    def tax_minor(self, rate_id: str) -> int:
        """The tax of one rate that is left; of a rate that the order does not have, none."""
        return sum(self._minor[line.key] for line in self._taxes() if rate_id_of(line) == rate_id)

    def sold_as(self, key: str) -> list[Line]:
        """What was sold under this key: the line with its discounts and its tax."""
        lines = self._by_place.get(key.partition(":")[0], ())
        return [line for line in lines if line.key == key or line.key.startswith(f"{key}:")]

    def taxes_of(self, key: str) -> list[Line]:
        """What a sold line bore of each rate, after discounts: a line a rate."""
        found: dict[str, Line] = {}
        for line in self.sold_as(key):
            if line.kind == TAX:
                before = found.get(rate_id_of(line))
                minor = line.amount_minor + (before.amount_minor if before else 0)
                found[rate_id_of(line)] = msgspec.structs.replace(before or line, amount_minor=minor)
        return list(found.values())

    def only_one_of(self, kind: str, sku: str) -> str:
        """The key of the only line that a refund's line of this kind can take back; empty where there are several."""
        found = {line.key for line in self._sold.values() if mirrored(line.kind) == kind and sku in {"", line.sku}}
        return found.pop() if len(found) == 1 else ""

    def take(self, line: Line, sold: str = "") -> None:
        """Take a refund's line off. sold: the key of what it takes back; empty where it does not say."""
        keys = [ROUNDING] if line.kind == ROUNDING else self._bearers(line, sold)
        if line.kind == RESTOCKING or not keys:
            return
        before = [self._minor.get(key, 0) for key in keys]
        for key, minor, part in zip(keys, before, scaled(before, -line.amount_minor), strict=True):
            self._minor[key] = minor - part

    def _bearers(self, line: Line, sold: str) -> list[str]:
        """Which lines a refund's line takes from: what it names, else those of its rate, else any."""
        own = self._sold.get(sold if line.kind != TAX else f"{sold}:tax:{rate_id_of(line)}") or self._sold.get(sold)
        if own is not None and (own.kind == TAX) is (line.kind == TAX):
            return [own.key]
        of_kind = [one for one in self._sold.values() if (one.kind == TAX) is (line.kind == TAX)]
        of_kind = [one for one in of_kind if one.kind != ROUNDING]
        named = [one for one in of_kind if sold and (one.key == sold or one.key.startswith(f"{sold}:"))]
        alike = [one for one in of_kind if one.tax_rate == line.tax_rate]
        if line.kind != TAX:
            return [one.key for one in named[:1] or alike or of_kind]
        same = [one for one in of_kind if rate_id_of(one) == rate_id_of(line)]
        return [one.key for one in [one for one in named if one in same] or same or alike or of_kind]

    def _taxes(self) -> list[Line]:
        return [line for line in self._sold.values() if line.kind == TAX]
