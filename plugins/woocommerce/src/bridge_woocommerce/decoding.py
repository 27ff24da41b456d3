"""JSON, decoded or refused: a message names fields and types, never what stands in them."""

from __future__ import annotations

import codecs
import re
from typing import TypeVar

import msgspec

from bridge_woocommerce.refusal import Place

Content = bytes | memoryview
_T = TypeVar("_T")
_PIECE = 1 << 16
# How msgspec words what is not as it should be: its paths hold names of fields and numbers, never values.
_AT = r"(?: - at `(?P<path>[^`]*)`)?$"
_LACKING = re.compile(rf"missing required field `(?P<name>[^`]*)`{_AT}", re.ASCII)
_TYPES = re.compile(rf"^Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`{_AT}", re.ASCII)
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]", re.ASCII)
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty (null)",
    "array": "a list",
    "object": "an object",
}


def decoded(raw: Content | msgspec.Raw, wanted: type[_T], place: Place, what: str = "") -> _T:
    """what: whose bytes these are. Raises: DocumentError for what is no JSON, or not what is wanted."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        if lacking := _LACKING.search(str(error)):
            field = _field(lacking["path"] or "", lacking["name"])
            cause = f"lacks {field}, as when the shop is asked with _fields"
            raise place.refuse(cause, code="woocommerce.file.fields", what=what) from None
        cause = _other_type(str(error))
        raise place.refuse(cause, code="woocommerce.file.types", what=what) from None
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise place.refuse("ends in the middle", code="woocommerce.file.truncated") from None
        raise place.refuse(f"is no JSON ({error})", code="woocommerce.file.json") from None
    except RecursionError:
        raise place.refuse("is nested deeper than any answer is", code="woocommerce.file.json") from None


def _other_type(message: str) -> str:
    """What is of another type, in words."""
    found = _TYPES.search(message)
    if found is None:
        return "has a field of another type than the shop's API gives it"
    wanted = " or ".join(_WORDS.get(each, each) for each in found["wanted"].split(" | "))
    field = _field(found["path"] or "")
    return f"has {field} as {_WORDS.get(found['got'], found['got'])}, where the shop's API gives {wanted}"


def _field(path: str, name: str = "") -> str:
    """A field by its way there: ``$.line_items[0].total`` is ``total of line_items 1``; the whole is ``something``."""
    steps = [f" {int(step[2]) + 1}" if step[2] else step[1] for step in _STEP.finditer(path.removeprefix("$"))]
    named: list[str] = []
    for step in steps:
        if step.startswith(" ") and named:
            named[-1] += step
        elif not step.startswith(" "):
            named.append(step)
    named += [name] if name else []
    return " of ".join(f"'{each}'" for each in reversed(named)) or "what stands there"


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
