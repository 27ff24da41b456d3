"""The rows of an export (CSV): columns found by name, wherever they stand; columns nobody knows are passed over."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from bridge.plugin import SourceFile
from bridge_shopify import spreadsheet
from bridge_shopify.facts import Amounts
from bridge_shopify.files import HEAD_BYTES, column_names, separator
from bridge_shopify.refusal import DOWNLOAD_AGAIN, FactError, Place


class Record:
    """One row, asked by column name. It never shows what it holds."""

    def __init__(self, columns: dict[str, int], cells: Sequence[str], line: int) -> None:
        self._columns, self._cells, self.line = columns, cells, line

    def __getitem__(self, name: str) -> str:
        """The cell without blanks around it; empty where the file has no such column."""
        place = self._columns.get(name)
        return "" if place is None else self._cells[place].strip()

    def amount(self, name: str, amounts: Amounts) -> int:
        """Minor units. Raises: FactError naming the column."""
        return spreadsheet.amount(self[name], amounts, name)

    def instant(self, name: str) -> datetime:
        """In UTC. Raises: FactError naming the column."""
        return spreadsheet.instant(self[name], name)

    def day(self, name: str) -> date:
        """Raises: FactError naming the column."""
        return spreadsheet.day(self[name], name)


@contextmanager
def records(file: SourceFile, place: Place, needed: Sequence[str]) -> Iterator[Iterator[Record]]:
    """The rows of an export, as they stream by. needed: columns without which nothing can be said.

    Raises: DocumentError naming the line.
    """
    with file.open() as stream:
        parted_by = separator(stream.readline(HEAD_BYTES).decode("utf-8", errors="replace"))
    with file.open() as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        yield _records(text, parted_by, place, needed)


def _records(text: io.TextIOWrapper, parted_by: str, place: Place, needed: Sequence[str]) -> Iterator[Record]:
    reader = csv.reader(text, strict=True, delimiter=parted_by)
    try:
        names = column_names(next(reader, []))
        columns = {name: number for number, name in enumerate(names)}
        _check_columns(names, needed, place)
        for cells in reader:
            if any(cells):
                if len(cells) != len(names):
                    cause = f"has {len(cells)} cells under {len(names)} columns, as a row that was cut off"
                    raise place.refuse(
                        cause, code="shopify.file.row", at=_at(reader.line_num), next_step=DOWNLOAD_AGAIN
                    )
                yield Record(columns, cells, reader.line_num)
    except UnicodeDecodeError as error:
        raise place.refuse("is not UTF-8", code="shopify.file.encoding", next_step=DOWNLOAD_AGAIN) from error
    except csv.Error as error:
        at = _at(reader.line_num)
        raise place.refuse("is no row of a CSV", code="shopify.file.row", at=at, next_step=DOWNLOAD_AGAIN) from error


@contextmanager
def reading(record: Record, place: Place) -> Iterator[None]:
    """Names the line of a value that cannot be meant."""
    try:
        yield
    except FactError as error:
        raise place.refuse(error.cause, code=error.code, at=_at(record.line), next_step=DOWNLOAD_AGAIN) from error


def _check_columns(names: Sequence[str], needed: Sequence[str], place: Place) -> None:
    if missing := [name for name in needed if name not in names]:
        cause = f"lacks the column {', '.join(missing)}"
        raise place.refuse(cause, code="shopify.file.columns", at=_at(1), next_step=_ANEW)
    if twice := sorted(name for name in needed if names.count(name) > 1):
        cause = f"has twice the column {', '.join(twice)}"
        raise place.refuse(cause, code="shopify.file.columns", at=_at(1), next_step=DOWNLOAD_AGAIN)


_ANEW = "Export it again, in English and with all its columns; exports made years ago lack some, and answers do not"


def _at(line: int) -> str:
    return f"line {line}"
