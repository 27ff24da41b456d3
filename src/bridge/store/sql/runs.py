"""Runs: numbered in the order in which they begin."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

import msgspec
import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.model.runs import Run, RunOutcome
from bridge.store.sql import tables
from bridge.store.sql.work import Work

_R = tables.run.c
_AT_ONCE = 900
"""So many are let go of at a time."""


class SqlRuns:
    """See ``store.api.Runs``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, run: Run) -> Run:
        self._work.lock("run")  # numbers have no holes, and no two begin under one
        newest = self._work.value(self._work.select(tables.run, _R.number).order_by(_R.number.desc()).limit(1))
        numbered = msgspec.structs.replace(run, number=(newest or 0) + 1)
        self._work.add(tables.run, number=numbered.number, outcome=numbered.outcome, body=numbered)
        return numbered

    def save(self, run: Run) -> None:
        mine = self._work.update(tables.run).where(_R.number == run.number)
        if self._work.write(mine.values(outcome=run.outcome, body=run)) == 0:
            raise _unknown(run.number)

    def get(self, number: int) -> Run:
        row = self._work.row(self._work.select(tables.run, _R.body).where(_R.number == number))
        if row is None:
            raise _unknown(number)
        run: Run = row.body
        return run

    def newest(self, limit: int, before: int | None = None) -> tuple[Run, ...]:
        earlier = self._work.select(tables.run, _R.body).where(*(() if before is None else (_R.number < before,)))
        return self._runs(earlier.order_by(_R.number.desc()).limit(limit))

    def running(self) -> tuple[Run, ...]:
        is_running = sa.text(f"outcome = '{RunOutcome.RUNNING}'")  # to the letter, as the index has it
        return self._runs(self._work.select(tables.run, _R.body).where(is_running).order_by(_R.number))

    def forget(self, before: datetime, newest: int) -> int:
        last = self._work.value(self._work.select(tables.run, _R.number).order_by(_R.number.desc()).limit(1)) or 0
        oldest = self._work.select(tables.run, _R.body).where(_R.number <= last - newest).order_by(_R.number)
        ended = takewhile(lambda run: run.last_at < before, self._runs(oldest.limit(_AT_ONCE)))
        gone = [run.number for run in ended if run.outcome is not RunOutcome.RUNNING]
        return self._work.write(self._work.delete(tables.run).where(_R.number.in_(gone))) if gone else 0

    def _runs(self, statement: sa.Select[*tuple[object, ...]]) -> tuple[Run, ...]:
        return tuple(row.body for row in self._work.rows(statement))


def _unknown(number: int) -> ConfigError:
    return ConfigError(f"run {number}", "there is none of that number", "See `bridge runs list`", code="run.unknown")
