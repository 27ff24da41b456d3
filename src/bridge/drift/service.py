"""The story of a drift check: observe, compare, save the findings, report."""

from __future__ import annotations

from datetime import date

import msgspec

from bridge.clock import Clock
from bridge.drift import turn, unfinished
from bridge.drift.chart import Chart, chart_of, shares, title
from bridge.drift.compare import Comparison, Party, Scope, compare
from bridge.drift.gathered import tenders
from bridge.drift.observe import Observed, Progress, Wanted, observe
from bridge.drift.report import Report
from bridge.drift.turn import Turn
from bridge.host.desk import Desk
from bridge.model.connections import Connection, Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.periods import local_day
from bridge.store.api import Store

PREFIX = "drift."


class Drift:
    """Checks routes against their ledgers."""

    def __init__(self, store: Store, desk: Desk, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock

    def check(self, route_name: str, *, actor: str, progress: Progress = lambda _count: None) -> Report:
        """Read a route's ledger back, compare, save the findings, and report.

        progress: told how many objects were read so far.
        Twice:   the same findings, carried forward; nothing is ever written to the ledger.
        Killed:  at any point: the findings stay as they were; the next check begins anew.
        Raises:  UnavailableError and kin when the ledger did not answer in full: then nothing is concluded and the
                 findings stay as they were. StaleError ``drift.busy`` while another check of the same ledger runs.
                 ConfigError when the clearing account is not in the ledger's chart.
        """
        with self._store.reading() as unit:
            route = unit.routes.get(route_name)
            source = unit.connections.get(route.source)
            others = tuple(one for one in unit.routes.all() if one.ledger == route.ledger and one != route)
            numbers = frozenset(tenders(kept.entry for kept in unit.entries.of_route(route.route_id)))
        facts = self._desk.facts(route.ledger, is_fresh=True)
        party = self._party(route)
        chart = chart_of(facts, route, party.channel, numbers)
        sharing = tuple(one for one in map(self._party, others) if shares(facts, one.route, one.channel, chart))
        with turn.take(self._store, self._clock, route.ledger, actor) as mine:
            seen = self._observe(route, tuple(one.route for one in sharing), chart, mine, actor, progress)
            scope = Scope(party, sharing, chart, facts.home_currency, seen, self._today(route))
            with self._store.reading() as unit:
                result = compare(unit, scope)
            if any(one.unexplained_minor for one in result.clearings):
                result = self._with_later_balances(result, chart, route)
            kept = self._save(result, route, actor)
        return self._report(route, source, facts, seen, result, kept)

    def _party(self, route: Route) -> Party:
        return Party(route, self._desk.source_offer(route.source).capabilities)

    def _observe(
        self,
        route: Route,
        sharing: tuple[Route, ...],
        chart: Chart,
        mine: Turn,
        actor: str,
        progress: Progress,
    ) -> Observed:
        """Vouchers delivered from now on are not asked for, so that none is called missing for being new."""
        vouchers, is_on_receivable = set(), False
        with self._store.reading() as unit:
            for one in (route, *sharing):
                for delivery in unit.deliveries.of_route(one.route_id):
                    if delivery.state is DeliveryState.DELIVERED and (one == route or _is_within(delivery, route)):
                        vouchers.add(delivery.voucher_id)
                        is_on_receivable = is_on_receivable or _touches(delivery, chart.receivable_id)
        wanted = Wanted(
            ledger=route.ledger,
            since_on=route.first_day,
            today=self._today(route),
            accounts=chart.watched,
            vouchers=frozenset(vouchers),
            receivable=frozenset({chart.receivable_id}) if is_on_receivable else frozenset(),
        )
        return observe(self._store, self._desk.sink(route.ledger), wanted, mine, actor=actor, progress=progress)

    def _with_later_balances(self, result: Comparison, chart: Chart, route: Route) -> Comparison:
        """The balances were told before the entries were read; what came in between is not unexplained."""
        facts = self._desk.facts(route.ledger, is_fresh=True)
        later = {title(account): account.balance_minor for account in facts.accounts if account.is_active}
        clearings = tuple(
            one if one.balance_minor is None else msgspec.structs.replace(one, balance_minor=later.get(one.account))
            for one in result.clearings
        )
        return msgspec.structs.replace(result, clearings=clearings)

    def _save(self, result: Comparison, route: Route, actor: str) -> tuple[KeptFinding, ...]:
        """Settle the findings of this room; returns every open or accepted one of the route."""
        unexplained = (
            unfinished.unexplained(one, route, is_own=place == 0) for place, one in enumerate(result.clearings)
        )
        findings = (*result.findings, *(one for one in unexplained if one is not None))
        with self._store.unit(actor) as unit:
            kept = unit.findings.settle(route.route_id, findings, self._clock.now(), prefix=PREFIX)
            standing = unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
        return kept + tuple(one for one in standing if not one.finding.code.startswith(PREFIX))

    def _report(
        self,
        route: Route,
        source: Connection,
        facts: LedgerFacts,
        seen: Observed,
        result: Comparison,
        kept: tuple[KeptFinding, ...],
    ) -> Report:
        with self._store.reading() as unit:
            head = unit.audit.head()
        return Report(
            route=route.name,
            source=source.name,
            source_account=source.account,
            ledger=route.ledger,
            company=facts.company,
            time_zone=route.time_zone,
            checked_at=self._clock.now(),
            since_on=route.first_day,
            until_on=self._today(route),
            locked_through=facts.locked_through,
            objects_read=seen.objects,
            findings=kept,
            ties=result.ties,
            clearings=result.clearings,
            at_zero=result.at_zero,
            waiting=result.waiting,
            audit_head=head,
            tells_editor=self._desk.sink_offer(route.ledger).capabilities.tells_editor,
        )

    def _today(self, route: Route) -> date:
        return local_day(self._clock.now(), route.time_zone)


def _is_within(delivery: Delivery, route: Route) -> bool:
    return delivery.voucher is not None and delivery.voucher.dated_on >= route.first_day


def _touches(delivery: Delivery, account_id: str) -> bool:
    voucher = delivery.voucher
    return voucher is not None and any(line.account.ledger_id == account_id for line in voucher.lines)
