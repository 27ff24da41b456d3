"""Which documents wait, and which pay: found by indices over those few, however long the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.model.documents import DocumentState
from bridge.store.api import KeptDocument, Unbooked
from bridge.store.sql import tables
from bridge.store.sql.heads import kept_of
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Select, Work

_D = tables.document.c
_L = tables.line.c
# In the very words of the partial indices: SQLite uses one only for a condition that reads as its own.
IS_NEWEST = sa.text("document.is_newest")
WAITS = sa.text("document.state <> 'booked'")
_IS_NEW = sa.text("document.state = 'new'")
_IS_PAYING = sa.text("document.kind IN ('settlement', 'payout')")
_IS_FAILURE = sa.text("line.kind = 'payout.failed'")

_UNBOOKED = _D.document_id, _D.kind, _D.opened_at


def held_for(work: Work, connection_id: str, reasons: Sequence[str], since: datetime | None) -> Iterator[KeptDocument]:
    held = _waiting(connection_id, DocumentState.HELD, reasons)
    for question in _since(work.select(tables.document).where(*held), since):
        yield from map(kept_of, work.rows(question))


def waiting(
    work: Work, connection_id: str, state: DocumentState, reasons: Sequence[str] | None, since: datetime | None
) -> Iterator[Unbooked]:
    mine = work.select(tables.document, *_UNBOOKED).where(*_waiting(connection_id, state, reasons))
    for question in _since(mine, since):
        yield from (Unbooked(*row) for row in work.rows(question))


def new(work: Work, connection_id: str, limit: int) -> Iterator[Unbooked]:
    mine = work.select(tables.document, *_UNBOOKED).where(IS_NEWEST, _IS_NEW, _D.connection_id == connection_id)
    first = mine.order_by(_D.opened_at, _D.document_id).limit(limit)
    yield from (Unbooked(*row) for row in work.rows(first))


def _waiting(
    connection_id: str, state: DocumentState, reasons: Sequence[str] | None
) -> Iterator[sa.ColumnElement[bool] | sa.TextClause]:
    yield from (IS_NEWEST, WAITS, _D.connection_id == connection_id, _D.state == state)
    if reasons is not None:
        yield _D.reason.in_(reasons)


def _since(found: Select, since: datetime | None) -> tuple[Select, ...]:
    """Two questions, for one with OR would go through all that are held."""
    if since is None:
        return (found,)
    return found.where(_D.paid_at >= since), found.where(_D.paid_at.is_(None), _D.closed_at >= since)


def reasons(work: Work, connection_id: str, state: DocumentState) -> Iterator[str]:
    """One after another, each found by the one before: no document is looked at twice for the same reason."""
    mine = work.select(tables.document, _D.reason).where(IS_NEWEST, WAITS, _D.connection_id == connection_id)
    ordered = mine.where(_D.state == state).order_by(_D.reason).limit(1)
    reason: str | None = work.value(ordered)
    while reason is not None:
        yield reason
        reason = work.value(ordered.where(_D.reason > reason))


def paying(work: Work, connection_id: str, totals: Sequence[int], statuses: Sequence[str]) -> Iterator[KeptDocument]:
    mine = work.select(tables.document).where(IS_NEWEST, _IS_PAYING, _D.connection_id == connection_id)
    for some in in_parts(totals):
        yield from map(kept_of, work.rows(mine.where(_D.total_minor.in_(some))))
    if statuses:
        yield from map(kept_of, work.rows(mine.where(_D.status.in_(statuses))))


def failures(work: Work, connection_id: str) -> Iterator[tuple[KeptDocument, int, datetime]]:
    keys = ("organisation_id", "document_id", "revision")
    joined = tables.line.join(tables.document, sa.and_(*(_L[name] == _D[name] for name in keys)))
    statement = (
        sa.select(tables.document, _L.amount_minor.label("failed_minor"), _L.occurred_at.label("failed_at"))
        .select_from(joined)
        .where(_L.organisation_id == work.organisation_id, _IS_FAILURE, IS_NEWEST, _IS_PAYING)
        .where(_D.connection_id == connection_id)
        .order_by(_L.document_id, _L.line_key)
    )
    for row in work.rows(statement):
        yield kept_of(row), row.failed_minor, row.failed_at
