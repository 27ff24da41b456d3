"""Bulk files: rows in any order, over memory or over the disk, and what is missing from one."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO, Self

import pytest

from bridge.errors import DocumentError
from bridge.plugin import DocumentEnd, DocumentStart
from bridge_shopify.bulk import bulk_parts
from bridge_shopify.order import Tables
from bridge_shopify.refusal import Place
from plugins.shopify.tests.shop import MemoryFile, Read, documents, read, sample

LINES = sample("bulk_orders_us.jsonl").splitlines()
EXPECTED = {document.name: document.facts for document in read(sample("orders_us_tax_exclusive.json"))}


def over_the_disk(content: bytes) -> list[Read]:
    return list(documents(bulk_parts(MemoryFile(content), Tables(Place("x")), in_memory_bytes=0)))


@pytest.mark.parametrize("seed", range(5))
def test_children_may_come_before_their_parents(seed: int) -> None:
    lines = list(LINES)
    random.Random(seed).shuffle(lines)

    for found in (read(b"\n".join(lines)), over_the_disk(b"\n".join(lines) + b"\n")):
        assert {document.name: document.facts for document in found} == EXPECTED


def test_over_the_disk_a_file_gives_the_same_documents_with_the_same_payloads() -> None:
    content = sample("bulk_orders_us.jsonl")
    straight = {document.name: document.start.payload for document in read(content)}

    assert {document.name: document.start.payload for document in over_the_disk(content)} == straight


def test_rows_that_bear_no_money_are_passed_over() -> None:
    strangers = [
        {"id": "gid://shopify/Fulfillment/1", "__parentId": "gid://shopify/Order/450000001001"},
        {"id": "gid://shopify/Event/1", "__parentId": "gid://shopify/LineItem/450000001001001"},
        {"key": "x", "__parentId": "gid://shopify/Order/450000001001"},
    ]
    content = b"\n".join([*LINES, *(json.dumps(each).encode() for each in strangers), b"", b" "])

    assert {document.name: document.facts for document in read(content)} == EXPECTED


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_file_of_which_any_line_is_missing_is_refused_or_its_order_waits(place: int) -> None:
    """But for what goods add to their sale (SKU, rate), and a test order, which is not booked."""
    content = b"\n".join(LINES[:place] + LINES[place + 1 :])
    gone = json.loads(LINES[place])
    try:
        found = read(content)
    except DocumentError as error:
        code = error.code
    else:
        code = next((code for document in found for code in document.blocking), "")
    bears_no_total = any(word in gone["id"] for word in ("LineItem", "ShippingLine", "450000001007"))
    assert code in {"shopify.file.incomplete", "shopify.order.total"} or (bears_no_total and not code)


def test_a_file_cut_in_its_last_line_is_refused() -> None:
    content = sample("bulk_orders_us.jsonl").rstrip()
    for cut in (1, 30, 200):
        with pytest.raises(DocumentError) as caught:
            read(content[:-cut])

        assert caught.value.code == "shopify.file.truncated"
        assert caught.value.thing.endswith(f"line {len(LINES)}")


def test_a_damaged_line_in_the_middle_is_named() -> None:
    with pytest.raises(DocumentError) as caught:
        read(b"\n".join([*LINES[:9], LINES[9][:-20], *LINES[10:]]))

    assert (caught.value.code, caught.value.thing) == ("shopify.file.json", "file brought.json, line 10")


def test_a_sale_without_its_amount_is_named_by_its_line() -> None:
    place = next(place for place, line in enumerate(LINES) if b"shopify/Sale/" in line)
    broken = json.loads(LINES[place])
    del broken["totalAmount"]
    with pytest.raises(DocumentError) as caught:
        read(b"\n".join([*LINES[:place], json.dumps(broken).encode(), *LINES[place + 1 :]]))

    assert caught.value.code == "shopify.file.shape"
    assert caught.value.thing.endswith(f"line {place + 1}")


class LongBulk:
    """A bulk file of so many orders, all of them before all of their rows, made as it is read."""

    name, charset = "bulk.jsonl", ""

    def __init__(self, copies: int) -> None:
        self._copies = copies
        self._size = sum(len(line) for line in self._lines())

    @property
    def size(self) -> int:
        return self._size

    def open(self) -> BinaryIO:
        return Lines(self._lines())  # type: ignore[return-value]

    def _lines(self) -> Iterator[bytes]:
        parents = [line for line in LINES if b"__parentId" not in line]
        children = [line for line in LINES if b"__parentId" in line]
        for lines in (parents, children):
            for copy in range(self._copies):
                for line in lines:
                    yield line.replace(b"/4500000", b"/45%05d" % copy) + b"\n"


class Lines:
    """As much of a stream as reads line by line."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def readline(self, _: int = -1) -> bytes:
        return next(self._lines, b"")


def test_a_large_file_is_joined_in_the_memory_of_a_bucket() -> None:
    """Twice the file takes the same memory; a tenth of it stays in memory at any time."""
    file = LongBulk(150)
    count, tied = 0, 0
    tracemalloc.start()
    try:
        for part in bulk_parts(file, Tables(Place("x")), in_memory_bytes=0, bucket_bytes=400_000):
            count += isinstance(part, DocumentStart)
            tied += isinstance(part, DocumentEnd) and not part.problems
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (count, tied) == (150 * 10, 150 * 10)
    assert peak < file.size / 4
