"""Pure: how a settlement writes its dates and numbers. Chosen by pattern, checked against the currency, never guessed.

Source: shapes seen in public settlement files of 14 marketplaces; the Japanese date style rests on one public
parser, and the decimal style of SEK, PLN and TRY on none: both are therefore taken as they come.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum

from bridge.errors import DocumentError
from bridge.model.money import minor_from_text
from bridge.plugin.reading import FactError, Once, check_year

_TIME = r"(?: +(\d\d):(\d\d):(\d\d) UTC)?"
_COMMA = re.compile(r"[+-]?\d+,\d{1,2}", re.ASCII)
_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


class DateStyle(Enum):
    """An order of year, month and day that its own punctuation gives away."""

    DASHES = re.compile(r"(\d{4})-(\d\d)-(\d\d)" + _TIME, re.ASCII)
    DOTS = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})" + _TIME, re.ASCII)
    SLASHES = re.compile(r"(\d{4})/(\d\d)/(\d\d)" + _TIME, re.ASCII)

    def read(self, text: str) -> datetime | None:
        """The instant a text of this style means; None for another text. Raises: ValueError for no day there is."""
        found = self.value.fullmatch(text)
        if found is None:
            return None
        first, month, last, hour, minute, second = found.groups("0")
        year, day = (last, first) if self is DateStyle.DOTS else (first, last)
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)


_DOTTED = "CAD MXN BRL EUR GBP SEK PLN TRY AED SAR INR AUD SGD"
STYLES = {"USD": (DateStyle.DASHES,), **dict.fromkeys(_DOTTED.split(), (DateStyle.DOTS, DateStyle.DASHES))}


class Instants(Once[str, datetime]):
    """A file's dates as aware UTC instants, each text read once.

    Year, month and day with dashes can mean one day only, and are taken in every currency, as is ISO 8601 with an
    offset. Of the other styles a currency whose own is known takes that alone; any other takes each of them. A date
    without a time is its midnight in UTC.
    Raises: FactError for any other text, day and month against month and day with slashes among them, and for a
            year no settlement can be of.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency, self._styles = currency, STYLES.get(currency, tuple(DateStyle))

    def work(self, text: str) -> datetime:
        try:
            instant = self._read(text.strip())
        except (ValueError, OverflowError) as error:
            raise FactError("file.dates", f"{text[:40]!r} is no date of the calendar") from error
        if instant is None:
            raise FactError("file.dates", f"{text[:40]!r} is not a date as {self._currency} settlements write them")
        return check_year(instant)

    def _read(self, text: str) -> datetime | None:
        for style in self._styles:
            if (instant := style.read(text)) is not None:
                return instant
        return datetime.fromisoformat(text).astimezone(UTC) if _OFFSET.fullmatch(text) else None


class Amounts(Once[str, int]):
    """A file's amounts in minor units, each text read once; the file's decimal mark is whichever it uses first.

    Raises: FactError when an amount is not plain decimal text, has more decimals than the currency, or uses the
            other decimal mark.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency, self._mark, self._example = currency, "", ""

    def work(self, text: str) -> int:
        plain = text.strip()
        if mark := "," if _COMMA.fullmatch(plain) else "." if "." in plain else "":
            self._note(mark, plain)
        try:
            minor = minor_from_text(plain.replace(",", ".") if mark == "," else plain, self._currency)
        except DocumentError as error:
            raise FactError("file.amount", f"amount {plain[:40]!r}: {error.cause}") from error
        return minor

    def _note(self, mark: str, text: str) -> None:
        if self._mark and mark != self._mark:
            raise FactError(
                "file.mixed_decimals",
                f"amount {text[:40]!r} has {_NAMES[mark]}, amounts before it ({self._example}) {_NAMES[self._mark]}",
            )
        if not self._mark:
            self._mark, self._example = mark, text[:40]


_NAMES = {",": "a decimal comma", ".": "a decimal point"}
