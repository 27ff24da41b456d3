"""Money: whole minor units of a named currency. No default currency, no float, no silent rounding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import Self

import iso4217
import msgspec

from bridge.errors import DocumentError, InvariantError

MAX_MINOR = 2**63 - 1
NOT_KNOWN = "XXX"
"""ISO 4217's code for no currency: of a document whose currency nothing tells yet. No amount is ever in it."""
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", re.ASCII)


class Rounding(StrEnum):
    """The rule by which a fraction of a minor unit becomes a whole one; always named by the caller."""

    HALF_UP = ROUND_HALF_UP
    HALF_EVEN = ROUND_HALF_EVEN


@cache
def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for JPY, 3 for BHD.

    Raises: DocumentError for a code that ISO 4217 does not list, or that has no minor unit (XAU, XXX).
    Source: ISO 4217, as shipped by the iso4217 package.
    """
    try:
        places = iso4217.Currency(currency).exponent
    except ValueError:
        places = None
    if places is None:
        raise DocumentError(
            f"currency {currency[:12]!r}",
            "not a currency of ISO 4217",
            "Check the file or the setting",
            code="money.currency",
        )
    return int(places)


def minor_from_decimal(amount: Decimal, currency: str) -> int:
    """Exact minor units of a decimal amount; the one place where vendors' numbers become money.

    Raises: DocumentError when the amount is not finite, has more decimals than the currency, or is larger
            than 2^63 minor units. Nothing is ever rounded here.
    """
    if not amount.is_finite() or abs(amount.adjusted()) > 30:
        raise _not_money(str(amount), currency, "not a finite amount of a sensible size")
    scaled = amount.scaleb(exponent(currency))
    minor = int(scaled)
    if minor != scaled:
        raise _not_money(str(amount), currency, f"has more decimals than {currency} has")
    if abs(minor) > MAX_MINOR:
        raise _not_money(str(amount), currency, "is larger than bridge can hold")
    return minor


def minor_from_text(text: str, currency: str) -> int:
    """Exact minor units of plain decimal text such as ``-12.30``: no exponent, no thousands separators."""
    if not _PLAIN.fullmatch(text) or len(text) > 40:
        raise _not_money(text, currency, "not a plain decimal number")
    return minor_from_decimal(Decimal(text), currency)


def decimal_text(minor: int, currency: str) -> str:
    """The amount as plain decimal text with exactly the currency's decimals: 1230 USD is ``12.30``.

    Of a document in no known currency it is ``0``.
    """
    places = 0 if currency == NOT_KNOWN else exponent(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor))
    if places == 0:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _not_money(text: str, currency: str, cause: str) -> DocumentError:
    return DocumentError(f"amount {text[:40]!r} {currency}", cause, "Correct it at its source", code="money.amount")


def allocate_minor(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split ``total`` over ``weights``, losing no minor unit.

    Shape:    n weights in, n parts out, in the same order.
    Units:    weights are whole numbers of anything.
    Rounding: largest remainder; on a tie the earlier part gains the unit.
    Raises:   ValueError if a weight is negative or all are zero.
    """
    if any(weight < 0 for weight in weights) or not sum(weights):
        raise ValueError("weights must not be negative, nor all zero")
    whole, sign = sum(weights), (-1 if total < 0 else 1)
    parts = [abs(total) * weight // whole for weight in weights]
    remainders = [abs(total) * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in by_remainder[: abs(total) - sum(parts)]:
        parts[place] += 1
    return tuple(sign * part for part in parts)


class Money(msgspec.Struct, frozen=True, order=False):
    """Whole minor units of one currency; adding two currencies raises."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if type(self.minor) is not int or abs(self.minor) > MAX_MINOR:
            raise InvariantError("money", f"{self.minor!r} is no whole number of minor units", "Report this as a bug")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read plain decimal text; refuses excess decimals."""
        return cls(minor_from_text(text, currency), currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Self:
        """Take an exact decimal; refuses excess decimals, NaN and infinities."""
        return cls(minor_from_decimal(amount, currency), currency)

    def times(self, factor: Decimal, rounding: Rounding) -> Self:
        """Multiply by an exact factor (a rate, a share); the rounding rule is named, never assumed."""
        return type(self)(int((Decimal(self.minor) * factor).quantize(Decimal(1), rounding.value)), self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple[Self, ...]:
        """Split this amount over ``weights``, losing no minor unit: see ``allocate_minor``."""
        return tuple(type(self)(part, self.currency) for part in allocate_minor(self.minor, weights))

    def decimal(self) -> Decimal:
        """The amount as an exact decimal with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._same(other).minor

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise InvariantError(
                "money",
                f"{other.currency} was added to {self.currency}",
                "Report this as a bug",
                code="money.mixed",
            )
        return other
