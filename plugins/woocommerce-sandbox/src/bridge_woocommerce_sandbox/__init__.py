"""A fake WooCommerce shop: orders, refunds and settings, over real HTTP on loopback.

It answers as REST API v3 of WooCommerce 10.5 does, refuses in its words, and can be told to fail. ``create_sandbox`` is
what ``bridge sandbox woocommerce`` calls; tests use ``WooCommerceSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bridge.sandbox import options_told
from bridge_woocommerce_sandbox.shop import Shop, ShopSettings
from bridge_woocommerce_sandbox.woocommerce import WooCommerceSandbox

__all__ = ["Shop", "ShopSettings", "WooCommerceSandbox", "create_sandbox"]


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> WooCommerceSandbox:
    """Start the fake shop for a person.

    Shape:   options are the fields of ``ShopSettings``: ``currency=GBP``, ``zone=Europe/London``. ``data`` is a file
             that keeps the shop over restarts; its settings stay as they are there.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    usual = {name: str(value) for name, value in msgspec.structs.asdict(ShopSettings()).items()}
    settings = ShopSettings().changed(options_told(options, usual))
    return WooCommerceSandbox(port=port, data=data, settings=settings)
