"""Documents and their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from bridge.errors import InvariantError, PluginError, StaleError
from bridge.model.documents import Document, DocumentState, Identity
from bridge.model.lines import Line, Part
from bridge.store.api import KeptDocument
from bridge.store.sql import tables
from bridge.store.sql.codec import instant, micros, pack_pairs, unpack_pairs
from bridge.store.sql.dialect import TAKEN
from bridge.store.sql.work import Row, Select, Work

PAGE = 5_000
_D = tables.document.c
_L = tables.line.c
_FACTS = tuple(name for name in Document.__struct_fields__ if name != "identity")
_IDENTITY = Identity.__struct_fields__
LINE_COLUMNS = tuple(
    sa.type_coerce(_L[name], sa.types.NullType()).label(name) for name in ("line_key", *Line.__struct_fields__[1:])
)
_PARTS = {part.value: part for part in Part}
_read_line = attrgetter(*Line.__struct_fields__)


class SqlDocuments:
    """See ``store.api.Documents``."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._open: set[tuple[str, int]] = set()

    def lock(self, document_id: str) -> None:
        self._work.lock("document", document_id)

    def latest(self, document_id: str) -> KeptDocument | None:
        return self._one(_D.document_id == document_id, _D.is_newest)

    def revision(self, document_id: str, revision: int) -> KeptDocument | None:
        return self._one(_D.document_id == document_id, _D.revision == revision)

    def add_lines(self, document_id: str, revision: int, lines: Sequence[Line]) -> None:
        self._begin(document_id, revision)
        if not lines:
            return
        start = (self._work.organisation_id, document_id, revision)
        try:
            self._work.add_many(tables.line, (start + _line_row(line) for line in lines))
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            raise PluginError(
                f"document {document_id}",
                "two of its lines have one key",
                "Report this to the plugin's author",
                code="plugin.line_key",
            ) from cause
        self._work.count("lines.added", document_id, len(lines), f"lines of revision {revision}")

    def add(self, kept: KeptDocument) -> None:
        document = kept.document
        document_id, revision = document.document_id, document.revision
        self._begin(document_id, revision)
        self._check_lines(kept)
        known = self._work.update(tables.document).where(_D.document_id == document_id, _D.is_newest)
        if self._work.write(known.where(_D.revision == revision - 1).values(is_newest=False)) != min(revision - 1, 1):
            raise self._taken(document_id, revision)
        if not self._work.add(tables.document, is_newest=True, **_columns(kept)):
            raise self._taken(document_id, revision)
        self._open.discard((document_id, revision))
        self._work.unfinished.discard(document_id)
        detail = f"revision {revision} {kept.state} {kept.reason}".rstrip()
        self._work.note("document.saved", document_id, f"{document.identity.external_id} {detail}")

    def set_state(self, document_id: str, revision: int, state: DocumentState, reason: str) -> None:
        mine = self._work.update(tables.document).where(_D.document_id == document_id, _D.revision == revision)
        if self._work.write(mine.values(state=state, reason=reason)) != 1:
            raise InvariantError(f"document {document_id}", f"has no revision {revision}", "Report this as a bug")
        self._work.note("document.state", document_id, f"revision {revision} {state} {reason}".rstrip())

    def with_state(self, connection_id: str, *states: DocumentState) -> tuple[KeptDocument, ...]:
        return self._many(_D.connection_id == connection_id, _D.state.in_(states))

    def of_connection(self, connection_id: str) -> tuple[KeptDocument, ...]:
        return self._many(_D.connection_id == connection_id)

    def lines(self, document_id: str, revision: int, *, kind: str = "") -> Iterator[tuple[Line, ...]]:
        statement = self._work.select(tables.line, *LINE_COLUMNS).where(
            _L.document_id == document_id, _L.revision == revision
        )
        if kind:
            statement = statement.where(_L.kind == kind)
        return self._pages(statement)

    def withheld_groups(self, document_id: str, revision: int) -> frozenset[str]:
        statement = self._work.select(tables.line, _L.tax_group).where(
            _L.document_id == document_id,
            _L.revision == revision,
            _L.kind == "tax.facilitator",
            _L.amount_minor != 0,
            _L.tax_group != "",
        )
        return frozenset(group for (group,) in self._work.stream(statement.distinct()))

    def _pages(self, statement: Select) -> Iterator[tuple[Line, ...]]:
        """One page after another, each found by the last key of the one before: no cursor stays open."""
        ordered = statement.order_by(_L.line_key).limit(PAGE)
        page = line_page(self._work.rows(ordered))
        while page:
            yield page
            page = line_page(self._work.rows(ordered.where(_L.line_key > page[-1].key))) if len(page) == PAGE else ()

    def _begin(self, document_id: str, revision: int) -> None:
        """Once per revision and unit: be alone with this document, and refuse a number that is taken."""
        if (document_id, revision) in self._open:
            return
        self.lock(document_id)
        if self.revision(document_id, revision):
            raise self._taken(document_id, revision)
        self._open.add((document_id, revision))
        self._work.unfinished.add(document_id)

    def _check_lines(self, kept: KeptDocument) -> None:
        """The head says how many lines there are and what they add up to; they must be there, to the cent."""
        document = kept.document
        statement = self._work.select(tables.line, sa.func.count(), sa.func.sum(_L.amount_minor)).where(
            _L.document_id == document.document_id, _L.revision == document.revision
        )
        count, total = self._work.rows(statement)[0]
        if (count, int(total or 0)) != (document.line_count, kept.lines_minor):
            raise InvariantError(
                f"document {document.document_id}",
                f"{count} lines of {int(total or 0)} minor units were saved, its head says "
                f"{document.line_count} of {kept.lines_minor}",
                "Report this as a bug",
                code="store.lines",
            )

    def _one(self, *conditions: sa.ColumnElement[bool]) -> KeptDocument | None:
        row = self._work.row(self._work.select(tables.document).where(*conditions))
        return None if row is None else _kept(row)

    def _many(self, *conditions: sa.ColumnElement[bool]) -> tuple[KeptDocument, ...]:
        statement = self._work.select(tables.document).where(_D.is_newest, *conditions)
        return tuple(_kept(row) for row in self._work.rows(statement.order_by(_D.closed_at, _D.document_id)))

    @staticmethod
    def _taken(document_id: str, revision: int) -> StaleError:
        return StaleError(f"document {document_id}", f"revision {revision} is not the next one", "Read it again")


