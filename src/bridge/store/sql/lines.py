"""Lines of documents: read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.lines import CHARGED_IN, GATEWAY, TENDER, Line, Part
from bridge.store.api import TaxSum
from bridge.store.sql import tables
from bridge.store.sql.codec import instant, unpack_pairs, unpack_tax
from bridge.store.sql.failures import NOT_READ_BACK, unreadable
from bridge.store.sql.parts import in_parts
from bridge.store.sql.standing import IS_NEWEST
from bridge.store.sql.work import Select, Work

PAGE = 5_000
_D = tables.document.c
_L = tables.line.c
_HAS_REFERENCE = sa.text("line.reference <> ''")
LINE_COLUMNS = tuple(
    sa.type_coerce(_L[name], sa.types.NullType()).label(name) for name in ("line_key", *Line.__struct_fields__[1:])
)
_PARTS = {part.value: part for part in Part}
IS_MONEY = _L.part.in_([part for part in Part if part.is_money])


class SqlLines:
    """The part of ``Documents`` that tells what is in them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def with_reference(self, connection_id: str, references: Sequence[str], kind: str) -> Mapping[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        for some in in_parts(sorted({reference for reference in references if reference})):
            mine = self._holding(some, kind).where(_D.connection_id == connection_id)
            for reference, *key in self._work.rows(mine):
                found[reference] = key[0], key[1]
        return found

    def bearing(self, connection_id: str, references: Collection[str], kind: str) -> frozenset[str]:
        found: set[str] = set()
        for some in in_parts(sorted(references)):
            mine = self._holding(some, kind).where(_D.connection_id == connection_id)
            found |= {document_id for _, document_id, _ in self._work.rows(mine)}
        return frozenset(found)

    def references(self, document_ids: Collection[str], kind: str) -> frozenset[str]:
        found: set[str] = set()
        of_head = sa.and_(*(_L[name] == _D[name] for name in ("organisation_id", "document_id", "revision")))
        joined = sa.select(_L.reference).distinct().select_from(tables.document.join(tables.line, of_head))
        mine = (_D.organisation_id == self._work.organisation_id, IS_NEWEST, _L.kind == kind, _L.reference != "")
        for some in in_parts(sorted(document_ids)):
            found |= {reference for (reference,) in self._work.rows(joined.where(*mine, _D.document_id.in_(some)))}
        return frozenset(found)

    def converted(self, connection_id: str, references: Sequence[str], currency: str) -> Mapping[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        for some in in_parts(sorted({reference for reference in references if reference})):
            held, joined = self._held(some)
            statement = sa.select(held.c.reference, _D.currency, sa.func.sum(_L.amount_minor)).select_from(joined)
            own = (
                _L.kind == TENDER,
                sa.or_(_D.currency != currency, _L.attributes.contains(f'"{CHARGED_IN}"')),
                _D.kind.in_([DocumentKind.ORDER, DocumentKind.REFUND]),
                _D.state == DocumentState.BOOKED,
                _D.connection_id == connection_id,
            )
            wanted = statement.where(IS_NEWEST, *own).group_by(held.c.reference, _D.currency)
            found |= {reference: (kept_in, int(minor)) for reference, kept_in, minor in self._work.rows(wanted)}
        return found

    def sums(self, keys: Sequence[tuple[str, int]], kinds: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for revision, some in by_revision(keys):
            statement = self._work.select(tables.line, _L.document_id, _L.kind, sa.func.sum(_L.amount_minor)).where(
                _L.document_id.in_(some), _L.revision == revision, _L.kind.in_(kinds), ~IS_MONEY
            )
            for document_id, kind, minor in self._work.rows(statement.group_by(_L.document_id, _L.kind)):
                found.setdefault(document_id, {})[kind] = int(minor)
        return found

    def lines_many(self, keys: Sequence[tuple[str, int]]) -> Iterator[tuple[str, tuple[Line, ...]]]:
        for some in in_parts(keys):
            for together in _pages_of(some, self._line_counts(some)):
                found = self._lines_together(together)
                for key in together:
                    yield key[0], line_page(found.get(key, ()))

    def lines(self, document_id: str, revision: int, *, kind: str = "") -> Iterator[tuple[Line, ...]]:
        statement = self._work.select(tables.line, *LINE_COLUMNS).where(
            _L.document_id == document_id, _L.revision == revision
        )
        if kind:
            statement = statement.where(_L.kind == kind)
        return self._pages(statement)

    def tax_sums(self, document_id: str, revision: int, kinds: Sequence[str] = ()) -> Iterator[TaxSum]:
        key = (_L.tax_group, _L.kind, _L.tax_base)
        count = sa.func.sum(sa.case((_L.amount_minor == 0, 0), else_=1))
        statement = self._work.select(tables.line, *key, sa.func.sum(_L.amount_minor), count).where(
            _L.document_id == document_id, _L.revision == revision, _L.tax_group != ""
        )
        if kinds:
            statement = statement.where(_L.kind.in_(kinds))
        for group, kind, base, minor, lines in self._work.stream(statement.group_by(*key).order_by(*key)):
            yield TaxSum(group, kind, base, int(minor), int(lines))

    def gateways(self, connection_id: str) -> frozenset[str]:
        key = (_D.organisation_id, _D.document_id, _D.revision)
        newest = self._work.select(tables.document, *key).where(IS_NEWEST, _D.connection_id == connection_id)
        mine = newest.cte("mine").prefix_with("MATERIALIZED")
        same_head = sa.and_(*(_L[column.name] == mine.c[column.name] for column in key))
        held = sa.select(_L.attributes).select_from(mine.join(tables.line, same_head))
        found = held.where(_L.kind == TENDER).distinct()
        named = (dict(unpack_pairs(attributes)) for (attributes,) in self._work.stream(found) if attributes)
        return frozenset(pairs[GATEWAY] for pairs in named if GATEWAY in pairs)

    def _pages(self, statement: Select) -> Iterator[tuple[Line, ...]]:
        """One page after another, each found by the last key of the one before: no cursor stays open."""
        ordered = statement.order_by(_L.line_key).limit(PAGE)
        page = line_page(self._work.rows(ordered))
        while page:
            yield page
            page = line_page(self._work.rows(ordered.where(_L.line_key > page[-1].key))) if len(page) == PAGE else ()

    def _holding(self, references: Sequence[str], kind: str) -> Select:
        held, joined = self._held(references)
        statement = sa.select(held.c.reference, _D.document_id, _D.revision).select_from(joined)
        return statement.where(_L.kind == kind, IS_NEWEST).order_by(_D.closed_at, _D.document_id)

    def _held(self, references: Sequence[str]) -> tuple[sa.CTE, sa.FromClause]:
        """The lines are found by their key, from what the index alone knows: of itself SQLite would read every line."""
        key = (_L.organisation_id, _L.document_id, _L.revision, _L.line_key)
        wanted = self._work.select(tables.line, *key, _L.reference).where(_HAS_REFERENCE, _L.reference.in_(references))
        held = wanted.cte("held").prefix_with("MATERIALIZED")
        same_line = sa.and_(*(column == held.c[column.name] for column in key))
        same_head = sa.and_(*(_D[name] == held.c[name] for name in ("organisation_id", "document_id", "revision")))
        return held, held.join(tables.line, same_line).join(tables.document, same_head)

    def _line_counts(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        ids = {document_id for document_id, _ in keys}
        statement = self._work.select(tables.document, _D.document_id, _D.revision, _D.line_count)
        rows = self._work.rows(statement.where(_D.document_id.in_(ids)))
        return {(document_id, revision): count for document_id, revision, count in rows}

    def _lines_together(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[Sequence[Any]]]:
        found: dict[tuple[str, int], list[Sequence[Any]]] = {}
        for revision, some in by_revision(keys):
            statement = self._work.select(tables.line, _L.document_id, *LINE_COLUMNS).where(
                _L.document_id.in_(some), _L.revision == revision
            )
            for document_id, *row in self._work.rows(statement.order_by(_L.document_id, _L.line_key)):
                found.setdefault((document_id, revision), []).append(row)
        return found


def by_revision(keys: Sequence[tuple[str, int]]) -> Iterator[tuple[int, Sequence[str]]]:
    """The document ids of each revision number, as many at a time as one statement takes."""
    numbers: dict[int, list[str]] = {}
    for document_id, revision in keys:
        numbers.setdefault(revision, []).append(document_id)
    for revision, ids in sorted(numbers.items()):
        for some in in_parts(sorted(ids)):
            yield revision, some


def _pages_of(
    keys: Sequence[tuple[str, int]], counts: Mapping[tuple[str, int], int]
) -> Iterator[Sequence[tuple[str, int]]]:
    """The keys in their order, as many together as have a page of lines; a larger document is alone."""
    together: list[tuple[str, int]] = []
    lines = 0
    for key in keys:
        count = counts.get(key, 0)
        if together and lines + count > PAGE:
            yield together
            together, lines = [], 0
        together.append(key)
        lines += count
    if together:
        yield together


def line_page(rows: Sequence[Sequence[Any]]) -> tuple[Line, ...]:
    """Lines of rows that hold, in order, the fields of a line."""
    try:
        return tuple(
            Line(
                key=key,
                kind=kind,
                part=_PARTS[part],
                amount_minor=amount,
                occurred_at=instant(occurred_at),
                order_id=order_id,
                tax_group=tax_group,
                sku=sku,
                words=words,
                attributes=unpack_pairs(attributes) if attributes else (),
                reference=reference,
                tax=unpack_tax(tax) if tax else (),
            )
            for (
                key,
                kind,
                part,
                amount,
                occurred_at,
                order_id,
                tax_group,
                sku,
                words,
                attributes,
                reference,
                tax,
            ) in rows
        )
    except NOT_READ_BACK as cause:
        raise unreadable("line") from cause
