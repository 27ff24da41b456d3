"""Lines that are open, stand or are undone, and their fates as they are given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bridge.errors import InvariantError
from bridge.model.entries import Fate, Mode, Reversal, Slot
from bridge.model.lines import Line
from bridge.store.api import OpenLine, Revised, StandingLine
from bridge.store.sql import tables
from bridge.store.sql.failures import DANGLING, TAKEN
from bridge.store.sql.fates import BESIDE, OF_ENTRY, REVERSED, SqlFates, behind
from bridge.store.sql.lines import LINE_COLUMNS, PAGE, by_revision, line_page
from bridge.store.sql.parts import in_parts, plain
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Select, asking

_E = tables.entry.c
_F = tables.fate.c
_L = tables.line.c
_R = tables.reversal.c
_D = tables.document.c
# A line as it is now, what became of it, the entry it stands in, and the line as it was booked.
_THEN = tables.line.alias("then")
_FATE_OF_NOW = sa.and_(
    _F.organisation_id == _L.organisation_id, _F.document_id == _L.document_id, _F.line_key == _L.line_key
)
_AS_BOOKED = sa.and_(
    _THEN.c.organisation_id == _F.organisation_id,
    _THEN.c.document_id == _F.document_id,
    _THEN.c.revision == _F.revision,
    _THEN.c.line_key == _F.line_key,
)
_IN_OTHERS = _E.currency != _D.currency
"""A document's currency is another now than that of the entry which its line stands in."""
_FACTS_OF_LINE = Line.__struct_fields__[1:]
_HEAD_OF_NOW = sa.and_(
    _D.organisation_id == _L.organisation_id, _D.document_id == _L.document_id, _D.revision == _L.revision
)
_OF_NOW = (
    tables.line.join(tables.document, _HEAD_OF_NOW)
    .outerjoin(tables.fate, _FATE_OF_NOW)
    .outerjoin(tables.entry, OF_ENTRY)
    .outerjoin(_THEN, _AS_BOOKED)
)


