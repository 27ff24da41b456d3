"""What channels said of themselves: figures of their own reports by span, balances by day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bridge.model.reports import READINGS_KEPT, Reading
from bridge.store.sql import tables
from bridge.store.sql.work import Work

_R = tables.channel_reading.c


class SqlReadings:
    """See ``store.api.Readings``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, reading: Reading) -> None:
        key = _R.connection_id == reading.connection_id, _R.report == reading.report, _R.span == reading.span
        of_span = self._work.select(tables.channel_reading).where(*key)
        last = self._work.row(of_span.order_by(_R.number.desc()).limit(1))
        if last is not None and (last.body.says_as(reading) or _day(last.body.read_at) == _day(reading.read_at)):
            change = self._work.update(tables.channel_reading).where(*key, _R.number == last.number)
            self._work.write(change.values(body=reading))
            return
        number = last.number + 1 if last is not None else 1
        told = {"report": reading.report, "span": reading.span, "number": number, "body": reading}
        self._work.add(tables.channel_reading, connection_id=reading.connection_id, **told)
        if number > READINGS_KEPT:
            gone = self._work.delete(tables.channel_reading).where(*key, _R.number <= number - READINGS_KEPT)
            self._work.write(gone)

    def of_report(self, connection_id: str, report: str) -> tuple[Reading, ...]:
        rows = self._work.rows(self._of(connection_id, report).order_by(_R.span, _R.number))
        return tuple(row.body for row in rows)

    def newest(self, connection_id: str, report: str) -> Reading | None:
        newest_first = self._of(connection_id, report).order_by(_R.span.desc(), _R.number.desc())
        row = self._work.row(newest_first.limit(1))
        return None if row is None else row.body

    def _of(self, connection_id: str, report: str) -> sa.Select[*tuple[Any, ...]]:
        mine = _R.connection_id == connection_id, _R.report == report
        return self._work.select(tables.channel_reading).where(*mine)


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"
