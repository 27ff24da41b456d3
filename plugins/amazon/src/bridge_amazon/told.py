"""What Amazon tells of itself beside its settlements: payouts, and balances.

Payouts are a list of their own (transfers); a settlement that paid nothing out is asked for by its id (summary).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from bridge.model.documents import DocumentKind
from bridge.model.periods import day_start, local_day
from bridge.model.reports import Balance, BalanceName, Balances, Figure, FigureName, Figures
from bridge.plugin import Unknown
from bridge_amazon.client import Client
from bridge_amazon.finances import Instant, Listing, Money, Partner, Related, Wire, pages, related, text_of
from bridge_amazon.marketplaces import BY_ID, Marketplace, place_of
from bridge_amazon.operations import BALANCES, PAYOUTS, SUMMARY

_PAID_LATER: Final = timedelta(days=5)
"""So long after a settlement closed its payout may be made. A settlement that is younger is not compared."""
_LISTED_LATER: Final = timedelta(days=3)
"""So long after a day its transactions may be listed: no balance of a later day is asked for."""
_OVERLAP: Final = timedelta(days=2)
_NOTHING: Final = frozenset({"FAILED", "CANCELLED"})
_NAMES: Final = {
    "AVAILABLE": BalanceName.AVAILABLE,
    "DEFERRED": BalanceName.DEFERRED,
    "ACCOUNT_LEVEL_RESERVE": BalanceName.RESERVED,
    "TOTAL": BalanceName.TOTAL,
}


class _Period(Wire):
    end_date: Instant | None = None


class Payout(Wire):
    """amount: None where nothing is paid out."""

    current_status: str
    partner_metadata: Partner
    creation_date: Instant
    amount: Money | None = None
    period: _Period | None = None
    related_identifiers: list[Related] | None = None

    @property
    def settlement(self) -> str:
        return related(self.related_identifiers, "SETTLEMENT_ID")

    @property
    def closed_at(self) -> datetime:
        """When the settlement ended that it pays."""
        ended = self.period.end_date if self.period is not None else None
        return ended or self.creation_date

    @property
    def paid(self) -> Money | None:
        """What is on its way, in the marketplace's own currency; None where that is not said."""
        known = BY_ID.get(self.partner_metadata.marketplace_id)
        is_own = self.amount is not None and (known is None or known.currency == self.amount.currency_code)
        return self.amount if is_own and self.current_status != "NO_PAYOUT" else None


class _Payouts(Listing):
    payouts: list[Payout] | None = None


class _Summary(Wire):
    net_proceeds: Money | None = None


class _Summaries(Listing):
    summaries: list[_Summary] | None = None


class AmountHeld(Wire):
    """A balance, and those that it is made of, which do not name the account again."""

    balance_type: str
    amount: Money
    partner_metadata: Partner | None = None
    balances: list[AmountHeld] | None = None


class _AmountsHeld(Listing):
    balances: list[AmountHeld] | None = None


_Held = dict[tuple[str, str, str, str], int]
"""Minor units by marketplace id, account type, currency and type of balance."""