class SqlBinding(SqlFates):
    """The part of ``Entries`` by which lines are bound to postings, and taken back."""

    def _seal(self, entry_ids: Iterable[str]) -> None:
        self._work.seal(Sealed.ENTRY, ((entry_id,) for entry_id in entry_ids))

    def have_fates(self, document_ids: Sequence[str]) -> bool:
        has_one = sa.select(sa.literal(1)).where(
            _F.organisation_id == _D.organisation_id, _F.document_id == _D.document_id
        )
        for some in in_parts(document_ids):
            statement = self._work.select(tables.document, _D.document_id).where(_D.document_id.in_(some))
            if self._work.row(statement.where(has_one.exists()).limit(1)) is not None:
                return True
        return False

    def open_lines(self, revised: Revised) -> Iterator[tuple[OpenLine, ...]]:
        for revision, some in by_revision(revised.keys):
            of_organisation = _L.organisation_id == self._work.organisation_id
            mine = (of_organisation, _L.revision == revision, *_between(_L.line_key, revised.within))
            columns = (_L.document_id, *LINE_COLUMNS)
            if revised.is_new:
                statement = sa.select(*columns, sa.false()).where(*mine)
            else:
                has_fate = _F.line_key.is_not(None)
                statement = sa.select(*columns, has_fate).select_from(_OF_NOW).where(*mine, _is_open(revised))
            for rows in self._pages_within(statement, (_L.document_id, _L.line_key), some):
                lines = line_page([row[1:-1] for row in rows])
                yield tuple(
                    OpenLine(row[0], revision, line, bool(row[-1])) for row, line in zip(rows, lines, strict=True)
                )

    def undone_lines(self, revised: Revised) -> Iterator[tuple[StandingLine, ...]]:
        for revision, some in by_revision(revised.keys):
            if revision == 1 and not revised.taken_back:
                continue
            now = tables.line.alias("now")
            of_now = sa.and_(
                now.c.organisation_id == _F.organisation_id,
                now.c.document_id == _F.document_id,
                now.c.revision == revision,
                now.c.line_key == _F.line_key,
            )
            joined = tables.fate.join(tables.line, BESIDE).join(tables.entry, OF_ENTRY).outerjoin(now, of_now)
            joined = joined.join(tables.document, _head_of(_F, revision))
            is_other = sa.and_(
                _F.revision != revision, sa.or_(now.c.line_key.is_(None), _differ(_L, now.c), _IN_OTHERS)
            )
            statement = self._standing(joined, (_F.document_id, _F.line_key), _F).where(
                *_between(_F.line_key, revised.within),
                _D.document_id.in_(some),
                _E.is_live,
                _E.entry_id.not_in(revised.giving_way),
                sa.or_(is_other, _E.entry_id.in_(revised.taken_back)),
            )
            for rows in self._pages_within(statement, (_F.document_id, _F.line_key), some):
                yield _standing_lines(rows, 2)

    def lines_in(self, entry_ids: Sequence[str]) -> Iterator[tuple[StandingLine, ...]]:
        place = (_F.entry_id, _F.posting, _F.document_id, _F.line_key)
        statement = self._standing(tables.fate.join(tables.line, BESIDE), place, _F)
        for some in in_parts(entry_ids):
            for rows in self._pages_within(statement, place, some):
                yield _standing_lines(rows, len(place))

    def gone(self, slots: Collection[Slot]) -> tuple[str, ...]:
        found: list[str] = []
        for these in by_group(slots):
            found += [entry_id for (entry_id,) in self._work.ask(_gone, **these)]
        return tuple(sorted(found))

    def retaken(self, entry_ids: Sequence[str], within: tuple[str, str]) -> Iterator[tuple[StandingLine, ...]]:
        place = (_R.entry_id, _R.posting, _R.document_id, _R.line_key, _R.revision)
        booked = (_R.document_id, _R.revision, _R.booked_entry, _R.booked_posting)
        columns = [column.label(f"at_{column.name}") for column in place]
        statement = (
            sa.select(*columns, *(column.label(f"of_{column.name}") for column in booked), *LINE_COLUMNS)
            .select_from(tables.reversal.join(tables.line, REVERSED))
            .where(_R.organisation_id == self._work.organisation_id, *_between(_R.line_key, within))
        )
        for some in in_parts(entry_ids):
            for rows in self._pages_within(statement, place, some):
                yield _standing_lines(rows, len(place))

    def _standing(self, joined: Any, place: Sequence[sa.Column[Any]], of: Any) -> Select:
        """A select of where lines stand: their place, what is told of that, and the lines."""
        columns = [column.label(f"at_{column.name}") for column in place]
        told = (of.document_id, of.revision, of.entry_id, of.posting)
        return (
            sa.select(*columns, *(column.label(f"of_{column.name}") for column in told), *LINE_COLUMNS)
            .select_from(joined)
            .where(of.organisation_id == self._work.organisation_id)
        )

    def forget_taken(self, lines: Sequence[StandingLine]) -> None:
        key = ("organisation_id", "document_id", "revision", "line_key")
        gone = [(self._work.organisation_id, each.document_id, each.revision, each.line.key) for each in lines]
        self._work.remove_many(tables.reversal, key, gone)
        self._seal({each.entry_id for each in lines})

    def bind(self, bound: Sequence[tuple[OpenLine | StandingLine, Fate]]) -> None:
        if not bound:
            return
        organisation_id = self._work.organisation_id
        again = [
            (organisation_id, each.document_id, each.line.key)
            for each, _ in bound
            if isinstance(each, StandingLine) or each.has_fate
        ]
        if again:
            self._work.remove_many(tables.fate, ("organisation_id", "document_id", "line_key"), again)
        try:
            self._work.add_many(
                tables.fate,
                (
                    (organisation_id, each.document_id, fate.line_key, each.revision)
                    + ((fate.entry_id, fate.posting, None) if fate.entry_id else (None, None, fate.reason))
                    for each, fate in bound
                ),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                f"document {bound[0][0].document_id}, or one beside it",
                "one of its lines already has a fate, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_fate",
            ) from cause
        self._seal({fate.entry_id for _, fate in bound if fate.entry_id})
        self._seal({each.entry_id for each, _ in bound if isinstance(each, StandingLine)})
        self._work.count("fates.added", f"documents from {bound[0][0].document_id}", len(bound), "lines")

    def settle_fates(self, revised: Revised) -> None:
        for revision, some in by_revision([key for key in revised.keys if key[1] > 1]):
            mine = (_F.document_id.in_(some), _F.revision != revision, *_between(_F.line_key, revised.within))
            moved = self._work.select(tables.fate, _F.entry_id).where(*mine, _F.entry_id.is_not(None)).distinct()
            self._seal(entry_id for (entry_id,) in self._work.rows(moved))
            is_there = sa.select(sa.literal(1)).where(
                _L.organisation_id == _F.organisation_id,
                _L.document_id == _F.document_id,
                _L.revision == revision,
                _L.line_key == _F.line_key,
            )
            self._work.write(self._work.delete(tables.fate).where(*mine, ~is_there.correlate(tables.fate).exists()))
            same = self._work.write(self._work.update(tables.fate).where(*mine).values(revision=revision))
            if same:
                self._work.count("fates.rebound", f"documents from {some[0]}", same, f"lines to revision {revision}")

    def key_behind(self, document_id: str, revision: int, after: str, count: int) -> str:
        mine = (_L.document_id == document_id, _L.revision == revision, _L.line_key > after)
        statement = self._work.select(tables.line, _L.line_key).where(*mine).order_by(_L.line_key)
        return self._work.value(statement.offset(count - 1).limit(1)) or ""

    def take_back(self, reversals: Sequence[tuple[str, Reversal]]) -> None:
        if not reversals:
            return
        organisation_id = self._work.organisation_id
        try:
            self._work.add_many(
                tables.reversal,
                ((organisation_id, *_reversal_row(document_id, each)) for document_id, each in reversals),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                f"document {reversals[0][0]}, or one beside it",
                "one of its lines was taken back before, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_reversal",
            ) from cause
        self._seal({entry_id for _, each in reversals for entry_id in (each.entry_id, each.booked_entry)})
        freed = [(organisation_id, document_id, each.line_key, each.revision) for document_id, each in reversals]
        self._work.remove_many(tables.fate, ("organisation_id", "document_id", "line_key", "revision"), freed)
        first = f"documents from {reversals[0][0]}"
        self._work.count("lines.taken_back", first, len(reversals), "lines of earlier revisions")

    def _pages_within(
        self, statement: Select, place: Sequence[sa.Column[Any]], values: Sequence[str]
    ) -> Iterator[Sequence[Row]]:
        """The same of rows whose first column is one of some values: each page is found by the whole of the key.

        A range of all columns together would walk through what is behind it again and again.
        """
        left = sorted(values)
        last: Sequence[Any] = ()
        while left:
            here = (place[0] == left[0], behind(place[1:], last[1:])) if last else (place[0].in_(left),)
            rows = self._work.rows(statement.where(*here).order_by(*place).limit(PAGE))
            if rows:
                yield rows
            if len(rows) == PAGE:
                last = rows[-1][: len(place)]
                left = [value for value in left if value >= last[0]]
            else:
                left, last = left[1:] if last else [], ()


