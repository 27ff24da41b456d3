"""Lets the fake shop live: each happening of a made-up life, carried out as it happens in a Shopify shop."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.model.money import decimal_text
from bridge.sandbox import Basket, Good, Happening, What
from bridge_shopify_sandbox.nodes import Sold
from bridge_shopify_sandbox.shop import Shop

__all__ = ["Living"]

_FEE = "0.30"


class Living:
    """One shop and its life. numbers: of its orders, by their places in the story."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.numbers: dict[int, int] = {}
        self._disputes: dict[int, int] = {}

    def live(self, happenings: Iterable[Happening]) -> None:
        """All of it, each at its instant: the shop's clock is left at the last."""
        for happening in happenings:
            self.shop.clock.set(happening.at)
            self.carry_out(happening)

    def carry_out(self, happening: Happening) -> None:
        """One of it, now. What is to an order that was deleted comes to nothing."""
        if happening.what is What.PAID_OUT:
            if self.shop.unpaid:
                self.shop.pay_out(_FEE)
        elif happening.basket is not None:
            self.numbers[happening.order] = self._buy(happening.basket)
        elif self.numbers[happening.order] in self.shop.orders:
            self._to_order(happening, self.numbers[happening.order])

    def _buy(self, basket: Basket) -> int:
        goods = [_sold(basket, good) for good in basket.goods]
        if basket.tip:
            goods.append(Sold(basket.tip, kind="TIP"))
        total = sum(good.minor for good in goods)
        return self.shop.place(
            goods,
            is_paid=basket.is_paid,
            by_gift_card=total * basket.by_gift_card // 100,
            pays_in=basket.pays_in,
            is_test=basket.is_test,
        )

    def _to_order(self, happening: Happening, number: int) -> None:
        shop, amount = self.shop, decimal_text(happening.minor, self.shop.currency)
        match happening.what:
            case What.EDITED:
                shop.add(number, amount)
            case What.GIVEN_BACK:
                goods = [(place, shop.orders[number].goods[place]) for place in happening.goods]
                shop.take_back(number, [(place + 1, good.minor, good.tax) for place, good in goods])
            case What.GIVEN_BACK_IN_PART:
                shop.take_back(number, [(place + 1, happening.minor, 0) for place in happening.goods])
            case What.CANCELLED:
                shop.cancel(number)
            case What.DELETED:
                shop.delete(number)
            case What.DISPUTED:
                self._disputes[number] = shop.dispute(number, amount)
            case What.DECIDED:
                shop.decide(self._disputes[number], "WON" if happening.is_won else "LOST")


def _sold(basket: Basket, good: Good) -> Sold:
    tax, kind = basket.tax(good), "GIFT_CARD" if good.is_gift_card else "PRODUCT"
    percent = 0 if good.is_gift_card else basket.tax_percent
    return Sold(good.price - good.off + tax, tax, percent, good.off, kind)
