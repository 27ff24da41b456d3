"""Bulk files: rows in any order, one order at a time or over the disk, and what is missing from one."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import DocumentError
from bridge.plugin import DocumentEnd, DocumentStart
from bridge_shopify.bulk import bulk_parts
from bridge_shopify.order import Tables
from bridge_shopify.source import place_in
from plugins.shopify.tests.shop import read, sample

LINES = sample("bulk_orders_us.jsonl").splitlines()
EXPECTED = {document.name: document.facts for document in read(sample("orders_us_tax_exclusive.json"))}


def in_turn() -> list[bytes]:
    """The lines as Shopify writes them: an order, then all of its children, sales behind their agreements."""
    children: dict[str, list[bytes]] = {}
    for line in LINES:
        children.setdefault(json.loads(line).get("__parentId", ""), []).append(line)

    def family(line: bytes) -> list[bytes]:
        return [line, *(each for child in children.get(json.loads(line)["id"], []) for each in family(child))]

    return [each for order in children[""] for each in family(order)]


def found_in(lines: Sequence[bytes]) -> dict[str, object]:
    """The documents by name; none comes twice."""
    found = read(b"\n".join(lines))
    by_name: dict[str, object] = {document.name: document.facts for document in found}
    assert len(by_name) == len(found)
    return by_name


def test_children_behind_their_parents_give_the_documents_of_the_answers() -> None:
    assert found_in(in_turn()) == EXPECTED


@given(st.permutations(LINES))
def test_lines_in_any_order_give_every_document_once(lines: list[bytes]) -> None:
    assert found_in(lines) == EXPECTED


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
def test_one_line_out_of_turn_changes_nothing(taken: int, put: int) -> None:
    lines = in_turn()
    lines.insert(put, lines.pop(taken))

    assert found_in(lines) == EXPECTED


def test_an_order_that_comes_twice_is_one() -> None:
    lines = in_turn()
    order = next(line for line in lines if b"__parentId" not in line)

    assert found_in([*lines, order]) == EXPECTED


def test_payloads_are_the_same_over_the_disk() -> None:
    first, *others = in_turn()
    straight, late = (read(b"\n".join(lines)) for lines in ([first, *others], [*others, first]))

    payloads = {document.name: document.start.payload for document in straight}
    assert payloads == {document.name: document.start.payload for document in late}


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
    """A bulk file of so many orders, made as it is read. is_in_turn: else all orders come before all of their rows."""

    name, charset = "bulk.jsonl", ""

    def __init__(self, copies: int, *, is_in_turn: bool) -> None:
        self._copies = copies
        parents = [line for line in LINES if b"__parentId" not in line]
        self._groups = [in_turn()] if is_in_turn else [parents, [line for line in LINES if line not in parents]]
        self.size = sum(len(line) for line in self._lines())

    def open(self) -> BinaryIO:
        return Lines(self._lines())  # type: ignore[return-value]

    def _lines(self) -> Iterator[bytes]:
        for lines in self._groups:
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


@pytest.mark.parametrize(("is_in_turn", "share"), [(True, 12), (False, 4)])
def test_a_large_file_is_joined_in_the_memory_of_an_order_or_of_a_bucket(is_in_turn: bool, share: int) -> None:
    file = LongBulk(100, is_in_turn=is_in_turn)
    count, tied = 0, 0
    tracemalloc.start()
    try:
        for part in bulk_parts(file, Tables(place_in(file)), bucket_bytes=270_000):
            count += isinstance(part, DocumentStart)
            tied += isinstance(part, DocumentEnd) and not part.problems
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (count, tied) == (100 * 10, 100 * 10)
    assert peak < file.size / share
