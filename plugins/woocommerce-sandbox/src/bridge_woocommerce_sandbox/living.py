"""Lets the fake shop live: each happening of a made-up life that a WooCommerce shop knows, carried out in it.

Tips, gift cards, other currencies, disputes and payouts are things of plugins and gateways, and do not happen here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bridge.model.money import decimal_text
from bridge.sandbox import Basket, Happening, What
from bridge_woocommerce_sandbox.shop import Shop

__all__ = ["Living"]

_FEE: Final = "0.30"


class Living:
    """One shop and its life. numbers: of its orders, by their places in the story."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.numbers: dict[int, int] = {}

    def live(self, happenings: Iterable[Happening]) -> None:
        """All of it, each at its instant: the shop's clock is left at the last."""
        for happening in happenings:
            self.shop.clock.set(happening.at)
            self.carry_out(happening)

    def carry_out(self, happening: Happening) -> None:
        """One of it, now. What is to an order that was deleted comes to nothing."""
        if happening.basket is not None:
            self.numbers[happening.order] = self._buy(happening.basket)
        elif self.numbers.get(happening.order) in self.shop.orders:
            self._to_order(happening, self.numbers[happening.order])

    def _buy(self, basket: Basket) -> int:
        return self.shop.place(
            [self._text(good.price) for good in basket.goods],
            off=[self._text(good.off) for good in basket.goods],
            tax=str(basket.tax_percent),
            fee=_FEE if basket.is_paid else "",
            paid=basket.is_paid,
        )

    def _to_order(self, happening: Happening, number: int) -> None:
        shop, amount = self.shop, self._text(happening.minor)
        match happening.what:
            case What.EDITED:
                shop.add(number, amount)
            case What.GIVEN_BACK:
                for place in happening.goods:
                    shop.refund(number, line=place)
            case What.GIVEN_BACK_IN_PART:
                shop.refund(number, amount)
            case What.CANCELLED:
                shop.set_status(number, "refunded" if shop.orders[number]["refunds"] else "cancelled")
            case What.DELETED:
                shop.delete(number)

    def _text(self, minor: int) -> str:
        return decimal_text(minor, self.shop.settings.currency)