class AmazonReports:
    """What one account is told. places: marketplaces whose payouts and balances are asked for; none for all."""

    def __init__(self, client: Client, marketplaces: Sequence[str]) -> None:
        self._client, self._wanted = client, {name.casefold() for name in marketplaces}

    def payouts(self, since: datetime, until: datetime, now: datetime) -> Figures | Unknown:
        """What each settlement that closed in the span brought to the bank. Raises: as ``finances.pages``."""
        by_settlement: dict[str, list[Payout]] = {}
        span = {"createdAfter": text_of(since), "createdBefore": text_of(min(until + _PAID_LATER, now))}
        at = now
        for answer, page in pages(self._client, PAYOUTS, _Payouts, **span):
            at = min(at, answer.at)
            for payout in filter(self._is_ours, page.payouts or ()):
                if payout.settlement and since <= payout.closed_at < until:
                    by_settlement.setdefault(payout.settlement, []).append(payout)
        figures = []
        for settlement, some in by_settlement.items():
            figure = self._total(settlement, some)
            if isinstance(figure, Unknown):
                return figure
            figures.append(figure)
        return Figures(at - _PAID_LATER, tuple(figures))

    def held_back(
        self, since: datetime, until: datetime, now: datetime, sold_on: Sequence[Marketplace]
    ) -> Figures | Unknown:
        """What was deferred at the end of a month, else of the last day that is listed whole. Raises: as ``payouts``.

        Network: a call for each of these days.
        """
        figures, at = [], now
        for day in sorted({day for one in sold_on for day in _days(since, until, now, one.time_zone)}):
            held, asked_at = self._held(asOfDate=day.isoformat())
            at = min(at, asked_at)
            for one in sold_on:
                end = day_start(day + timedelta(days=1), one.time_zone)
                found = {kind: minor for (name, _, _, kind), minor in held.items() if name == one.id}
                if found and "DEFERRED" not in found:
                    return Unknown("Amazon tells balances without what is deferred")
                if since <= end <= until:
                    total = _sum(held, one, "DEFERRED")
                    figures.append(Figure(FigureName.DEFERRED, end, end, total, one.currency, external_id=one.place))
        return Figures(at, tuple(figures))

    def balances(self) -> Balances:
        """What Amazon holds now, by currency. Raises: as ``payouts``."""
        held, at = self._held()
        sums: dict[tuple[BalanceName, str], int] = {}
        for (_, _, currency, kind), minor in held.items():
            if kind in _NAMES:
                key = _NAMES[kind], currency
                sums[key] = sums.get(key, 0) + minor
        return Balances(at, tuple(Balance(name, minor, currency) for (name, currency), minor in sorted(sums.items())))

    def _is_ours(self, payout: Payout) -> bool:
        return not self._wanted or place_of(payout.partner_metadata.marketplace_id).casefold() in self._wanted

    def _total(self, settlement: str, payouts: Sequence[Payout]) -> Figure | Unknown:
        on_its_way = [payout.paid for payout in payouts if payout.current_status not in _NOTHING]
        paid = [money for money in on_its_way if money is not None]
        if len(paid) < len(on_its_way):
            paid = self._proceeds(settlement)
        failed = [payout.amount for payout in payouts if payout.current_status in _NOTHING and payout.amount]
        currencies = {money.currency_code for money in paid or failed}
        if len(currencies) != 1:
            return Unknown(f"Amazon does not tell in one currency what settlement {settlement} comes to")
        at, total = payouts[0].closed_at, sum(money.minor for money in paid)
        return Figure(FigureName.TOTAL, at, at, total, currencies.pop(), DocumentKind.SETTLEMENT, settlement)

    def _proceeds(self, settlement: str) -> list[Money]:
        """Of a settlement of which no payout tells it: it is negative, or paid out in another currency."""
        named = {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement}
        found = pages(self._client, SUMMARY, _Summaries, **named)
        return [one.net_proceeds for _, page in found for one in page.summaries or () if one.net_proceeds is not None]

    def _held(self, **asked: str) -> tuple[_Held, datetime]:
        """The account's balances, each once, however they are nested; and when the first answer was given."""
        found: _Held = {}
        ats: list[datetime] = []
        for answer, page in pages(self._client, BALANCES, _AmountsHeld, balanceType="TOTAL", **asked):
            ats.append(answer.at)
            for balance in page.balances or ():
                found |= dict(_walk(balance, balance.partner_metadata or Partner()))
        if self._wanted:
            found = {key: minor for key, minor in found.items() if place_of(key[0]).casefold() in self._wanted}
        return found, ats[0]


def _walk(balance: AmountHeld, partner: Partner) -> Iterator[tuple[tuple[str, str, str, str], int]]:
    money = balance.amount
    yield (partner.marketplace_id, partner.account_type, money.currency_code, balance.balance_type), money.minor
    for inside in balance.balances or ():
        yield from _walk(inside, partner)


def _sum(held: _Held, marketplace: Marketplace, kind: str) -> int:
    key = marketplace.id, marketplace.currency, kind
    return sum(minor for (name, _, currency, found), minor in held.items() if (name, currency, found) == key)


def _days(since: datetime, until: datetime, now: datetime, time_zone: str) -> Sequence[date]:
    """The last days of months in the span; where there is none, its last day of which all is listed.

    One that ends just behind its beginning is told with the span before, for spans overlap.
    """
    last = local_day(min(until, now - _LISTED_LATER), time_zone) - timedelta(days=1)
    first = local_day(since + _OVERLAP, time_zone)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1] or days[-1:]
