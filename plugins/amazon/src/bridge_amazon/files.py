"""Pure: which of Amazon's files is this, by its header line."""

from __future__ import annotations

import csv
from contextlib import suppress
from enum import StrEnum

from bridge.plugin import FileType
from bridge.plugin.reading import Place, looks_like
from bridge_amazon.dialect import Dialect, dialect_of
from bridge_amazon.refusal import WHERE

HEAD_BYTES = 1 << 16
PREAMBLE_LINES = 40
BRING = f"Bring the settlement report instead: {WHERE}"


class Layout(StrEnum):
    """What a file is."""

    SETTLEMENT_V2 = "settlement report"
    SETTLEMENT_V1 = "settlement report in the older layout"
    DATE_RANGE = "Date Range Transaction report"
    ALL_ORDERS = "All Orders report"
    UNKNOWN = "no report bridge knows"


READ = (
    FileType("Settlement reports, flat file V2 (tab-separated text, 24 columns): one settlement."),
    FileType("Settlement reports, flat file V1 (tab-separated text, 36 columns, from an archive): one settlement."),
)

# The first two columns of the Date Range report, as Seller Central names them in English and in German.
_DATE_RANGE = {("date/time", "settlement id"), ("datum/uhrzeit", "abrechnungsnummer")}
_V2_MARKS = {"amount-type", "amount-description"}
_V1_MARKS = {"price-type", "price-amount", "other-amount", "item-related-fee-type"}


def column_names(line: str) -> list[str]:
    """The names of a tab-separated header line, as written but for case and blanks around them."""
    return Dialect().names(line)


def file_type(head: bytes) -> tuple[Layout, Dialect]:
    """What the file is that begins with these bytes, and how it is written.

    Header names are ASCII in every file that is told apart here.
    """
    lines = head.decode("utf-8-sig", errors="replace").splitlines() or [""]
    dialect, names = _header(lines[0])
    if "settlement-id" in names:
        is_v1 = names & _V1_MARKS and not names & _V2_MARKS
        return (Layout.SETTLEMENT_V1 if is_v1 else Layout.SETTLEMENT_V2), dialect
    if {"amazon-order-id", "purchase-date"} <= names:
        return Layout.ALL_ORDERS, dialect
    if any(_is_date_range(line) for line in lines[:PREAMBLE_LINES]):
        return Layout.DATE_RANGE, dialect
    return Layout.UNKNOWN, dialect


def settlement_type(head: bytes, place: Place) -> tuple[Layout, Dialect]:
    """Which layout of settlement report this is, and in which dialect.

    Raises: DocumentError ``amazon.file.empty`` for a file without content, ``amazon.file.not_yet`` for a report that
            is known and not booked from, ``amazon.file.unknown`` for anything else.
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise place.refuse("file.empty", "is empty")
    kind, dialect = file_type(head)
    if kind in {Layout.DATE_RANGE, Layout.ALL_ORDERS}:
        raise place.refuse("file.not_yet", f"is the {kind.value}, which bridge cannot book from yet", next_step=BRING)
    if kind is Layout.UNKNOWN:
        raise place.refuse("file.unknown", f"is {kind.value}{looks_like(head)}", next_step=BRING)
    return kind, dialect


def _header(line: str) -> tuple[Dialect, set[str]]:
    """The dialect of a header and its names; a header in another dialect must also name a total."""
    for dialect in (Dialect(), dialect_of(line)):
        with suppress(csv.Error):
            names = set(dialect.names(line))
            if names >= ({"settlement-id", "total-amount"} if dialect.changes else {"settlement-id"}):
                return dialect, names
    return Dialect(), set(column_names(line))


def is_japanese(head: bytes) -> bool:
    """Whether the file, its encoding still unknown, is of Amazon's Japanese marketplace.

    A tab and ASCII letters are themselves in every encoding the files come in.
    """
    lines = head.split(b"\n")
    names = column_names(lines[0].decode("ascii", errors="replace").lstrip("\ufffd"))
    place = names.index("currency") if "currency" in names else -1
    first = next((line.split(b"\t") for line in lines[1:] if line.strip()), [])
    currency = first[place].strip() if 0 <= place < len(first) else b""
    return currency == b"JPY" or b"amazon.co.jp" in head.lower()


def _is_date_range(line: str) -> bool:
    cells = [cell.strip().casefold() for cell in next(csv.reader([line]), [])]
    return tuple(cells[:2]) in _DATE_RANGE
