"""WooCommerce: a source that reads a shop's orders and refunds, as its REST API answers with them."""

from __future__ import annotations

from bridge.plugin import SourceRegister, hookimpl
from bridge_woocommerce.source import offer


@hookimpl
def bridge_register_sources(register: SourceRegister) -> None:
    """Offer WooCommerce."""
    register.add(offer())
