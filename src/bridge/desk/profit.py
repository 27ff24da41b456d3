"""A ledger's own profit and loss of a month, beside what a route booked in it. Pure but for one look at the copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from bridge.desk.answers import Answer, Verdict, unproven
from bridge.desk.month import is_of_profit
from bridge.model.accounts import account_of
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.money import money
from bridge.store.api import LedgerMove, UnitOfWork


class Beside(msgspec.Struct, frozen=True):
    """An account of profit and loss that a route books to; what brings something to the merchant is positive.

    missing: booked, and not in the ledger on these days as it was last read: not sent, or edited, moved or deleted
    there. routes: of bridge's other routes. others: what else is in the ledger's sum, of whoever entered it.
    """

    account: str
    booked_minor: int
    missing_minor: int
    routes_minor: int
    others_minor: int
    ledger_minor: int

    @property
    def differs_minor(self) -> int:
        return self.ledger_minor - self.booked_minor


class Profit(msgspec.Struct, frozen=True):
    """Those accounts. lacking: why nothing can be compared; None where it can.

    aside_minor: of what is income or cost by its kind, what is booked to other accounts. beside_minor: what is neither
    by its kind, as rounding, and is booked to these.
    """

    currency: str
    accounts: tuple[Beside, ...] = ()
    lacking: Answer | None = None
    aside_minor: int = 0
    beside_minor: int = 0

    @property
    def answer(self) -> Answer:
        """Whether the ledger says what is booked.

        Grey: it was not read, or since then something was sent; another currency; nothing of profit and loss is booked.
        Red: something booked is not there. To be looked at: others entered something.
        """
        if self.lacking:
            return self.lacking
        if not self.accounts:
            return unproven("Nothing of the month is booked to an account of profit and loss.")
        together = money(self.total.differs_minor, self.currency)
        if any(one.missing_minor for one in self.accounts):
            why = f"Something that is booked is not in the ledger; together it differs by {together}."
            return Answer(Verdict.WRONG, "The ledger says otherwise", why, "The drift review says what, and why")
        if any(one.differs_minor for one in self.accounts):
            why = f"What others entered, or bridge's other routes, comes to {together}."
            return Answer(Verdict.LOOK, "All that is booked is there, and more", why)
        return Answer(Verdict.FINE, "The ledger says the same", "Of every account that this route books to.")

    @property
    def total(self) -> Beside:
        fields = ("booked_minor", "missing_minor", "routes_minor", "others_minor", "ledger_minor")
        return Beside("Together", *(sum(getattr(one, name) for one in self.accounts) for name in fields))

    @property
    def shown(self) -> tuple[Beside, ...]:
        return *self.accounts, self.total


def profit_of(
    unit: UnitOfWork, route: Route, days: tuple[date, date], facts: LedgerFacts, earned: Iterable[LedgerSum]
) -> Profit:
    """What the ledger says of the accounts that a route books to. earned: see ``SummingSink.profit_and_loss``."""
    home, entries = facts.home_currency, unit.figures.booked(route.route_id, *days)
    if cause := _stale(unit, route):
        return Profit(home, lacking=unproven(f"{cause}.", f"Run `bridge drift {route.name}`"))
    foreign = sorted({one.currency for one in entries} - {home})
    if foreign:
        cause = f"This route books in {', '.join(foreign)}, and the ledger adds its profit and loss up in {home}."
        return Profit(home, lacking=unproven(cause, "Compare in the ledger, at the rates of its entries"))
    found = {number: account_of(facts, route, number) for number in {one.account for one in entries}}
    accounts = {number: one for number, one in found.items() if one and not one.account_class.is_of_the_balance_sheet}
    ids = sorted({one.ledger_id for one in accounts.values()})
    moves = unit.figures.in_ledger(route.ledger, ids, *days)
    names = {one.ledger_id: " ".join(filter(None, (one.number, one.name))) for one in accounts.values()}
    booked = dict.fromkeys(ids, 0)
    aside = beside = 0
    for posted in entries:
        minor, is_result = posted.tax_minor - posted.minor, is_of_profit(posted.kind)
        if posted.account in accounts:
            booked[accounts[posted.account].ledger_id] += minor
            beside += 0 if is_result else minor
        else:
            aside += minor if is_result else 0
    told = {one.account_id: -one.amount_minor for one in earned}
    known = [one for one in moves if one.currency == home]
    found_there = tuple(_beside(route, names, booked, known, told))
    return Profit(home, found_there, aside_minor=aside, beside_minor=beside)


def _stale(unit: UnitOfWork, route: Route) -> str:
    """Why what was read of the ledger does not tell whose its sums are; empty where it does."""
    kept = unit.summaries.all().get(route.route_id)
    if kept is None or kept.check is None or unit.copies.covered(route.ledger) is None:
        return "The ledger's entries were never read back"
    sent_at = unit.figures.sent_at(route.ledger)
    return "Something was sent since the ledger was read last" if sent_at and sent_at > kept.check.at else ""


def _beside(
    route: Route,
    names: dict[str, str],
    booked: dict[str, int],
    moves: Iterable[LedgerMove],
    told: dict[str, int],
) -> Iterator[Beside]:
    mine, routes = dict.fromkeys(booked, 0), dict.fromkeys(booked, 0)
    for one in moves:
        if one.route_id:
            (mine if one.route_id == route.route_id else routes)[one.account_id] -= one.minor
    for account_id in sorted(booked, key=lambda each: names[each]):
        ledger = told.get(account_id, 0)
        yield Beside(
            account=names[account_id],
            booked_minor=booked[account_id],
            missing_minor=booked[account_id] - mine[account_id],
            routes_minor=routes[account_id],
            others_minor=ledger - mine[account_id] - routes[account_id],
            ledger_minor=ledger,
        )
