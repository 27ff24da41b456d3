"""Pure: what spreadsheets make of an export that they save anew: read where nothing is lost, else refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from bridge.plugin import SourceFile
from bridge.plugin.reading import FactError, Place, Record, records
from bridge_shopify.facts import Amounts, utc

_ANEW = "Export it again, in English and with all its columns; exports made years ago lack some, and answers do not"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:[+-]\d{4}|UTC)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d\d?)\2(\d\d?)", re.ASCII)
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<symbol>[$£€]?)(?P<later>[+-]?)(?P<number>[\d.,]+)", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+", re.ASCII)
_COMMA = re.compile(r"\d+,\d\d", re.ASCII)
_SYMBOLS = {"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD"}, "£": {"GBP"}, "€": {"EUR"}, "": None}


def rows(file: SourceFile, place: Place, *needed: str) -> Iterator[Record]:
    """The rows of an export. Raises: DocumentError naming the line."""
    return records(file, place, needed, lacking=_ANEW)


def amount_of(record: Record, column: str, amounts: Amounts) -> int:
    """Minor units of a cell.

    Reads:  Shopify's own style; and with a sign of the currency, in brackets for less than nothing, with thousands
            apart where decimals follow, or with a comma before two decimals.
    Raises: FactError naming the column, for what may mean more than one amount.
    """
    return _amount(record[column], amounts, column)


def instant_of(record: Record, column: str) -> datetime:
    """``2026-09-01 10:02:13 -0400`` in UTC. Raises: FactError for another style: without its zone it is no instant."""
    text = record[column]
    if not _INSTANT.fullmatch(text):
        raise _rewritten(column)
    try:
        return utc(datetime.strptime(text.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z"))
    except ValueError as error:
        raise _impossible(column) from error


def day_of(record: Record, column: str) -> date:
    """``2026-09-07``, also as ``2026/9/7``: the year comes first, so month and day are sure. Raises: FactError."""
    found = _YEAR_FIRST.fullmatch(record[column])
    if found is None:
        raise _rewritten(column)
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError as error:
        raise _impossible(column) from error


def midnight(on: date) -> datetime:
    """A day as its midnight in UTC, when payouts close."""
    return utc(datetime(on.year, on.month, on.day, tzinfo=UTC))


def _amount(text: str, amounts: Amounts, column: str) -> int:
    try:
        return amounts[text]
    except FactError as error:
        if plain := _plain_amount(text, amounts.currency):
            return _amount(plain, amounts, column)
        raise FactError(error.code, f"{error.cause} (column {column})") from error


def _plain_amount(text: str, currency: str) -> str:
    """The number in plain decimals; empty where it is so already, or may mean more than one."""
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else ""
    found = _AMOUNT.fullmatch(inner or text)
    if found is None or (found["sign"] and found["later"]) or (inner and (found["sign"] or found["later"])):
        return ""
    known = _SYMBOLS[found["symbol"]]
    if known is not None and currency not in known:
        return ""
    number = found["number"]
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    elif _COMMA.fullmatch(number):
        number = number.replace(",", ".")
    plain = ("-" if inner else found["sign"] or found["later"]) + number
    return plain if "," not in plain and plain != text else ""


def _rewritten(column: str) -> FactError:
    cause = f"has in the column {column} a date that another program wrote in its own style"
    return FactError("file.dates", cause)


def _impossible(column: str) -> FactError:
    return FactError("file.dates", f"has in the column {column} a date that no calendar has")
