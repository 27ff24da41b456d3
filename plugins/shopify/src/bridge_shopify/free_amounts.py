"""Pure: amounts of a refund that name no goods: what of their order they give back, and with which tax.

All that an order has left gives back its very lines and taxes; any other amount is goodwill, at the order's mix of
rates. Where the merchant kept a part of what named goods cost, it is kept at the mix of these goods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.model.line_tax import Liable, charged_on, taxed_at
from bridge.model.lines import UNCLASSIFIED, Line
from bridge.plugin import TaxedAmount, give_back
from bridge_shopify.lines import Free, Lines

_GOODWILL, _KEPT, _COLLECTED = "refund.goodwill", "refund.other", "tax.collected"
_BACK = {
    "sale.product": "refund.product",
    "sale.shipping": "refund.shipping",
    "sale.other": "refund.other",
    "discount.product": "refund.discount",
    "discount.shipping": "refund.discount",
}
_GOODS = frozenset({*_BACK, *_BACK.values(), _GOODWILL})
_CHANNELS = "channel's"
"""In place of a rate, of goods whose tax is the channel's: they are coded otherwise than what is free of tax."""


def settle(sale: Lines, backs: Iterable[Lines]) -> None:
    """Add the lines of every free amount.

    backs: the refunds and returns of the order, by their instants. What is left is what was agreed until then, so that
           later edits and refunds change no earlier refund.
    """
    before = list(sale.found)
    for back in backs:
        for free in back.take_free():
            told = [line for line in (*before, *back.found) if line.occurred_at <= free.at]
            if free.minor > 0:
                _share(free, back, _KEPT, _amounts(back.found, -1), 1)
            elif sum(line.amount_minor for line in told) == -free.minor and _is_all_known(told):
                _mirror(free, back, told)
            else:
                _share(free, back, _GOODWILL, _amounts(told, 1), -1)
        before += back.found


def _share(free: Free, back: Lines, kind: str, left: Sequence[TaxedAmount], sign: int) -> None:
    for place, part in enumerate(give_back(abs(free.minor), left), start=1):
        key = free.key if place == 1 else f"{free.key}:{place}"
        borne = taxed_at("", liable=Liable.CHANNEL) if part.rate == _CHANNELS else taxed_at(part.rate)
        back.add(key, kind, sign * part.base_minor, free.at, words=free.words, tax=borne)
        if part.tax_minor:
            tax, words = sign * part.tax_minor, f"{free.words}|tax"
            back.add(f"{key}:tax", _COLLECTED, tax, free.at, words=words, tax=charged_on(kind, borne))


def _mirror(free: Free, back: Lines, told: Sequence[Line]) -> None:
    """Take back what is left of every line, those alike as one."""
    left: dict[tuple[object, ...], tuple[int, Line]] = {}
    for line in told:
        back_of, borne = _BACK.get(line.tax_base, line.tax_base), line.tax_sum
        kind, tax = _BACK.get(line.kind, line.kind), line.words.partition("|tax|")[2]
        key = kind, back_of, line.sku, borne.rate, borne.liable, tax, line.attributes
        minor, first = left.get(key, (0, line))
        left[key] = minor + line.amount_minor, first
    for place, (minor, line) in enumerate(left.values(), start=1):
        if minor:
            tax = line.words.partition("|tax|")[2]
            back.add(
                free.key if place == 1 else f"{free.key}:{place}",
                _BACK.get(line.kind, line.kind),
                -minor,
                free.at,
                sku=line.sku,
                words=f"{free.words}|tax|{tax}" if tax else free.words,
                tax=charged_on(_BACK.get(line.tax_base, line.tax_base), line.tax),
                attributes=line.attributes,
            )


def _is_all_known(told: Sequence[Line]) -> bool:
    return all(line.kind != UNCLASSIFIED for line in told)


def _amounts(lines: Iterable[Line], sign: int) -> list[TaxedAmount]:
    """What goods, and the merchant's own tax on them, come to, line by line."""
    found: list[TaxedAmount] = []
    for line in lines:
        rate, minor = _CHANNELS if line.is_taxed_by_channel else line.tax_rate, sign * line.amount_minor
        if line.kind in _GOODS:
            found.append(TaxedAmount(rate, minor, 0))
        elif line.kind == _COLLECTED and line.tax_base in _GOODS:
            found.append(TaxedAmount(rate, 0, minor))
    return found
