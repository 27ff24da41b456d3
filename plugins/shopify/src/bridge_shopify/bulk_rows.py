"""Pure: the lines of a bulk file (JSONL) to rows, each with what it is and whose it is.

Connections are lines of their own with ``__parentId``; lists stay inside. Parents may come after their children.
Source: shopify.dev, bulk operations, queries; a type is told by the global id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct, field

from bridge.plugin.reading import JSON_FAULTS, Place, json_lines, not_read
from bridge_shopify.wire import Agreement, LineItem, Order, Sale, ShippingLine, Text, Wire


class RowKind(StrEnum):
    """What a row is of."""

    ORDER = "order"
    ITEM = "item"
    SHIPPING = "shipping"
    AGREEMENT = "agreement"
    SALE = "sale"


class Head(Struct, frozen=True, gc=False):
    """What tells a line's type and parent."""

    id: Text = ""
    parent_id: Text = field(default="", name="__parentId")
    typename: str = field(default="", name="__typename")


class Seen(Struct, frozen=True, gc=False):
    """A line by its head. kind: None for a type that bears no money."""

    line: bytes
    number: int
    kind: RowKind | None
    id: str
    parent: str


class Row(Struct, frozen=True, gc=False):
    """One row, allow-listed. parent: the global id of its order, or of a sale's agreement; an order's own id."""

    kind: RowKind
    parent: str
    content: Wire


_HEAD = msgspec.json.Decoder(Head)
TYPES: dict[RowKind, type[Wire]] = {
    RowKind.ORDER: Order,
    RowKind.ITEM: LineItem,
    RowKind.SHIPPING: ShippingLine,
    RowKind.AGREEMENT: Agreement,
    RowKind.SALE: Sale,
}
_DECODERS: dict[RowKind, Any] = {kind: msgspec.json.Decoder(content) for kind, content in TYPES.items()}
KINDS: tuple[RowKind | None, ...] = (*RowKind, None)
NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
"""How kinds are remembered, in a byte each; None: of a type that bears no money."""
_OF_AN_ORDER = {"LineItem": RowKind.ITEM, "ShippingLine": RowKind.SHIPPING}
_ORDERS_ONLY = "Bring the JSONL file of a bulk operation over orders, with the query that comes with the plugin"


def rows(stream: BinaryIO, place: Place) -> Iterator[Row]:
    """Every row that matters; lines of types that bear no money (fulfilments, for one) are passed over.

    Raises: DocumentError naming the line.
    """
    for seen in heads(stream, place):
        if seen.kind is None:
            continue
        try:
            yield Row(seen.kind, seen.parent or seen.id, _DECODERS[seen.kind].decode(seen.line))
        except JSON_FAULTS as error:
            raise not_read(error, place, seen.number) from error


def rows_in_turn(stream: BinaryIO, kinds: Iterable[int], place: Place) -> Iterator[Row]:
    """The same of a file that was looked over: children follow their parents. kinds: of its lines, see ``NUMBERS``.

    Raises: DocumentError naming the line.
    """
    order = agreement = ""
    for (number, line, _), known in zip(json_lines(stream, place), kinds, strict=True):
        kind = KINDS[known]
        if kind is None:
            continue
        try:
            content = _DECODERS[kind].decode(line)
        except JSON_FAULTS as error:
            raise not_read(error, place, number) from error
        if kind is RowKind.ORDER:
            order = content.id
        elif kind is RowKind.AGREEMENT:
            agreement = content.id
        yield Row(kind, agreement if kind is RowKind.SALE else order, content)


def heads(stream: BinaryIO, place: Place) -> Iterator[Seen]:
    """Every line with its type and parent. Raises: DocumentError naming the line."""
    for number, line, is_ended in json_lines(stream, place):
        try:
            head = _HEAD.decode(line)
        except JSON_FAULTS as error:
            raise not_read(error, place, f"line {number}", is_last=not is_ended) from error
        kind = _kind(head)
        if kind is None and not head.parent_id:
            raise place.refuse("file.unknown", "is of no order", at=number, next_step=_ORDERS_ONLY)
        yield Seen(line, number, kind, head.id, head.parent_id)


def last_border(content: bytes) -> int:
    """Where the last order begins whose line is whole; 0 where there is none behind the first line."""
    end = content.rfind(b"\n")
    while end > 0:
        begin = content.rfind(b"\n", 0, end) + 1
        with suppress(*JSON_FAULTS):
            if _kind(_HEAD.decode(content[begin:end])) is RowKind.ORDER:
                return begin
        end = begin - 1
    return 0


def _kind(head: Head) -> RowKind | None:
    return _kind_of(head.id.rpartition("/")[0], head.parent_id.rpartition("/")[0], head.typename)


@lru_cache(maxsize=1024)
def _kind_of(own: str, parent: str, typename: str) -> RowKind | None:
    """By global ids without their numbers: ``gid://shopify/LineItem``. There are few, so they are remembered."""
    own, parent = own.rpartition("/")[2], parent.rpartition("/")[2]
    if not parent:
        return RowKind.ORDER if own == "Order" else None
    if parent.endswith("Agreement"):
        return RowKind.SALE
    if parent != "Order":
        return None
    if own.endswith("Agreement") or typename.endswith("Agreement"):
        return RowKind.AGREEMENT
    return _OF_AN_ORDER.get(own)
