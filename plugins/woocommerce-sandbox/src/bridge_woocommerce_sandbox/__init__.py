"""A fake WooCommerce shop: orders, refunds and settings, over real HTTP on loopback.

It answers as REST API v3 of WooCommerce 10.5 does, refuses in its words, and can be told to fail. ``create_sandbox`` is
what ``bridge sandbox woocommerce`` calls; tests use ``WooCommerceSandbox``.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge.sandbox import BadRequestError
from bridge_woocommerce_sandbox.shop import Shop, ShopSettings
from bridge_woocommerce_sandbox.woocommerce import WooCommerceSandbox

__all__ = ["Shop", "ShopSettings", "WooCommerceSandbox", "create_sandbox"]


def create_sandbox(*, port: int = 0, data: Path | None = None, options: Mapping[str, str]) -> WooCommerceSandbox:
    """Start the fake shop for a person.

    Shape:   options are the fields of ``ShopSettings``: ``currency=GBP``, ``zone=Europe/London``. ``data`` is a file
             that keeps the shop over restarts; its settings stay as they are there.
    Raises:  BadRequestError naming an option that is unknown or cannot be read.
    """
    if unknown := sorted(set(options) - set(ShopSettings.__struct_fields__)):
        known = ", ".join(ShopSettings.__struct_fields__)
        raise BadRequestError(f"unknown options: {', '.join(unknown)}", f"There are: {known}")
    return WooCommerceSandbox(port=port, data=data, settings=ShopSettings().changed(options))
