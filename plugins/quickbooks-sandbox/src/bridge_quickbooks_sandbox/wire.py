"""QuickBooks' JSON: exact numbers in and out, and its way of writing instants."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from bridge.sandbox import JsonObject, Response, encode, load, read_object
from bridge_quickbooks_sandbox.refusals import RefusalError

__all__ = [
    "JsonObject",
    "amount",
    "answer",
    "decode",
    "encode",
    "instant",
    "load",
    "on_the_wire",
    "plain",
    "stamp",
    "value_of",
]

_PACIFIC = ZoneInfo("America/Los_Angeles")


def decode(body: bytes) -> JsonObject:
    """Read a request body, keeping every number as the text that was sent.

    Raises:   RefusalError 2010 if it is not a JSON object.
    """
    try:
        return read_object(body, number=str, whole=str)
    except ValueError as error:
        raise RefusalError("2010", f"failed to parse json object: {error}") from error


def plain(number: Decimal) -> Decimal:
    """Write a number the way QuickBooks echoes it: ``100`` and ``10.1``, never ``100.00`` or ``1E+2``."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1)) + Decimal(0)
    return number.normalize()


def amount(value: object) -> Decimal:
    """Read a stored number; nothing there is zero."""
    if value is None:
        return Decimal(0)
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise RefusalError("2010", f"{value} is not a number") from error


def value_of(reference: object) -> str:
    """Give the id a reference points at, or "" where there is none."""
    return str(reference.get("value") or "") if isinstance(reference, Mapping) else ""


def stamp(at: datetime) -> str:
    """Write an instant as entities carry it: Pacific time, whole seconds."""
    return at.astimezone(_PACIFIC).isoformat(timespec="seconds")


def on_the_wire(at: datetime) -> str:
    """Write an instant as answers carry it: Pacific time, milliseconds."""
    return at.astimezone(_PACIFIC).isoformat(timespec="milliseconds")


def instant(text: str) -> datetime:
    """Read an instant; without an offset it is Pacific time, as for the real service's own stamps.

    Raises:   RefusalError 4001 if it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusalError("4001", f"QueryValidationError: {text} is not a date and time") from error
    return (at if at.tzinfo else at.replace(tzinfo=_PACIFIC)).astimezone(UTC)


def answer(content: Mapping[str, object], now: datetime, status: int = 200) -> Response:
    """Wrap content in the usual envelope."""
    return Response(status, encode({**content, "time": on_the_wire(now)}))
