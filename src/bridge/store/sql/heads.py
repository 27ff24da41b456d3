"""How the head of a document becomes a row, and a row a head."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge import ids
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.store.api import KeptDocument
from bridge.store.sql import tables
from bridge.store.sql.codec import encode, micros
from bridge.store.sql.failures import NOT_READ_BACK, unreadable
from bridge.store.sql.work import Row

_FACTS = tuple(name for name in Document.__struct_fields__ if name != "identity")
_IDENTITY = Identity.__struct_fields__
_COLUMNS = tuple(column.name for column in tables.document.columns)
_NO_PROBLEMS = encode(())


def head_columns(document_id: str, kept: KeptDocument) -> dict[str, Any]:
    """Its values by column, but for the organisation and whether it is the newest."""
    document = kept.document
    values = {name: getattr(document, name) for name in _FACTS}
    values |= {name: getattr(document.identity, name) for name in _IDENTITY}
    return values | {
        "document_id": document_id,
        "connection_id": kept.connection_id,
        "lines_minor": kept.lines_minor,
        "state": kept.state,
        "reason": kept.reason,
        "problems": kept.problems,
        "saved_at": kept.saved_at,
    }


def head_row(organisation_id: str, document_id: str, kept: KeptDocument) -> tuple[Any, ...]:
    """The row of a newest revision as the database holds it, for a bulk insert."""
    values = head_columns(document_id, kept) | {"organisation_id": organisation_id, "is_newest": True}
    return tuple(_plain(values[name]) for name in _COLUMNS)


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


def _plain(value: Any) -> Any:
    if type(value) is str or type(value) is int:  # most are
        return value
    match value:
        case datetime():
            return micros(value)
        case DocumentKind() | DocumentState() | Witness():
            return value.value
        case tuple():
            return encode(value) if value else _NO_PROBLEMS
        case _:
            return value
