"""Pure: how another program wrote a settlement report anew, where that lost nothing; and the report as it was.

As Amazon writes it, cells are parted by tabs and a quotation mark is a letter like any other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

import msgspec

from bridge.plugin.reading import Place

_SEPARATORS = {",": "commas", ";": "semicolons"}


class Dialect(msgspec.Struct, frozen=True):
    """How the cells of a file are told apart. has_other_names: its columns are called with blanks for dashes."""

    separator: str = "\t"
    is_quoted: bool = False
    has_other_names: bool = False

    @property
    def changes(self) -> str:
        """What another program changed, for people; empty for a file as Amazon writes it."""
        found = (
            f"{_SEPARATORS[self.separator]} between the cells" if self.separator in _SEPARATORS else "",
            "quotes around the cells" if self.is_quoted else "",
            "blanks for dashes in the names of the columns" if self.has_other_names else "",
        )
        return ", ".join(filter(None, found))

    def cells(self, line: str) -> list[str]:
        """The cells of a line. Raises: csv.Error where quotes do not close."""
        if not (self.is_quoted or self.separator in _SEPARATORS):
            return line.split("\t")
        return next(csv.reader([line], delimiter=self.separator, strict=True), [""])

    def names(self, header: str) -> list[str]:
        """The names of the columns as Amazon writes them, but for case."""
        names = [name.strip().casefold() for name in self.cells(header.rstrip("\r\n"))]
        return [re.sub("[ _]", "-", name) for name in names] if self.has_other_names else names


def dialect_of(header: str) -> Dialect:
    """The dialect of a file with this header line; Amazon's own where nothing speaks for another."""
    text = header.strip()
    separator = "\t" if "\t" in text else next((mark for mark in _SEPARATORS if text.count(mark) > 1), "\t")
    is_quoted = text.startswith('"') and text.endswith('"')
    is_renamed = re.search(r"settlement[ _]id", text, re.IGNORECASE) is not None
    return Dialect(separator, is_quoted, is_renamed)


def as_written(
    pieces: Iterable[tuple[list[str], bool]], dialect: Dialect, place: Place
) -> Iterator[tuple[list[str], bool]]:
    """The same pieces of lines with Amazon's own header and separator.

    Raises: DocumentError for a line whose quotes do not close.
    """
    if not dialect.changes:
        yield from pieces
        return
    number = 0
    for lines, is_ended in pieces:
        found = []
        for line in lines:
            number += 1
            found.append("\t".join(_cells(line, dialect, place, number, is_ended=is_ended)))
        yield found, is_ended


def _cells(line: str, dialect: Dialect, place: Place, number: int, *, is_ended: bool) -> list[str]:
    try:
        cells = dialect.names(line) if number == 1 else dialect.cells(line)
    except csv.Error as error:
        code, cause = ("file.row", "has quotes that do not close") if is_ended else ("file.truncated", "is cut off")
        raise place.refuse(code, cause, at=number) from error
    if any("\t" in cell for cell in cells):
        raise place.refuse("file.row", "has a tab inside a cell", at=number)
    return cells
