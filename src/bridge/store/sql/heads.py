"""How the head of a document becomes a row, and a row a head."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from sqlalchemy.types import TypeDecorator

from bridge import ids
from bridge.model.documents import Document, Identity
from bridge.store.api import KeptDocument
from bridge.store.sql import tables
from bridge.store.sql.failures import NOT_READ_BACK, unreadable
from bridge.store.sql.work import Row

_FACTS = tuple(name for name in Document.__struct_fields__ if name != "identity")
_IDENTITY = Identity.__struct_fields__
_COLUMNS = tuple(tables.document.columns)
_PLAIN: tuple[tuple[int, Callable[[Any, Any], Any]], ...] = tuple(
    (place, column.type.process_bind_param)
    for place, column in enumerate(_COLUMNS)
    if isinstance(column.type, TypeDecorator)
)
_IS_NEWEST = _COLUMNS.index(tables.document.c.is_newest)


def _path(column: str) -> str:
    """Where a kept document holds what this column does."""
    if column == "document_id" or column in _FACTS:
        return f"document.{column}"
    return f"document.identity.{column}" if column in _IDENTITY else column


_read = attrgetter(*(_path(column.name) for column in _COLUMNS[1:] if column is not tables.document.c.is_newest))


def head_row(organisation_id: str, kept: KeptDocument) -> tuple[Any, ...]:
    """The row of a newest revision as the database holds it, for a bulk insert."""
    row = [organisation_id, *_read(kept)]
    row.insert(_IS_NEWEST, True)
    for place, plain in _PLAIN:
        row[place] = plain(row[place], None)
    return tuple(row)


def kept_of(row: Row) -> KeptDocument:
    """The revision of a row that has every column."""
    facts = row._asdict()
    try:
        identity = Identity(**{name: facts[name] for name in _IDENTITY})
        document = Document(identity=identity, **{name: facts[name] for name in _FACTS})
    except NOT_READ_BACK as cause:
        raise unreadable("document", row.document_id) from cause
    ids.known(identity, "document_id", row.document_id)
    return KeptDocument(
        document=document,
        connection_id=row.connection_id,
        lines_minor=row.lines_minor,
        state=row.state,
        saved_at=row.saved_at,
        reason=row.reason,
        problems=row.problems,
    )
