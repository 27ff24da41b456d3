"""Runs: numbered without holes, kept apart from the audit log, and found again."""

from __future__ import annotations

import msgspec
import pytest

from bridge.errors import ConfigError
from bridge.model.runs import Amount, Failure, Piece, Run, RunKind, RunOutcome, Told
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store import facts

RUN = Run(Piece(RunKind.SYNC, routes=("shop",), wait_seconds=60), "ann", "here/1", facts.NOON, facts.NOON)


def test_runs_are_numbered_in_the_order_in_which_they_begin(another: OpenStore) -> None:
    one, two = another(), another()
    for store in (one, two, one):
        with store.unit("ann") as unit:
            unit.runs.begin(RUN)

    with two.reading() as unit:
        assert [run.number for run in unit.runs.newest(2)] == [3, 2]
        assert [run.number for run in unit.runs.running()] == [1, 2, 3]


def test_what_a_run_says_is_kept_and_what_ended_runs_no_more(store: SqlStore) -> None:
    told = Told(
        taken_in={"new": 2},
        vouchers={"delivered": 1},
        amounts=(Amount("order", -5, "USD"),),
        failures=(Failure("rejected", 2, "no", "look"),),
    )
    with store.unit("ann") as unit:
        run = unit.runs.begin(RUN)
    ended = msgspec.structs.replace(run, outcome=RunOutcome.FAILED, ended_at=facts.NOON, told=told)
    with store.unit("ann") as unit:
        unit.runs.save(ended)

    with store.reading() as unit:
        assert unit.runs.get(run.number) == ended
        assert unit.runs.running() == ()


def test_runs_leave_no_rows_in_the_audit_log(store: SqlStore) -> None:
    with store.unit("ann") as unit:
        unit.runs.save(unit.runs.begin(RUN))

    with store.reading() as unit:
        assert list(unit.audit.rows()) == []


def test_a_run_that_is_not_there_is_named(store: SqlStore) -> None:
    with store.reading() as unit, pytest.raises(ConfigError, match="run 7: there is none of that number"):
        unit.runs.get(7)
