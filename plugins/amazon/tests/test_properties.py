"""Whatever a settlement holds, and however it is written, the same facts come back."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import DocumentError
from plugins.amazon.tests.report import DOTS, END, ISO, SLASHES, START, MemoryFile, Report, Row, read

WORDS = [
    ("Order", "ItemPrice", "Principal"),
    ("Order", "ItemFees", "Commission"),
    ("Refund", "ItemPrice", "Tax"),
    ("other-transaction", "other-transaction", "Current Reserve Amount"),
    ("Order", "ItemPrice", "Something New"),
]
STYLES = [("USD", ISO, "."), ("EUR", DOTS, ","), ("GBP", DOTS, "."), ("SEK", DOTS, ","), ("JPY", SLASHES, ".")]
LETTERS = {
    "utf-8": st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="\ufeff"),
    "utf-8-sig": st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="\ufeff"),
    "cp1252": st.sampled_from("abcXYZ019-_|\\\"'éüßñ€£ÀÿŠ"),
    "cp932": st.sampled_from("abcXYZ019-_|\\\"'表示ソポ税ァア円十能"),
}
SECONDS = int((END - START).total_seconds())


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    return START + timedelta(seconds=draw(st.integers(0, SECONDS)))


@st.composite
def reports(draw: st.DrawFn) -> tuple[Report, str]:
    """A report in some style, and an encoding that its letters fit."""
    currency, dates, mark = draw(st.sampled_from(STYLES))
    encodings = ["utf-8", "utf-8-sig", "cp932" if currency == "JPY" else "cp1252"]
    encoding = draw(st.sampled_from(encodings))
    row = st.builds(
        Row,
        words=st.sampled_from(WORDS),
        minor=st.integers(-(10**9), 10**9),
        at=instants(),
        sku=st.text(LETTERS[encoding], max_size=8),
        promotion=st.text(LETTERS[encoding], max_size=8),
    )
    rows = tuple(draw(st.lists(row, max_size=12)))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return Report(rows=rows, currency=currency, dates=dates, mark=mark, end=end), encoding


@given(reports())
def test_any_rows_in_any_style_and_encoding_come_back_the_same(written: tuple[Report, str]) -> None:
    """F48, D02: amounts, instants, words and letters survive; the sum is the sum."""
    report, encoding = written
    found = read(report.file(encoding))

    assert [(line.amount_minor, line.occurred_at, line.words, line.sku) for line in found.lines] == [
        (row.minor, row.at, "|".join(row.words), row.sku) for row in report.rows
    ]
    assert [dict(line.attributes).get("promotion", "") for line in found.lines] == [
        row.promotion for row in report.rows
    ]
    assert sum(line.amount_minor for line in found.lines) == found.start.total_minor
    assert (found.start.opened_at, found.start.closed_at) == (START, END)


@given(reports(), st.randoms())
def test_the_order_of_rows_changes_no_sum_and_loses_no_duplicate(written: tuple[Report, str], dice: object) -> None:
    report, encoding = written
    shuffle = getattr(dice, "shuffle")  # noqa: B009 - hypothesis types its randomness as object
    rows = [*report.rows, *report.rows]
    shuffle(rows)
    twice = Report(rows=tuple(rows), currency=report.currency, dates=report.dates, mark=report.mark)

    once, found = read(report.file(encoding)), read(twice.file(encoding))
    assert len(found.lines) == 2 * len(once.lines)
    assert found.by_kind() == {kind: 2 * minor for kind, minor in once.by_kind().items()}


@given(st.binary(max_size=2000))
def test_no_bytes_bring_anything_but_a_refusal(content: bytes) -> None:
    with pytest.raises(DocumentError):
        read(MemoryFile(content))


@given(reports(), st.integers(0, 3000), st.binary(min_size=1, max_size=3))
def test_a_damaged_file_is_refused_or_read_and_nothing_else_happens(
    written: tuple[Report, str], place: int, damage: bytes
) -> None:
    report, encoding = written
    content = bytearray(report.text().encode(encoding))
    content[place % len(content) : place % len(content) + len(damage)] = damage
    with suppress(DocumentError):
        read(MemoryFile(bytes(content)))
