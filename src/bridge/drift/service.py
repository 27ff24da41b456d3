"""The story of a drift check: observe, compare, save the findings, report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.clock import Clock
from bridge.drift.check import Asked, Check
from bridge.drift.copying import Progress
from bridge.drift.report import Beside, OwnReport, Report, Shared
from bridge.drift.sides import Chart, Party, chart_of, shares, touched
from bridge.host.desk import Desk
from bridge.host.turn import turn
from bridge.model.accounts import account_of
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Finding, FindingState, KeptFinding
from bridge.model.leases import LeaseKind
from bridge.model.periods import local_day
from bridge.store.api import Store, UnitOfWork

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
            routes = unit.routes.all()
            numbers = touched(kept.entry for kept in unit.entries.of_route(route.route_id))
        facts = self._desk.facts(route.ledger, is_fresh=True)
        party = self._party(route, facts)
        chart = chart_of(facts, route, party.channel, numbers)
        names = {one.route_id: one.name for one in routes}
        clearings = {self._party(one, facts).clearing_id for one in routes if one.ledger == route.ledger} - {""}
        sharing = tuple(self._sharing(party, routes, facts, chart))
        asked = Asked(party, sharing, names, numbers, frozenset(clearings))
        what = f"check of ledger {route.ledger}"
        with turn(self._store, self._clock, LeaseKind.DRIFT, route.ledger, actor, what=what, code="drift.busy") as mine:
            seen, result = Check(self._desk, self._clock, mine, asked, progress).run(facts)
            kept, beside = self._save(result.findings, route, actor)
        with self._store.reading() as unit:
            head = unit.audit.head()
        accounts, balances = (*result.clearings, *result.rolled), result.reported.balances
        return Report(
            route=route.name,
            source=source.name,
            source_account=source.account,
            ledger=route.ledger,
            company=facts.company,
            time_zone=route.time_zone,
            checked_at=self._clock.now(),
            since_on=route.first_day,
            until_on=local_day(self._clock.now(), route.time_zone),
            locked_through=facts.locked_through,
            objects_read=seen.objects,
            findings=kept,
            beside=tuple(Beside(names[one.finding.route_id], one) for one in beside),
            ties=result.ties,
            clearings=tuple(one.of_route(route.route_id) if one.sharing else one for one in result.clearings),
            rolled=tuple(one.of_route(route.route_id) if one.sharing else one for one in result.rolled),
            shared=tuple(Shared(route.ledger, facts.company, one, names) for one in accounts if one.sharing),
            waiting=result.waiting,
            reports=tuple(OwnReport(one.report.title, one.read_at) for one in result.reported.stated),
            confirmations=result.confirmations,
            coverage=result.coverage,
            balances=balances.balances if balances else (),
            balances_at=balances.as_of if balances else None,
            audit_head=head.hash if head else "",
            tells_editor=self._desk.sink_offer(route.ledger).capabilities.tells_editor,
        )

    def _party(self, route: Route, facts: LedgerFacts) -> Party:
        clearing = account_of(facts, route, route.clearing)
        capabilities = self._desk.source_offer(route.source).capabilities
        return Party(route, capabilities, clearing.ledger_id if clearing else "")

    def _sharing(self, own: Party, routes: Sequence[Route], facts: LedgerFacts, chart: Chart) -> Iterator[Party]:
        """Other routes that may post to the route's clearing accounts."""
        for route in routes:
            if route.ledger == own.route.ledger and route != own.route:
                party = self._party(route, facts)
                if shares(facts, route, party.channel, chart):
                    yield party

    def _save(
        self, findings: Sequence[Finding], route: Route, actor: str
    ) -> tuple[tuple[KeptFinding, ...], tuple[KeptFinding, ...]]:
        """Settle the findings of this room; returns every open or accepted one of the route, and of others beside it.

        A finding belongs to one route. One that is another's is opened there if it is new, else left to its check.
        """
        ours = [finding for finding in findings if finding.route_id == route.route_id]
        theirs = [finding for finding in findings if finding.route_id != route.route_id]
        with self._store.unit(actor) as unit:
            kept = unit.findings.settle(route.route_id, ours, self._clock.now(), prefix=PREFIX)
            standing = unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
            beside = tuple(self._known(unit, finding) for finding in theirs)
        return kept + tuple(one for one in standing if not one.finding.code.startswith(PREFIX)), beside

    def _known(self, unit: UnitOfWork, finding: Finding) -> KeptFinding:
        """A finding of another route as it stands there; opened now where it is new."""
        kept = _find(unit, finding)
        if kept is None or kept.state is FindingState.CLOSED:
            unit.findings.add(finding, self._clock.now())
            kept = _find(unit, finding)
        assert kept is not None
        return kept


def _find(unit: UnitOfWork, finding: Finding) -> KeptFinding | None:
    every = unit.findings.of_route(finding.route_id)
    return next((kept for kept in every if kept.finding.finding_id == finding.finding_id), None)
