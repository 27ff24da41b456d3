"""A fake WooCommerce shop: orders, refunds and settings, over real HTTP on loopback.

It answers as REST API v3 of WooCommerce 10.5 does, refuses in its words, and can be told to fail. ``create_sandbox`` is
what ``bridge sandbox woocommerce`` calls; tests use ``WooCommerceSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bridge.clock import SystemClock
from bridge.sandbox import life, options_told, year_of
from bridge_woocommerce_sandbox.living import Living
from bridge_woocommerce_sandbox.shop import Shop, ShopSettings
from bridge_woocommerce_sandbox.woocommerce import WooCommerceSandbox

__all__ = ["Living", "Shop", "ShopSettings", "WooCommerceSandbox", "create_sandbox"]

_LIFE = {"orders": "0", "year": "", "seed": "1"}


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> WooCommerceSandbox:
    """Start the fake shop for a person.

    Shape:   options are the fields of ``ShopSettings``: ``currency=GBP``, ``zone=Europe/London``; and ``orders``, how
             many are sold in the course of a ``year``, with all that happens to orders and not later than now, as
             ``seed`` tells. ``data`` is a file that keeps the shop over restarts; its settings stay as they are there.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    usual = {name: str(value) for name, value in msgspec.structs.asdict(ShopSettings()).items()}
    chosen = options_told(options, {**usual, **_LIFE}, "orders", "seed")
    year = year_of(chosen["year"], SystemClock().now()) if chosen["year"] else None
    settings = ShopSettings().changed({name: chosen[name] for name in usual})
    sandbox = WooCommerceSandbox(port=port, data=data, settings=settings)
    if year is not None and not sandbox.shop.orders:
        Living(sandbox.shop).live(life(int(chosen["seed"]), int(chosen["orders"]), *year))
        sandbox.clock.run()
    return sandbox
