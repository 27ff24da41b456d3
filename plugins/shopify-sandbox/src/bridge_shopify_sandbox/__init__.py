"""A fake Shopify shop: orders, refunds, payouts and disputes behind its GraphQL Admin API, over HTTP on loopback.

It carries queries out by Shopify's own schema, takes their cost from a bucket, and can be told to fail.
``create_sandbox`` is what ``bridge sandbox shopify`` calls; tests use ``ShopifySandbox``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.clock import SystemClock
from bridge.sandbox import (
    AdminDoor,
    BadRequestError,
    Bucket,
    FakeSystem,
    Request,
    SandboxClock,
    carry_out,
    life,
    options_told,
    year_of,
)
from bridge_shopify_sandbox.api import ShopifyVendor
from bridge_shopify_sandbox.living import Living
from bridge_shopify_sandbox.shop import OPERATIONS, Shop

__all__ = ["Living", "Shop", "ShopifySandbox", "create_sandbox"]

_ONE_HOUR = 3_600
_RESTORED = 100
_DEFAULTS = {
    "shop": "acme.myshopify.com",
    "token": "shpat_sandbox",
    "currency": "USD",
    "zone": "America/New_York",
    "limits": "on",
    "orders": "0",
    "year": "",
    "seed": "1",
    "goods": "0",
}


class ShopifySandbox(FakeSystem):
    """One fake shop, listening once constructed; it forgets everything when it stops.

    shop:   its state, and what happens in it. vendor: its side of HTTP, broken to order.
    limits: whether queries have a cost. points: what the bucket of it holds. settings: of the ``Shop``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        limits: bool = False,
        points: int = 2_000,
        clock: SandboxClock | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(clock=clock)
        self.shop = Shop(self.clock, **settings)
        self.bucket = Bucket(self.clock, is_on=limits, maximum=points, restored=_RESTORED)
        self.vendor = ShopifyVendor(self.shop, self.bucket)
        admin = AdminDoor()
        admin.answer("POST", "shop", self._carry_out, 201)
        admin.answer("POST", "service", self._set_service)
        self._listen(self.vendor, admin, port)

    def stop(self) -> None:
        super().stop()
        self.shop.bulk.close()

    def summary(self) -> str:
        """Tell a person how to use it."""
        return self._told(
            "Shopify",
            [
                ("shop", f"{self.shop.domain}  {self.shop.currency}  {self.shop.zone}"),
                ("access token", self.shop.token),
                ("client id", self.shop.client_id),
                ("client secret", self.shop.client_secret),
            ],
        )

    def _carry_out(self, request: Request) -> object:
        with self.shop.lock:
            return {"number": carry_out(OPERATIONS, self.shop, request.json_object())}

    def _set_service(self, request: Request) -> object:
        match request.json_object():
            case {"limits": bool(is_on)}:
                self.bucket.is_on = is_on
            case {"days_wrong": int(many)}:
                self.shop.days_wrong = many
            case _:
                raise BadRequestError("the service was not told what to do", 'Say {"limits": false}')
        return {"limits": self.bucket.is_on}


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> ShopifySandbox:
    """Start the fake shop for a person.

    Shape:   options are ``shop``, ``token``, ``currency``, ``zone``, ``limits`` (on, off) and ``orders``: how many are
             sold and paid out an hour before the start. With ``year`` they are sold in the course of it, with all that
             happens to orders and not later than now: as ``seed`` tells, each of so many ``goods`` (0: one to five).
    Raises:  BadRequestError naming an option that is unknown or cannot be read, or for ``data``: it keeps none.
    """
    chosen = options_told(options, _DEFAULTS, "orders", "seed", "goods")
    year = year_of(chosen["year"], SystemClock().now()) if chosen["year"] else None
    if data is not None:
        raise BadRequestError("the fake shop keeps nothing between runs", "Leave --data out")
    sandbox = ShopifySandbox(
        port=port,
        limits=chosen["limits"] == "on",
        domain=chosen["shop"],
        token=chosen["token"],
        currency=chosen["currency"],
        zone=chosen["zone"],
    )
    orders = int(chosen["orders"])
    if year is not None:
        Living(sandbox.shop).live(life(int(chosen["seed"]), orders, *year, int(chosen["goods"])))
    else:
        _sell(sandbox, orders)
    sandbox.clock.run()
    return sandbox


def _sell(sandbox: ShopifySandbox, orders: int) -> None:
    sandbox.clock.advance(-_ONE_HOUR)
    for number in range(orders):
        sandbox.shop.sell(f"{number + 1}0.00")
    if sandbox.shop.orders:
        sandbox.shop.pay_out(fee="0.50")
