"""Pure: texts of an answer to money, rates and instants. Money comes as decimal text; JSON numbers are no money.

Source: WooCommerce 10.5.0, REST API v3: amounts have the shop's number of decimals, or as many as ``dp`` asks for.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from bridge.model.money import MAX_MINOR, exponent
from bridge.plugin.reading import FactError, check_year

MAX_RATE = 100
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_SHOWABLE = re.compile(r"[0-9.,eE+-]*", re.ASCII)
_NOTHING = frozenset({"", "-"})  # how the shop writes an amount that was never given
_MICRO_PLACES = 6
MICROS = 10**_MICRO_PLACES  # millionths in a minor unit
_RATE = Decimal("0.0001")  # a rate has four decimals in the shop's table


def minor(text: str, currency: str) -> int:
    """Whole minor units of an amount.

    Rounding: half up, away from zero, once: as the shop rounds what it shows, so that answers with two decimals and
              with six bring the same. So do yen in a shop that counts in cents.
    Raises:   FactError for anything but plain decimal text.
    """
    plain = text.strip()
    if not _PLAIN.fullmatch(plain) or len(plain) > 40:
        shown = repr(plain[:20]) if _SHOWABLE.fullmatch(plain) else "a text"
        raise FactError("file.amount", f"{shown} is no plain decimal amount")
    places = exponent(currency)
    whole, _, fraction = plain.lstrip("+-").partition(".")
    found = int(whole + fraction[:places].ljust(places, "0") or "0") + (fraction[places : places + 1] >= "5")
    if found > MAX_MINOR:
        raise FactError("file.amount", "has an amount larger than bridge can hold")
    return -found if plain.startswith("-") else found


def lost_micros(text: str | None, currency: str) -> int:
    """What ``minor_or_zero`` left out of an amount, in millionths of a minor unit; negative where it rounded up.

    Rounding: towards zero, of what is less than a millionth.
    """
    plain = (text or "").strip()
    fraction = plain.partition(".")[2][exponent(currency) :]
    if not fraction.strip("0"):
        return 0
    found = int(fraction[:_MICRO_PLACES].ljust(_MICRO_PLACES, "0")) - (MICROS if fraction[0] >= "5" else 0)
    return -found if plain.startswith("-") else found


def minor_or_zero(text: str | None, currency: str) -> int:
    """As ``minor``; zero where the shop gives no amount (empty, or a lone minus)."""
    return 0 if text is None or text.strip() in _NOTHING else minor(text, currency)


def unit_of(currency: str, decimals: int | None) -> int:
    """The smallest amount that a shop rounds a total to, in minor units. decimals: how many it shows; None for all."""
    return 1 if decimals is None else 10 ** max(0, exponent(currency) - decimals)


def shown_amount(text: str) -> str:
    """An amount as people write it, without the zeros that ``dp=6`` adds; ``?`` for a text that is none."""
    plain = text.strip()[:40]
    if not is_money(plain):
        return "?"
    whole, _, fraction = plain.partition(".")
    return f"{whole or '0'}.{fraction.rstrip('0').ljust(2, '0')}" if fraction else plain


def is_money(text: str) -> bool:
    """Whether a text can be read as an amount."""
    return bool(_PLAIN.fullmatch(text)) and len(text) <= 40


def sensible(percent: Decimal | None) -> Decimal | None:
    """A rate as the shop's table has it; None where it is not told, or none."""
    if percent is None or not percent.is_finite() or not 0 <= percent <= MAX_RATE:
        return None
    return percent.quantize(_RATE, ROUND_HALF_UP)


def instant(text: str | None) -> datetime | None:
    """The instant of a ``..._gmt`` field: UTC, which the shop writes without an offset. None where there is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FactError("file.dates", "has a date that is none") from None
    return check_year(found)
