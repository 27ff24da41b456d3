"""The reading kit: what every reader of files may rely on, whatever the channel."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest
from typing_extensions import Buffer

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.model.lines import Line, Part
from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart
from bridge.plugin.reading import (
    FactError,
    Once,
    Place,
    SizeLimit,
    Vocabulary,
    WholeDocument,
    check_crumbs,
    check_year,
    content_of,
    decoded,
    encoding_of,
    json_lines,
    looks_like,
    pieces_of_lines,
    problems_of,
    records,
    unknown_words,
    unpacked,
)

PLACE = Place("file orders.csv", channel="acme", next_step="Export it again")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LIMIT = SizeLimit(1)


class Memory(msgspec.Struct, frozen=True):
    """A file a person brought, held in memory."""

    content: bytes
    name: str = "orders.csv"
    charset: str = ""

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class OnDisk(msgspec.Struct, frozen=True):
    """One that lies on a disk."""

    path: Path
    name: str = "orders.csv"
    charset: str = ""

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        return self.path.open("rb")


def refusal(read: Callable[[], object]) -> DocumentError:
    with pytest.raises(DocumentError) as refused:
        read()
    return refused.value


# Places


def test_a_refusal_names_the_place_the_cause_and_what_to_do() -> None:
    error = PLACE.refuse("file.row", "has no date", at=4)

    assert str(error) == "file orders.csv, line 4: has no date. Export it again."
    assert error.code == "acme.file.row"
    assert PLACE("order 17") == "file orders.csv, order 17"
    assert PLACE(0) == PLACE() == "file orders.csv"


@pytest.mark.parametrize(("own", "told"), [("", "Export it again"), ("Leave it out", "Leave it out")])
def test_a_fact_that_cannot_be_meant_is_refused_where_it_stands(own: str, told: str) -> None:
    def read() -> None:
        with PLACE.naming("order 17"):
            raise FactError("file.amount", "has an amount that is none", own)

    error = refusal(read)

    assert (error.thing, error.code, error.next_step) == ("file orders.csv, order 17", "acme.file.amount", told)


# Contents


def test_a_file_beyond_the_limit_is_refused_with_the_setting_that_raises_it() -> None:
    error = refusal(lambda: unpacked(Memory(b"x" * 2_000_001), PLACE, LIMIT))

    assert error.code == "acme.file.too_large"
    assert "max_file_megabytes under [plugins.acme]" in error.next_step


def test_what_is_packed_is_read_as_what_is_in_it() -> None:
    packed = Memory(gzip.compress(b"a,b\n1,2\n"))

    with content_of(unpacked(packed, PLACE, LIMIT)) as content:
        assert bytes(content) == b"a,b\n1,2\n"
    with unpacked(packed, PLACE, LIMIT).open() as stream:
        assert stream.read() == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [(gzip.compress(b"a" * 900)[:-9], "truncated"), (gzip.compress(b"a" * 1_000_001), "too_large")],
    ids=["cut", "a bomb"],
)
def test_what_is_packed_and_cut_or_too_large_is_refused(content: bytes, code: str) -> None:
    def read() -> None:
        with content_of(unpacked(Memory(content), PLACE, LIMIT)):
            pass

    assert refusal(read).code == f"acme.file.{code}"


def by_lines(stream: BinaryIO) -> None:
    while stream.readline():
        pass


@pytest.mark.parametrize(
    "read",
    [
        lambda stream: stream.read(),
        by_lines,
        lambda stream: stream.readlines(),
        lambda stream: stream.readinto(bytearray(3_000_000)),
        lambda stream: io.TextIOWrapper(stream).read(),
        lambda stream: [*stream],
    ],
    ids=["whole", "by lines", "lines", "into", "as text", "walked over"],
)
def test_a_bomb_goes_off_in_no_way_of_reading(read: Callable[[BinaryIO], object]) -> None:
    """What comes out is counted, not what one way of reading takes."""
    packed = Memory(gzip.compress(b"a\n" * 1_000_000))
    with unpacked(packed, PLACE, LIMIT).open() as stream:
        assert refusal(lambda: read(stream)).code == "acme.file.too_large"


@pytest.mark.parametrize("content", [b"", b"as it is"])
def test_a_file_on_a_disk_is_mapped(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)

    with content_of(OnDisk(tmp_path / "file")) as found:
        assert bytes(found) == content


def test_what_a_file_looks_like_ends_its_refusal() -> None:
    assert looks_like(b"%PDF-1.7") == ": it looks like a PDF"
    assert looks_like(b"[1]", {b"[": "a list"}) == ": it looks like a list"
    assert looks_like(b"a,b") == ""


# Text


@pytest.mark.parametrize(
    ("content", "charset", "encoding"),
    [
        (b"caf\xc3\xa9", "", "utf-8-sig"),
        (b"caf\xe9", "", "cp1252"),
        (b"caf\xe9", "ISO-8859-1", "cp1252"),
        (b"\xef\xbb\xbfa", "shift_jis", "utf-8-sig"),
    ],
)
def test_an_encoding_is_the_files_own_or_the_downloads_or_a_guess(content: bytes, charset: str, encoding: str) -> None:
    assert encoding_of(Memory(content, charset=charset), PLACE, ("cp1252",)) == encoding


@pytest.mark.parametrize(
    ("content", "charset", "code"),
    [
        (b"a\0b", "", "encoding"),
        (b"caf\xe9 au lait", "", "encoding"),
        ("déjà vu".encode()[:-1] + "é".encode()[:1], "", "truncated"),
        (b"a", "klingon", "encoding"),
    ],
)
def test_what_no_encoding_reads_is_refused(content: bytes, charset: str, code: str) -> None:
    assert refusal(lambda: encoding_of(Memory(content, charset=charset), PLACE)).code == f"acme.file.{code}"


def test_lines_say_whether_the_last_of_them_is_ended() -> None:
    assert list(pieces_of_lines(io.BytesIO(b"a\r\nb\nc"), "utf-8", PLACE)) == [(["a", "b"], True), (["c"], False)]


# JSON


class Sale(msgspec.Struct):
    total: str
    items: list[int] = []


@pytest.mark.parametrize(
    ("content", "code", "cause"),
    [
        (b'{"total": "1"', "truncated", "is cut off"),
        (b"{total}", "json", "is no JSON that can be read"),
        (b'{"more": ' + b"[" * 100_000, "json", "is nested deeper than any answer is"),
        (b"{}", "shape", "lacks 'total'"),
        (b'{"total": 1}', "shape", "has 'total' as a whole number, where the channel gives text"),
        (b'{"total": "1", "items": ["Ann"]}', "shape", "has 'items 1' as text, where the channel gives a whole number"),
    ],
)
def test_json_that_is_not_what_was_meant_is_refused_in_words_without_its_values(
    content: bytes, code: str, cause: str
) -> None:
    error = refusal(lambda: decoded(content, Sale, PLACE, "sale 3"))

    assert (error.code, error.thing, error.cause) == (f"acme.file.{code}", "file orders.csv, sale 3", cause)


def test_lines_of_json_are_counted_and_blank_ones_left_out() -> None:
    found = list(json_lines(io.BytesIO(b"\xef\xbb\xbf{}\n\n{}"), PLACE))

    assert found == [(1, b"{}\n", True), (3, b"{}", False)]


# Tables


def test_columns_are_found_by_name_whatever_parts_them() -> None:
    (row,) = records(Memory(b'\xef\xbb\xbfID;Buyer; Total\n7;"Ann";4.00 \n;;\n'), PLACE, ("id", "total"))

    assert (row["id"], row["total"], row["gone"], row.line) == ("7", "4.00", "", 2)


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"id,sum\n", "columns", 1),
        (b"id,total,total\n", "columns", 1),
        (b"id,total\n7\n", "row", 2),
        (b'id,total\n7,"4\n', "row", 2),
        (b"id,total\n7,4\n8,\xff\n", "encoding", None),
        (b"id,total\n7,4", "truncated", 2),
        (b"id,total\n7,4\0\n", "encoding", 2),
        (b"id,total" + b",x" * 999 + b"\n", "columns", 1),
        (b"id,total,," + b"x" * (1 << 20) + b"\n", "row", 1),
    ],
)
def test_a_table_that_is_not_whole_is_refused(content: bytes, code: str, line: int | None) -> None:
    error = refusal(lambda: list(records(Memory(content), PLACE, ("id", "total"), must_end=True)))

    assert error.code == f"acme.file.{code}"
    assert line is None or error.thing == f"file orders.csv, line {line}"


class Endless(io.RawIOBase):
    """A file that begins so, and then says the same for ever. told: bytes of it that anybody took."""

    def __init__(self, head: bytes, again: bytes) -> None:
        self._rest, self._again, self.told = head, again, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        with memoryview(buffer) as view:
            while len(self._rest) < len(view):
                self._rest += self._again * 1_000
            view[:], self._rest = self._rest[: len(view)], self._rest[len(view) :]
            self.told += len(view)
            return len(view)


class Unending:
    """Such a file. opened: all that read it."""

    name, size, charset = "orders.csv", 1, ""

    def __init__(self, again: bytes) -> None:
        self._again = again
        self.opened: list[Endless] = []

    def open(self) -> BinaryIO:
        self.opened.append(Endless(b'id,total\n"', self._again))
        return io.BufferedReader(self.opened[-1])


@pytest.mark.parametrize(
    "again", [b"x", b'"a\n",', b"x\n,", b'"\n', b'x"', b",", "\u20ac".encode()], ids=lambda again: again.decode()
)
def test_a_row_without_end_is_refused_before_it_is_held(again: bytes) -> None:
    """Whatever it is made of: one line, or quoted cells over many. Its end is never waited for."""
    file = Unending(again)

    assert refusal(lambda: list(records(file, PLACE, ("id",)))).code == "acme.file.row"
    assert sum(stream.told for stream in file.opened) < 10_000_000


@pytest.mark.parametrize("crumb", [b"{}", b"1", b'{"a":1}', b"[]", b'""'])
def test_a_large_answer_of_crumbs_is_refused_before_it_is_held(crumb: bytes) -> None:
    content = b"[" + b",".join([crumb] * 1_000_000) + b"]"
    assert refusal(lambda: check_crumbs(content, PLACE)).code == "acme.file.json"
    check_crumbs(b"[" + b",".join([b'{"id": 17, "total": "20.00"}'] * 100_000) + b"]", PLACE)


# Vocabulary

ROWS = [
    {"document": "order", "type": "Goods", "kind": "sale.product", "part": "sale"},
    {"document": "order", "type": "Fee*", "kind": "fee.payment", "part": "fee"},
    {"document": "*", "type": "Fee of a card", "kind": "fee.other", "part": "fee"},
    {"document": "*", "type": "*", "kind": "ignored", "part": "adjustment"},
]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("order", "goods"), "sale.product"),
        (("order", "FEES"), "fee.payment"),
        (("order", "fee of a card"), "fee.other"),
        (("refund", "goods"), "ignored"),
    ],
)
def test_the_row_that_says_most_counts(words: tuple[str, str], kind: str) -> None:
    assert Vocabulary(ROWS, ("document", "type"), str.casefold).kind(*words) == kind


def test_words_that_nobody_knows_are_never_guessed() -> None:
    words = Vocabulary(ROWS[:2], ("document", "type"))

    assert (words.kind("order", "goods"), words.row("order", "goods")) == ("unclassified", {})
    assert words.words("order") == {"Goods"}


# Documents and facts


def test_a_document_is_given_in_pieces_with_what_nobody_knows_of_it() -> None:
    start = DocumentStart(
        kind=DocumentKind.ORDER, external_id="1", currency="GBP", total_minor=0, opened_at=NOON, closed_at=NOON
    )
    lines = tuple(
        Line(key=str(each), kind="unclassified", part=Part.SALE, amount_minor=1, occurred_at=NOON, words="order|gift")
        for each in range(2001)
    )
    problems = tuple(problems_of(unknown_words(lines), "GBP", code="acme.unclassified", where=PLACE()))
    begin, *pieces, end = WholeDocument(start, lines, problems).parts()

    assert begin is start
    assert [len(piece.lines) for piece in pieces if isinstance(piece, DocumentLines)] == [2000, 1]
    assert isinstance(end, DocumentEnd)
    (problem,) = end.problems
    assert problem.blocking
    assert "'order|gift' is: 20.01 GBP in all" in problem.message


def test_each_distinct_text_is_worked_out_once() -> None:
    class Lengths(Once[str, int]):
        asked = 0

        def work(self, key: str) -> int:
            self.asked += 1
            return len(key)

    lengths = Lengths()

    assert [lengths["a"], lengths["bb"], lengths["a"]] == [1, 2, 1]
    assert lengths.asked == 2
    for each in range(20_000):
        assert lengths[str(each)]
    assert len(lengths) < 20_000


def test_an_instant_that_no_business_was_done_at_is_none() -> None:
    assert check_year(NOON) is NOON
    with pytest.raises(FactError, match="in the year 1926"):
        check_year(datetime(1926, 7, 1, tzinfo=UTC))
