"""Pure: how many decimals a shop shows, found out from a whole file of its answers.

A shop that shows none rounds every total to whole units of its currency, at each reading and whatever it is asked for,
while the lines below keep their fractions. One order with a round total proves nothing: all totals of the file must be
whole, and two of them, at least, must stand over parts that are not. Where a file holds less than that, the setting
``decimals`` of the connection says it.
Source: WooCommerce 10.5.0, REST API v3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from bridge.errors import DocumentError
from bridge.model.money import exponent
from bridge_woocommerce.facts import is_money
from bridge_woocommerce.shapes import Charge, Order

WITNESSES = 2


def are_whole(totals: Iterable[str]) -> bool:
    """Whether some totals have no decimals but zeros: where one of a file has, its shop shows decimals."""
    return all(map(_is_whole, totals))


def shown_decimals(orders: Iterable[Order]) -> int | None:
    """0 for a shop that shows no decimals; None where too little is told. orders: of a file, all with whole totals."""
    seen = 0
    for order in orders:
        seen += sum(_is_rounded(whole, parts) for whole, parts in _figures(order)) if _has_decimals(order) else 0
        if seen >= WITNESSES:
            return 0
    return None


def _has_decimals(order: Order) -> bool:
    try:
        return exponent(order.currency) > 0
    except DocumentError:  # no currency: said of the order, when it is read
        return False


def _figures(order: Order) -> list[tuple[str | None, list[str | None]]]:
    """What the shop rounds, each with its parts: the total, its tax, and what each rate came to."""
    lines: Sequence[Charge] = [*order.line_items, *order.shipping_lines, *order.fee_lines]
    found: list[tuple[str | None, list[str | None]]] = [
        (order.total, [*(line.total for line in lines), order.total_tax]),
        (order.total_tax, [line.total_tax for line in lines]),
    ]
    for rate in order.tax_lines:
        shares = [tax.total for line in lines for tax in line.taxes if tax.id == rate.rate_id]
        found.append((str(_sum([rate.tax_total, rate.shipping_tax_total])), shares))
    return found


def _is_rounded(whole: str | None, parts: Sequence[str | None]) -> bool:
    """Whether a whole figure stands over parts that miss it by less than one, and by more than six decimals lose."""
    figure = _sum([whole])
    return bool(figure) and _is_whole(whole or "") and Decimal("0.01") < abs(_sum(parts) - figure) < 1


def _sum(texts: Sequence[str | None]) -> Decimal:
    return sum((Decimal(text) for text in map(_plain, texts) if is_money(text)), Decimal(0))


def _is_whole(text: str) -> bool:
    return not text.strip().partition(".")[2].strip("0")


def _plain(text: str | None) -> str:
    return (text or "").strip()
