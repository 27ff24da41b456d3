"""Pure: whether a webhook is of a connection's shop, and which order it is about.

Source: WooCommerce 10.5.0, recorded deliveries: base64 of the HMAC-SHA256 of the body under the secret that was typed
in for the webhook. When one is made, the shop sends ``webhook_id=N``, unsigned, to see whether anybody answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bridge.plugin import MEGABYTE, Door, Signing, Word
from bridge_woocommerce.keyset import Id
from bridge_woocommerce.settings import WooCommerceSettings

_GREETING: Final = re.compile(rb"webhook_id=[0-9]{1,18}")


def signing(app: WooCommerceSettings, connection: str) -> Signing:
    """How a connection's shop signs its webhooks."""
    shop = app.shops.get(connection)
    return Signing("X-WC-Webhook-Signature", (shop.webhook_secret.get_secret_value(),) if shop is not None else ())


def read(headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """Of a webhook about an order, its id: refunds come with their order."""
    if headers.get("x-wc-webhook-resource", "order") != "order":
        return ()
    try:
        return (Word(kind="order", external_id=str(msgspec.json.decode(body, type=Id).id)),)
    except msgspec.DecodeError:
        return ()


def is_greeting(_headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the shop only asks if anybody is there."""
    return _GREETING.fullmatch(body) is not None


DOOR: Final = Door(signing=signing, read=read, is_greeting=is_greeting, max_bytes=5 * MEGABYTE)
