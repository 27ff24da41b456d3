"""Pure: the lines of an order or refund that cost money, and their tax, to lines of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bridge.model.line_tax import Tax, charged_on
from bridge.model.lines import ROUNDING, Line, Part
from bridge.plugin import residual
from bridge_woocommerce.facts import MICROS
from bridge_woocommerce.meta import token
from bridge_woocommerce.taxes import GOODS, Cells, Rate, Share, shared, tax_of

TAX = "tax.collected"
UNKNOWN_GATEWAY = "unknown"


class Charged(msgspec.Struct, frozen=True):
    """One line that costs money.

    minor: before ``discount_minor``, which is mostly negative. tax: where it does not follow from its cells.
    cells: its tax after discounts; ``discount_cells``: the part of that which discounts took off, negative as they are.
    sold:  of a refund, the key of the sold line that it takes back; empty where the shop does not say.
    lost:  millionths of a minor unit that the rounding of ``minor``, and of ``discount_minor``, left out.
    """

    key: str
    kind: str
    minor: int
    cells: Cells
    view: str = GOODS
    discount_kind: str = ""
    discount_minor: int = 0
    discount_cells: Cells = ()
    lost: tuple[int, int] = (0, 0)
    tax: Tax | None = None
    sold: str = ""
    sku: str = ""
    words: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def net_minor(self) -> int:
        return self.minor + self.discount_minor

    def tax_in(self, rates: Mapping[str, Rate]) -> Tax:
        return tax_of(self.cells, rates) if self.tax is None else self.tax


class Stamp(msgspec.Struct, frozen=True):
    """What all lines of a document share. unit_minor: the smallest amount that the shop rounds to."""

    part: Part
    at: datetime
    order_id: str
    unit_minor: int = 1

    def line(self, key: str, kind: str, minor: int, part: Part | None = None) -> Line:
        """A line with nothing to tell but its amount."""
        return Line(
            key=key, kind=kind, part=part or self.part, amount_minor=minor, occurred_at=self.at, order_id=self.order_id
        )


def lines_of(
    charges: Sequence[Charged], rates: Mapping[str, Rate], stamp: Stamp, target_minor: int | None = None
) -> list[Line]:
    """Every charge, its discount and its tax, in order; tax that no line bears comes last."""
    by_place: dict[int | None, list[Line]] = {}
    charged = [(charge.view, charge.cells) for charge in charges]
    for share in shared(charged, rates, target_minor, stamp.unit_minor):
        charge = charges[share.place] if share.place is not None else None
        by_place.setdefault(share.place, []).extend(_tax_lines(share, charge, rates, stamp))
    found: list[Line] = []
    for place, charge in enumerate(charges):
        found += [*_base_lines(charge, charge.tax_in(rates), stamp), *by_place.get(place, ())]
    return found + by_place.get(None, [])


def _tax_lines(share: Share, charge: Charged | None, rates: Mapping[str, Rate], stamp: Stamp) -> Iterator[Line]:
    """One share of tax: of a line before discounts, and what discounts took off.

    A share that no line bears is named by its rate, and by its view where that is not goods.
    """
    code = rates[share.rate_id].code if share.rate_id in rates else ""
    words = f"tax|{code}" if share.rate_id in rates else "tax"
    if charge is None:
        key = f"tax:{share.rate_id}" if share.view == GOODS else f"tax:{share.rate_id}:{share.view}"
        tax = tax_of(((share.rate_id, share.minor),), rates)
        if share.minor:
            yield msgspec.structs.replace(stamp.line(key, TAX, share.minor), words=words, tax=tax)
        return
    taken_off = dict(charge.discount_cells).get(share.rate_id, 0) if charge.discount_minor else 0
    of_base, of_discount = (charge.key, charge.kind), (f"{charge.key}:discount", charge.discount_kind)
    for (key, kind), minor in ((of_base, share.minor - taken_off), (of_discount, taken_off)):
        if minor:
            line = stamp.line(f"{key}:tax:{share.rate_id}", TAX, minor)
            borne = charge.tax_in(rates)
            own = next((each for each in borne if each.jurisdiction == code), None)
            tax = charged_on(kind, borne, own)
            yield msgspec.structs.replace(line, sku=charge.sku, words=words, tax=tax)


def _base_lines(charge: Charged, tax: Tax, stamp: Stamp) -> list[Line]:
    facts: dict[str, Any] = {"sku": charge.sku, "tax": tax}
    line = stamp.line(charge.key, charge.kind, charge.minor)
    found = [msgspec.structs.replace(line, words=charge.words, attributes=charge.attributes, **facts)]
    if charge.discount_minor:
        line = stamp.line(f"{charge.key}:discount", charge.discount_kind, charge.discount_minor)
        found.append(msgspec.structs.replace(line, words="discount", **facts))
    return found


def fitted(charges: Sequence[Charged], wanted_minor: int) -> list[Charged]:
    """The charges, rounded so that they come to what is wanted; as they are, where their exact amounts do not.

    Rounding: each half up; where that misses, the amounts whose rounding left out most are rounded the other way. On a
              tie the earlier one is.
    """
    missing = wanted_minor - sum(charge.net_minor for charge in charges)
    lost = sum(sum(charge.lost) for charge in charges)
    if not missing or abs(missing * MICROS - lost) >= MICROS:
        return list(charges)
    sign = 1 if missing > 0 else -1
    places = [(place, part) for place, charge in enumerate(charges) for part in (0, 1) if charge.lost[part] * sign > 0]
    places.sort(key=lambda at: -abs(charges[at[0]].lost[at[1]]))
    moved = frozenset(places[: abs(missing)])
    return [
        msgspec.structs.replace(
            charge,
            minor=charge.minor + sign * ((place, 0) in moved),
            discount_minor=charge.discount_minor + sign * ((place, 1) in moved),
        )
        for place, charge in enumerate(charges)
    ]


def rounding(lines: Sequence[Line], total_minor: int, charges: int, stamp: Stamp) -> list[Line]:
    """The line that makes the lines add up to the total; none where none is needed, or more is missing than rounding.

    charges: how many there are. Each counts, taxed or not: prices that include tax are kept without it and unrounded,
             for buyers too who pay none.
    """
    left = residual(total_minor, minor_of(lines), charges, stamp.unit_minor)
    return [stamp.line(ROUNDING, ROUNDING, left)] if left else []


def minor_of(lines: Iterable[Line]) -> int:
    """What some lines come to."""
    return sum(line.amount_minor for line in lines)


def distinct(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines, each under a key of its own: a shop's table has no id twice, but a plugin's answer may."""
    seen: dict[str, int] = {}
    found: list[Line] = []
    for line in lines:
        seen[line.key] = count = seen.get(line.key, 0) + 1
        found.append(line if count == 1 else msgspec.structs.replace(line, key=f"{line.key}#{count}"))
    return tuple(found)


def gateway_of(payment_method: str | None) -> str:
    """Who took the money: the shop's name of the gateway; an order paid by hand may have none."""
    return token(payment_method).casefold() or UNKNOWN_GATEWAY


def reference_of(gateway: str, transaction_id: str | None) -> str:
    """What joins a payment with its row in a payout; empty where the shop names no transaction."""
    transaction = token(transaction_id)
    return f"{gateway}:{transaction}" if transaction else ""
