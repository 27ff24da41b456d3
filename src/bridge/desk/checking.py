"""Pure: what there is to say of a connection that was asked just now: what it is, what is missing, what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from bridge.desk.cards import RouteCard
from bridge.desk.completeness import AccessEnd
from bridge.model.accounts import seek_for
from bridge.model.channel import ChannelFacts
from bridge.model.chart import ROLE_BANK, ROLE_CLEARING
from bridge.model.connections import BankLeg, Connection, Route
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.readings import LedgerReading
from bridge.model.remarks import Grade, Remark, in_order, lacking, to_look_at

COMPANY: Final = "company"
TAX: Final = "tax"
_ROLES: Final = frozenset({ROLE_BANK, ROLE_CLEARING})
_MAP: Final = "Make it in the ledger, or map yours under [routes.{route}.accounts], and run `bridge apply`"


class Checked(msgspec.Struct, frozen=True):
    """A connection as it was found. remarks: the gravest first."""

    connection: Connection
    at: datetime
    remarks: tuple[Remark, ...]

    @property
    def is_lacking(self) -> bool:
        """Whether something has to be put right."""
        return any(remark.grade is Grade.MISSING for remark in self.remarks)


class LedgerBooks(msgspec.Struct, frozen=True):
    """What a ledger itself says its accounts come to, in its own currency; debit positive, so a profit is negative.

    on: the day of the trial balance. since: the first day of the profit and loss, which ends on that day; None: none.
    """

    currency: str
    on: date
    trial_balance: tuple[LedgerSum, ...]
    since: date | None = None
    profit_and_loss: tuple[LedgerSum, ...] = ()


def gravest_first(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """What is missing, then what is to be looked at, then what is in order; each in the order it was found."""
    order = (Grade.MISSING, Grade.LOOK, Grade.OK)
    return tuple(sorted(remarks, key=lambda remark: order.index(remark.grade)))


def of_ledger(facts: LedgerFacts, cards: Sequence[RouteCard], sold: Sequence[tuple[str, str]]) -> Iterator[Remark]:
    """A ledger's own remarks, and how its facts fit the routes into it. sold: (channel, its currency), where known."""
    where = f"in {facts.country}" if facts.country else "in a country that it does not tell"
    yield in_order(COMPANY, f"{facts.company}: {where}, books in {facts.home_currency}")
    yield from _currencies(facts, sold)
    yield from _closed(facts, [card.route for card in cards])
    for card in cards:
        yield from _tax(card)
        yield from _unfit(card)
        yield from _accounts(facts, card.route)
    yield from facts.remarks


def of_reading(kept: LedgerReading | None) -> Iterator[Remark]:
    """What the last check of a ledger could not read."""
    for one in kept.unread if kept else ():
        accepted = "If the company has none, accept what `bridge drift` finds, with that as the reason"
        yield to_look_at("unread", f"{one.kind} cannot be read: {one.why}", f"{one.next_step}. {accepted}")


def of_channel(facts: ChannelFacts, unread: Sequence[str]) -> Iterator[Remark]:
    """What a channel says of itself. unread: what it does not let bridge read, in words."""
    yield in_order(
        "account", f"{facts.account}: its currency is {facts.currency}, its days are those of {facts.time_zone}"
    )
    if facts.grants:
        yield in_order("grants", f"may read {', '.join(facts.grants)}")
    for words in unread:
        what, _, next_step = words.partition(". ")
        yield lacking("grants", what, next_step)


def of_ends(ends: Sequence[AccessEnd]) -> Iterator[Remark]:
    """When access ends by itself."""
    for end in ends:
        words = f"access ends {end.at:%Y-%m-%d}: {end.what}"
        yield to_look_at("access.ends", words, "Renew it before") if end.is_soon else in_order("access.ends", words)


def _currencies(facts: LedgerFacts, sold: Sequence[tuple[str, str]]) -> Iterator[Remark]:
    usable = {facts.home_currency, *facts.currencies}
    told = f"several currencies: {', '.join(sorted(usable))}" if facts.is_multicurrency else facts.home_currency
    yield in_order("currency", f"keeps its books in {told}")
    for channel, currency in sold:
        if currency not in usable:
            next_step = f"Switch it on in the ledger, and add {currency}; until then what comes in {currency} waits"
            yield lacking("currency", f"{channel} sells in {currency}, which the company does not use", next_step)


def _closed(facts: LedgerFacts, routes: Sequence[Route]) -> Iterator[Remark]:
    if facts.locked_through is None:
        yield in_order("closed", "no period is closed")
        return
    within = [route for route in routes if route.first_day <= facts.locked_through]
    words = f"is closed through {facts.locked_through}"
    if not within:
        yield in_order("closed", words)
    for route in within:
        said = f'late = "{route.late}" in [routes.{route.name}] says what becomes of what is dated before'
        yield to_look_at("closed", f"{words}, and route {route.name} begins {route.first_day}", said)


def _tax(card: RouteCard) -> Iterator[Remark]:
    name = card.route.name
    if card.question:
        yield lacking(TAX, card.question.title, card.question.next_step)
    elif card.books_by:
        yield in_order(TAX, f"route {name} is booked by {card.books_by}")
    for odd in card.odd_tax_codes:
        yield lacking(TAX, f"route {name}: {odd}", f"Map a code of its own rate in [routes.{name}.tax_codes]")


def _unfit(card: RouteCard) -> Iterator[Remark]:
    """What the route names of the ledger's lists and the ledger has otherwise; what it goes on with is looked at."""
    for odd in card.unfit:
        yield to_look_at("lists", f"route {card.route.name}: {odd}", "`bridge accounts missing` says what it needs")


def _accounts(facts: LedgerFacts, route: Route) -> Iterator[Remark]:
    """The accounts that a route is sure to need: its clearing and bank account, and those that it maps itself."""
    banks = [] if route.bank_leg is BankLeg.NONE else [route.bank]
    mapped = [number for number, _ in route.accounts if number not in _ROLES]
    needed = dict.fromkeys([route.clearing, *banks, *(number for _, number in route.tenders), *mapped])
    missing = [sought for number in needed if (sought := seek_for(facts, route, number)).account is None]
    for sought in missing:
        what = f"route {route.name} needs an account {sought.wanted!r}, and no active one is called so"
        yield lacking("account", what, _MAP.format(route=route.name))
    if not missing:
        found = f"{', '.join(needed)} {'is' if len(needed) == 1 else 'are'} there"
        yield in_order("account", f"route {route.name}: {found}; others are named when an entry needs them")
