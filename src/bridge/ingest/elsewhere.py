"""Of documents whose ids no two accounts of a channel share: one that another connection has is not booked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.errors import DocumentError
from bridge.model.connections import Connection
from bridge.model.documents import DocumentKind, Identity
from bridge.store.api import UnitOfWork


def others(unit: UnitOfWork, connection: Connection) -> tuple[Connection, ...]:
    """The other connections to the same channel."""
    return tuple(
        one for one in unit.connections.all() if one.plugin == connection.plugin and one.account != connection.account
    )


def there(document: Identity, connections: Sequence[Connection]) -> Iterator[tuple[str, Connection]]:
    """The ids under which those connections would have it."""
    for other in connections:
        yield Identity(document.channel, other.account, document.kind, document.external_id).document_id, other


def refuse(unit: UnitOfWork, documents: Sequence[Identity], connections: Sequence[Connection]) -> None:
    """Refuse what one of these connections has and ours never had. The unit is alone with all these ids.

    Raises: DocumentError ``document.elsewhere``.
    """
    if not (documents and connections):
        return
    known = unit.documents.heads([one.document_id for one in documents])
    held = {name: (one, other) for one in documents for name, other in there(one, connections)}
    for name in unit.documents.heads(list(held)):
        document, other = held[name]
        if document.document_id not in known:
            raise _has_it(document.kind, document.external_id, other)


def _has_it(kind: DocumentKind, external_id: str, other: Connection) -> DocumentError:
    return DocumentError(
        f"{kind} {external_id}",
        f"came for connection {other.name} already, and no two accounts have the same: it would be booked twice",
        "Leave it there; else correct which of the two connections it is of, and bring it for that one alone",
        code="document.elsewhere",
    )
