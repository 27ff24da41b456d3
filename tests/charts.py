"""The chart with the accounts that this repository's channels bring: what most stories book to."""

from __future__ import annotations

from bridge.model.account_classes import AccountClass
from bridge.model.chart import chart_with
from bridge_amazon.offer import CLEARING as AMAZON_CLEARING
from bridge_shopify.offer import CLEARING as SHOPIFY_CLEARING

__all__ = ["AMAZON_CLEARING", "CHART", "SHOPIFY_CLEARING", "class_of"]

CHART = chart_with((AMAZON_CLEARING, SHOPIFY_CLEARING))


def class_of(number: str) -> AccountClass:
    """What an account of that number is in a ledger that knows the chart."""
    return CHART[number].account_class if number in CHART else AccountClass.EXPENSE
