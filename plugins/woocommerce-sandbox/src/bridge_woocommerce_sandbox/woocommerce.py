"""The fake shop as one object: for tests directly, for people through ``bridge sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from bridge.sandbox import (
    BadRequestError,
    Faults,
    Request,
    RequestLog,
    Response,
    Routes,
    SandboxClock,
    SandboxServer,
    Shelf,
    json_response,
)
from bridge_woocommerce_sandbox.api import WooCommerceVendor
from bridge_woocommerce_sandbox.shop import Shop, ShopSettings

__all__ = ["WooCommerceSandbox"]


class WooCommerceSandbox:
    """A fake WooCommerce shop, listening on loopback once constructed.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | None = None,
        settings: ShopSettings | None = None,
        clock: SandboxClock | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self._shelf = Shelf(data)
        self.shop = Shop(settings or ShopSettings(), self.clock, self._shelf)
        self.vendor = WooCommerceVendor(self.shop)
        try:
            self.server = SandboxServer(self.vendor, port=port, clock=self.clock, admin=_door(self.shop))
        except BadRequestError:
            self._shelf.close()
            raise

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.server.base_url

    @property
    def url(self) -> str:
        """The shop's address: where it listens, and the path that it lies under."""
        return f"{self.base_url}{self.shop.settings.path}"

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
        settings = self.shop.settings
        return "\n".join(
            (
                f"WooCommerce sandbox  {self.url}",
                f"  key                {settings.key}",
                f"  secret             {settings.secret}",
                f"  shop               {settings.home}, {settings.currency}, {settings.zone}",
                f"  admin door         {self.base_url}/_sandbox",
            )
        )

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _door(shop: Shop) -> Routes:
    """The admin door: settings, orders as they are kept, and what people do to them."""

    def settings(request: Request, _parts: dict[str, str]) -> Response:
        shop.set(**request.json_object())
        return json_response(
            {"settings": {name: getattr(shop.settings, name) for name in shop.settings.__struct_fields__}}
        )

    def orders(_request: Request, _parts: dict[str, str]) -> Response:
        with shop.lock:
            return json_response({"orders": list(shop.orders.values()), "refunds": list(shop.refunds.values())})

    def act(request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"id": shop.carry_out(request.json_object())})

    routes = Routes()
    routes.add("POST", "/_sandbox/settings", settings)
    routes.add("GET", "/_sandbox/orders", orders)
    routes.add("POST", "/_sandbox/shop", act)
    return routes
