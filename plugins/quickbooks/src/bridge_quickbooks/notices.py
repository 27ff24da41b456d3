"""Pure: whether a webhook is Intuit's, and what changed in which companies.

Source: Intuit, webhooks, and blogs.intuit.com/2025/11/12, read 2026-11-29: base64 of the HMAC-SHA256 of the body under
the app's verifier token; CloudEvents in an array, of several companies at once; before 31 July 2026
``eventNotifications``. Repeated for days until it is answered. No webhook tells that a company was disconnected: the
next call is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from bridge.plugin import Door, Signing, Word
from bridge_quickbooks.settings import QuickBooksSettings

_OLDEST_SECONDS: Final = 7 * 86_400
_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Event(msgspec.Struct):
    """type: such as ``qbo.salesreceipt.updated.v1``. Source: cloudevents.io 1.0, and the above."""

    id: str
    type: str
    intuitaccountid: str
    intuitentityid: str
    time: datetime | None = None


class _Entity(msgspec.Struct):
    name: str
    id: str
    operation: str
    last_updated: datetime | None = msgspec.field(default=None, name="lastUpdated")


class _Changes(msgspec.Struct):
    entities: list[_Entity] = []


class _Company(msgspec.Struct, rename="camel"):
    realm_id: str
    data_change_event: _Changes = msgspec.field(default_factory=_Changes)


class _Former(msgspec.Struct, rename="camel"):
    event_notifications: list[_Company]


def signing(app: QuickBooksSettings, _connection: str) -> Signing:
    """How webhooks are signed."""
    return Signing("intuit-signature", (app.verifier_token.get_secret_value(),))


def read(_headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """What changed, company by company."""
    try:
        return tuple(map(_word, msgspec.json.decode(body, type=list[_Event])))
    except _FAULTS:
        pass
    try:
        return tuple(_former(msgspec.json.decode(body, type=_Former)))
    except _FAULTS:
        return ()


def _word(event: _Event) -> Word:
    parts = event.type.split(".")
    kind = parts[1] if len(parts) > 2 else event.type
    return Word(event.intuitaccountid, kind, event.intuitentityid, mark=event.id, sent_at=_aware(event.time))


def _former(told: _Former) -> Iterator[Word]:
    for company in told.event_notifications:
        for one in company.data_change_event.entities:
            mark = f"{one.name} {one.id} {one.operation} {one.last_updated}"
            yield Word(company.realm_id, one.name.lower(), one.id, mark=mark, sent_at=_aware(one.last_updated))


def _aware(at: datetime | None) -> datetime | None:
    return at if at is not None and at.tzinfo else None


DOOR: Final = Door(
    signing=signing,
    read=read,
    is_shared=True,
    types=("application/json", "application/cloudevents-batch+json", "application/cloudevents+json"),
    oldest_seconds=_OLDEST_SECONDS,
)
