"""Runs as they stand: one whose process can no longer end it is unfinished."""

from __future__ import annotations

from datetime import datetime

from bridge.host.holder import as_it_stands
from bridge.model.runs import Run
from bridge.store.api import UnitOfWork


def newest(unit: UnitOfWork, now: datetime, limit: int) -> tuple[Run, ...]:
    """The last so many, newest first."""
    return tuple(as_it_stands(run, now) for run in unit.runs.newest(limit))


def of_number(unit: UnitOfWork, now: datetime, number: int) -> Run:
    """One of them. Raises: ConfigError when there is none of that number."""
    return as_it_stands(unit.runs.get(number), now)
