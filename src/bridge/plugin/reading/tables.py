"""Tables (CSV): columns found by name, wherever they stand; columns that nobody asks for are passed over."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from bridge.plugin.reading.places import Place
from bridge.plugin.reading.text import UTF_8
from bridge.plugin.source import SourceFile

_LONGEST_ROW: Final = 1 << 20
"""Letters of a row, however many lines its quoted cells lie over."""
_MOST_COLUMNS: Final = 1_000
_HEAD: Final = 1 << 16


class Record:
    """One row, asked by column name. It never shows what it holds."""

    def __init__(self, columns: dict[str, int], cells: Sequence[str], line: int) -> None:
        self._columns, self._cells, self.line = columns, cells, line

    def __getitem__(self, name: str) -> str:
        """The cell without blanks around it; empty where the file has no such column."""
        place = self._columns.get(name)
        return "" if place is None else self._cells[place].strip()


def column_names(cells: Sequence[str]) -> list[str]:
    """The names of a header row, as written but for case and blanks around them."""
    return [cell.strip().casefold() for cell in cells]


def separator_of(header: str, among: str = ",;\t") -> str:
    """What parts the cells of a table: the channel's own, the first, or what a program that saved it anew put there."""
    return max(among, key=header.count)


def records(
    file: SourceFile, place: Place, needed: Sequence[str], *, lacking: str = "", must_end: bool = False
) -> Iterator[Record]:
    """The rows of a table in UTF-8, as they stream by; blank ones are left out.

    needed:   columns without which nothing can be said. lacking: the next step for a table that lacks one.
    must_end: the channel ends every line, so that a last one without an end was cut.
    Memory:   a row.
    Raises:   DocumentError naming the line: ``file.columns`` for one that is missing, or there twice, or too many,
              ``file.row`` for a row of another width, too long or none of a CSV, ``file.encoding``, ``file.truncated``.
    """
    with file.open() as stream:
        separator = separator_of(stream.readline(_HEAD).decode(errors="replace"))
    with file.open() as stream, io.TextIOWrapper(stream, encoding=UTF_8, newline="") as text:
        lines = _Lines(text, place, must_end=must_end)
        reader = csv.reader(lines, strict=True, delimiter=separator)
        try:
            names = column_names(next(reader, []))
            lines.of_row = 0
            _check_columns(names, needed, place, lacking)
            columns = {name: number for number, name in enumerate(names)}
            for cells in reader:
                lines.of_row = 0
                if any(cells):
                    yield Record(columns, _checked(cells, names, place, reader.line_num), reader.line_num)
        except UnicodeDecodeError as error:
            raise place.refuse("file.encoding", "is not UTF-8", at=reader.line_num + 1) from error
        except csv.Error as error:
            raise place.refuse("file.row", "is no row of a CSV", at=reader.line_num) from error


class _Lines:
    """The lines of a table. of_row: letters that came since a row was whole: whoever reads rows begins it anew."""

    def __init__(self, text: io.TextIOWrapper, place: Place, *, must_end: bool) -> None:
        self._text, self._place, self._must_end = text, place, must_end
        self._number = self.of_row = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_ROW)
        if not line:
            raise StopIteration
        self._number += 1
        self.of_row += len(line)
        if self.of_row >= _LONGEST_ROW:
            raise self._place.refuse("file.row", f"is longer than {_LONGEST_ROW} characters", at=self._number)
        if "\0" in line:
            raise self._place.refuse("file.encoding", "holds NUL bytes, as a damaged download does", at=self._number)
        if self._must_end and not line.endswith("\n"):
            raise self._place.refuse(
                "file.truncated", "is the last line and has no end: it is cut off", at=self._number
            )
        return line


def _checked(cells: list[str], names: Sequence[str], place: Place, number: int) -> list[str]:
    if len(cells) != len(names):
        cause = f"has {len(cells)} cells under {len(names)} columns, as a row that was cut off"
        raise place.refuse("file.row", cause, at=number)
    return cells


def _check_columns(names: Sequence[str], needed: Sequence[str], place: Place, lacking: str) -> None:
    if len(names) > _MOST_COLUMNS:
        raise place.refuse("file.columns", f"has {len(names):,} columns, as no export does", at=1)
    if missing := [name for name in needed if name not in names]:
        raise place.refuse("file.columns", f"lacks the column {', '.join(missing)}", at=1, next_step=lacking)
    if twice := sorted(name for name in needed if names.count(name) > 1):
        raise place.refuse("file.columns", f"has twice the column {', '.join(twice)}", at=1)
