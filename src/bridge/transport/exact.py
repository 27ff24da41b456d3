"""Pure: JSON with exact numbers both ways: money never passes through a float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]
"""An object as it was read."""
Body = str | int | Decimal | bool | list["Body"] | dict[str, "Body"]
"""What may be written."""


def encode(value: Body) -> bytes:
    """JSON with decimals as exact number text; ASCII, as every reader takes it.

    Raises: TypeError for a float or anything else that is not meant: money never passes through one.
    """
    return _text(value).encode("ascii")


def decode(raw: bytes) -> Json | None:
    """A JSON object with every number a Decimal; None when it is none, such as a gateway's page."""
    try:
        value = json.loads(raw, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: Body) -> str:
    match value:
        case str() | bool() | int():
            return json.dumps(value)
        case Decimal():
            if not value.is_finite():
                raise TypeError(f"{value} is no amount")
            return format(value, "f")
        case list():
            return f"[{','.join(_text(item) for item in value)}]"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_text(item)}" for key, item in value.items()) + "}"
        case _:
            raise TypeError(f"{type(value).__name__} may not be sent")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
