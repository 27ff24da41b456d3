"""A full sandbox shop for the kit, and what a test asks it through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from bridge.clock import Clock
from bridge.sandbox import FaultKind, SandboxClock
from bridge.testing import Bench, KitClock
from bridge.testing.pulls import SINCE
from bridge_woocommerce.pulled import WooCommercePulled
from bridge_woocommerce.settings import WooCommerceSettings
from bridge_woocommerce.source import offer
from bridge_woocommerce_sandbox import WooCommerceSandbox

ACCOUNT: Final = "sandbox-shop.example"
CONNECTION: Final = "kit"


def settings(sandbox: WooCommerceSandbox, *, page_size: int = 2, **shop: object) -> WooCommerceSettings:
    """The operator's settings for the sandbox's shop. shop: fields that are set otherwise."""
    own = sandbox.shop.settings
    told = {
        "url": sandbox.url,
        "key": own.key,
        "secret": own.secret,
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
    """A ``FakeChannel``: seven orders, one in the bin, one with refunds on several pages."""

    def __init__(self, sandbox: WooCommerceSandbox, clock: KitClock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.shop = sandbox.shop
        self.app = settings(sandbox)
        self._call: Callable[[], None] = lambda: None
        sandbox.vendor.on_answer = self._answering
        now = clock.now()
        placed: list[int] = []
        for number in range(1, 8):
            clock.advance((SINCE + timedelta(hours=number) - clock.now()).total_seconds())
            placed.append(self.shop.place([f"{number}0.00", "5.00"], tax="20", shipping="4.50", fee="0.49"))
        self.nested = placed[1]
        for amount in ("1.00", "2.00", "3.00"):
            self.shop.refund(self.nested, amount)
        self.shop.set_status(placed[-1], "trash")
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

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        body = json.dumps({"id": self.nested, "status": "processing"}).encode()
        return (
            {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Resource": "order"},
            body,
            (("order", str(self.nested)),),
        )


def opened(clock: Clock) -> WooCommerceSandbox:
    """A sandbox shop on this clock."""
    return WooCommerceSandbox(clock=SandboxClock(clock))
