"""Shopify: a source that reads saved answers of its GraphQL API, bulk files, and the exports of its admin."""

from __future__ import annotations

from bridge.plugin import SourceRegister, hookimpl
from bridge_shopify.offer import offer


@hookimpl
def bridge_register_sources(register: SourceRegister) -> None:
    """Offer Shopify."""
    register.add(offer())
