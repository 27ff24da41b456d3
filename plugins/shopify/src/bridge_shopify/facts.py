"""Pure: the small facts of an answer: amounts, ids, instants, rates. Distinct texts are worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from bridge.errors import DocumentError
from bridge.model.money import exponent, minor_from_text
from bridge.model.tax import plain_rate
from bridge_shopify.refusal import FactError
from bridge_shopify.wire import Bag, Money

CACHED = 1 << 14
FIRST_YEAR, LAST_YEAR = 1990, 2200
_RATE_PLACES = Decimal("0.000001")


class Amounts(dict[str, int]):
    """Minor units of the amounts of one currency, by their text.

    Raises: FactError for a text that is no amount of the currency.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        try:
            exponent(currency)
        except DocumentError as error:
            raise FactError("names a currency that ISO 4217 does not know", code="shopify.file.currency") from error
        self.currency = currency

    def __missing__(self, text: str) -> int:
        try:
            minor = minor_from_text(text, self.currency)
        except DocumentError as error:
            cause = f"has an amount that is no plain number of {self.currency}, or has more decimals or digits"
            raise FactError(cause, code="shopify.file.amount") from error
        if len(self) >= CACHED:
            self.clear()
        self[text] = minor
        return minor

    def of(self, money: Money) -> int:
        """The amount. Raises: FactError when it is in another currency."""
        if money.currency_code != self.currency:
            raise FactError(f"has amounts in two currencies where {self.currency} is its own", code=_CURRENCY)
        return self[money.amount]

    def shop(self, bag: Bag | None) -> int:
        """The amount in the shop's currency; zero where there is none. What the buyer saw is never booked."""
        if bag is None:
            return 0
        money = bag.shop_money
        return self[money.amount] if money.currency_code == self.currency else self.of(money)


_CURRENCY = "shopify.file.currency"


class Currencies(dict[str, Amounts]):
    """The amounts of each currency."""

    def __missing__(self, currency: str) -> Amounts:
        amounts = self[currency] = Amounts(currency)
        return amounts


def number(gid: str) -> str:
    """The id at the end of a global id: ``gid://shopify/Order/1`` is ``1``. Raises: FactError where there is none."""
    found = gid[gid.rfind("/") + 1 :]
    if found.isdigit():
        return found
    found = found.partition("?")[0]
    if not found or not found.isprintable():
        raise FactError("has an id that names nothing")
    return found


def printable(text: str) -> str:
    """The text, with a question mark for whatever cannot be printed."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def digits(gid: str) -> str:
    """The same for what must be a whole number, as all ids that name documents are."""
    found = number(gid)
    if not (found.isascii() and found.isdigit()):
        raise FactError("has an id that is no number")
    return found


def in_order(an_id: str) -> tuple[int, str]:
    """The rank of an id among others of its type: as their numbers, whatever their lengths."""
    return len(an_id), an_id


def utc(at: datetime) -> datetime:
    """The instant in UTC. Raises: FactError for one that is none of business."""
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise FactError(f"has an instant outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


class Rates(dict[tuple[Decimal | None, ...], str]):
    """The sum of shares (``0.04``, ``0.045``) as percent text (``8.5``); empty where one of them is not told.

    Rounding: to a millionth of a percent, half even: the channel's numbers are binary fractions.
    """

    def __missing__(self, shares: tuple[Decimal | None, ...]) -> str:
        text = self._text(shares)
        if len(self) >= CACHED:
            self.clear()
        self[shares] = text
        return text

    @staticmethod
    def _text(shares: Sequence[Decimal | None]) -> str:
        told = [share for share in shares if share is not None]
        if len(told) < len(shares):
            return ""
        return plain_rate((sum(told, Decimal(0)) * 100).quantize(_RATE_PLACES))
