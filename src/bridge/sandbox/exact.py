"""JSON with exact numbers, as fake ledgers keep and answer it."""

import json
from decimal import Decimal
from typing import Any

import msgspec

__all__ = ["JsonObject", "encode", "load", "read_object"]

JsonObject = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """Write JSON; decimals leave as exact number text."""
    return _ENCODER.encode(value)


def load(text: str) -> JsonObject:
    """Read back what ``encode`` wrote."""
    value: JsonObject = json.loads(text, parse_float=Decimal)
    return value


def read_object(body: bytes, *, number: type = Decimal, whole: type = int) -> JsonObject:
    """Read a request body; ``number`` and ``whole`` say what its numbers become.

    Raises:   ValueError if it is no JSON object.
    """
    value = json.loads(body, parse_float=number, parse_int=whole, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")
