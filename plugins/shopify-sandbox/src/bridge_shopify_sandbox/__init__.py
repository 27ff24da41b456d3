"""A fake Shopify shop: orders, refunds, payouts and disputes behind its GraphQL Admin API, over HTTP on loopback.

It carries queries out by Shopify's own schema, takes their cost from a bucket, and can be told to fail.
``create_sandbox`` is what ``bridge sandbox shopify`` calls; tests use ``ShopifySandbox``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from bridge.sandbox import (
    ADMIN_PREFIX,
    BadRequestError,
    Faults,
    Request,
    RequestLog,
    Response,
    Routes,
    SandboxClock,
    SandboxServer,
    carry_out,
    json_response,
    options_told,
)
from bridge_shopify_sandbox.api import ShopifyVendor
from bridge_shopify_sandbox.costs import Bucket
from bridge_shopify_sandbox.shop import OPERATIONS, Shop

__all__ = ["Shop", "ShopifySandbox", "create_sandbox"]

_ONE_HOUR = 3_600
_DEFAULTS = {
    "shop": "acme.myshopify.com",
    "token": "shpat_sandbox",
    "currency": "USD",
    "zone": "America/New_York",
    "limits": "on",
    "orders": "0",
}


class ShopifySandbox:
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
        self.clock = clock or SandboxClock()
        self.shop = Shop(self.clock, **settings)
        self.bucket = Bucket(self.clock, is_on=limits, maximum=points)
        self.vendor = ShopifyVendor(self.shop, self.bucket)
        admin = Routes()
        admin.add("POST", f"{ADMIN_PREFIX}/shop", self._carry_out)
        admin.add("POST", f"{ADMIN_PREFIX}/service", self._set_service)
        self.server = SandboxServer(self.vendor, port=port, clock=self.clock, admin=admin)

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.server.base_url

    @property
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def summary(self) -> str:
        """Tell a person how to use it."""
        lines = (
            f"Shopify sandbox      {self.base_url}",
            f"  shop               {self.shop.domain}  {self.shop.currency}  {self.shop.zone}",
            f"  access token       {self.shop.token}",
            f"  client id          {self.shop.client_id}",
            f"  client secret      {self.shop.client_secret}",
            f"  admin door         {self.base_url}{ADMIN_PREFIX}",
        )
        return "\n".join(lines)

    def stop(self) -> None:
        """Stop listening."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _carry_out(self, request: Request, _parts: dict[str, str]) -> Response:
        with self.shop.lock:
            return json_response({"number": carry_out(OPERATIONS, self.shop, request.json_object())}, 201)

    def _set_service(self, request: Request, _parts: dict[str, str]) -> Response:
        match request.json_object():
            case {"limits": bool(is_on)}:
                self.bucket.is_on = is_on
            case _:
                raise BadRequestError("the service was not told what to do", 'Say {"limits": false}')
        return json_response({"limits": self.bucket.is_on})


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> ShopifySandbox:
    """Start the fake shop for a person.

    Shape:   options are ``shop``, ``token``, ``currency``, ``zone``, ``limits`` (on, off) and ``orders``: how many are
             sold and paid out an hour before the start.
    Raises:  BadRequestError naming an option that is unknown or cannot be read, or for ``data``: it keeps none.
    """
    chosen = options_told(options, _DEFAULTS, "orders")
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
    sandbox.clock.advance(-_ONE_HOUR)
    for number in range(int(chosen["orders"])):
        sandbox.shop.sell(f"{number + 1}0.00")
    if sandbox.shop.orders:
        sandbox.shop.pay_out(fee="0.50")
    sandbox.clock.run()
    return sandbox
