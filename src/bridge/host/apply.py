"""Makes the store match a file's connections, routes and rules; the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Protocol

import msgspec

from bridge.clock import Clock
from bridge.errors import ConfigError, StaleError
from bridge.host.apply_plan import Known, asking_for_rows, charts_of, planned_connections, planned_routes
from bridge.host.config_file import nearest
from bridge.host.declarations import Declarations
from bridge.host.registry import Registry
from bridge.model.chart import Chart
from bridge.model.connections import Connection, ConnectionState, Route, connection_id_of
from bridge.model.route_fit import unfit
from bridge.model.rules import Rule, RuleSet
from bridge.model.tax_setup import TaxQuestion, odd_tax_codes, rows_question, tax_question
from bridge.store.api import Store, UnitOfWork

_DEFAULTS = "bridge's defaults"
ADDED, CHANGED, UNCHANGED, NOT_IN_FILE = "added", "changed", "unchanged", "not in file"


class ActivateRules(Protocol):
    """Puts a set of rules in force; ``books`` has it."""

    def __call__(
        self,
        store: Store,
        name: str,
        rules: Sequence[Rule],
        effective_from: date,
        author: str,
        reason: str,
        clock: Clock,
        *,
        chart: Chart | None = None,
    ) -> RuleSet: ...


CheckAutomatic = Callable[[UnitOfWork, Route], None]
"""Refuses to let a route go without review whose books do not open with what was there; ``books`` has it."""


class Applied(msgspec.Struct, frozen=True):
    """What became of one thing. what: connection, route or rules. detail: of rules, which version counts now."""

    what: str
    name: str
    outcome: str
    detail: str = ""


class ApplyReport(msgspec.Struct, frozen=True):
    """What became of everything. unauthorized: connections that a person must now let bridge into.

    Of routes whose ledger's facts are known: questions that keep them from booking, and (route, treatment mapped to a
    code of another rate). rows: of routes of settlements under VAT, whether it is stated in rows: a question to answer
    before the first settlement waits for it. unfit: what a route names in its ledger and the ledger has otherwise.
    """

    items: tuple[Applied, ...]
    unauthorized: tuple[str, ...]
    questions: tuple[TaxQuestion, ...] = ()
    odd_tax_codes: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    unfit: tuple[tuple[str, str], ...] = ()


def apply_declarations(
    store: Store,
    registry: Registry,
    declarations: Declarations,
    *,
    actor: str,
    clock: Clock,
    activate_rules: ActivateRules,
    check_automatic: CheckAutomatic,
    is_dry_run: bool = False,
) -> ApplyReport:
    """Insert and update what the file declares; what the file does not name is reported and left alone.

    Everything is done once and undone before it is done to stay, so that a mistake in the file's last line leaves
    nothing changed; with ``is_dry_run`` it ends there.
    Raises: ConfigError naming the table and key at fault.
    """
    doing = actor, clock, activate_rules, check_automatic
    report = _apply(_Rehearsal(store), registry, declarations, *doing)
    return report if is_dry_run else _apply(store, registry, declarations, *doing)


def _apply(
    store: Store,
    registry: Registry,
    declarations: Declarations,
    actor: str,
    clock: Clock,
    activate_rules: ActivateRules,
    check_automatic: CheckAutomatic,
) -> ApplyReport:
    with store.reading() as unit:
        known = _known(unit, declarations)
    connections = planned_connections(declarations, registry, known)
    routes = planned_routes(declarations, registry, known, connections)
    with store.reading() as unit:
        for route in _without_review(routes, known):
            check_automatic(unit, route)
    with store.unit(actor) as unit:
        if _known(unit, declarations) != known:
            raise StaleError("the declarations", "met others that were applied at the same time", "Run it again")
        items = [_put_connection(unit, known, connection) for connection in connections]
        items += [_put_route(unit, known, route) for route in routes]
    charts = charts_of(routes, registry, {**known.connections, **{one.name: one for one in connections}})
    items += _rules(store, declarations, charts, known, actor, clock, activate_rules)
    declared = {(item.what, item.name) for item in items}
    others = [("connection", name) for name in known.connections] + [("route", name) for name in known.routes]
    items += [Applied(what, name, NOT_IN_FILE) for what, name in others if (what, name) not in declared]
    by_name = {**known.connections, **{connection.name: connection for connection in connections}}
    waiting = (one.name for one in connections if one.state is ConnectionState.UNAUTHORIZED)
    seen = [(route, known.facts[route.ledger]) for route in routes if route.ledger in known.facts]
    return ApplyReport(
        tuple(items),
        tuple(waiting),
        questions=tuple(asked for route, facts in seen if (asked := tax_question(route, facts))),
        odd_tax_codes=tuple((route.name, odd) for route, facts in seen for odd in odd_tax_codes(route, facts).values()),
        unfit=tuple(
            (route.name, one) for route, facts in seen for one in unfit(route, facts, charts.get(route.name, {}))
        ),
        rows=tuple((route.name, rows_question(route)) for route in asking_for_rows(routes, registry, by_name)),
    )


def _without_review(routes: Sequence[Route], known: Known) -> Iterator[Route]:
    """Those that were reviewed until now, and are to be no longer."""
    for route in routes:
        before = known.routes.get(route.name)
        if before is not None and before.review and not route.review:
            yield route


def _known(unit: UnitOfWork, declarations: Declarations) -> Known:
    """What the store holds already."""
    declared = {name: connection_id_of(name) for name in declarations.connections}
    routes = {route.name: route for route in unit.routes.all()}
    connections = {connection.name: connection for connection in unit.connections.all()}
    facts = {name: unit.facts.latest(name) for name in connections}
    return Known(
        connections=connections,
        routes=routes,
        booked=frozenset(
            name for name, route in routes.items() if any(True for _ in unit.entries.of_route(route.route_id))
        ),
        facts={name: snapshot for name, snapshot in facts.items() if snapshot},
        let_in=frozenset(name for name, one in declared.items() if unit.connections.credential(one) is not None),
    )


def _put_connection(unit: UnitOfWork, known: Known, connection: Connection) -> Applied:
    is_changed = unit.connections.put(connection)
    return Applied("connection", connection.name, _outcome(connection.name in known.connections, is_changed))


def _put_route(unit: UnitOfWork, known: Known, route: Route) -> Applied:
    is_changed = unit.routes.put(route)
    return Applied("route", route.name, _outcome(route.name in known.routes, is_changed))


def _outcome(was_there: bool, is_changed: bool) -> str:
    return (CHANGED if is_changed else UNCHANGED) if was_there else ADDED


def _rules(
    store: Store,
    declarations: Declarations,
    charts: Mapping[str, Chart],
    known: Known,
    actor: str,
    clock: Clock,
    activate_rules: ActivateRules,
) -> Iterator[Applied]:
    """Activate the declared rule sets, and the bare defaults for a route that has no rules at all.

    charts: of each declared route.
    """
    everywhere = {*charts, *known.routes}
    for name in declarations.rules:
        if name not in everywhere:
            raise ConfigError(
                declarations.where(f"rules.{name}"),
                "is for no route",
                nearest(name, everywhere),
                code="config.rules",
            )
    for name in (*declarations.rules, *(route for route in charts if route not in declarations.rules)):
        with store.reading() as unit:
            before = unit.rules.versions(name)
        table = declarations.rules.get(name)
        if table is not None:
            rules = tuple(rule.rule() for rule in table.rule)
            author, chart = table.author or actor, charts.get(name)
            after = activate_rules(store, name, rules, table.effective_from, author, table.reason, clock, chart=chart)
        elif not before:
            first_day = declarations.routes[name].first_day
            after = activate_rules(store, name, (), first_day, actor, _DEFAULTS, clock)
        else:
            continue
        is_changed = not before or after.version != before[-1].version
        detail = f"version {after.version}{'' if table else f', {_DEFAULTS}'}"
        yield Applied("rules", name, _outcome(bool(before), is_changed), detail)


class _UndoneError(Exception):
    """Ends a rehearsal."""


class _Rehearsal:
    """A store in which every write is made, checked, and taken back at the end of its unit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        with suppress(_UndoneError), self._store.unit(actor) as unit:
            yield unit
            raise _UndoneError

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._store.reading() as unit:
            yield unit
