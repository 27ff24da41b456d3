"""Pure: which routes post to an account, and which of them answers for what others put there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bridge.drift.told import Told


class Sharing(msgspec.Struct, frozen=True):
    """The routes that post to each account, by its ledger id, and the names of all routes by id.

    owners: by account, the routes whose own clearing account it is.
    """

    routes: Mapping[str, frozenset[str]]
    owners: Mapping[str, frozenset[str]]
    names: Mapping[str, str]

    def home(self, account_id: str) -> str:
        """The route that an account's findings belong to: the first by name whose own it is, else that uses it."""
        meant = self.owners.get(account_id) or self.routes[account_id]
        return min(meant, key=lambda route_id: self.names[route_id])

    def names_of(self, account_id: str) -> tuple[str, ...]:
        """The routes that share an account, by name; empty where there is only one."""
        found = sorted(self.names[route_id] for route_id in self.routes[account_id])
        return tuple(found) if len(found) > 1 else ()


def sharing(own: Told, others: Iterable[Told], accounts: Iterable[str], names: Mapping[str, str]) -> Sharing:
    """Who shares these accounts of a route. names: of every route, by id."""
    routes, owners = {}, {}
    every = (own, *others)
    for account_id in accounts:
        users = [told for told in every if account_id in told.touches or account_id == told.clearing_id]
        routes[account_id] = frozenset(told.route.route_id for told in users) | {own.route.route_id}
        owners[account_id] = frozenset(told.route.route_id for told in users if told.clearing_id == account_id)
    return Sharing(routes, owners, names)
