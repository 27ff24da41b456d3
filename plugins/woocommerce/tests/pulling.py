"""A full sandbox shop for the kit, and what a test asks it through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from bridge.clock import Clock
from bridge.model.reports import Balance, Figure, FigureName, Sending, Subscription
from bridge.plugin import signature
from bridge.sandbox import FaultKind, SandboxClock
from bridge.testing import Bench, KitClock
from bridge.testing.pulls import SINCE
from bridge_woocommerce.pulled import WooCommercePulled
from bridge_woocommerce.settings import WooCommerceSettings
from bridge_woocommerce.source import offer
from bridge_woocommerce.streams import NOTICES
from bridge_woocommerce_sandbox import WooCommerceSandbox

ACCOUNT: Final = "sandbox-shop.example"
CONNECTION: Final = "kit"
WEBHOOK_SECRET: Final = "whsec_sandbox"


def settings(sandbox: WooCommerceSandbox, *, page_size: int = 2, **shop: object) -> WooCommerceSettings:
    """The operator's settings for the sandbox's shop. shop: fields that are set otherwise."""
    own = sandbox.shop.settings
    told = {
        "url": sandbox.url,
        "key": own.key,
        "secret": own.secret,
        "webhook_secret": WEBHOOK_SECRET,
        "plain_permalinks": own.permalinks == "plain",
        **shop,
    }
    return WooCommerceSettings.model_validate({"shops": {CONNECTION: told}, "page_size": page_size})


def source(sandbox: WooCommerceSandbox, clock: Clock, *, page_size: int = 2, **shop: object) -> WooCommercePulled:
    """The source of the shop's connection."""
    app = settings(sandbox, page_size=page_size, **shop)
    built = offer().build(Bench(offer(), account=ACCOUNT, connection=CONNECTION, app=app, clock=clock))
    assert isinstance(built, WooCommercePulled)
    return built


class FullShop:
    """A ``FakeChannel``: seven orders kept as posts, one in the bin, one with refunds on several pages."""

    def __init__(self, sandbox: WooCommerceSandbox, clock: KitClock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.shop = sandbox.shop
        self.app = settings(sandbox)
        self._call: Callable[[], None] = lambda: None
        sandbox.vendor.on_answer = self._answering
        self.shop.set(storage="posts")
        now = clock.now()
        placed: list[int] = []
        for number in range(1, 8):
            clock.advance((SINCE + timedelta(hours=number) - clock.now()).total_seconds())
            placed.append(self.shop.place([f"{number}0.00", "5.00"], tax="20", shipping="4.50", fee="0.49"))
        self.nested = placed[1]
        for amount in ("1.00", "2.00", "3.00"):
            self.shop.refund(self.nested, amount)
        self.shop.set_status(placed[-1], "trash")
        for number in range(100):
            self.shop.add_webhook("product.updated", f"https://other.example/{number}")
        self.webhooks = [self.shop.add_webhook(topic.name, "https://books.example/shop") for topic in NOTICES]
        self.shop.set_webhook(self.shop.add_webhook("order.updated", "https://other.example/"), "paused")
        clock.advance((now - clock.now()).total_seconds())

    def _answering(self) -> None:
        self._call()

    def owners(self, stream: str) -> frozenset[tuple[str, str]]:
        if stream == "refunds":
            return frozenset(("refund", str(name)) for name in self.shop.refunds)
        return frozenset(("order", str(name)) for name in self.shop.orders)

    def documents(self, kind: str, external_id: str) -> frozenset[tuple[str, str]]:
        if kind == "refund":
            return frozenset({("refund", external_id)})
        backs = [("refund", str(one["id"])) for one in self.shop.refunds_of(int(external_id))]
        return frozenset({("order", external_id), ("fee", external_id), *backs})

    def moving(self) -> frozenset[tuple[str, str]]:
        return frozenset()

    def edit(self) -> tuple[str, str]:
        """Its lines, its total, and what was given back change at once."""
        self.shop.reprice(self.nested, "33.00")
        self.shop.refund(self.nested, "1.50")
        return "order", str(self.nested)

    def delete(self) -> tuple[str, str]:
        name = min(self.shop.orders)
        self.shop.delete(name)
        return "order", str(name)

    def set_otherwise(self) -> None:
        self.shop.set(decimals=0 if self.shop.settings.decimals else 2)

    def break_answer(self, after: int = 0) -> None:
        page = {"status": 200, "body": "<html>Just a moment ...</html>"}
        self.sandbox.faults.order(FaultKind.ANSWER, skip=after, **page)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def on_answer(self, call: Callable[[], None]) -> None:
        self._call = call

    def finish_jobs(self) -> None:
        pass

    def jobs(self) -> int:
        return 0

    def figures(self, report: str) -> frozenset[Figure]:
        """By days of Los Angeles, which begin at seven: six orders lie before the last day of May is over."""
        assert report == "revenue"
        may, june = (SINCE + timedelta(hours=hours) for hours in (-17, 7))
        minors = [number * 1200 + 600 + 450 for number in range(1, 8)]
        told = [(may, 6, sum(minors[:6])), (june, 1, minors[6] - 600)]
        return frozenset(
            figure
            for since, orders, sales in told
            for until in [since + timedelta(days=1)]
            for figure in (
                Figure(FigureName.PAID, since, until, orders),
                Figure(FigureName.TAKINGS, since, until, sales, "USD"),
            )
        )

    def balances(self) -> frozenset[Balance]:
        return frozenset()

    def subscriptions(self) -> frozenset[Subscription]:
        return frozenset(
            Subscription(one["topic"], one["delivery_url"], Sending(one["status"]))
            for one in self.shop.webhooks.values()
            if one["topic"].startswith("order.")
        )

    def switch_off(self) -> str:
        self.shop.set_webhook(self.webhooks[0], "disabled")
        return "order.created"

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        body = json.dumps({"id": self.nested, "status": "processing"}).encode()
        headers = {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Resource": "order"}
        headers["X-WC-Webhook-Signature"] = signature(WEBHOOK_SECRET, body)
        return headers, body, (("order", str(self.nested)),)


def opened(clock: Clock) -> WooCommerceSandbox:
    """A sandbox shop on this clock."""
    return WooCommerceSandbox(clock=SandboxClock(clock))
