"""Pure: JSON as Xero writes and reads it, with exact numbers both ways."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bridge.transport import Json

_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")  # the offset is how it was once shown, not when it was
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decode_list(raw: bytes) -> list[Json] | None:
    """A JSON list of objects; None when it is none."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) and all(isinstance(item, dict) for item in value) else None


def instant(value: object) -> datetime | None:
    """The instant of ``/Date(1552521600000+0000)/`` or of an ISO text without a zone, which is UTC; None for neither.

    Source: Xero, "Requests and responses", dates in JSON.
    """
    text_ = text(value)
    if found := _MS_DATE.fullmatch(text_):
        try:
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            return None
    try:
        read = datetime.fromisoformat(text_)
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def day(value: object) -> date | None:
    """The day that a date field names; Xero writes it as midnight UTC."""
    found = instant(value)
    return found.date() if found else None


def text(value: object) -> str:
    """The text of a field; a null is no text, and never the word ``None``."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def amount(value: object) -> Decimal:
    """A number field; nothing said is zero."""
    return value if isinstance(value, Decimal) else Decimal(text(value) or 0)


def rows(value: object) -> list[Json]:
    """The objects in a list field; what is no list has none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def part(value: object) -> Json:
    """A nested object; empty where there is none."""
    return value if isinstance(value, dict) else {}
