"""Currencies an organisation may use, and the day rate it gets where none is stated."""

from decimal import ROUND_HALF_UP, Decimal

from bridge.model.money import exponent
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.wire import JsonObject, amount

__all__ = ["currencies", "settle_currency", "to_base"]

# Units for one US dollar: fixed, so that a test can say what a default rate gives.
_PER_DOLLAR = {
    "USD": "1",
    "GBP": "0.8",
    "EUR": "0.9",
    "CAD": "1.35",
    "AUD": "1.5",
    "NZD": "1.65",
    "JPY": "150",
    "CHF": "0.88",
    "SEK": "10.5",
    "PLN": "4",
    "INR": "83",
    "MXN": "17",
}
_RATE = Decimal("0.000001")


def currencies(organisation: Organisation) -> list[str]:
    """List the base currency and those subscribed."""
    return [organisation.settings.base_currency, *organisation.settings.currencies]


def settle_currency(organisation: Organisation, document: JsonObject) -> None:
    """Give a document its currency and rate: units of its currency for one of the base currency.

    Raises:   InvalidError if the organisation is not subscribed to the currency.
    """
    base = organisation.settings.base_currency
    currency = document.setdefault("CurrencyCode", base)
    if currency not in currencies(organisation):
        raise InvalidError(Text.CURRENCY.format(currency=currency))
    if currency == base:
        document["CurrencyRate"] = Decimal(1)
    elif not document.get("CurrencyRate"):
        document["CurrencyRate"] = _rate(organisation, currency, str(document["Date"])).quantize(_RATE, ROUND_HALF_UP)


def _rate(organisation: Organisation, currency: str, on: str) -> Decimal:
    """Give the rate of a day."""
    of_days = dict(each.split("=") for each in organisation.settings.rates)
    base = organisation.settings.base_currency
    usual = Decimal(_PER_DOLLAR.get(currency, "1")) / Decimal(_PER_DOLLAR.get(base, "1"))
    return Decimal(of_days.get(f"{currency} {on}", usual))


def to_base(organisation: Organisation, value: Decimal, rate: object) -> int:
    """Give an amount in minor units of the base currency.

    Rounding: half away from zero.
    """
    scale = Decimal(10) ** exponent(organisation.settings.base_currency)
    return int((value / (amount(rate) or Decimal(1)) * scale).quantize(Decimal(1), ROUND_HALF_UP))
