"""What became of every line, and what is in an entry: read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bridge.model.lines import Line
from bridge.store.api import PlacedLine
from bridge.store.sql import tables
from bridge.store.sql.lines import LINE_COLUMNS, PAGE, line_page
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Row, Select, Work

_E = tables.entry.c
_P = tables.posting.c
_F = tables.fate.c
_L = tables.line.c
_R = tables.reversal.c
BESIDE = sa.and_(
    _L.organisation_id == _F.organisation_id,
    _L.document_id == _F.document_id,
    _L.revision == _F.revision,
    _L.line_key == _F.line_key,
)
REVERSED = sa.and_(
    _L.organisation_id == _R.organisation_id,
    _L.document_id == _R.document_id,
    _L.revision == _R.revision,
    _L.line_key == _R.line_key,
)
OF_ENTRY = sa.and_(_E.organisation_id == _F.organisation_id, _E.entry_id == _F.entry_id)


class SqlFates:
    """The part of ``Entries`` that tells where lines are."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def fates_of(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, PlacedLine]]:
        found: dict[str, dict[str, PlacedLine]] = {}
        columns = (_F.document_id, _F.line_key, _F.revision, _F.entry_id, _F.posting, _F.reason)
        for some in in_parts(document_ids):
            joined = tables.fate.outerjoin(tables.entry, OF_ENTRY)
            mine = (_F.organisation_id == self._work.organisation_id, _F.document_id.in_(some))
            stands = sa.or_(_F.reason.is_not(None), _E.is_live)
            statement = sa.select(*columns).select_from(joined).where(*mine, stands)
            for document_id, line_key, revision, entry_id, posting, reason in self._work.rows(statement):
                found.setdefault(document_id, {})[line_key] = PlacedLine(
                    revision, entry_id or "", posting or 0, reason or ""
                )
        return found

    def documents_in(self, entry_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.fate, _F.document_id).where(_F.entry_id.in_(some)).distinct()
            found |= {document_id for (document_id,) in self._work.rows(statement)}
        return frozenset(found)

    def entries_with(self, document_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for some in in_parts(document_ids):
            for column in (_F.entry_id, _R.entry_id, _R.booked_entry):
                table = column.table
                statement = self._work.select(table, column).where(table.c.document_id.in_(some), column.is_not(None))
                found |= {entry_id for (entry_id,) in self._work.rows(statement.distinct())}
        return frozenset(found)

    def taken_back_by(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        yield from self._reversed(_R.entry_id == entry_id, _R.posting == posting if posting else sa.true())

    def lines_of(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        numbers = self._work.select(tables.posting, _P.number).where(_P.entry_id == entry_id).order_by(_P.number)
        wanted = [posting] if posting else [number for (number,) in self._work.rows(numbers)]
        for number in wanted:
            yield from self._lines_of_one(entry_id, number)
            yield from self._reversed(_R.booked_entry == entry_id, _R.booked_posting == number)

    def exclusions(self, document_id: str) -> tuple[tuple[str, int, int], ...]:
        statement = (
            self._with_lines(_F.reason, sa.func.count(), sa.func.sum(_L.amount_minor))
            .where(_F.document_id == document_id, _F.reason.is_not(None))
            .group_by(_F.reason)
            .order_by(_F.reason)
        )
        return tuple((reason, count, int(total)) for reason, count, total in self._work.rows(statement))

    def _lines_of_one(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        place = (_F.document_id, _F.line_key)
        statement = self._with_lines(_F.document_id.label("of_document"), _F.line_key.label("at_key"), *LINE_COLUMNS)
        for rows in self._pages(statement.where(_F.entry_id == entry_id, _F.posting == posting), place):
            yield line_page([row[2:] for row in rows])

    def _reversed(self, *conditions: sa.ColumnElement[bool]) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines of reversals that meet the conditions."""
        place = (_R.document_id, _R.revision, _R.line_key)
        statement = (
            sa.select(*(column.label(f"at_{column.name}") for column in place), *LINE_COLUMNS)
            .select_from(tables.reversal.join(tables.line, REVERSED))
            .where(_R.organisation_id == self._work.organisation_id, *conditions)
        )
        for rows in self._pages(statement, place):
            yield line_page([row[3:] for row in rows])

    def _pages(self, statement: Select, place: Sequence[sa.Column[Any]]) -> Iterator[Sequence[Row]]:
        """One page after another in the order of the columns that open its rows: no cursor stays open between two."""
        ordered = statement.order_by(*place).limit(PAGE)
        rows = self._work.rows(ordered)
        while rows:
            yield rows
            last = rows[-1][: len(place)]
            rows = self._work.rows(ordered.where(behind(place, last))) if len(rows) == PAGE else ()

    def _with_lines(self, *columns: Any) -> Select:
        """Fates of this organisation beside the lines they are about."""
        joined = tables.fate.join(tables.line, BESIDE)
        return sa.select(*columns).select_from(joined).where(_F.organisation_id == self._work.organisation_id)

    def some_lines_of(self, entry_id: str, posting: int, limit: int) -> tuple[Line, ...]:
        mine = self._with_lines(*LINE_COLUMNS).where(_F.entry_id == entry_id, _F.posting == posting)
        rows = self._work.rows(mine.order_by(_F.document_id, _F.line_key).limit(limit))
        taken_back = self._reversed(_R.booked_entry == entry_id, _R.booked_posting == posting)
        more = (line for page in taken_back for line in page)
        return (*line_page(rows), *islice(more, limit - len(rows)))

    def has_lines(self, entry_id: str, posting: int, since: datetime | None, until: datetime | None) -> bool:
        then = (*((_L.occurred_at >= since,) if since else ()), *((_L.occurred_at < until,) if until else ()))
        mine = self._with_lines(sa.literal(1)).where(_F.entry_id == entry_id, _F.posting == posting, *then)
        return self._work.value(mine.limit(1)) is not None or any(
            self._reversed(_R.booked_entry == entry_id, _R.booked_posting == posting, *then)
        )

    def some_documents_in(self, entry_id: str, limit: int) -> tuple[tuple[str, ...], int]:
        mine = self._work.select(tables.fate, _F.document_id).where(_F.entry_id == entry_id)
        first = self._work.rows(mine.distinct().order_by(_F.document_id).limit(limit))
        count: int = self._work.value(mine.with_only_columns(sa.func.count(_F.document_id.distinct())))
        return tuple(document_id for (document_id,) in first), count


def behind(place: Sequence[sa.Column[Any]], last: Sequence[Any]) -> sa.ColumnElement[bool]:
    values = (sa.literal(value, column.type) for value, column in zip(last, place, strict=True))
    return sa.tuple_(*place) > sa.tuple_(*values)
