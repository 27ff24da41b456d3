"""Pure: which of Amazon's files is this, by its header line."""

from __future__ import annotations

import csv
from enum import StrEnum

from bridge.plugin import FileType
from bridge_amazon.refusal import Place

HEAD_BYTES = 1 << 16
PREAMBLE_LINES = 40
BRING = (
    "Bring the settlement report instead: in Seller Central, Payments, Reports repository, the settlement's "
    "'Flat File V2', as the .txt file that is downloaded"
)


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
    return [name.strip().casefold() for name in line.rstrip("\r\n").split("\t")]


def file_type(head: bytes) -> Layout:
    """What the file is that begins with these bytes. Header names are ASCII in every file that is told apart here."""
    lines = head.decode("utf-8-sig", errors="replace").splitlines()
    names = set(column_names(lines[0])) if lines else set()
    if "settlement-id" in names:
        return Layout.SETTLEMENT_V1 if names & _V1_MARKS and not names & _V2_MARKS else Layout.SETTLEMENT_V2
    if {"amazon-order-id", "purchase-date"} <= names:
        return Layout.ALL_ORDERS
    if any(_is_date_range(line) for line in lines[:PREAMBLE_LINES]):
        return Layout.DATE_RANGE
    return Layout.UNKNOWN


def settlement_type(head: bytes, place: Place) -> Layout:
    """Which layout of settlement report this is.

    Raises: DocumentError ``amazon.file.empty`` for a file without content, ``amazon.file.not_yet`` for a report that
            is known and not booked from, ``amazon.file.unknown`` for anything else.
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise place.refuse("empty", "is empty")
    kind = file_type(head)
    if kind in {Layout.DATE_RANGE, Layout.ALL_ORDERS}:
        raise place.refuse("not_yet", f"is the {kind.value}, which bridge cannot book from yet", next_step=BRING)
    if kind is Layout.UNKNOWN:
        raise place.refuse("unknown", f"is {kind.value}{_looks_like(head)}", next_step=BRING)
    return kind


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


def _looks_like(head: bytes) -> str:
    signs = {
        b"\xff\xfe": "UTF-16 text, as spreadsheets save it",
        b"\xfe\xff": "UTF-16 text, as spreadsheets save it",
        b"PK": "a zip or Excel file",
        b"%PDF": "a PDF",
        b"\x1f\x8b": "a gzip file",
        b"<": "XML or a web page",
    }
    return next((f": it looks like {what}" for sign, what in signs.items() if head.startswith(sign)), "")
