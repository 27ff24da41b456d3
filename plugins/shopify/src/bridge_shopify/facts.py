"""Pure: the small facts of an answer: amounts, ids, instants, rates. Distinct texts are worked out once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from bridge.errors import DocumentError
from bridge.model.line_tax import Liable, Tax, TaxComponent
from bridge.model.money import exponent, minor_from_text
from bridge.model.tax import plain_rate
from bridge.plugin.reading import FactError, Once, check_year
from bridge_shopify.wire import Bag, Money

_RATE_PLACES = Decimal("0.000001")
_LIABLE = {True: Liable.CHANNEL, False: Liable.MERCHANT, None: Liable.UNKNOWN}

ToldTax = tuple[str, Decimal | None, bool | None]
"""What a tax line says of itself: its title, its share of the base (``0.04``), and whether the channel owes it."""


class Amounts(Once[str, int]):
    """Minor units of the amounts of one currency, by their text.

    Raises: FactError for a text that is no amount of the currency.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        try:
            exponent(currency)
        except DocumentError as error:
            raise FactError("file.currency", "names a currency that ISO 4217 does not know") from error
        self.currency = currency

    def work(self, text: str) -> int:
        try:
            return minor_from_text(text, self.currency)
        except DocumentError as error:
            cause = f"has an amount that is no plain number of {self.currency}, or has more decimals or digits"
            raise FactError("file.amount", cause) from error

    def of(self, money: Money) -> int:
        """The amount. Raises: FactError when it is in another currency."""
        if money.currency_code != self.currency:
            raise FactError(_CURRENCY, f"has amounts in two currencies where {self.currency} is its own")
        return self[money.amount]

    def shop(self, bag: Bag | None) -> int:
        """The amount in the shop's currency; zero where there is none. What the buyer saw is never booked."""
        if bag is None:
            return 0
        money = bag.shop_money
        return self[money.amount] if money.currency_code == self.currency else self.of(money)


_CURRENCY = "file.currency"


class Currencies(Once[str, Amounts]):
    """The amounts of each currency."""

    def work(self, currency: str) -> Amounts:
        return Amounts(currency)


def number(gid: str) -> str:
    """The id at the end of a global id: ``gid://shopify/Order/1`` is ``1``. Raises: FactError where there is none."""
    found = gid[gid.rfind("/") + 1 :]
    if found.isdigit():
        return found
    found = found.partition("?")[0]
    if not found or not found.isprintable():
        raise FactError("file.shape", "has an id that names nothing")
    return found


def digits(gid: str) -> str:
    """The same for what must be a whole number, as all ids that name documents are."""
    found = number(gid)
    if not (found.isascii() and found.isdigit()):
        raise FactError("file.shape", "has an id that is no number")
    return found


def in_order(an_id: str) -> tuple[int, str]:
    """The rank of an id among others of its type: as their numbers, whatever their lengths."""
    return len(an_id), an_id


def utc(at: datetime) -> datetime:
    """The instant in UTC. Raises: FactError for one that is none of business."""
    check_year(at, "file.shape")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


class Components(Once[tuple[ToldTax, ...], Tax]):
    """Tax lines as the components of what bears them.

    Rounding: their sum to a millionth of a percent, half even: the channel's numbers are binary fractions. So is each,
              and the largest makes the sum.
    """

    def work(self, told: tuple[ToldTax, ...]) -> Tax:
        rates = [share * 100 for _, share, _ in told if share is not None]
        rounded = [rate.quantize(_RATE_PLACES) for rate in rates]
        if rates:
            largest = max(range(len(rates)), key=rates.__getitem__)
            rounded[largest] += sum(rates, Decimal(0)).quantize(_RATE_PLACES) - sum(rounded)
        texts = map(plain_rate, rounded)
        return tuple(
            TaxComponent(rate="" if share is None else next(texts), jurisdiction=title, liable=_LIABLE[is_channels])
            for title, share, is_channels in told
        )
