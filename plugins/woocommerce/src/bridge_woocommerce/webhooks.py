"""Asks a shop which webhooks it sends, whoever made them.

Source: WooCommerce 10.5.0: a webhook is disabled, and nobody is told, after more than five deliveries in a row that
failed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.model.reports import Sending, Subscription
from bridge_woocommerce.client import API, Client

_PAGE: Final = 100
_WHY: Final = {Sending.DISABLED: "the shop gave up after deliveries that failed"}


class _Webhook(msgspec.Struct):
    topic: str
    status: Sending
    delivery_url: str


def subscriptions(client: Client) -> tuple[Subscription, ...]:
    """All of them. Raises: as ``Client.get``."""
    found, number = list[Subscription](), 0
    while len(found) == number * _PAGE:
        number += 1
        query = {"_fields": "topic,status,delivery_url", "per_page": str(_PAGE), "page": str(number)}
        answer = client.get(f"{API}/webhooks", **query, orderby="id", order="asc")
        found += map(_subscription, client.decoded(answer.body, list[_Webhook]))
    return tuple(found)


def _subscription(told: _Webhook) -> Subscription:
    return Subscription(told.topic, told.delivery_url, told.status, _WHY.get(told.status, ""))
