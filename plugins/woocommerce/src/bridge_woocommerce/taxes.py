"""Pure: what a shop states of tax, shared out over the lines it was charged on, in whole minor units.

The order's own tax is the truth; below it what each rate came to; below that the tax of each line, which tells who
bears it and no more. Each level is rounded half up and then made to add up to the level above: what is missing is
spread by largest remainder, if it is no more than roundings can leave (``bridge.plugin.residual``). What is missing
beyond that stays missing, and the host holds the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from bridge.model.line_tax import Tax, TaxComponent, taxed_at
from bridge.model.money import allocate_minor
from bridge.model.tax import plain_rate
from bridge.plugin import residual
from bridge_woocommerce.facts import minor_or_zero, sensible
from bridge_woocommerce.meta import plain, token
from bridge_woocommerce.shapes import Tax as TaxCell
from bridge_woocommerce.shapes import TaxLine

GOODS, SHIPPING = "goods", "shipping"

Cells = tuple[tuple[str, int], ...]  # tax of one line: (rate id, minor units)


class Rate(msgspec.Struct, frozen=True):
    """One rate and what it came to, by view (goods and fees, shipping). percent: None where it is not told."""

    code: str
    percent: Decimal | None
    stated: Mapping[str, int]


_NOT_TOLD = Rate("", None, {})


class Share(msgspec.Struct, frozen=True):
    """Tax of one rate on one line. place: of the line; None where only the document as a whole bears it."""

    place: int | None
    rate_id: str
    view: str
    minor: int


def rates_of(tax_lines: Iterable[TaxLine], currency: str) -> dict[str, Rate]:
    """Every rate of a document, by id."""
    found: dict[str, Rate] = {}
    for line in tax_lines:
        before = found.get(_rate_id(line.rate_id))
        stated = {
            GOODS: minor_or_zero(line.tax_total, currency) + (before.stated[GOODS] if before else 0),
            SHIPPING: minor_or_zero(line.shipping_tax_total, currency) + (before.stated[SHIPPING] if before else 0),
        }
        found[_rate_id(line.rate_id)] = Rate(plain(line.rate_code or "")[:60], sensible(line.rate_percent), stated)
    return found


def cells_of(taxes: Iterable[TaxCell], currency: str) -> Cells:
    """The rates that apply to a line, zero rates too; those that do not have an empty total."""
    return tuple((_rate_id(tax.id), minor_or_zero(tax.total, currency)) for tax in taxes if (tax.total or "").strip())


def discounted_of(taxes: Iterable[TaxCell], currency: str) -> Cells:
    """By how much discounts changed the tax of each rate on a line, as the shop states both."""
    found = (
        (_rate_id(tax.id), minor_or_zero(tax.total, currency) - minor_or_zero(tax.subtotal, currency))
        for tax in taxes
        if (tax.total or "").strip() and (tax.subtotal or "").strip()
    )
    return tuple(cell for cell in found if cell[1])


def _rate_id(told: int | str) -> str:
    """The rate's id in the shop's table; tax plugins make up their own."""
    return str(told) if isinstance(told, int) else token(told) or "other"


def tax_of(cells: Cells, rates: Mapping[str, Rate]) -> Tax:
    """The taxes on a line, one a rate: at ``0`` without any, at none where rates do not tell why there is tax."""
    told = [rates.get(rate_id, _NOT_TOLD) for rate_id, _ in cells]
    is_wrong = any(minor for _, minor in cells) and all(rate.percent == 0 for rate in told)
    found = (
        TaxComponent(rate="" if rate.percent is None or is_wrong else plain_rate(rate.percent), jurisdiction=rate.code)
        for rate in told
    )
    return tuple(found) or taxed_at("0")


def shared(
    charged: Sequence[tuple[str, Cells]],
    rates: Mapping[str, Rate],
    target_minor: int | None = None,
    unit_minor: int = 1,
) -> list[Share]:
    """The tax of a document, rate by rate and line by line; none is a share of nothing.

    charged:    of each line its view and its tax. target_minor: the document's own tax, where it states one.
    unit_minor: the smallest amount that the shop rounds to.
    """
    groups: dict[tuple[str, str], list[Share]] = {
        (rate_id, view): [] for rate_id, rate in rates.items() for view, minor in rate.stated.items() if minor
    }
    for place, (view, cells) in enumerate(charged):
        for rate_id, minor in cells:
            groups.setdefault((rate_id, view), []).append(Share(place, rate_id, view, minor))
    stated = [
        rates[rate_id].stated[view] if rate_id in rates else sum(share.minor for share in shares)
        for (rate_id, view), shares in groups.items()
    ]
    if target_minor is not None:
        count = max(len(stated), sum(len(shares) for shares in groups.values()))
        stated = settled(stated, target_minor, count, unit_minor)
        if not groups and target_minor:
            return [Share(None, "", GOODS, target_minor)]
    found: list[Share] = []
    for ((rate_id, view), shares), minor in zip(groups.items(), stated, strict=True):
        amounts = settled([share.minor for share in shares], minor, len(shares), unit_minor)
        found += [msgspec.structs.replace(share, minor=part) for share, part in zip(shares, amounts, strict=True)]
        found.append(Share(None, rate_id, view, minor - sum(amounts)))
    return found


def settled(amounts: Sequence[int], target_minor: int, lines: int, unit_minor: int = 1) -> list[int]:
    """The amounts, made to add up to the target where no more is missing than the rounding of so many lines.

    Rounding: largest remainder by size; on a tie the earlier amount gains the unit.
    """
    missing = residual(target_minor, sum(amounts), lines, unit_minor) if amounts else 0
    if not missing:
        return list(amounts)
    weights = [abs(amount) for amount in amounts]
    parts = allocate_minor(missing, weights if any(weights) else [1] * len(weights))
    return [amount + part for amount, part in zip(amounts, parts, strict=True)]
