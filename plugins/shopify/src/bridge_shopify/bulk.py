"""The result of a bulk operation: its rows joined to orders, whatever their order in the file.

Shopify writes the children of an order behind it, and nothing says that it always will. So the file is looked over
first, ids only: where children follow their parents and no order comes twice, an order is whole when the next one's
row comes. Any other file goes over the disk, in unnamed temporary files of allow-listed rows: first sales beside their
agreements, then all of an order beside it, each in buckets by a hash of the id, and one bucket at a time is joined.

Memory: an order; over the disk a bucket, whatever the file's size.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from bridge.errors import DocumentError
from bridge.plugin import FilePart, SourceFile
from bridge.plugin.reading import Place
from bridge_shopify.bulk_rows import NUMBERS, Row, RowKind, heads, rows, rows_in_turn
from bridge_shopify.order import Tables, order_parts
from bridge_shopify.spool import Spool
from bridge_shopify.wire import Agreement, LineItem, Order, Page, Sale, ShippingLine

BUCKET_BYTES = 24_000_000
MAX_BUCKETS = 200
_WHOLE = "Download the file of the bulk operation again: some of its lines are missing"


def bulk_parts(file: SourceFile, tables: Tables, *, bucket_bytes: int = BUCKET_BYTES) -> Iterator[FilePart]:
    """The documents of all orders of the file. Raises: DocumentError."""
    place = tables.place
    look = _look_over(file, place)
    with file.open() as stream:
        if look.is_in_turn:
            orders = _one_by_one(rows_in_turn(stream, look.kinds, place), place)
        else:
            orders = _over_the_disk(rows(stream, place), min(MAX_BUCKETS, look.size // bucket_bytes + 1), place)
        for order in orders:
            yield from order_parts(order, tables)


def orders_in_turn(stream: BinaryIO, place: Place) -> Iterator[Order]:
    """The orders of a file in which children follow their parents. Raises: DocumentError."""
    return _one_by_one(rows(stream, place), place)


class Look(Struct, frozen=True):
    """What a first look at a file tells.

    is_in_turn: an order is whole when the next one comes. kinds: of its lines, by ``NUMBERS``. size: bytes.
    """

    is_in_turn: bool
    kinds: bytearray
    size: int


def _look_over(file: SourceFile, place: Place) -> Look:
    """Ids only. Memory: a byte a line, eight an order. Two ids of one hash send it over the disk, which is as right."""
    size, is_in_turn = 0, True
    order, agreement, orders, kinds = "", "", array("q"), bytearray()
    with file.open() as stream:
        for seen in heads(stream, place):
            size += len(seen.line)
            kinds.append(NUMBERS[seen.kind])
            if seen.kind is RowKind.ORDER:
                order, agreement = seen.id, ""
                orders.append(hash(seen.id))
            elif seen.kind is RowKind.SALE:
                is_in_turn = is_in_turn and seen.parent == agreement
            elif seen.kind is not None:
                is_in_turn = is_in_turn and seen.parent == order
                agreement = seen.id if seen.kind is RowKind.AGREEMENT else agreement
    return Look(is_in_turn and len(set(orders)) == len(orders), kinds, size)


def _one_by_one(found: Iterable[Row], place: Place) -> Iterator[Order]:
    """The orders of rows that are in turn; a row of an order that went before is an orphan."""
    of_one: list[Row] = []
    for row in found:
        if row.kind is RowKind.ORDER and of_one:
            yield from joined(_with_sales(of_one, place), place)
            of_one = []
        of_one.append(row)
    yield from joined(_with_sales(of_one, place), place)


def _over_the_disk(found: Iterable[Row], buckets: int, place: Place) -> Iterator[Order]:
    with Spool(buckets) as agreements, Spool(buckets) as orders:
        for row in found:
            if row.kind is RowKind.SALE:
                agreements.put(row.parent, row)
            elif isinstance(row.content, Agreement):
                agreements.put(row.content.id, row)
            else:
                orders.put(row.parent, row)
        for bucket in agreements.buckets():
            for row in _with_sales(bucket, place):
                orders.put(row.parent, row)
        for bucket in orders.buckets():
            yield from joined(bucket, place)


def _with_sales(found: Iterable[Row], place: Place) -> Iterator[Row]:
    """The rows, sales put into their agreements."""
    sales: dict[str, list[Sale]] = {}
    agreements: list[tuple[Row, Agreement]] = []
    for row in found:
        if type(row.content) is Sale:
            sales.setdefault(row.parent, []).append(row.content)
        elif type(row.content) is Agreement:
            agreements.append((row, row.content))
        else:
            yield row
    for row, agreement in agreements:
        own = Page(nodes=sales.pop(agreement.id, []))
        yield Row(row.kind, row.parent, msgspec.structs.replace(agreement, sales=own))
    if sales:
        raise _orphans("sale(s)", sum(map(len, sales.values())), "agreements", place)


def joined(found: Iterable[Row], place: Place) -> Iterator[Order]:
    """The orders, each with its lines and agreements, in the order of the file."""
    orders: dict[str, Order] = {}
    items: dict[str, list[LineItem]] = {}
    shipping: dict[str, list[ShippingLine]] = {}
    agreements: dict[str, list[Agreement]] = {}
    for row in found:
        content = row.content
        if type(content) is Order:
            orders[content.id] = content
        elif type(content) is LineItem:
            items.setdefault(row.parent, []).append(content)
        elif type(content) is ShippingLine:
            shipping.setdefault(row.parent, []).append(content)
        elif type(content) is Agreement:
            agreements.setdefault(row.parent, []).append(content)
    for gid in list(orders):
        yield msgspec.structs.replace(
            orders.pop(gid),
            line_items=Page(nodes=items.pop(gid, [])),
            shipping_lines=Page(nodes=shipping.pop(gid, [])),
            agreements=Page(nodes=agreements.pop(gid, [])),
        )
    if left := sum(len(each) for some in (items, shipping, agreements) for each in some.values()):
        raise _orphans("line(s)", left, "orders", place)


def _orphans(what: str, count: int, whose: str, place: Place) -> DocumentError:
    cause = f"holds {count} {what} of {whose} that are not in it"
    return place.refuse("file.incomplete", cause, next_step=_WHOLE)
