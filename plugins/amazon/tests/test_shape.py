"""What a settlement file looks like, what is tolerated, and what is refused with file and line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.errors import DocumentError
from bridge_amazon.source import AmazonSource
from plugins.amazon.tests.report import POSTED, V2, MemoryFile, Report, Row, read

TWO = Report(rows=(Row(), Row(minor=-375, words=("Order", "ItemFees", "Commission"))))


def refusal_of(content: str | bytes) -> DocumentError:
    data = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(DocumentError) as refusal:
        read(MemoryFile(data))
    assert str(refusal.value).startswith("file settlement.txt")
    return refusal.value


def test_a_blank_line_under_the_header_and_blank_lines_between_rows_are_passed_over() -> None:
    header, *rows = TWO.lines()
    blanks = ["", "\t" * 23, "   "]
    assert read(MemoryFile("\n".join([header, "", rows[0], *blanks, *rows[1:], "", ""]).encode())) == read(TWO.file())


def test_rows_that_are_short_by_trailing_cells_are_padded() -> None:
    header, *rows = TWO.lines()
    short = [header, "\t".join(rows[0].split("\t")[:6]), *("\t".join(row.split("\t")[:18]) for row in rows[1:])]
    found = read(MemoryFile("\n".join(short).encode()))

    assert [line.amount_minor for line in found.lines] == [2499, -375]
    assert [(line.sku, line.occurred_at) for line in found.lines] == [("", POSTED)] * 2


def test_trailing_tabs_and_blanks_around_cells_change_nothing() -> None:
    padded = TWO.text().replace("\n", "\t\t \n").replace("\t24.99\t", "\t 24.99  \t").replace("\tUSD\t", "\tUSD \t")
    assert read(MemoryFile(padded.encode())) == read(TWO.file())


def test_columns_are_found_by_name_wherever_they_stand() -> None:
    """Headers without promotion-id exist; unknown columns without money are passed over."""
    columns = [*reversed([name for name in V2 if name != "promotion-id"]), "seller-note"]
    shuffled = Report(rows=TWO.rows, columns=columns)
    assert read(shuffled.file()) == read(TWO.file())


def test_rows_equal_byte_for_byte_are_all_kept_under_keys_of_their_own() -> None:
    """D02: two units or two fees look the same; dropping one loses money."""
    found = read(Report(rows=(Row(),) * 5).file())
    assert [line.amount_minor for line in found.lines] == [2499] * 5
    assert len({line.key for line in found.lines}) == 5


def test_keys_are_places_among_the_rows_and_sort_as_the_file_does() -> None:
    found = read(Report(rows=tuple(Row(minor=minor) for minor in range(1, 12))).file())
    assert [line.amount_minor for line in sorted(found.lines, key=lambda line: line.key)] == list(range(1, 12))


def test_the_currency_on_every_row_is_tolerated_when_it_is_the_settlements() -> None:
    repeated = TWO.text().replace("28500000011\t\t\t\t\t\t", "28500000011\t\t\t\t\tUSD\t")
    assert read(MemoryFile(repeated.encode())) == read(TWO.file())


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (lambda text: text.replace("28500000011\t\t\t\t\t\t", "28500000011\t\t\t\t\tCAD\t"), "currency", 3),
        (lambda text: text.replace("28500000011\t\t\t\t\t\t", "28500000012\t\t\t\t\t\t", 1), "settlement", 3),
        (lambda text: text.replace("28500000011\t\t\t\t\t\t", "\t\t\t\t\t\t", 1), "settlement", 3),
        (lambda text: text + text.splitlines()[1] + "\n", "summary", 5),
        (lambda text: "\n".join(text.splitlines()[:1] + text.splitlines()[2:]) + "\n", "summary", 2),
        (lambda text: text.replace("\t24.99\t", "\t\t"), "amount", 3),
        (lambda text: text.replace("\t1\t\n", "\t1\tx\tSMUGGLED\n", 1), "row", 3),
        (lambda text: text.replace("28500000011\t2026", "2.85E+10\t2026"), "settlement", 2),
        (lambda text: text.replace("\tUSD", "\tXYZ"), "currency", 2),
        (lambda text: text.replace("\tUSD", "\tXXX"), "currency", 2),
        (lambda text: text.replace("\t2026-07-08 17:32:10 UTC\t", "\t2025-07-08 17:32:10 UTC\t", 1), "dates", 2),
        (lambda text: text.replace("total-amount", "total"), "columns", 1),
        (lambda text: text.replace("\tamount\t", "\tsum\t"), "columns", 1),
        (lambda text: text.replace("promotion-id", "hardship-amount"), "columns", 1),
        (lambda text: text.replace("promotion-id", "other-amount"), "columns", 1),
        (lambda text: text.replace("promotion-id", "amount"), "columns", 1),
    ],
    ids=[
        "a row in another currency", "a row of another settlement", "a row of no settlement", "a second summary",
        "no summary", "a row without an amount", "more cells than columns", "saved by a spreadsheet",
        "no currency of this world", "no currency at all", "ends before it starts", "no total", "no amounts",
        "an unknown amount column", "a column of the other layout", "a column twice",
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused_with_its_line(
    change: Callable[[str], str], code: str, line: int
) -> None:
    refusal = refusal_of(change(TWO.text()))
    assert (refusal.code, refusal.thing) == (f"amazon.file.{code}", f"file settlement.txt, line {line}")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\n", Report().lines()[0].encode(), b"\t".join(
    name.encode() for name in V2) + b"\n\n\n"])  # fmt: skip
def test_an_empty_file_or_one_with_nothing_under_its_header_is_refused(content: bytes) -> None:
    assert refusal_of(content).code == "amazon.file.empty"


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04zip", b"%PDF-1.7", b"<html>", "a,b\n1,2\n", "\ufeffhello", "settlement id,b\n1,2\n"]
)
def test_anything_else_is_refused_as_unknown_and_told_what_to_bring(content: str | bytes) -> None:
    refusal = refusal_of(content)
    assert refusal.code == "amazon.file.unknown"
    assert "Flat File V2" in refusal.next_step


def test_a_file_saved_by_a_spreadsheet_as_utf_16_is_named_as_such() -> None:
    assert "UTF-16" in str(refusal_of(Report().text().encode("utf-16")))


def test_the_last_line_may_lack_its_end_but_not_its_date() -> None:
    whole = TWO.text().rstrip("\n")
    assert read(MemoryFile(whole.encode())) == read(TWO.file())


def test_what_is_wrong_with_a_last_line_that_is_whole_is_told_as_it_is() -> None:
    whole = TWO.text()
    assert refusal_of(whole + whole.splitlines()[1]).code == "amazon.file.summary"
    assert refusal_of(whole.replace("\t-3.75\t", "\t-3,75\t").rstrip("\n")).code == "amazon.file.mixed_decimals"


def test_a_file_cut_anywhere_is_refused_or_does_not_add_up() -> None:
    """F22, D02: no cut yields a file that balances and lacks money or a date."""
    content = TWO.text().encode()
    whole = [(line.amount_minor, line.occurred_at) for line in read(TWO.file()).lines]
    for length in range(len(content)):
        try:
            found = read(MemoryFile(content[:length]))
        except DocumentError:
            continue
        balances = sum(line.amount_minor for line in found.lines) == found.start.total_minor
        assert not balances or [(line.amount_minor, line.occurred_at) for line in found.lines] == whole


@pytest.mark.parametrize("cut", ["\t2026-06-25 08:14", "\t2026-06-25\t", "\t-3"])
def test_a_cut_last_row_is_called_cut(cut: str) -> None:
    content = TWO.text()
    refusal = refusal_of(content[: content.rindex(cut) + len(cut)])
    assert (refusal.code, refusal.thing) == ("amazon.file.truncated", "file settlement.txt, line 4")


def test_a_file_cut_inside_a_letter_is_called_cut_and_not_taken_for_another_encoding() -> None:
    content = Report(rows=(Row(sku="THÉ"), Row(promotion="THÉ"))).text().encode()
    assert refusal_of(content[: content.rindex("É".encode()) + 1]).code == "amazon.file.truncated"


def test_a_file_beyond_the_limit_is_refused_before_it_is_read() -> None:
    file = Report().file()
    file.size = 3_000_001
    with pytest.raises(DocumentError, match=r"3 MB, more than the 2 MB.*max_file_megabytes") as refusal:
        list(AmazonSource(max_file_megabytes=2).read_file(file))
    assert refusal.value.code == "amazon.file.too_large"


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    assert refusal_of(Report().text() + "x" * 3_000_000).code == "amazon.file.unknown"
