"""Pure: whether a notification is Amazon's, and which report it is about.

Amazon sends notifications to a queue (SQS) or an event bus (EventBridge) of the operator alone, never by HTTPS. A rule
of that bus hands them on to an address of ours (an API destination), and bears a key of the operator's own in a header:
it signs nothing. Source: Selling Partner API, Notifications v1 (``ReportProcessingFinishedNotification``, 2020-09-04);
AWS, EventBridge API destinations, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from bridge.plugin import Door, Signing, Word
from bridge.plugin.reading import JSON_FAULTS
from bridge_amazon.settings import AmazonSettings
from bridge_amazon.streams import SETTLEMENT

KEY_HEADER: Final = "X-Bridge-Key"
_NOTICE: Final = "REPORT_PROCESSING_FINISHED"


class _Finished(msgspec.Struct, rename="camel"):
    report_id: str
    report_type: str
    seller_id: str = ""


class _Payload(msgspec.Struct, rename="camel"):
    report_processing_finished_notification: _Finished


class _Notice(msgspec.Struct, rename="camel"):
    notification_type: str
    payload: _Payload


class _Event(msgspec.Struct):
    """What a bus puts around it."""

    id: str
    time: datetime
    detail: _Notice


def signing(app: AmazonSettings, _connection: str) -> Signing:
    """By the operator's own key."""
    return Signing(KEY_HEADER, (app.notices_key.get_secret_value(),), bears_secret=True)


def read(_headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """Of a settlement report that is done, its id; within what a bus puts around it, or alone."""
    try:
        event = msgspec.json.decode(body, type=_Event)
        return _words(event.detail, event.id, event.time)
    except JSON_FAULTS:
        pass
    try:
        return _words(msgspec.json.decode(body, type=_Notice), "", None)
    except JSON_FAULTS:
        return ()


def _words(told: _Notice, mark: str, at: datetime | None) -> tuple[Word, ...]:
    report = told.payload.report_processing_finished_notification
    if told.notification_type != _NOTICE or report.report_type != SETTLEMENT or not report.report_id:
        return ()
    sent_at = at if at is not None and at.tzinfo else None
    return (Word(report.seller_id, "report", report.report_id, mark=mark, sent_at=sent_at),)


DOOR: Final = Door(signing=signing, read=read, is_shared=True)