def line_page(rows: Sequence[Sequence[Any]]) -> tuple[Line, ...]:
    """Lines of rows that hold, in order, the fields of a line."""
    return tuple(
        Line(
            key,
            kind,
            _PARTS[part],
            amount,
            instant(occurred_at),
            order_id,
            tax_group,
            sku,
            words,
            unpack_pairs(attributes) if attributes else (),
            *more,
        )
        for key, kind, part, amount, occurred_at, order_id, tax_group, sku, words, attributes, *more in rows
    )


def _line_row(line: Line) -> tuple[Any, ...]:
    key, kind, part, amount, occurred_at, order_id, tax_group, sku, words, attributes, *more = _read_line(line)
    packed = pack_pairs(attributes) if attributes else ""
    return (key, kind, part.value, amount, micros(occurred_at), order_id, tax_group, sku, words, packed, *more)


def _columns(kept: KeptDocument) -> dict[str, Any]:
    document = kept.document
    values = {name: getattr(document, name) for name in _FACTS}
    values |= {name: getattr(document.identity, name) for name in _IDENTITY}
    return values | {
        "document_id": document.document_id,
        "connection_id": kept.connection_id,
        "lines_minor": kept.lines_minor,
        "state": kept.state,
        "reason": kept.reason,
        "problems": kept.problems,
        "saved_at": kept.saved_at,
    }


def _kept(row: Row) -> KeptDocument:
    facts = row._asdict()
    identity = Identity(**{name: facts[name] for name in _IDENTITY})
    return KeptDocument(
        document=Document(identity=identity, **{name: facts[name] for name in _FACTS}),
        connection_id=row.connection_id,
        lines_minor=row.lines_minor,
        state=row.state,
        saved_at=row.saved_at,
        reason=row.reason,
        problems=row.problems,
    )
