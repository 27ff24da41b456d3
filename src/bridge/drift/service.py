"""The story of a drift check: observe, compare, save the findings, report, keep the report."""

from __future__ import annotations

from bridge.clock import Clock
from bridge.drift.check import Asked, Check
from bridge.drift.compare import Comparison
from bridge.drift.copying import Announce, Copying, Observed, Progress
from bridge.drift.report import Beside, OwnReport, Report, Shared
from bridge.drift.rereading import SWEEP, ReadBack
from bridge.drift.review import keep as keep_review
from bridge.drift.sides import Party, Statement, chart_of, keep, keep_statement, shares, touched, wallets
from bridge.errors import ConfigError
from bridge.host.desk import Desk
from bridge.host.turn import Turn, turn
from bridge.model.accounts import all_accounts_of
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Finding, FindingState, KeptFinding
from bridge.model.leases import LeaseKind
from bridge.model.periods import local_day
from bridge.plugin import Sink
from bridge.store.api import Store, UnitOfWork

PREFIX = "drift."
ASKED_FOR = "as was asked for"


class Drift:
    """Checks routes against their ledgers."""

    def __init__(self, store: Store, desk: Desk, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock

    def check(
        self,
        route_name: str,
        *,
        actor: str,
        in_full: bool = False,
        progress: Progress = lambda _count: None,
        announce: Announce = lambda _words: None,
    ) -> Report:
        """Read a route's ledger back, compare, save the findings, and report.

        in_full: read all of it, though what changed might do. progress: told how many objects were read so far.
        announce: told what a long reading is going to take.
        Twice:   the same findings, carried forward; nothing is ever written to the ledger.
        Killed:  at any point: the findings stay as they were; the next check begins anew.
        Raises:  InvariantError ``drift.carried`` when, before all is read, what earlier checks carried is not what the
                 books say. UnavailableError and kin when the ledger did not answer in full: then nothing is concluded
                 and the findings stay as they were. StaleError ``drift.busy`` while another check of the same ledger
                 runs. ConfigError when the clearing account is not in the ledger's chart.
        """
        with self._store.reading() as unit:
            route = unit.routes.get(route_name)
            source = unit.connections.get(route.source)
            routes = unit.routes.all()
            numbers = touched(unit.entries.touched(route.route_id))
        calls, sink = self._desk.calls(route.ledger), self._desk.sink(route.ledger)
        facts = self._desk.standing(route.ledger, sink)
        party = self._party(route, facts)
        beside = [self._party(one, facts) for one in routes if one.ledger == route.ledger and one != route]
        chart = chart_of(facts, route, party.channel, numbers)
        beginning = sorted(
            (one for one in routes if one.ledger == route.ledger), key=lambda one: (one.first_day, one.name)
        )
        asked = Asked(
            sink,
            party,
            sharing=tuple(one for one in beside if shares(facts, one.route, one.channel, chart)),
            names={one.route_id: one.name for one in beginning},
            since_on=beginning[0].first_day,
            numbers=numbers,
            elsewhere=frozenset(name for one in beside for name in one.clearing_ids),
        )
        names = asked.names
        what = f"check of ledger {route.ledger}"
        with turn(self._store, self._clock, LeaseKind.DRIFT, route.ledger, actor, what=what, code="drift.busy") as mine:
            copying = self._copying(sink, mine, route.ledger, progress, announce)
            today = local_day(self._clock.now(), route.time_zone)
            seen, result = Check(self._desk, mine, asked, today, copying).run(facts, ASKED_FOR if in_full else "")
            kept, theirs = self._save(result, route, actor)
        with self._store.reading() as unit:
            head = unit.audit.head()
        accounts, balances = (*result.clearings, *result.rolled), result.reported.balances
        report = Report(
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
            read_back=self._read_back(seen, route.ledger, calls),
            findings=kept,
            beside=tuple(Beside(names[one.finding.route_id], one) for one in theirs),
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
        with self._store.unit(actor) as unit:
            keep_review(unit, route.route_id, report)
        return report

    def state_balance(self, route_name: str, number: str, statement: Statement) -> None:
        """Keep what the own statement of a wallet shows at the end of a day, as a person read it.

        number: of the wallet's account in the chart. The next check compares it with the ledger's balance of that day.
        Twice:  what was said last of a day counts.
        Raises: ConfigError ``statement.account`` when that is no wallet of the route, ``statement.currency`` when it is
                kept in another currency, ``statement.day`` when the day is not over.
        """
        with self._store.reading() as unit:
            route = unit.routes.get(route_name)
        facts = self._desk.facts(route.ledger)
        found = wallets(facts, route, self._desk.source_offer(route.source).capabilities)
        account = found.get(number)
        if account is None:
            offered = f"Use one of: {', '.join(found)}" if found else "Say which tender is one: [routes.NAME.tenders]"
            raise _refused(number, f"is no wallet of route {route_name}", offered, code="statement.account")
        if statement.currency != (kept_in := account.currency or facts.home_currency):
            raise _refused(number, f"is kept in {kept_in}", f"State the amount in {kept_in}", code="statement.currency")
        if statement.on >= local_day(self._clock.now(), route.time_zone):
            raise _refused(
                number,
                f"{statement.on} is not over yet",
                "State the balance of a day before today",
                code="statement.day",
            )
        with self._store.unit(statement.by) as unit:
            keep_statement(unit, route.ledger, account.ledger_id, statement, self._clock.now())

    def _copying(self, sink: Sink, mine: Turn, ledger: str, progress: Progress, announce: Announce) -> Copying:
        offer = self._desk.sink_offer(ledger)
        with self._store.reading() as unit:
            account = unit.connections.get(ledger).account
        return Copying(
            sink,
            mine,
            self._clock,
            reader=f"{offer.name} {offer.version}, {account}",
            feed_days=offer.capabilities.feed_days,
            calls=lambda: self._desk.calls(ledger),
            progress=progress,
            announce=announce,
        )

    def _read_back(self, seen: Observed, ledger: str, calls_before: int) -> ReadBack:
        has_feed = self._desk.sink_offer(ledger).capabilities.feed_days > 0
        return ReadBack(
            since=seen.how.since,
            why=seen.how.why,
            calls=self._desk.calls(ledger) - calls_before,
            objects=seen.objects,
            swept_at=seen.reading.swept_at,
            next_sweep_on=(seen.reading.swept_at + SWEEP).date() if has_feed else None,
            unread=tuple(one.kind for one in seen.reading.unread),
        )

    def _party(self, route: Route, facts: LedgerFacts) -> Party:
        clearings = all_accounts_of(facts, route, route.clearing)
        capabilities = self._desk.source_offer(route.source).capabilities
        return Party(route, capabilities, tuple(account.ledger_id for account in clearings))

    def _save(
        self, result: Comparison, route: Route, actor: str
    ) -> tuple[tuple[KeptFinding, ...], tuple[KeptFinding, ...]]:
        """Keep openings that were agreed to and what the next check takes over, and settle the findings of this room.

        Returns: every open or accepted finding of the route, and of others beside it. A finding belongs to one route.
                 One that is another's is opened there if it is new, else left to its check.
        """
        ours = [finding for finding in result.findings if finding.route_id == route.route_id]
        theirs = [finding for finding in result.findings if finding.route_id != route.route_id]
        with self._store.unit(actor) as unit:
            for opening in result.agreed:
                unit.openings.put(opening)
            keep(unit, result.handed_on)
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


def _refused(number: str, cause: str, next_step: str, *, code: str) -> ConfigError:
    return ConfigError(f"statement of account {number}", cause, next_step, code=code)


def _find(unit: UnitOfWork, finding: Finding) -> KeptFinding | None:
    every = unit.findings.of_route(finding.route_id)
    return next((kept for kept in every if kept.finding.finding_id == finding.finding_id), None)
