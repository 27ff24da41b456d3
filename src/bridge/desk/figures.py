"""The figures of a route: the last week beside those before, a month, and the ledger's own profit and loss of it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import msgspec

from bridge.desk.board import BoardRow
from bridge.desk.month import Month, days_of, last_month, month_of
from bridge.desk.week import BEFORE, Week, last_week, week_of
from bridge.errors import ConfigError
from bridge.model.chart import Chart
from bridge.model.connections import Route
from bridge.model.documents import DocumentKind
from bridge.model.periods import day_start, local_day
from bridge.store.api import UnitOfWork

MANY = 300_000
"""So many lines are summed up while somebody waits for a page; more only where they ask for it."""
_DAY = timedelta(days=1)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class Figures(msgspec.Struct, frozen=True):
    """What there is to say of a week and a month. lines: how many would have to be read.

    name: of the month. week, month: None where nothing of the channel is here, or there are too many lines.
    """

    name: str
    lines: int
    week: Week | None = None
    month: Month | None = None

    @property
    def is_too_much(self) -> bool:
        return self.month is None and self.lines > MANY


def month_named(text: str, now: datetime, route: Route) -> str:
    """The month that somebody wrote; the last whole one for nothing. Raises: ConfigError for what is no month."""
    if not text:
        return last_month(local_day(now, route.time_zone))
    if not _MONTH.fullmatch(text) or text.startswith("0000"):
        raise ConfigError(f"month {text[:20]!r}", "is no month", "Write one such as 2026-01", code="config.option")
    return text


def figures_of(
    unit: UnitOfWork, route: Route, row: BoardRow | None, chart: Chart, name: str, now: datetime, *, is_all: bool
) -> Figures:
    """The figures of a route. row: how it stands; None for one that has ended. is_all: however many lines there are."""
    connection_id = unit.connections.get(route.source).connection_id
    newest = next(iter(unit.documents.newest_of(connection_id, tuple(DocumentKind), 1)), None)
    if newest is None:
        return Figures(name, 0)
    newest_on, through = local_day(newest, route.time_zone), _through(row, route)
    of_week = last_week(through or newest_on) - BEFORE * timedelta(days=7)
    since_on, until_on = days_of(name, route)
    lines = sum(
        unit.figures.size(connection_id, day_start(first, route.time_zone), day_start(end, route.time_zone))
        for first, end in ((of_week, local_day(now, route.time_zone)), (since_on, until_on + _DAY))
    )
    if lines > MANY and not is_all:
        return Figures(name, lines)
    week = week_of(unit, route, chart, newest_on, through, now)
    month = month_of(unit, route, chart, unit.facts.latest(route.ledger), name, through)
    return Figures(name, lines, week, month)


def _through(row: BoardRow | None, route: Route) -> date | None:
    """Up to which day all that the channel has is here, where its streams, or an unbroken series of files, say so."""
    if row is not None and row.summary and row.summary.through:
        return local_day(row.summary.through, route.time_zone) - _DAY
    return row.check.through if row is not None and row.check else None
