"""Pure: the rate at which what is in another currency stands in QuickBooks, which takes 1 where none is stated."""

from __future__ import annotations

from decimal import Decimal

from bridge.errors import HoldError
from bridge.model.reasons import Reason
from bridge.model.tax import plain_rate
from bridge.plugin import PlanRequest
from bridge.transport import Json
from bridge_quickbooks.answers import decimal_of


def rate_of(request: PlanRequest) -> str:
    """Units of the company's currency for one of the entry's, as plain decimal text; empty where both are one.

    The channel's own, where it converted to that currency; else QuickBooks' of the day.
    Source: QuickBooks v3 Finance.xsd, Transaction.ExchangeRate, whose default is 1.
    Raises: HoldError ``rate.missing`` or ``quickbooks.currency``.
    """
    entry, facts = request.entry, request.facts
    thing, currency, home = f"entry {entry.narration}", entry.currency, facts.home_currency
    if currency == home:
        return ""
    if not facts.is_multicurrency:
        raise HoldError(
            thing,
            f"it is in {currency}, the books are in {home} alone, and bridge converts nothing at a rate of its own",
            f"Enter it by hand at the rate of the money that reached the bank and `bridge decide VOUCHER withdraw`; or "
            f"give the channel a route to a company kept in {currency}, or to one with Multicurrency switched on",
            code=Reason.RATE_MISSING,
        )
    if currency not in facts.currencies:
        raise HoldError(
            thing,
            f"it is in {currency}, which the company does not use",
            f"Add {currency} in QuickBooks under Settings, Currencies, then run again",
            code="quickbooks.currency",
        )
    if entry.rate_into == home and entry.rate:
        return entry.rate
    if not request.rate:
        raise HoldError(
            thing,
            f"QuickBooks has told no rate of {currency} for {request.dated_on}",
            f"Run again; if it still waits, enter the rate of {currency} in QuickBooks under Settings, Currencies",
            code=Reason.RATE_MISSING,
        )
    return request.rate


def words_of(request: PlanRequest, rate: str) -> str:
    """What a memo says of the rate; nothing of what has none."""
    home, entry = request.facts.home_currency, request.entry
    whose = "as the channel converted" if entry.rate_into == home else f"QuickBooks' rate of {request.dated_on}"
    return f" (1 {entry.currency} = {rate} {home}, {whose})" if rate else ""


def told(found: Json | None) -> str:
    """The rate that an answer tells; empty for none above nought."""
    rate = decimal_of((found or {}).get("Rate")) or Decimal(0)
    return plain_rate(rate) if rate > 0 else ""
