"""Budgets over the store: all processes share a vendor's limits, whichever organisation and connection calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from bridge.clock import Clock
from bridge.host.fence import lifted
from bridge.model.budgets import Limit
from bridge.model.connections import Connection
from bridge.store.api import Store, UnitOfWork
from bridge.transport import Budget
from bridge.transport.spending import Answer, Spent

ACTOR: Final = "host"


class Budgets:
    """Hands out the budget of an account, one a process. store: None for one that shares with nobody."""

    def __init__(self, store: Store | None, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._budgets: dict[tuple[str, str, tuple[Limit, ...]], Budget] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, limits: tuple[Limit, ...]) -> Budget | None:
        """Of the account of a connection; None where nothing is limited."""
        if not limits:
            return None
        plugin, account = connection.plugin, connection.account or connection.connection_id
        till = None if self._store is None else StoreTill(self._store, plugin, account)
        budget = Budget(limits, self._clock, till, thing=f"connection {connection.name}")
        with self._lock:
            return self._budgets.setdefault((plugin, account, limits), budget)


class StoreTill:
    """A ``Till`` whose rows all processes share: read, decided and written in one short unit of work."""

    def __init__(self, store: Store, plugin: str, account: str) -> None:
        self._store, self._plugin, self._account = store, plugin, account

    def change(self, limits: Sequence[Limit], decide: Callable[[Sequence[Spent]], Answer]) -> Answer:
        """See ``Till.change``. Called from within a plugin's fenced call: the database is not the plugin's to reach."""
        return lifted(lambda: self._change(limits, decide))

    def _change(self, limits: Sequence[Limit], decide: Callable[[Sequence[Spent]], Answer]) -> Answer:
        with self._store.unit(ACTOR) as unit:
            before = self._spent(unit, limits)
            decided = decide(before)
            for one in decided.spent:
                if one not in before:
                    unit.budgets.put(self._plugin, self._of(one.limit), one.limit.what, one.limit.seconds, one.uses)
        return decided

    def _spent(self, unit: UnitOfWork, limits: Sequence[Limit]) -> tuple[Spent, ...]:
        """In one order, so that two never wait for each other."""
        accounts = sorted({self._of(limit) for limit in limits})
        known = {account: unit.budgets.uses(self._plugin, account) for account in accounts}
        return tuple(Spent(limit, known[self._of(limit)].get((limit.what, limit.seconds), ())) for limit in limits)

    def _of(self, limit: Limit) -> str:
        return "" if limit.is_of_app else self._account
