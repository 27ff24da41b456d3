"""The rates that a company knows of other currencies, as the ``ExchangeRate`` entity answers."""

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.wire import JsonObject, amount, stamp

__all__ = ["exchange_rate"]


def exchange_rate(company: Company, currency: str, as_of: str) -> JsonObject:
    """Give the rate of a currency on a day: units of the company's own for one of it.

    Raises:   RefusalError 6000 where the company has one currency, 610 where it knows no rate.
    """
    if not company.settings.multi_currency:
        detail = "Business Validation Error: Multi Currency should be enabled to perform this operation."
        raise RefusalError("6000", detail)
    on = as_of or stamp(company.clock.now())[:10]
    rates = dict(rate.split("=") for rate in company.settings.rates)
    found = rates.get(f"{currency} {on}", rates.get(currency))
    if found is None:
        raise RefusalError("610", f"Object Not Found : there is no rate of {currency} on {on}.")
    return {
        "AsOfDate": on,
        "SourceCurrencyCode": currency,
        "TargetCurrencyCode": company.settings.home_currency,
        "Rate": amount(found),
        "SyncToken": "0",
        "domain": "QBO",
    }