def _gone(route: Any, mode: Any, groups: Any) -> Select:
    return asking(tables.entry, _E.entry_id).where(*in_groups(route, mode, groups), ~_E.is_live)


def in_groups(route: Any, mode: Any, groups: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """That an entry is in a slot of such a group."""
    return _E.route_id == route, _E.mode == mode, _E.slot_group.in_(groups)


def by_group(slots: Collection[Slot]) -> Iterator[dict[str, Any]]:
    """The groups of these slots as values of ``in_groups``, some hundred at a time; slots beside them are let in."""
    groups: dict[tuple[str, Mode], set[str]] = {}
    for slot in slots:
        groups.setdefault((slot.route_id, slot.mode), set()).add(slot.group)
    for (route_id, mode), names in sorted(groups.items()):
        for some in in_parts(sorted(names)):
            yield {"route": route_id, "mode": mode, "groups": some}


def _standing_lines(rows: Sequence[Sequence[Any]], start: int) -> tuple[StandingLine, ...]:
    """Of rows that tell, behind so many columns, a document, its revision, an entry, its posting, and the line."""
    lines = line_page([row[start + 4 :] for row in rows])
    return tuple(
        StandingLine(row[start], row[start + 1], line, row[start + 2], row[start + 3])
        for row, line in zip(rows, lines, strict=True)
    )


def _between(column: sa.Column[str], within: tuple[str, str]) -> list[sa.ColumnElement[bool]]:
    """That keys lie behind the first, and up to the second."""
    first, last = within
    return [*([column > first] if first else []), *([column <= last] if last else [])]


def _differ(one: Any, other: Any) -> sa.ColumnElement[bool]:
    """Whether two lines of one key say something else."""
    return sa.or_(*(plain(one[name]) != plain(other[name]) for name in _FACTS_OF_LINE))


def _head_of(columns: Any, revision: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        _D.organisation_id == columns.organisation_id,
        _D.document_id == columns.document_id,
        _D.revision == revision,
    )


def _is_open(revised: Revised) -> sa.ColumnElement[bool]:
    """Whether no entry that stands, and stays, holds a line as it now is."""
    goes = sa.or_(~_E.is_live, _E.entry_id.in_((*revised.giving_way, *revised.taken_back)))
    is_other = sa.and_(_F.revision != _L.revision, sa.or_(_differ(_L, _THEN.c), _IN_OTHERS))
    return sa.or_(_F.line_key.is_(None), sa.and_(_F.entry_id.is_not(None), goes), is_other)


def _reversal_row(document_id: str, reversal: Reversal) -> tuple[Any, ...]:
    return (
        document_id,
        reversal.revision,
        reversal.line_key,
        reversal.booked_entry,
        reversal.booked_posting,
        reversal.entry_id,
        reversal.posting,
    )
