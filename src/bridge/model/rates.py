"""Pure: the rate that two amounts of one thing in two currencies say, as exact decimal text."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from bridge.model.money import decimal_text, exponent
from bridge.model.tax import plain_rate

PLACES = 12


def rate_between(minor: int, currency: str, into_minor: int, into: str) -> str:
    """What one unit of a currency came to in another, where so much of the one became so much of the other.

    Rounding: half to even at 12 places. Empty where they are of opposite signs, or one of them is nothing.
    """
    if minor * into_minor <= 0:
        return ""
    amount, came_to = Decimal(decimal_text(minor, currency)), Decimal(decimal_text(into_minor, into))
    return _told(came_to / amount, PLACES)


def value_at(minor: int, currency: str, rate: str, into: str) -> int:
    """What an amount is worth in another currency, in whole minor units of that. Rounding: half to even."""
    value = Decimal(decimal_text(minor, currency)) * Decimal(rate)
    return int(value.scaleb(exponent(into)).quantize(Decimal(1), ROUND_HALF_EVEN))


def turned(rate: str, places: int) -> str:
    """The same rate seen from the other currency. Rounding: half to even."""
    return _told(1 / Decimal(rate), places)


def _told(rate: Decimal, places: int) -> str:
    return plain_rate(rate.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN))
