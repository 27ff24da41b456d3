"""Pure: the agreements of an order, and the sales of one to lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.plugin.reading import FactError
from bridge_shopify.facts import Amounts, Components, digits, in_order, number
from bridge_shopify.lines import Lines, Meanings
from bridge_shopify.taxes import NOTHING, Goods, common_taxes, shipping_taxes, taxed
from bridge_shopify.wire import Agreement, Order, Sale

_OF_THE_ORDER = frozenset({"OrderAgreement", "OrderEditAgreement"})
_BACK = ("REFUND", "RETURN")
RETURN = "return:"
"""Opens the external id of a return, which is none of Shopify's own."""


def belongs_to(agreement: Agreement) -> str:
    """The external id of the refund or return it is about; empty for one about the order itself.

    A refund is known by its own id. A return is known by its agreement's, as one return may come to several.
    Raises: FactError for a refund or return that does not say which.
    """
    if agreement.refund is not None:
        return digits(agreement.refund.id)
    if agreement.return_ is not None:
        return f"{RETURN}{digits(agreement.id)}"
    if agreement.typename in _OF_THE_ORDER:
        return ""
    words = f"{agreement.typename} {agreement.reason} {agreement.id}".upper()
    if any(word in words for word in _BACK):
        raise FactError("file.shape", "has an agreement of a refund or return that does not say which")
    return ""


def in_time(agreements: Sequence[Agreement]) -> Sequence[Agreement]:
    """The agreements as they happened; those of one instant by id."""
    if len(agreements) == 1:
        return agreements
    return sorted(agreements, key=lambda each: (each.happened_at, in_order(each.id)))


class Agreed:
    """Reads the sales of one order's agreements."""

    def __init__(self, order: Order, goods: Mapping[str, Goods], amounts: Amounts, components: Components) -> None:
        self._order, self._goods, self._amounts, self._components = order, goods, amounts, components

    def add(self, agreement: Agreement, at: datetime, lines: Lines, meanings: Meanings) -> None:
        """Add every sale of the agreement, in the order of their ids. at: when it happened."""
        sales = agreement.sales.items() if agreement.sales is not None else ()
        if len(sales) > 1:
            sales = sorted(sales, key=_rank)
        shop = self._amounts.shop
        for sale in sales:
            total, tax = shop(sale.total_amount), shop(sale.total_tax_amount)
            goods = self._goods_of(sale, total, tax)
            lines.add_sale(
                number(sale.id),
                meanings[sale.line_type, sale.action_type],
                total,
                tax,
                shop(sale.total_discount_amount_before_taxes),
                taxed(tax, sale, goods.tax_lines, self._amounts, self._components),
                goods.sku,
                at,
            )

    def _goods_of(self, sale: Sale, total: int, tax: int) -> Goods:
        """What was sold; of returned shipping and of adjustments, which name nothing, only how it is taxed."""
        ref = sale.line_item or sale.shipping_line or sale.duty or sale.additional_fee
        if ref is not None:
            return self._goods.get(ref.id, NOTHING)
        if sale.line_type == "SHIPPING":
            return Goods("", shipping_taxes(self._order, tax, total - tax))
        return Goods("", common_taxes(self._order)) if tax else NOTHING


def _rank(sale: Sale) -> tuple[int, str]:
    return in_order(sale.id)
