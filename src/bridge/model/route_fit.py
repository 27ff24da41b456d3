"""What a route names of its ledger's lists and the ledger has otherwise: told before anything is sent there."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.model.accounts import odd_class, renamed, seek_for
from bridge.model.chart import ROLE_BANK, ROLE_CLEARING, Chart, title
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.tracking import resolve


def unfit(route: Route, facts: LedgerFacts, chart: Chart) -> tuple[str, ...]:
    """Accounts that are archived, of another type or called otherwise, and what it reports by, as sentences.

    Only of accounts that the route itself names: the others are told by what needs them. chart: of the route.
    """
    table = f"[routes.{route.name}]"
    lacking = (f"{one}, which `tracking` of {table} needs" for one in resolve(route.tracking, facts).missing)
    return (*_accounts(route, facts, chart), *renamed(facts, route), *lacking)


def _accounts(route: Route, facts: LedgerFacts, chart: Chart) -> Iterator[str]:
    roles = {ROLE_CLEARING: route.clearing, ROLE_BANK: route.bank}
    named = {roles.get(key, key) for key, _ in route.accounts} | set(roles.values())
    for number in sorted(named):
        sought, known = seek_for(facts, route, number), chart.get(number)
        if sought.account is None and facts.archived(sought.wanted):
            yield f"account {title(chart, number)} was archived in the ledger, or merged into another"
        elif sought.account and known and (odd := odd_class(known, sought.account)):
            yield f"account {odd}"
