"""The story of a drift check: observe, compare, save the findings, report."""

from __future__ import annotations

from datetime import date

import msgspec

from bridge.clock import Clock
from bridge.drift import turn, unfinished
from bridge.drift.chart import Chart, account_of, chart_of
from bridge.drift.compare import Comparison, Scope, compare
from bridge.drift.observe import Observed, Progress, Wanted, observe
from bridge.drift.report import Report
from bridge.drift.turn import Turn
from bridge.host.desk import Desk
from bridge.model.connections import Connection, Route
from bridge.model.deliveries import DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.periods import local_day
from bridge.model.vouchers import Voucher
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
        facts = self._desk.facts(route.ledger, is_fresh=True)
        chart = chart_of(facts, route)
        sharing = tuple(one for one in others if account_of(facts, one, one.clearing) == chart.clearing)
        with turn.take(self._store, self._clock, route.ledger, actor) as mine:
            seen = self._observe(route, sharing, chart, mine, actor, progress)
            scope = Scope(route, sharing, chart, facts.home_currency, seen, self._today(route))
            with self._store.reading() as unit:
                result = compare(unit, scope)
            if result.clearing.unexplained_minor:
                result = self._with_later_balance(result, route)
            kept = self._save(result, route, actor)
        return self._report(route, source, facts, seen, result, kept)

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
        with self._store.reading() as unit:
            vouchers = frozenset(
                delivery.voucher_id
                for one in (route, *sharing)
                for delivery in unit.deliveries.of_route(one.route_id)
                if delivery.state is DeliveryState.DELIVERED and (one == route or _is_within(delivery.voucher, route))
            )
        wanted = Wanted(route.ledger, route.first_day, self._today(route), chart.watched, vouchers)
        return observe(self._store, self._desk.sink(route.ledger), wanted, mine, actor=actor, progress=progress)

    def _with_later_balance(self, result: Comparison, route: Route) -> Comparison:
        """The balance was told before the entries were read; what came in between is not unexplained."""
        later = account_of(self._desk.facts(route.ledger, is_fresh=True), route, route.clearing)
        clearing = msgspec.structs.replace(result.clearing, balance_minor=later.balance_minor if later else None)
        return msgspec.structs.replace(result, clearing=clearing)

    def _save(self, result: Comparison, route: Route, actor: str) -> tuple[KeptFinding, ...]:
        """Settle the findings of this room; returns every open or accepted one of the route."""
        unexplained = unfinished.unexplained(result.clearing, route.route_id)
        findings = (*result.findings, unexplained) if unexplained else result.findings
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
            clearing=result.clearing,
            at_zero=result.at_zero,
            audit_head=head,
            tells_editor=self._desk.sink_offer(route.ledger).capabilities.tells_editor,
        )

    def _today(self, route: Route) -> date:
        return local_day(self._clock.now(), route.time_zone)


def _is_within(voucher: Voucher | None, route: Route) -> bool:
    return voucher is not None and voucher.dated_on >= route.first_day
