"""The fake shop as one object: for tests directly, for people through ``bridge sandbox``."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from bridge.sandbox import AdminDoor, FakeSystem, Request, SandboxClock
from bridge_woocommerce_sandbox.api import WooCommerceVendor
from bridge_woocommerce_sandbox.shop import Shop, ShopSettings

__all__ = ["WooCommerceSandbox"]


class WooCommerceSandbox(FakeSystem):
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
        super().__init__(data=data, clock=clock)
        self.shop = Shop(settings or ShopSettings(), self.clock, self._shelf)
        self.vendor = WooCommerceVendor(self.shop)
        self._listen(self.vendor, _door(self.shop), port)

    @property
    def url(self) -> str:
        """The shop's address: where it listens, and the path that it lies under."""
        return f"{self.base_url}{self.shop.settings.path}"

    def summary(self) -> str:
        """Tell a person how to use it."""
        settings = self.shop.settings
        shop = f"{settings.home}, {settings.currency}, {settings.zone}"
        return self._told("WooCommerce", [("key", settings.key), ("secret", settings.secret), ("shop", shop)])

    @property
    def _address(self) -> str:
        return self.url


def _door(shop: Shop) -> AdminDoor:
    """The admin door: settings, orders as they are kept, and what people do to them."""

    def settings(request: Request) -> object:
        shop.set(**request.json_object())
        return {"settings": shop.settings}

    def orders(_request: Request) -> object:
        with shop.lock:
            return deepcopy({"orders": list(shop.orders.values()), "refunds": list(shop.refunds.values())})

    door = AdminDoor()
    door.answer("POST", "settings", settings)
    door.answer("GET", "orders", orders)
    door.answer("POST", "shop", lambda request: {"id": shop.carry_out(request.json_object())})
    return door
