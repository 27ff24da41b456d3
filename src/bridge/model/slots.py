"""What the texts of a slot say, as values: which part of a settlement, payout, order or day it holds; the book day.

The texts are stored, and ids and keys derive from them, so they never change. They are composed and read here alone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import assert_never

import msgspec

from bridge.errors import InvariantError
from bridge.model.documents import DocumentKind


class MonthPart(msgspec.Struct, frozen=True):
    """A month (``2026-06``) of a settlement, or of what a payout takes besides the sales in it."""

    month: str

    def __post_init__(self) -> None:
        _check_month(self.month)


class SalesOfMonth(msgspec.Struct, frozen=True):
    """The sales and refunds of a month that a payout pays."""

    month: str

    def __post_init__(self) -> None:
        _check_month(self.month)


class BankPart(msgspec.Struct, frozen=True):
    """The leg that moves a payout to the bank."""


class BouncedPart(msgspec.Struct, frozen=True):
    """What settles the open document of a payout that came back."""


class OpeningPart(msgspec.Struct, frozen=True):
    """The opening of a reserve that a settlement gives back and that none here had held."""


class FirstDayPart(msgspec.Struct, frozen=True):
    """What was there before a route's first day, in one currency."""

    currency: str

    def __post_init__(self) -> None:
        if not (len(self.currency) == 3 and self.currency.isupper()):
            raise _unreadable("currency", self.currency)


class ExchangePart(msgspec.Struct, frozen=True):
    """What was captured and charged apart, of a payout's charges of one day."""

    day: date


class ConvertedPart(msgspec.Struct, frozen=True):
    """One half of how a payout's charges of one day were converted: what was captured, or what came of it.

    currency: what was captured in. is_paid: it is the half in the payout's own.
    """

    day: date
    currency: str
    is_paid: bool

    def __post_init__(self) -> None:
        if not (len(self.currency) == 3 and self.currency.isupper()):
            raise _unreadable("currency", self.currency)


class ArrivedPart(msgspec.Struct, frozen=True):
    """One half of how a payout was converted on its way to the bank, as a person said: what left, or what arrived."""

    is_paid: bool


class DocumentPart(msgspec.Struct, frozen=True):
    """What one document moved on one day, where a route books by order."""

    kind: DocumentKind
    external_id: str
    day: date


class DaySales(msgspec.Struct, frozen=True):
    """The sales and refunds of a day."""


class DayFees(msgspec.Struct, frozen=True):
    """The fees and adjustments of a day."""


SlotPart = (
    MonthPart
    | SalesOfMonth
    | BankPart
    | BouncedPart
    | OpeningPart
    | FirstDayPart
    | ExchangePart
    | ConvertedPart
    | ArrivedPart
    | DocumentPart
    | DaySales
    | DayFees
)
_BY_WORD: dict[str, SlotPart] = {
    "bank": BankPart(),
    "bounced": BouncedPart(),
    "opening": OpeningPart(),
    "left": ArrivedPart(is_paid=False),
    "arrived": ArrivedPart(is_paid=True),
    "sales": DaySales(),
    "fees": DayFees(),
}
_WORDS = {part: word for word, part in _BY_WORD.items()}
_SALES, _EXCHANGE, _OPENING = _WORDS[DaySales()], "exchange", _WORDS[OpeningPart()]
_HALVES = {"captured": False, "paid": True}


class BookDay(msgspec.Struct, frozen=True):
    """The group of a slot of a day: all of one currency that is booked on one day of the merchant's calendar."""

    currency: str
    day: date

    @property
    def text(self) -> str:
        """As it is stored."""
        return f"{self.currency} {self.day}"

    @classmethod
    def parse(cls, text: str) -> BookDay:
        """Raises: InvariantError for a text that no book day is stored as."""
        currency, _, day = text.partition(" ")
        with suppress(ValueError):
            read = cls(currency, date.fromisoformat(day))
            if read.text == text:
                return read
        raise _unreadable("book day", text)


def compose(part: SlotPart) -> str:
    """A part as it is stored."""
    match part:
        case MonthPart(month):
            return month
        case SalesOfMonth(month):
            return f"{_SALES} {month}"
        case FirstDayPart(currency):
            return f"{_OPENING} {currency}"
        case ExchangePart(day):
            return f"{_EXCHANGE} {day}"
        case ConvertedPart(day, currency, is_paid):
            return f"{'paid' if is_paid else 'captured'} {currency} {day}"
        case DocumentPart(kind, external_id, day):
            return f"{kind} {external_id} {day}"
        case BankPart() | BouncedPart() | OpeningPart() | ArrivedPart() | DaySales() | DayFees():
            return _WORDS[part]
        case _:
            assert_never(part)


def parse(text: str) -> SlotPart:
    """The part that a stored text is of. Raises: InvariantError for a text that no part is stored as."""
    with suppress(ValueError, InvariantError):
        read = _BY_WORD.get(text) or _read(*text.partition(" ")[::2])
        if compose(read) == text:
            return read
    raise _unreadable("part of a slot", text)


def is_of_fees(part: SlotPart) -> bool:
    """Whether it holds fees and adjustments of a channel that reports orders, and no sales."""
    match part:
        case DayFees() | DocumentPart(kind=DocumentKind.FEE | DocumentKind.ADJUSTMENT):
            return True
        case _:
            return False


def _read(first: str, rest: str) -> SlotPart:
    if not rest:
        return MonthPart(first)
    if first == _SALES:
        return SalesOfMonth(rest)
    if first == _OPENING:
        return FirstDayPart(rest)
    if first == _EXCHANGE:
        return ExchangePart(date.fromisoformat(rest))
    if first in _HALVES:
        currency, _, day = rest.partition(" ")
        return ConvertedPart(date.fromisoformat(day), currency, is_paid=_HALVES[first])
    external_id, _, day = rest.rpartition(" ")
    return DocumentPart(DocumentKind(first), external_id, date.fromisoformat(day))


def _check_month(month: str) -> None:
    first = f"{month}-01"
    with suppress(ValueError):
        if date.fromisoformat(first).isoformat() == first:
            return
    raise _unreadable("month", month)


def _unreadable(what: str, text: str) -> InvariantError:
    return InvariantError(f"{what} {text!r}", "is none that bridge stores", "Report this as a bug")
