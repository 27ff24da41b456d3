"""Asks a shop which webhooks it sends this app.

Shopify removes a subscription, and tells nobody, when deliveries go on failing. Those of an app's configuration file it
does not list. Source: GraphQL Admin API 2026-10, webhookSubscriptions; shopify.dev, webhooks, read 2026-11-29.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from bridge.errors import ConfigError
from bridge.model.reports import Subscription
from bridge.plugin import Unknown
from bridge_shopify.client import SCOPE, Client
from bridge_shopify.searching import Listed, drained
from bridge_shopify.streams import NOTICES
from bridge_shopify.wire import Wire, Word

_TOPICS: Final = {topic.name.replace("/", "_").upper(): topic.name for topic in NOTICES}
"""By the API's word, that of the notices themselves."""


class _Webhook(Wire, frozen=True):
    topic: Word
    uri: Annotated[str, Meta(max_length=4_000)]


class _Webhooks(Wire, frozen=True):
    webhook_subscriptions: Listed[_Webhook]


def subscriptions(client: Client) -> tuple[Subscription, ...] | Unknown:
    """Of the topics that are needed. Raises: as ``Client.ask``, but for a scope that is lacking."""

    def page(after: dict[str, str | None]) -> list[Listed[_Webhook]]:
        return [client.get(_Webhooks, "shop", "Webhooks", **after).webhook_subscriptions]

    try:
        (found,) = drained(page, "after")
    except ConfigError as error:
        if error.code != SCOPE:
            raise
        return Unknown(error.cause)
    return tuple(Subscription(_TOPICS[one.topic], one.uri) for one in found if one.topic in _TOPICS)
