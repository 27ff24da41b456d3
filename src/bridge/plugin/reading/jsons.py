"""JSON and lines of JSON, decoded or refused: a message names fields and types, never what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, TypeVar

import msgspec

from bridge.errors import DocumentError
from bridge.plugin.reading.contents import Content
from bridge.plugin.reading.places import Place
from bridge.plugin.reading.text import without_mark

T = TypeVar("T")
JSON_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding may raise."""

_LONGEST_LINE: Final = 1 << 25
_LEAST_OF_ITEM: Final = 12
"""Bytes to a comma, at least and on average, in a large answer; those of channels have twenty and more."""
_LARGE: Final = 1 << 20
_WAS_CUT: Final = "Save or download it again: its end is missing"
# How msgspec words what is not as it should be: its paths hold names of fields and numbers, never values.
_AT: Final = r"(?: - at `(?P<path>[^`]*)`)?$"
_LACKING: Final = re.compile(rf"missing required field `(?P<name>[^`]*)`{_AT}", re.ASCII)
_TYPES: Final = re.compile(rf"^Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`{_AT}", re.ASCII)
_STEP: Final = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]", re.ASCII)
_WORDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty (null)",
    "array": "a list",
    "object": "an object",
}


def decoded(
    raw: Content | msgspec.Raw,
    wanted: type[T],
    place: Place,
    at: str | int = "",
    *,
    lacking: str = "file.shape",
    other: str = "file.shape",
) -> T:
    """at: whose bytes these are. Raises: DocumentError as ``not_read`` says."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except JSON_FAULTS as error:
        raise not_read(error, place, at, lacking=lacking, other=other) from None


def check_crumbs(content: Content, place: Place) -> None:
    """Refuse a large answer that is made of crumbs: to hold it would take many times its size. A piece at a time.

    Raises: DocumentError ``file.json``.
    """
    if len(content) <= _LARGE:
        return
    commas = sum(bytes(content[begin : begin + _LARGE]).count(b",") for begin in range(0, len(content), _LARGE))
    if commas * _LEAST_OF_ITEM > len(content):
        cause = f"holds {commas:,} things in {len(content) // 1_000_000} MB, as no answer of a channel does"
        raise place.refuse("file.json", cause)


def or_none(raw: msgspec.Raw, wanted: type[T]) -> T | None:
    """What is decoded; None for what is anything else."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except JSON_FAULTS:
        return None


def not_read(
    error: Exception,
    place: Place,
    at: str | int = "",
    *,
    is_last: bool = True,
    lacking: str = "file.shape",
    other: str = "file.shape",
) -> DocumentError:
    """The refusal for bytes that do not decode: ``file.truncated``, ``file.json``, or of another shape.

    is_last: nothing comes after them, so that they may have been cut. lacking, other: the codes for a field that is
    missing, and for one of another type.
    """
    if isinstance(error, msgspec.ValidationError):
        if found := _LACKING.search(str(error)):
            return place.refuse(lacking, f"lacks {_field(found['path'] or '', found['name'])}", at=at)
        return place.refuse(other, _other_type(str(error)), at=at)
    if isinstance(error, RecursionError):
        return place.refuse("file.json", "is nested deeper than any answer is", at=at)
    if is_last and "truncated" in str(error):
        return place.refuse("file.truncated", "is cut off", at=at, next_step=_WAS_CUT)
    return place.refuse("file.json", "is no JSON that can be read", at=at)


def json_lines(stream: BinaryIO, place: Place) -> Iterator[tuple[int, bytes, bool]]:
    """The lines of a file of JSON lines: number, bytes, and whether it is ended, without blank ones.

    Raises: DocumentError ``file.json`` for a line that is longer than memory should hold.
    """
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        is_ended = line.endswith(b"\n")
        if not is_ended and len(line) >= _LONGEST_LINE:
            raise place.refuse("file.json", f"is longer than {_LONGEST_LINE // 1_000_000} MB", at=number)
        if number == 1:
            line = bytes(without_mark(line))
        if not line.isspace():
            yield number, line, is_ended


def _other_type(message: str) -> str:
    """What is of another type, in words."""
    found = _TYPES.search(message)
    if found is None:
        return "has a field of another type than the channel gives it"
    wanted = " or ".join(_WORDS.get(each, each) for each in found["wanted"].split(" | "))
    got = _WORDS.get(found["got"], found["got"])
    return f"has {_field(found['path'] or '')} as {got}, where the channel gives {wanted}"


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
