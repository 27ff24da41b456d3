"""Routes, the versions of their rules, and what a ledger last said of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bridge.errors import ConfigError, StaleError
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.rules import RuleSet
from bridge.model.words import check_said
from bridge.store.sql import tables
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Select, Work, asking

_R = tables.route.c
_S = tables.rule_set.c
_F = tables.ledger_facts.c


class SqlRoutes:
    """See ``store.api.Routes``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, route: Route) -> bool:
        known = self._find(_named, route.name)
        if known == route:
            return False
        if known is None:
            saved = self._work.add(tables.route, route_id=route.route_id, name=route.name, body=route)
        else:
            change = self._work.update(tables.route).where(_R.name == route.name).values(body=route)
            saved = self._work.write(change) == 1
        if not saved:
            raise StaleError(f"route {route.name}", "was made by somebody else just now", "Run it again")
        self._work.seal(Sealed.ROUTE, [(route.name,)])
        self._work.note("route.put", route.name, f"{route.source} to {route.ledger}, {route.mode}")
        return True

    def get(self, name: str) -> Route:
        return self._must(_named, name)

    def by_id(self, route_id: str) -> Route:
        return self._must(_known_as, route_id)

    def all(self) -> tuple[Route, ...]:
        return tuple(body for (body,) in self._work.ask(lambda: asking(tables.route, _R.body).order_by(_R.name)))

    def _find(self, question: Callable[..., Select], wanted: str) -> Route | None:
        return next((body for (body,) in self._work.ask(question, wanted=wanted)), None)

    def _must(self, question: Callable[..., Select], wanted: str) -> Route:
        found = self._find(question, wanted)
        if found is None:
            raise ConfigError(
                f"route {wanted!r}",
                "there is none of that name",
                "See `bridge routes`; one of the settings file is known after `bridge apply`",
                code="route.unknown",
            )
        return found


def _named(wanted: Any) -> Select:
    return asking(tables.route, _R.body).where(_R.name == wanted)


def _known_as(wanted: Any) -> Select:
    return asking(tables.route, _R.body).where(_R.route_id == wanted)


class SqlRuleSets:
    """See ``store.api.RuleSets``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def versions(self, name: str) -> tuple[RuleSet, ...]:
        rows = self._work.ask(
            lambda name: asking(tables.rule_set, _S.body).where(_S.name == name).order_by(_S.version), name=name
        )
        return tuple(body for (body,) in rows)

    def add(self, rules: RuleSet) -> None:
        check_said(rules.author, rules.reason)
        known = self._work.value(
            self._work.select(tables.rule_set, sa.func.max(_S.version)).where(_S.name == rules.name)
        )
        is_next = rules.version == (known or 0) + 1
        if not is_next or not self._work.add(
            tables.rule_set,
            name=rules.name,
            version=rules.version,
            effective_from=rules.effective_from,
            body=rules,
        ):
            raise StaleError(f"rule set {rules.name}", f"version {rules.version} is not the next one", "Read it again")
        self._work.seal(Sealed.RULES, [(rules.version, rules.name)])
        detail = f"version {rules.version} from {rules.effective_from} by {rules.author}: {rules.reason}"
        self._work.note("rules.added", rules.name, detail)


class SqlFacts:
    """See ``store.api.Facts``. Only the latest snapshot is kept."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def latest(self, connection: str) -> LedgerFacts | None:
        rows = self._work.ask(
            lambda name: asking(tables.ledger_facts, _F.body).where(_F.connection == name), name=connection
        )
        return next((body for (body,) in rows), None)

    def put(self, facts: LedgerFacts) -> None:
        mine = self._work.update(tables.ledger_facts).where(_F.connection == facts.connection)
        older = mine.where(_F.taken_at <= facts.taken_at)
        values: dict[str, Any] = {"taken_at": facts.taken_at, "body": facts}
        if self._work.write(older.values(**values)) or self._work.add(
            tables.ledger_facts, connection=facts.connection, **values
        ):
            self._work.note("facts.taken", facts.connection, facts.company)
