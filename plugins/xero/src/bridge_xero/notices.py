"""Pure: whether a webhook is Xero's, and what changed in which organisations.

Source: Xero, webhooks, and xero-webhooks.yaml of Xero-OpenAPI 16.1.0, read 2026-11-29: base64 of the HMAC-SHA256 of the
body under the webhook key. Before it sends any, Xero asks whether the address is meant to receive ("intent to
receive"): bodies without events, signed rightly and wrongly, to be answered 200 and 401. Repeated for a day. Nothing
tells that an organisation was disconnected: the next call is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from bridge.plugin import Door, Signing, Word
from bridge_xero.settings import XeroSettings


class _Event(msgspec.Struct, rename="camel"):
    resource_id: str
    tenant_id: str
    event_category: str
    event_type: str = ""
    event_date_utc: datetime | None = None


class _Events(msgspec.Struct):
    events: list[_Event] = []


def signing(app: XeroSettings, _connection: str) -> Signing:
    """How webhooks are signed."""
    return Signing("x-xero-signature", (app.webhook_key.get_secret_value(),))


def read(_headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """What changed, organisation by organisation."""
    try:
        events = msgspec.json.decode(body, type=_Events).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(map(_word, events))


def _word(event: _Event) -> Word:
    at, kind = event.event_date_utc, event.event_category.lower()
    sent_at = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    mark = f"{kind} {event.resource_id} {event.event_type} {at}"
    return Word(event.tenant_id.lower(), kind, event.resource_id, mark=mark, sent_at=sent_at)


DOOR: Final = Door(signing=signing, read=read, is_shared=True, same=str.lower)
