"""What happens when bytes do not decode, or an order's values cannot be meant: one refusal, which names the place."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bridge.errors import DocumentError
from bridge.plugin import FilePart
from bridge_shopify.facts import printable
from bridge_shopify.order import OrderReader, Tables
from bridge_shopify.refusal import FactError, Place
from bridge_shopify.wire import Order

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_WAS_CUT = "Save or download it again: its end is missing"


def order_parts(order: Order, tables: Tables) -> Iterator[FilePart]:
    """The documents of an order. Raises: DocumentError that names it."""
    try:
        yield from OrderReader(order, tables).parts()
    except FactError as error:
        raise tables.place.refuse(error.cause, code=error.code, at=f"order {printable(order.name)}") from error


def not_read(error: Exception, place: Place, at: str, *, is_last: bool = True) -> DocumentError:
    """The refusal for bytes that are cut off, no JSON, or of another shape. It tells paths, never values.

    is_last: nothing comes after them, so that they may have been cut.
    """
    if isinstance(error, msgspec.ValidationError):
        return place.refuse(f"is not as the API answers: {error}", code="shopify.file.shape", at=at)
    if is_last and "truncated" in str(error):
        return place.refuse("is cut off", code="shopify.file.truncated", at=at, next_step=_WAS_CUT)
    return place.refuse("is no JSON that can be read", code="shopify.file.json", at=at)
