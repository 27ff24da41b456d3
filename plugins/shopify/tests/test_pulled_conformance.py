"""Shopify's plugin pulls a shop as the contract says: the conformance kit over the fake shop, with its limits on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar

from pydantic import SecretStr

from bridge.model.documents import DocumentKind
from bridge.model.reports import Balance, BalanceName, Figure, FigureName, Subscription
from bridge.plugin import AppSettings, SourceOffer, signature
from bridge.sandbox import SandboxClock
from bridge.testing import KitClock, PulledConformance
from bridge.testing.pulls import SINCE
from bridge_shopify.offer import offer
from bridge_shopify.settings import ShopifySettings
from bridge_shopify.streams import NOTICES
from bridge_shopify_sandbox import ShopifySandbox
from bridge_shopify_sandbox.nodes import Sold

SHOP = "kit.myshopify.com"
SECRET = "shpss_sandbox"
HOUR = timedelta(hours=1)
Names = frozenset[tuple[str, str]]


class FullShop:
    """A ``FakeChannel``: five orders, one of which no answer holds whole; three payouts, a full page of disputes."""

    def __init__(self, clock: KitClock, bulk_from_orders: int) -> None:
        self.sandbox = ShopifySandbox(clock=SandboxClock(clock), limits=True, points=1_000_000_000, domain=SHOP)
        self.shop = self.sandbox.shop
        self.app: AppSettings = ShopifySettings(
            base_url=self.sandbox.base_url,
            tokens={SHOP: SecretStr(self.shop.token)},
            client_secret=SecretStr(SECRET),
            bulk_from_orders=bulk_from_orders,
        )
        for number in range(1, 4):
            self._at(number)
            self.shop.sell(f"{number}0.00", items=number)
            self.shop.pay_out("0.30", status="SCHEDULED" if number == 3 else "PAID")
        self._at(4)
        self.nested = self.shop.sell("70.00", items=7)
        for amount in ("10.00", "20.00", "7.00"):
            self.shop.refund(self.nested, amount, lines=3)
        self.plain = self.shop.sell("5.00")
        for _ in range(20):
            self.shop.dispute(self.plain, "5.00", "WON")
        self.lost = self.shop.dispute(self.nested, "10.00", "LOST")
        self.open = self.shop.dispute(self.nested, "10.00")
        for topic in NOTICES:
            self.shop.subscribe(topic.name.replace("/", "_").upper(), "https://books.example/shop")
        for number in range(100):
            self.shop.webhooks.insert(number, ("APP_UNINSTALLED", f"https://other.example/{number}"))
        self.sandbox.clock.run()

    def _at(self, hours: int) -> None:
        self.sandbox.clock.set(SINCE + hours * HOUR)

    def owners(self, stream: str) -> Names:
        shop = self.shop
        things: dict[str, list[int]] = {
            "order": [*shop.orders],
            "payout": [*shop.payouts],
            "dispute": [*shop.disputes],
        }
        kind = "order" if stream == "placed" else stream.removesuffix("s")
        return frozenset((kind, str(number)) for number in things[kind])

    def documents(self, kind: str, external_id: str) -> Names:
        number = int(external_id)
        if kind == "dispute":
            is_lost = self.shop.disputes[number].status == "LOST"
            return frozenset({("adjustment", f"dispute:{number}")} if is_lost else ())
        backs = self.shop.orders[number].backs if kind == "order" else ()
        return frozenset({(kind, external_id), *(("refund", str(back.id)) for back in backs)})

    def moving(self) -> Names:
        late = next(number for number, payout in self.shop.payouts.items() if payout.status == "SCHEDULED")
        return frozenset({("payout", str(late)), ("dispute", str(self.open))})

    def edit(self) -> tuple[str, str]:
        order = self.shop.orders[self.nested]
        order.goods[0] = Sold(order.goods[0].minor + 700)
        for back in order.backs:
            (place, minor, tax), *others = back.taken
            back.taken = [(place, minor + 3, tax), *others]
        order.updated_at = self.sandbox.clock.now()
        return "order", str(self.nested)

    def delete(self) -> tuple[str, str]:
        self.shop.delete(self.plain)
        return "order", str(self.plain)

    def set_otherwise(self) -> None:
        self.shop.taxes_included = not self.shop.taxes_included

    def break_answer(self, after: int = 0) -> None:
        self.sandbox.vendor.breaks_at = self.sandbox.vendor.answers + after + 1

    def mend(self) -> None:
        self.sandbox.vendor.breaks_at = 0

    def on_answer(self, call: Callable[[], None]) -> None:
        self.sandbox.vendor.on_answer = call

    def finish_jobs(self) -> None:
        self.shop.bulk.finish()

    def jobs(self) -> int:
        return len(self.shop.bulk.operations)

    def figures(self, report: str) -> frozenset[Figure]:
        """By days of New York, which begin at four: the first three orders lie before the last day of May is over."""
        may, june = (SINCE + hours * HOUR for hours in (-20, 4))
        if report == "days":
            told = [(may, 3), (june, len(self.shop.orders) - 3)]
            return frozenset(Figure(FigureName.PLACED, at, at + 24 * HOUR, many) for at, many in told)
        return frozenset(
            Figure(FigureName.TOTAL, one.at, one.at, one.minor, "USD", DocumentKind.PAYOUT, str(number))
            for number, one in self.shop.payouts.items()
        )

    def balances(self) -> frozenset[Balance]:
        held = sum(row.minor for row in self.shop.rows if not row.payout)
        return frozenset({Balance(BalanceName.TOTAL, held, "USD")})

    def subscriptions(self) -> frozenset[Subscription]:
        names = {topic.name.replace("/", "_").upper(): topic.name for topic in NOTICES}
        return frozenset(Subscription(names[topic], uri) for topic, uri in self.shop.webhooks if topic in names)

    def switch_off(self) -> str:
        self.shop.give_up("ORDERS_UPDATED")
        return "orders/updated"

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        body = json.dumps({"id": self.plain, "email": "ann.buyer@example.com"}).encode()
        headers = {"X-Shopify-Topic": "orders/updated", "X-Shopify-Hmac-Sha256": signature(SECRET, body)}
        return headers, body, (("order", str(self.plain)),)


class TestShopifyBulk(PulledConformance):
    """Over loopback HTTP: what bulk operations bring of orders."""

    module = "bridge_shopify"
    account = SHOP
    bulk_from_orders = 1
    left_out: ClassVar[Mapping[str, str]] = {
        "buyer_markers": "no query asks for anything of a buyer but a country; test_pages plants some in a page",
    }

    def offer(self) -> SourceOffer:
        return offer()

    @contextmanager
    def channel(self, clock: KitClock) -> Iterator[FullShop]:
        full = FullShop(clock, self.bulk_from_orders)
        try:
            yield full
            assert full.sandbox.server.crashes == []
        finally:
            full.sandbox.stop()


class TestShopifyPulled(TestShopifyBulk):
    """Page by page."""

    bulk_from_orders = 1_000
    left_out: ClassVar[Mapping[str, str]] = {
        **TestShopifyBulk.left_out,
        "jobs": "held to by TestShopifyBulk",
    }
