"""One check under one turn: reads the ledger and its balances until both are of one moment, and compares."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.clock import Clock
from bridge.drift.compare import Comparison, compare
from bridge.drift.copying import Copying, Observed, Progress, Wanted
from bridge.drift.sides import Chart, Party, Purpose, Scope, Touched, chart_of
from bridge.host.desk import Desk
from bridge.host.turn import Turn
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.periods import local_day

# How often a ledger is read through, at most, while others or bridge itself post to it.
READINGS = 2


class Asked(msgspec.Struct, frozen=True):
    """What is checked. sharing: routes that may post to the same clearing accounts. numbers: what its entries touch.

    names: of every route, by id. elsewhere: the clearing accounts of the ledger's routes, by ledger id. homes: see
    ``Scope``.
    """

    party: Party
    sharing: tuple[Party, ...]
    names: Mapping[str, str]
    numbers: Touched
    elsewhere: frozenset[str]
    homes: Mapping[str, str]

    @property
    def route(self) -> Route:
        return self.party.route


class Check:
    """Balances are told apart from entries, and compared where nothing moved between the two.

    Where something did, both are read again; where it goes on, it is said that they could not be compared.
    """

    def __init__(self, desk: Desk, clock: Clock, turn: Turn, asked: Asked, progress: Progress) -> None:
        self._desk, self._turn, self._asked = desk, turn, asked
        self._today = local_day(clock.now(), asked.route.time_zone)
        self._copying = Copying(desk.sink(asked.route.ledger), turn, progress)

    def run(self, facts: LedgerFacts) -> tuple[Observed, Comparison]:
        """facts: as they were just before; asked for again only where balances and entries disagree."""
        readings = 0
        while True:
            readings += 1
            wanted = self._wanted(self._chart(facts), facts)
            seen = self._copying.observe(wanted)
            result = self._compare(seen, facts)
            if _agree(result):
                return seen, result
            seen = self._copying.look_after(wanted, seen)
            before, facts = facts, self._desk.facts(self._asked.route.ledger, is_fresh=True)
            result = self._compare(seen, facts)
            moving = _moved(before, facts) & _off(result)
            if _agree(result) or (result.is_one_moment and not moving):
                return seen, result
            if readings == READINGS:
                return seen, self._compare(seen, facts, moving)

    def _chart(self, facts: LedgerFacts) -> Chart:
        asked = self._asked
        return chart_of(facts, asked.route, asked.party.channel, asked.numbers, asked.elsewhere)

    def _compare(self, seen: Observed, facts: LedgerFacts, moving: frozenset[str] = frozenset()) -> Comparison:
        asked = self._asked
        scope = Scope(
            party=asked.party,
            sharing=asked.sharing,
            names=asked.names,
            chart=self._chart(facts),
            currency=facts.home_currency,
            seen=seen,
            today=self._today,
            homes=asked.homes,
            moving=moving,
        )
        with self._turn.reading() as unit:
            return compare(unit, scope)

    def _wanted(self, chart: Chart, facts: LedgerFacts) -> Wanted:
        """An account that several routes share is read from the earliest of their first days on."""
        routes = (self._asked.route, *(party.route for party in self._asked.sharing))
        rolled = {one.account.ledger_id for one in chart.rolled if one.purpose is not Purpose.BUSY}
        with self._turn.reading() as unit:
            deliveries = (each for one in routes for each in unit.deliveries.of_route(one.route_id))
            vouchers = [delivery.voucher for delivery in deliveries if delivery.voucher]
        is_on_receivable = any(line.account.ledger_id == chart.receivable_id for one in vouchers for line in one.lines)
        contacts = {one.ledger_id for one in facts.contacts} | {one.contact for one in vouchers} - {""}
        return Wanted(
            ledger=self._asked.route.ledger,
            routes=tuple(one.route_id for one in routes),
            since_on=min(one.first_day for one in routes),
            today=self._today,
            accounts=chart.watched | rolled | chart.sold,
            receivable=frozenset({chart.receivable_id}) if is_on_receivable else frozenset(),
            contacts=frozenset(contacts),
        )


def _agree(result: Comparison) -> bool:
    """Whether what was read is of one moment, and the balances are what it adds up to."""
    return result.is_one_moment and not _off(result)


def _off(result: Comparison) -> frozenset[str]:
    """The accounts, by ledger id, whose balance is not what was read."""
    return frozenset(one.account_id for one in result.clearings if one.unexplained_minor)


def _moved(before: LedgerFacts, after: LedgerFacts) -> frozenset[str]:
    """The accounts whose balance is another now."""
    earlier = {account.ledger_id: account.balance_minor for account in before.accounts}
    return frozenset(one.ledger_id for one in after.accounts if one.balance_minor != earlier.get(one.ledger_id))
