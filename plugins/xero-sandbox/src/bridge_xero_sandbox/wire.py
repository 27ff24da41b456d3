"""Xero's JSON: exact numbers in and out, and its ways of writing days and instants."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bridge.sandbox import JsonObject, encode, load, read_object
from bridge_xero_sandbox.refusals import RefusalError

__all__ = [
    "JsonObject",
    "amount",
    "book_day",
    "day_on_the_wire",
    "decode",
    "encode",
    "instant_on_the_wire",
    "load",
    "money",
    "read_day",
    "read_instant",
]

_MICROSOFT = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_CENT = Decimal("0.01")


def decode(body: bytes) -> JsonObject:
    """Read a request body with exact numbers. A null says nothing, as for the real service, and is left out.

    Raises:   RefusalError 14 if it is not a JSON object.
    """
    try:
        told: JsonObject = _without_nulls(read_object(body))
        return told
    except ValueError as error:
        raise RefusalError(14, "PostDataInvalidException", f"JSON for post data was invalid, {error}") from error


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def amount(value: object) -> Decimal:
    """Read a stored number; nothing there is zero."""
    return Decimal(0) if value is None else Decimal(str(value))


def money(value: Decimal | int) -> Decimal:
    """Write an amount the way Xero shows it: ``25.00``."""
    return Decimal(value).quantize(_CENT) + Decimal(0)


def read_day(text: str) -> str:
    """Read a day as clients send it, ``2026-01-31``, ``2026-01-31T00:00:00`` or ``/Date(ms)/``, as ISO text.

    Raises:   RefusalError 14 if it is none.
    """
    if match := _MICROSOFT.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]) / 1000, UTC).date().isoformat()
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError as error:
        message = f"JSON for post data was invalid, could not convert string to DateTime: {text}"
        raise RefusalError(14, "PostDataInvalidException", message) from error


def read_instant(text: str) -> datetime | None:
    """Read an If-Modified-Since header; without an offset it is UTC, as the documentation says. None if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def day_on_the_wire(day: str) -> str:
    """Write a stored day as answers carry it."""
    at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return f"/Date({int(at.timestamp()) * 1000}+0000)/"


def instant_on_the_wire(at: str) -> str:
    """Write a stored instant as answers carry it."""
    return f"/Date({round(datetime.fromisoformat(at).timestamp() * 1000)}+0000)/"


def book_day(value: Mapping[str, Any]) -> str:
    """Give the day an object is booked on."""
    return str(value["Date"])
