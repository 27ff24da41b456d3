"""Asks a shop for its revenue report: WooCommerce Analytics, which a job of the shop fills beside the orders.

Source: recorded answers of WooCommerce 10.5.0. Only ``orders_count`` and ``total_sales`` are taken: the report's
refunds, taxes, shipping and net count part refunds twice. Days are the shop's; an order is of the day on which it was
paid, a refund of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final

import msgspec

from bridge.model.channel import ChannelFacts
from bridge.model.periods import zone
from bridge.model.reports import Figure, FigureName, Figures
from bridge.plugin import Unknown
from bridge.plugin.reading import FactError
from bridge_woocommerce.client import Answer, Client
from bridge_woocommerce.errors import NO_ROUTE
from bridge_woocommerce.facts import minor

ANALYTICS: Final = "/wc-analytics"
OFFSET: Final = "UTC offset "
"""Begins the time zone of a shop that has set an offset, and none of a name."""
_DAY: Final = timedelta(days=1)


class _Sums(msgspec.Struct):
    orders_count: int
    total_sales: Decimal


class _Interval(msgspec.Struct):
    """A day. The gmt dates are of UTC, and written without saying so."""

    date_start_gmt: str
    date_end_gmt: str
    subtotals: _Sums


class _Stats(msgspec.Struct):
    intervals: list[_Interval]


class _Import(msgspec.Struct):
    """How the report is filled. last_processed_date: of the last change that is in it, by the shop's own calendar."""

    mode: str = ""
    last_processed_date: str | None = None


def revenue(client: Client, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
    """What it says of the days that lie wholly in the span. Raises: as ``Client.get``."""
    as_of = _counted_through(client, facts)
    if as_of is None:
        return Unknown("the shop has not filled its revenue report yet")
    span = {"after": f"{since - _DAY:%Y-%m-%d}T00:00:00", "before": f"{until + _DAY:%Y-%m-%d}T23:59:59"}
    how = {"interval": "day", "per_page": "100", "order": "asc", "date_type": "date_paid"}
    answer = client.find(f"{ANALYTICS}/reports/revenue/stats", NO_ROUTE, **span, **how)
    if not isinstance(answer, Answer):
        return Unknown("the shop has switched WooCommerce Analytics off")
    try:
        stats = client.decoded(answer.body, _Stats)
        return Figures(as_of, tuple(_figures(stats.intervals, since, until, facts.currency)))
    except (ValueError, FactError):
        raise client.odd() from None


def _figures(intervals: list[_Interval], since: datetime, until: datetime, currency: str) -> Iterator[Figure]:
    for day in intervals:
        first, last = _at(day.date_start_gmt, UTC), _at(day.date_end_gmt, UTC) + timedelta(seconds=1)
        if since <= first and last <= until:
            sales = minor(f"{day.subtotals.total_sales:f}", currency)
            yield Figure(FigureName.PAID, first, last, day.subtotals.orders_count)
            yield Figure(FigureName.TAKINGS, first, last, sales, currency)


def _counted_through(client: Client, facts: ChannelFacts) -> datetime | None:
    """Up to when everything is in the report; None where nothing is.

    Where each change is counted at once, by a job of the shop, that is now, give or take a minute; before 10.5 too.
    """
    answer = client.find(f"{ANALYTICS}/imports/status", NO_ROUTE)
    if not isinstance(answer, Answer):
        return answer
    told = client.decoded(answer.body, _Import)
    if told.mode != "scheduled":
        return answer.at
    try:
        return _at(told.last_processed_date, _zone(facts.time_zone)) if told.last_processed_date else None
    except ValueError:
        raise client.odd() from None


def _zone(name: str) -> tzinfo:
    if name.startswith(OFFSET):
        return timezone(timedelta(minutes=int(Decimal(name.removeprefix(OFFSET)) * 60)))
    return zone(name)


def _at(text: str, of: tzinfo) -> datetime:
    """Raises: ValueError for a text that is no instant."""
    return datetime.fromisoformat(text).replace(tzinfo=of).astimezone(UTC)
