"""Asks a shop what it says of itself: how many orders each day has, what each payout comes to, what is held.

The counts are by the day on which an order was placed, the pull's are by when it was changed; the sums of a payout are
Shopify's own, the pull's are of its rows. Sums of orders by day would take ShopifyQL, a scope of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentKind
from bridge.model.periods import whole_days
from bridge.model.reports import Balance, BalanceName, Balances, Figure, FigureName, Figures
from bridge.plugin import Unknown
from bridge.plugin.reading import Place
from bridge_shopify.client import Client
from bridge_shopify.facts import Currencies, digits, utc
from bridge_shopify.payments import net_of, summed
from bridge_shopify.searching import Listed, between, drained, nothing
from bridge_shopify.wire import Money, Wire
from bridge_shopify.wire_payments import Payout

_DAYS, _PAYMENTS = "reports", "payments"
"""The files of queries."""
_AT_ONCE: Final = "abcdefgh"
"""The searches of one query, by name."""
_Day = tuple[datetime, datetime]


class _Number(Wire, frozen=True):
    count: int
    precision: str


class _Numbers(Wire, frozen=True):
    a: _Number
    b: _Number
    c: _Number
    d: _Number
    e: _Number
    f: _Number
    g: _Number
    h: _Number


class _Listing(Wire, frozen=True):
    payouts: Listed[Payout]


class _PaidOut(Wire, frozen=True):
    """None: the shop does not use Shopify Payments."""

    shopify_payments_account: _Listing | None = None


class _Balance(Wire, frozen=True):
    balance: list[Money]


class _Held(Wire, frozen=True):
    shopify_payments_account: _Balance | None = None


class LiveReports:
    """What one shop says of itself. place: for what cannot be read."""

    def __init__(self, client: Client, place: Place) -> None:
        self._client, self._place = client, place

    def days(self, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        """How many orders were placed on each of the shop's days. Raises: as ``Client.ask``.

        Network: one call where there was none on any of them; else one more for each eight days.
        """
        self._client.begin()
        days, figures = list(whole_days(since, until, facts.time_zone)), list[Figure]()
        if days and not self._counts([(days[0][0], days[-1][1])])[0].count:
            none = (Figure(FigureName.PLACED, start, end, 0) for start, end in days)
            return Figures(self._client.asked_at, tuple(none))
        for first in range(0, len(days), len(_AT_ONCE)):
            some = days[first : first + len(_AT_ONCE)]
            for (start, end), number in zip(some, self._counts(some), strict=False):
                if number.precision != "EXACT":
                    return Unknown("Shopify does not count exactly any more how many orders a day has")
                figures.append(Figure(FigureName.PLACED, start, end, number.count))
        return Figures(self._client.asked_at, tuple(figures))

    def payouts(self, since: datetime, until: datetime) -> Figures:
        """What each payout that was issued in the span comes to. Raises: as ``Client.ask``; DocumentError."""
        self._client.begin()
        search = between("issued_at", since, until)

        def page(after: dict[str, str | None]) -> list[Listed[Payout]]:
            account = self._client.get(_PaidOut, _PAYMENTS, "PaidOut", query=search, **after).shopify_payments_account
            return [account.payouts if account is not None else nothing()]

        (payouts,) = drained(page, "after")
        with self._place.naming("payouts"):
            return Figures(self._client.asked_at, tuple(_totals(payouts)))

    def balances(self) -> Balances:
        """What Shopify Payments holds, by currency; nothing where the shop does not use it. Raises: as ``payouts``."""
        self._client.begin()
        account = self._client.get(_Held, _PAYMENTS, "Held").shopify_payments_account
        currencies = Currencies()
        with self._place.naming("balance"):
            held = tuple(
                Balance(BalanceName.TOTAL, currencies[money.currency_code].of(money), money.currency_code)
                for money in (account.balance if account is not None else ())
            )
        return Balances(self._client.asked_at, held)

    def _counts(self, days: Sequence[_Day]) -> list[_Number]:
        """Of eight days at once; where there are fewer, the last is counted again."""
        searches = [between("processed_at", *day) for day in days]
        searches += searches[-1:] * (len(_AT_ONCE) - len(searches))
        found = self._client.get(_Numbers, _DAYS, "DayCounts", **dict(zip(_AT_ONCE, searches, strict=True)))
        return [getattr(found, name) for name in _AT_ONCE]


def _totals(payouts: Sequence[Payout]) -> Iterator[Figure]:
    currencies = Currencies()
    for payout in payouts:
        amounts, at = currencies[payout.net.currency_code], utc(payout.issued_at)
        total = summed(payout.summary, amounts)
        value = net_of(payout, amounts) if total is None else total
        yield Figure(FigureName.TOTAL, at, at, value, amounts.currency, DocumentKind.PAYOUT, digits(payout.id))
