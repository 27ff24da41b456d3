"""JSON, decoded or refused: a message names fields and types, never what stands in them."""

from __future__ import annotations

import codecs
from typing import TypeVar

import msgspec

from bridge_woocommerce.refusal import Place

Content = bytes | memoryview
_T = TypeVar("_T")
_PIECE = 1 << 16


def decoded(raw: Content | msgspec.Raw, wanted: type[_T], place: Place) -> _T:
    """Raises: DocumentError for what is no JSON, or not what is wanted."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            cause = f"lacks a field bridge needs ({error}), as when the shop is asked with _fields"
            raise place.refuse(cause, code="woocommerce.file.fields") from None
        raise place.refuse(f"has a field of another type ({error})", code="woocommerce.file.types") from None
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise place.refuse("ends in the middle", code="woocommerce.file.truncated") from None
        raise place.refuse(f"is no JSON ({error})", code="woocommerce.file.json") from None
    except RecursionError:
        raise place.refuse("is nested deeper than any answer is", code="woocommerce.file.json") from None


def check_text(content: Content, place: Place) -> None:
    """Raises: DocumentError for what is no UTF-8, wherever it stands; a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(content), _PIECE):
            decoder.decode(content[begin : begin + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise place.refuse("is not in UTF-8, as JSON is", code="woocommerce.file.json") from None


def or_none(raw: msgspec.Raw, wanted: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.DecodeError:
        return None
