"""What a booking goes by: the ledger and its route, every version of the rules, the instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

import msgspec

from bridge.books.planning.plan import Ledger
from bridge.books.rules.choose import Chooser
from bridge.errors import ConfigError
from bridge.model.arrivals import Arrival
from bridge.model.connections import Route
from bridge.model.periods import day_start
from bridge.model.rules import RuleSet, in_force
from bridge.store.api import UnitOfWork

NOTHING_THOUGHT: Mapping[str, Arrival | None] = MappingProxyType({})


class Rulings(msgspec.Struct, frozen=True):
    """Every version of a route's rules, ready to choose."""

    versions: tuple[RuleSet, ...]
    choosers: Mapping[int, Chooser]

    @property
    def newest(self) -> int:
        return max(self.choosers)

    def on(self, day: date) -> Chooser:
        """By the version that is in force on a day."""
        return self.choosers[in_force(self.versions, day).version]


def rulings(versions: tuple[RuleSet, ...], route: str) -> Rulings:
    """Raises: ConfigError when the route has no rules at all."""
    if not versions:
        raise ConfigError(f"route {route}", "has no rules in force", "Run `bridge apply`", code="rules.none")
    return Rulings(versions, {version.version: Chooser(version) for version in versions})


class Basis(msgspec.Struct, frozen=True):
    """What one run of a route's books goes by.

    thought: what would be said to have reached the bank, by document id, where somebody only asks what would be booked.
    """

    ledger: Ledger
    rulings: Rulings
    now: datetime
    thought: Mapping[str, Arrival | None] = NOTHING_THOUGHT

    @property
    def route(self) -> Route:
        """With the regime that it is booked by."""
        return self.ledger.route

    def stands_on(self, uow: UnitOfWork) -> tuple[object, ...]:
        """What must be the same when something is written as when it was worked out: route, rules, facts."""
        route = self.ledger.route
        newest = uow.rules.versions(route.name)[-1].version
        return uow.routes.by_id(route.route_id), newest, uow.facts.latest(route.ledger)


def first_day_at(route: Route) -> datetime:
    """No document of the route's first day is older: also one that its channel dates by a day alone, in no zone."""
    return min(day_start(route.first_day, zone) for zone in (route.time_zone, "UTC"))
