"""Pure: whether a webhook is Shopify's, and what it says.

Source: shopify.dev, webhooks, privacy law compliance, and ``AppUninstalled``, read 2026-11-29: signed with the client
secret of the app that subscribed, over the body alone; sent up to nine times in four hours, the body always the same;
an app in the App Store answers a wrong signature with 401.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bridge.plugin import MEGABYTE, Door, Says, Signing, Word
from bridge_shopify.settings import ShopifySettings
from bridge_shopify.shop import canonical
from bridge_shopify.streams import DISPUTE, NUMBER, ORDER

_TOPICS: Final[Mapping[str, tuple[str, str]]] = {
    "orders": (ORDER, "id"),
    "refunds": (ORDER, "order_id"),
    "order_transactions": (ORDER, "order_id"),
    "disputes": (DISPUTE, "id"),
}
_PRIVACY: Final = ("customers/data_request", "customers/redact", "shop/redact")


def signing(app: ShopifySettings, _connection: str) -> Signing:
    """How webhooks are signed; for a while also with the secret that was before, where both are set."""
    secrets = (app.client_secret.get_secret_value(), app.former_client_secret.get_secret_value())
    return Signing("X-Shopify-Hmac-Sha256", secrets)


def read(headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """What a webhook says. Of headers, which nobody signs, nothing is believed that would end anything."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    topic = headers.get("x-shopify-topic", "").casefold()
    if not isinstance(told, dict):
        return ()
    if topic == "app/uninstalled":
        return _ended(told)
    account = canonical(headers["x-shopify-shop-domain"]) if "x-shopify-shop-domain" in headers else ""
    if topic in _PRIVACY:
        return (Word(account=account, says=Says.PRIVACY, kind=topic),)
    about = _TOPICS.get(topic.partition("/")[0])
    number = str(told.get(about[1], "")) if about else ""
    if about is None or not NUMBER.fullmatch(number):
        return ()
    return (Word(account=account, kind=about[0], external_id=number, sent_at=_sent_at(headers)),)


def _ended(shop: Mapping[str, Any]) -> tuple[Word, ...]:
    """Whose body is a shop: it names itself, in what is signed."""
    name = shop.get("myshopify_domain")
    return (Word(account=canonical(name), says=Says.ENDED),) if isinstance(name, str) and name else ()


def _sent_at(headers: Mapping[str, str]) -> datetime | None:
    try:
        at = datetime.fromisoformat(headers.get("x-shopify-triggered-at", ""))
    except ValueError:
        return None
    return at if at.tzinfo else None


DOOR: Final = Door(signing=signing, read=read, is_shared=True, same=canonical, max_bytes=5 * MEGABYTE)
