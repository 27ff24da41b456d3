"""Money: whole minor units of a named currency. No default currency, no float, no silent rounding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache

import iso4217

from bridge.errors import DocumentError

MAX_MINOR = 2**63 - 1
NOT_KNOWN = "XXX"
"""ISO 4217's code for no currency: of a document whose currency nothing tells yet. No amount is ever in it."""
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+", re.ASCII)


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


def is_currency(code: str) -> bool:
    """Whether it is a code of ISO 4217 that amounts can be in."""
    try:
        return exponent(code) >= 0
    except DocumentError:
        return False


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


def money(minor: int, currency: str) -> str:
    """For people: 1,234.50 USD, with a minus sign where negative; of what nobody told, that it is not known."""
    if currency == NOT_KNOWN:
        return "not known"
    whole, dot, rest = decimal_text(abs(minor), currency).partition(".")
    return f"{'-' if minor < 0 else ''}{int(whole):,}{dot}{rest} {currency}"


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
