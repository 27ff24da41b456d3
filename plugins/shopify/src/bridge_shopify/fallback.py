"""Pure: orders and refunds without agreements, from their lines: older answers, and bulk files without them.

Lines say less than agreements: they do not tell edits apart, and nothing dates them but the order. So what comes out
must make the channel's own totals, but for a rounding within the cap, or the documents wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.plugin import residual
from bridge_shopify.facts import Amounts, Components, number
from bridge_shopify.lines import Lines, Meaning, Meanings
from bridge_shopify.taxes import NOTHING, Goods, common_taxes, shipping_taxes, taxed
from bridge_shopify.vocabulary import ADJUSTMENT, vocabulary
from bridge_shopify.wire import Charge, LineItem, Order, Refund, TaxLine

_AMOUNT = Meaning("refund.goodwill", "", "REFUND|amount", is_return=True, is_free=True)


class Items:
    """Reads the lines of one order that has no agreements, or has a refund without one."""

    def __init__(
        self, order: Order, goods: Mapping[str, Goods], amounts: Amounts, components: Components, meanings: Meanings
    ) -> None:
        self._order, self._goods, self._amounts = order, goods, amounts
        self._components, self._meanings = components, meanings
        self._items = {item.id: item for item in (order.line_items.items() if order.line_items else ())}

    def add_order(self, lines: Lines, at: datetime) -> None:
        """Everything that was ordered, and the rounding that is left."""
        order, shop = self._order, self._amounts.shop
        tip = self._tip()
        for item in self._items.values():
            word = "TIP" if item is tip else "GIFT_CARD" if item.is_gift_card else "PRODUCT"
            price, off = shop(item.original_total_set), self._off(item)
            self._add(lines, number(item.id), word, (price, off), item.tax_lines, item.sku or "", at)
            for duty in item.duties:
                self._add_charge(lines, duty, "DUTY", item.sku or "", at)
        for line in order.shipping_lines.items() if order.shipping_lines else ():
            if line.id is not None and not line.is_removed:
                price = shop(line.original_price_set)
                off = sum(shop(each.allocated_amount_set) for each in line.discount_allocations)
                self._add(lines, number(line.id), "SHIPPING", (price, off), line.tax_lines, "", at)
        for fee in order.additional_fees:
            self._add_charge(lines, fee, "ADDITIONAL_FEE", "", at)
        taxes = sum(1 for line in lines.found if line.tax_base)
        if missing := residual(shop(order.total_price_set), lines.total_minor, taxes):
            lines.add_rounding(f"{number(order.id)}:rounding", missing, at, "order|rounding", is_of_cash=False)

    def add_refund(self, refund: Refund, lines: Lines, at: datetime) -> None:
        """What a refund took back, by its lines and adjustments. In a bulk file it has none, and nothing is added."""
        shop, order = self._amounts.shop, self._order
        for place, back in enumerate(refund.refund_line_items.items() if refund.refund_line_items else ()):
            item = self._items.get(back.line_item.id)
            goods = self._goods.get(back.line_item.id, NOTHING)
            word = "GIFT_CARD" if item is not None and item.is_gift_card else "PRODUCT"
            paid, tax = shop(back.subtotal_set), shop(back.total_tax_set)
            price = self._price(item, back.quantity, paid)
            key = number(back.id) if back.id else f"{number(refund.id)}:item:{place}"
            total, net_off = self._totals(price, price - paid, tax)
            self._add_back(lines, key, self._meanings[word, "RETURN"], (-total, -tax, net_off), goods, at)
        for place, each in enumerate(refund.refund_shipping_lines.items() if refund.refund_shipping_lines else ()):
            paid, tax = shop(each.subtotal_amount_set), shop(each.tax_amount_set)
            key = number(each.id) if each.id else f"{number(refund.id)}:shipping:{place}"
            total, _ = self._totals(paid, 0, tax)
            goods = Goods("", shipping_taxes(order, tax, total - tax))
            self._add_back(lines, key, self._meanings["SHIPPING", "RETURN"], (-total, -tax, 0), goods, at)
        for adjustment in refund.order_adjustments.items() if refund.order_adjustments else ():
            amount, tax = shop(adjustment.amount_set), shop(adjustment.tax_amount_set)
            kind = vocabulary().kind(ADJUSTMENT, adjustment.reason or "")
            meaning = Meaning(kind, "", f"ADJUSTMENT|{adjustment.reason or ''}", is_return=True, is_free=True)
            total, _ = self._totals(amount, 0, tax)
            goods = Goods("", common_taxes(order) if tax else None)
            self._add_back(lines, number(adjustment.id), meaning, (total, tax, 0), goods, at)
        for place, refunded in enumerate(refund.duties or ()):
            key, amount = f"{number(refund.id)}:duty:{place}", shop(refunded.amount_set)
            self._add_back(lines, key, self._meanings["DUTY", "RETURN"], (-amount, 0, 0), NOTHING, at)
        if refund.names_nothing and (amount := shop(refund.total_refunded_set)):
            self._add_back(lines, f"{number(refund.id)}:amount", _AMOUNT, (-amount, 0, 0), NOTHING, at)

    def _add(
        self,
        lines: Lines,
        key: str,
        word: str,
        money: tuple[int, int],
        taxes: Sequence[TaxLine] | None,
        sku: str,
        at: datetime,
    ) -> None:
        """money: the price before discounts, and the discounts."""
        tax = sum(self._amounts.shop(line.price_set) for line in taxes or ())
        total, net_off = self._totals(*money, tax)
        found = taxed(tax, None, taxes, self._amounts, self._components)
        lines.add_sale(key, self._meanings[word, "ORDER"], total, tax, net_off, found, sku, at)

    def _add_charge(self, lines: Lines, charge: Charge, word: str, sku: str, at: datetime) -> None:
        self._add(lines, number(charge.id), word, (self._amounts.shop(charge.price), 0), charge.tax_lines, sku, at)

    def _add_back(
        self, lines: Lines, key: str, meaning: Meaning, money: tuple[int, int, int], goods: Goods, at: datetime
    ) -> None:
        """money: total with tax, tax, and discount without tax."""
        total, tax, off = money
        found = taxed(tax, None, goods.tax_lines, self._amounts, self._components)
        lines.add_sale(key, meaning, total, tax, off, found, goods.sku, at)

    def _totals(self, price: int, off: int, tax: int) -> tuple[int, int]:
        """What a price, less its discounts, comes to with tax; and its discounts without tax, half up."""
        if not self._order.taxes_included:
            return price - off + tax, off
        total = price - off
        return total, (2 * off * (total - tax) + total) // (2 * total) if total > 0 else off

    def _off(self, item: LineItem) -> int:
        return sum(self._amounts.shop(each.allocated_amount_set) for each in item.discount_allocations)

    def _price(self, item: LineItem | None, quantity: int, paid: int) -> int:
        """What returned units cost before discounts; what was paid back for them where that is not told."""
        whole = self._amounts.shop(item.original_total_set) if item is not None else 0
        if item is None or item.quantity <= 0 or whole * quantity % item.quantity:
            return paid
        return max(whole * quantity // item.quantity, paid)

    def _tip(self) -> LineItem | None:
        """The line item that is the tip, if there is one: it bears no SKU and no tax, and is the tip to the cent."""
        shop = self._amounts.shop
        tip = shop(self._order.total_tip_received_set)
        fits = (
            item
            for item in reversed(self._items.values())
            if tip and not item.sku and not item.tax_lines and not item.is_gift_card
            if shop(item.original_total_set) - self._off(item) == tip
        )
        return next(fits, None)
