"""What is spent of the vendors' limits: one row a limit, of no organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bridge.model.budgets import Use
from bridge.store.sql import tables
from bridge.store.sql.work import Select, Work

EVERYBODY = ""
_B = tables.budget.c


class SqlBudgets:
    """See ``store.api.Budgets``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def uses(self, plugin: str, account: str) -> Mapping[tuple[str, int], tuple[Use, ...]]:
        self._work.lock_everywhere("budget", plugin, account)
        rows = self._work.ask(_uses, plugin=plugin, account=account)
        return {(what, seconds): uses for what, seconds, uses in rows}

    def put(self, plugin: str, account: str, what: str, seconds: int, uses: tuple[Use, ...]) -> None:
        mine = sa.update(tables.budget).where(*_of(plugin, account), _B.what == what, _B.seconds == seconds)
        if self._work.write(mine.values(uses=uses)) == 0:
            key = {"plugin": plugin, "account": account, "what": what, "seconds": seconds}
            self._work.add(tables.budget, organisation_id=EVERYBODY, **key, uses=uses)


def _uses(plugin: Any, account: Any) -> Select:
    return sa.select(_B.what, _B.seconds, _B.uses).where(*_of(plugin, account))


def _of(plugin: Any, account: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return _B.organisation_id == EVERYBODY, _B.plugin == plugin, _B.account == account
